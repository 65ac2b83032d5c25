"""Speed of the ingest beside bare decode and resize: python -m benchmarks.ingest_speed [--images 2000].

JPEG files of 500 × 400 pixels become 224 × 224; both ways use as many threads as there are cores, by turns.
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest import ingest_images
from core.data.ingestion.ingest_workers import num_workers
from core.data.sources.open_source import open_source

SIDE = 224


def make_images(folder: Path, num: int) -> None:
    """Write JPEG files of smooth noise, which has the size of photographs (about 40 kB)."""
    rng = np.random.default_rng(0)
    for number in range(num):
        small = Image.fromarray(rng.integers(0, 256, (50, 63, 3), dtype=np.uint8))
        noise = rng.integers(-12, 13, (400, 500, 3))
        values = np.clip(np.asarray(small.resize((500, 400), Image.Resampling.BICUBIC), np.int16) + noise, 0, 255)
        place = folder / f"class{number % 10}" / f"{number}.jpg"
        place.parent.mkdir(exist_ok=True)
        Image.fromarray(values.astype(np.uint8)).save(place, quality=88)


def bare(path: Path) -> int:
    """Decode and resize one file, and nothing else."""
    with Image.open(path) as image:
        return int(np.asarray(image.resize((SIDE, round(SIDE * 0.8)), Image.Resampling.LANCZOS))[0, 0, 0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    rates: dict[str, list[float]] = {"ingest": [], "bare": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        make_images(folder, arguments.images)
        files = sorted(folder.rglob("*.jpg"))
        for turn in range(arguments.turns):
            begin = time.perf_counter()
            with ThreadPoolExecutor(num_workers()) as pool:
                list(pool.map(bare, files, chunksize=16))
            rates["bare"].append(len(files) / (time.perf_counter() - begin))
            begin = time.perf_counter()
            table = open_source(folder, IngestConfig())
            ingest_images(table, Path(name) / f"out{turn}", image_size=SIDE)
            rates["ingest"].append(len(files) / (time.perf_counter() - begin))
    ratios = [a / b for a, b in zip(rates["ingest"], rates["bare"], strict=True)]
    for what, found in rates.items():
        print(f"{what}: {statistics.median(found):,.0f} images/s ({min(found):,.0f} to {max(found):,.0f})")
    print(f"ratio: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), {num_workers()} threads")


if __name__ == "__main__":
    main()
