"""Memory of the ingest of many small images: python -m benchmarks.ingest_memory [--images 50000 100000 200000].

Each size is made in a process of its own, from distinct images of 16 × 16 pixels in 100 folders; what it took at most
is asked of the operating system. The slope between sizes says what an image costs, the line what a million would take.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_MAKE = """
import json, pathlib, resource, sys, time
from core.workspace.creation import create_project
begin = time.perf_counter()
create_project(pathlib.Path(sys.argv[1]), sys.argv[2], name=None, split=None, image_size=16, root=None)
facts = {"seconds": time.perf_counter() - begin, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
print(json.dumps(facts))
"""
_OPEN = """
import json, sys, time
from core import Project
begin = time.perf_counter()
project = Project.open(sys.argv[1])
project.summary(), project.decisions.counts()
print(json.dumps({"seconds": time.perf_counter() - begin}))
"""


def make_images(folder: Path, num: int) -> None:
    """Write images of 16 × 16 pixels as uncompressed BMP files (822 bytes)."""
    rng = np.random.default_rng(0)
    head = b"BM" + (54 + 768).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    head += (40).to_bytes(4, "little") + (16).to_bytes(4, "little") * 2 + b"\1\0\x18\0" + bytes(24)
    for number in range(100):
        (folder / f"class{number:02}").mkdir(parents=True)
    for number in range(num):
        (folder / f"class{number % 100:02}" / f"{number}.bmp").write_bytes(head + rng.bytes(768))


def run(code: str, *words: Path) -> dict[str, float]:
    """Run a program and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[50_000, 100_000, 200_000])
    arguments = parser.parse_args()
    peaks: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for num in arguments.images:
            folder = Path(name) / str(num)
            begin = time.perf_counter()
            make_images(folder / "in", num)
            print(f"{num:,} images written in {time.perf_counter() - begin:,.0f} s", flush=True)
            found = run(_MAKE, folder / "project", folder / "in")
            peaks[num] = found["peak"]
            opened = run(_OPEN, folder / "project")
            print(
                f"{num:,} images: {found['peak'] / 2**20:,.0f} MiB at most, {num / found['seconds']:,.0f} a second, "
                f"opened in {opened['seconds']:.2f} s",
                flush=True,
            )
    if len(peaks) > 1:
        slope, start = np.polyfit(list(peaks), list(peaks.values()), 1)
        print(f"{slope:,.0f} bytes an image; a million would take {(start + slope * 1e6) / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
