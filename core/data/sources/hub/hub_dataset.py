"""A data set of the hub: its revision, licence, configuration and files, and which of them are on this machine."""

import os
import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.data.decoders.formats import has_image_suffix
from core.data.sources.hub.hub_card import Told, base_of, chosen_config, configs_of, licence_of, told_of
from core.data.sources.hub.hub_errors import hub_error, hub_library, is_unreachable
from core.data.sources.hub.hub_name import HubName, parse_hub_name

CONVERTED = "refs/convert/parquet"
"""Branch in which the hub keeps a copy of many data sets as Parquet files."""
_PACKED = (".parquet", ".arrow")
_SHARDS = (".tar", ".tgz", ".tar.gz")
_TABLES = (".csv", ".tsv", ".jsonl", ".json", ".parquet", ".txt")
_SIDE_FILES = ("README.md", "dataset_info.json", "manifest.json")
_SECONDS = 20.0


@dataclass(frozen=True)
class HubDataset:
    """A data set of the hub at one revision; nothing of it needs to be on this machine.

    Attributes:
        source: Its name with the commit, such as "hf:OWNER/NAME@COMMIT:CONFIG"; it always means the same images.
        name: OWNER/NAME.
        revision: The commit, 40 hexadecimal digits.
        config: The configuration; "" where it has one alone without a name.
        configs: All configurations.
        licence: As its card states it; "" where it states none.
        kind: "packed" (Parquet or Arrow files), "shards" (tar files) or "folder" (image files).
        files: Path of each file to read → bytes.
        base: Folder of the configuration in the data set, with a slash at its end; "" for the data set's own.
        splits: Path → split that the card tells for it.
        told: What the card tells of columns, classes and counts.
        folder: Where its files are on this machine; None where some are missing.
        missing: Files that are not on this machine yet.
        is_offline: Whether the hub could not be asked, so that a newer revision may exist.
    """

    source: str
    name: str
    revision: str
    config: str
    configs: tuple[str, ...]
    licence: str
    kind: str
    files: Mapping[str, int]
    base: str
    splits: Mapping[str, str]
    told: Told
    folder: Path | None
    missing: tuple[str, ...]
    is_offline: bool = False

    @property
    def num_bytes(self) -> int:
        """Return the size of all files to read, in bytes."""
        return sum(self.files.values())

    @property
    def num_missing_bytes(self) -> int:
        """Return how many bytes a download would bring."""
        return sum(self.files[path] for path in self.missing)

    @property
    def download_text(self) -> str:
        """Return how much a download would bring, such as "12.3 MB in 4 files"."""
        count = len(self.missing)
        return f"{size_text(self.num_missing_bytes)} in {count:,} {'file' if count == 1 else 'files'}"

    @property
    def facts(self) -> dict[str, str]:
        """Return what a project keeps of where its images came from."""
        kept = {"hub_dataset": self.name, "hub_revision": self.revision, "hub_config": self.config}
        return {key: value for key, value in {**kept, "hub_licence": self.licence}.items() if value}

    def sentences(self) -> list[str]:
        """Say what was found: revision, licence, configuration."""
        licence = f"licence {self.licence}" if self.licence else "no licence stated"
        found = [f"Hugging Face hub: {self.name}, revision {self.revision[:12]}, {licence}."]
        others = [name for name in self.configs if name != self.config]
        if others:
            found.append(f"Configuration {self.config}; there are also: {', '.join(others[:10])}.")
        if self.is_offline:
            found.append("The hub could not be asked; this is the revision that was on this machine.")
        return found


