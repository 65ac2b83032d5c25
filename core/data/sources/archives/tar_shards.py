"""WebDataset shards: tar files whose members with one key make a sample."""

import re
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.types import QuarantinedFile
from core.base.untrusted.json_text import parse_json
from core.data.decoders.formats import SUFFIXES
from core.data.sources.folder_scan import natural_key
from core.data.sources.source_table import SourceTable, StoredImage, group_key, readable_name, split_of
from core.data.sources.text_tables import cell

_LABEL_PARTS = ("cls", "label", "class", "cls.txt", "label.txt")
_LABEL_KEYS = ("label_name", "class_name", "label", "class", "category", "cls", "target")
_LARGEST_TEXT = 1_000_000
_IMAGE_ENDS = tuple(suffix[1:] for suffix in SUFFIXES)


def read_tar_shards(shards: Sequence[Path]) -> SourceTable:
    """Read WebDataset shards; images are read from the tar files when they are needed.

    Members of one key (the path up to the first dot of its last part) belong together: an image, and its class as
    .cls, .label or in .json.

    Args:
        shards: The tar files, uncompressed or .gz.

    Returns:
        The table.

    Raises:
        InputError: A shard cannot be read, or none holds an image.
    """
    samples: dict[str, dict[str, Any]] = {}
    problems: list[QuarantinedFile] = []
    for shard in shards:
        _read_shard(shard, samples, problems)
    images = {key: sample for key, sample in samples.items() if "image" in sample}
    if not images:
        raise InputError(f"{shards[0]} holds no images: a WebDataset shard has members such as 0001.jpg and 0001.cls.")
    classes = [sample.get("class") for sample in images.values()]
    names = [str(sample["name"]) for sample in images.values()]
    splits = [str(sample["split"]) for sample in images.values()]
    columns = {name for sample in images.values() for name in sample.get("metadata", {})}
    group = group_key(columns)
    groups = tuple(sample.get("metadata", {}).get(group, "") for sample in images.values())
    more = sorted(columns - {group})
    return SourceTable(
        layout="WebDataset shards",
        root=shards[0].parent if len(shards) > 1 else shards[0],
        files=tuple(sample["image"] for sample in images.values()),
        names=tuple(names),
        classes=tuple(classes),
        class_names=tuple(sorted({name for name in classes if name is not None}, key=natural_key)),
        splits=tuple(splits) if any(splits) else (),
        groups=groups if any(groups) else (),
        metadata={name: [s.get("metadata", {}).get(name, "") for s in images.values()] for name in more},
        problems=tuple(problems),
        remarks=(f"WebDataset shards: {len(shards):,}, with {len(images):,} images.",),
    )


def _read_shard(shard: Path, samples: dict[str, dict[str, Any]], problems: list[QuarantinedFile]) -> None:
    split = next((split_of(word) for word in re.split(r"[-_.]", shard.stem) if split_of(word)), "")
    is_plain = shard.suffix.lower() == ".tar"
    try:
        with tarfile.open(shard, "r:" if is_plain else "r:gz") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                folder, _, base = member.name.rpartition("/")
                stem, _, end = base.partition(".")
                key = f"{shard.name}/{folder}/{stem}"
                sample = samples.setdefault(key, {"split": split})
                _add_member(archive, member, end.casefold(), shard, is_plain, sample, problems)
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise InputError(f"{shard} cannot be read as a tar file ({error}).") from error


def _add_member(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    end: str,
    shard: Path,
    is_plain: bool,
    sample: dict[str, Any],
    problems: list[QuarantinedFile],
) -> None:
    if end.rpartition(".")[2] in _IMAGE_ENDS:
        if "image" in sample:
            problems.append(QuarantinedFile(readable_name(member.name), "a second image of one sample"))
            return
        sample["name"] = f"{shard.name}/{readable_name(member.name)}"
        sample["image"] = _part_of(shard, member.offset_data, member.size) if is_plain else _kept(archive, member)
    elif member.size <= _LARGEST_TEXT and (end in _LABEL_PARTS or end == "json"):
        text = (archive.extractfile(member) or _nothing()).read().decode("utf-8", "replace").strip()
        if end != "json":
            sample.setdefault("class", text or None)
            return
        facts = parse_json(text)
        if isinstance(facts, dict):
            key = next((key for key in _LABEL_KEYS if cell(facts.get(key))), None)
            if key is not None and key.endswith("_name"):  # a name says more than the number of a .cls file
                sample["class"] = cell(facts[key])
            elif key is not None:
                sample.setdefault("class", cell(facts[key]))
            sample["metadata"] = {name: cell(value) for name, value in facts.items() if name != key}


def _part_of(shard: Path, offset: int, size: int) -> StoredImage:
    def load() -> bytes:
        with shard.open("rb") as file:
            file.seek(offset)
            return file.read(size)

    return StoredImage(load)


def _kept(archive: tarfile.TarFile, member: tarfile.TarInfo) -> StoredImage:
    content = (archive.extractfile(member) or _nothing()).read()
    return StoredImage(lambda: content)


def _nothing() -> Any:
    raise tarfile.TarError("a member has no content")
