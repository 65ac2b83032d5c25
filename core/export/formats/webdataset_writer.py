"""WebDataset: tar shards in which the files of one image share a key."""

import io
import json
import tarfile

import numpy as np

from core.export.formats.export_format import ExportJob
from core.export.formats.table_writer import write_csv

SHARD_IMAGES = 5_000
SHARD_BYTES = 500_000_000


def webdataset(job: ExportJob) -> str:
    """Tar shards for the webdataset library: image, .cls with the class number, .json with all columns."""
    job.images.check_packed("A WebDataset")
    splits = np.array(job.splits())
    for split in dict.fromkeys(["train", *splits.tolist()]):
        _write_split(job, str(split), np.flatnonzero(splits == split).tolist())
    (job.folder / "classes.json").write_text(json.dumps(job.table.class_names, ensure_ascii=False), encoding="utf-8")
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return ""


def _write_split(job: ExportJob, split: str, rows: list[int]) -> None:
    shard, count, size = 0, 0, 0
    tar = _shard(job, split, shard)
    try:
        for row in rows:
            if count >= SHARD_IMAGES or size >= SHARD_BYTES:
                tar.close()
                shard, count, size = shard + 1, 0, 0
                tar = _shard(job, split, shard)
            facts = job.table.rows(row, row + 1)[0]
            key, image = f"{facts['image_id']:08d}", job.images.content(row)
            _add(tar, f"{key}{job.images.suffix(row) or '.bin'}", image)
            _add(tar, f"{key}.cls", str(facts["label"]).encode())
            _add(tar, f"{key}.json", json.dumps(facts, ensure_ascii=False).encode())
            count, size = count + 1, size + len(image)
    finally:
        tar.close()


def _shard(job: ExportJob, split: str, number: int) -> tarfile.TarFile:
    return tarfile.open(job.folder / f"{split}-{number:06d}.tar", "w", format=tarfile.USTAR_FORMAT)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o644
    tar.addfile(entry, io.BytesIO(data))