def size_text(num_bytes: int) -> str:
    """Return a size in the unit that fits it, in powers of 1,000."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if num_bytes >= factor:
            return f"{num_bytes / factor:,.1f} {unit}"
    return f"{num_bytes / 1e3:,.1f} kB"


@dataclass(frozen=True)
class _Listing:
    """All files of a data set at one revision."""

    name: str
    revision: str
    card: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    is_offline: bool = False


def look_up(source: str) -> HubDataset:
    """Say what the hub has under a name; nothing is downloaded but its description.

    A commit that is on this machine is not asked for. Where the hub cannot be reached, what is on this machine counts.

    Args:
        source: Such as "hf:OWNER/NAME"; see `hub_name`.

    Returns:
        The data set.

    Raises:
        InputError: The client is not installed, the hub cannot be reached, there is no such data set or revision, it
            has several configurations, or no images.
    """
    wanted = parse_hub_name(source)
    hub = hub_library(source)
    if wanted.is_pinned and (known := _stored(hub, wanted, is_offline=False)) is not None:
        found = _dataset(hub, wanted, known)
        if not found.missing:
            return found
    return _dataset(hub, wanted, _asked(hub, wanted))


def _asked(hub: Any, wanted: HubName) -> _Listing:
    api = hub.HfApi()
    try:
        about = api.dataset_info(wanted.name, revision=wanted.revision or None, timeout=_SECONDS)
        tree = api.list_repo_tree(about.id, recursive=True, revision=about.sha, repo_type="dataset")
        sizes = {entry.path: int(entry.size) for entry in tree if hasattr(entry, "size")}
    except Exception as error:  # the hub's client and its transports have no common class
        if is_unreachable(error) and (known := _stored(hub, wanted, is_offline=True)) is not None:
            return known
        raise hub_error(str(wanted), error) from error
    return _Listing(about.id, str(about.sha), _plain(about.card_data), sizes)


def _stored(hub: Any, wanted: HubName, *, is_offline: bool) -> _Listing | None:
    """Return what an earlier download left on this machine; None where there was none."""
    where = {"repo_type": "dataset", "revision": wanted.revision or None}
    try:
        tree = hub.get_cached_repo_tree(wanted.name, **where)
        folder = Path(hub.snapshot_download(wanted.name, local_files_only=True, allow_patterns=["README.md"], **where))
    except Exception:  # no such snapshot, or one that is not whole: then it is not on this machine
        return None
    try:
        card = _plain(hub.DatasetCard.load(folder / "README.md").data)
    except Exception:  # a card may hold anything, also what is no YAML; it then tells nothing
        card = {}
    return _Listing(wanted.name, folder.name, card, {file.path: int(file.size) for file in tree}, is_offline)


def _plain(card: Any) -> Mapping[str, Any]:
    facts = card.to_dict() if hasattr(card, "to_dict") else card
    return facts if isinstance(facts, dict) else {}


def _dataset(hub: Any, wanted: HubName, listing: _Listing) -> HubDataset:
    paths = sorted(listing.sizes)
    configs = configs_of(listing.card, paths)
    config = chosen_config(listing.card, configs, wanted.config, str(HubName(wanted.name, wanted.revision)))
    told = told_of(listing.card, config)
    base = base_of(listing.card, config)
    kind, chosen = _kind(configs[config], [path for path in paths if path.startswith(base)], told, wanted)
    side = [name for name in _SIDE_FILES if name in listing.sizes]
    side += [p for p in paths if p.endswith("/dataset_info.json") and kind == "packed"]
    files = {path: listing.sizes[path] for path in dict.fromkeys([*chosen, *side]) if path in listing.sizes}
    where = {"repo_type": "dataset", "revision": listing.revision}
    stored = {path: hub.try_to_load_from_cache(listing.name, path, **where) for path in files}
    missing = tuple(path for path, place in sorted(stored.items()) if not isinstance(place, str))
    folders = [Path(place.removesuffix(path)) for path, place in stored.items() if isinstance(place, str)]
    return HubDataset(
        source=str(HubName(listing.name, listing.revision, config)),
        name=listing.name,
        revision=listing.revision,
        config=config,
        configs=tuple(configs) if configs.keys() != {""} else (),
        licence=licence_of(listing.card),
        kind=kind,
        files=files,
        base=base,
        splits={path: split for path, split in configs[config].items() if split and path in files},
        told=told,
        folder=folders[0] if folders and not missing else None,
        missing=missing,
        is_offline=listing.is_offline,
    )


def _kind(own: Mapping[str, str], paths: Sequence[str], told: Told, wanted: HubName) -> tuple[str, list[str]]:
    """Return how the images are stored, and the files to read; InputError where there is none.

    `own` are the files of the configuration, `paths` all in its folder: a table beside images may be in none.
    """
    names = {path: posixpath.basename(path) for path in own}
    packed = [p for p in own if p.endswith(_PACKED) and not names[p].startswith((".", "cache-", "metadata."))]
    if packed:
        if told.columns and not told.image_columns:
            raise InputError(f"{wanted} has no column of images; its columns are: {', '.join(told.columns[:20])}.")
        return "packed", packed
    if shards := [path for path in own if path.endswith(_SHARDS)]:
        return "shards", shards
    if images := [path for path in own if has_image_suffix(path)]:
        tables = [path for path in paths if path.endswith(_TABLES) and path not in _SIDE_FILES]
        return "folder", [*images, *tables]
    ends = Counter(os.path.splitext(path)[1] or path for path in own if not names[path].startswith("."))
    listed = ", ".join(f"{count:,} {end}" for end, count in ends.most_common(5)) or "no files"
    raise InputError(
        f"{wanted} has no images that can be read here (it has: {listed}): try the copy that the hub makes of many "
        f"data sets, {HubName(wanted.name, CONVERTED)}"
    )
