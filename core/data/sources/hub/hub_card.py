"""What the card of a data set of the hub tells: licence, configurations, splits, class names; no file is read."""

import itertools
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import InputError

_CONVERTED = re.compile(r"[^/]+/[^/]+/\d{4}\.parquet")
"""CONFIG/SPLIT/0000.parquet: files of the branch refs/convert/parquet."""


@dataclass(frozen=True)
class Told:
    """What a card tells of one configuration; all empty where it tells nothing.

    Attributes:
        columns: Names of its columns.
        image_columns: Those that hold images.
        class_names: Column → names of its classes, for each column of class labels.
        num_examples: Split, as the hub calls it → images.
    """

    columns: tuple[str, ...] = ()
    image_columns: tuple[str, ...] = ()
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    num_examples: Mapping[str, int] = field(default_factory=dict)


def licence_of(card: Mapping[str, Any]) -> str:
    """Return the licence that a card states; "" where it states none."""
    stated = card.get("license") or card.get("licence")
    names = [str(name) for name in stated] if isinstance(stated, list) else [str(stated)] if stated else []
    more = card.get("license_name")
    return ", ".join([str(more) if name == "other" and more else name for name in names])


def configs_of(card: Mapping[str, Any], paths: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the configurations of a data set: name → path of each of its files → split, "" where none is told.

    Args:
        card: The metadata of the card.
        paths: All files of the data set.

    Returns:
        The configurations. Of a data set that names none: the folders where it is a copy that the hub converted to
        Parquet, else one with the name "" and all files.
    """
    stated = [entry for entry in _dicts(card.get("configs")) if entry.get("config_name")]
    if stated:
        return {str(entry["config_name"]): _files(entry, paths) for entry in stated}
    packed = [path for path in paths if path.endswith(".parquet")]
    if packed and all(_CONVERTED.fullmatch(path) for path in packed):
        names = dict.fromkeys(path.partition("/")[0] for path in packed)
        return {name: {path: "" for path in packed if path.startswith(f"{name}/")} for name in names}
    return {"": dict.fromkeys(paths, "")}


def chosen_config(card: Mapping[str, Any], configs: Iterable[str], asked: str, source: str) -> str:
    """Return the configuration to read: the one that is asked for, the only one, or the card's default.

    Args:
        card: The metadata of the card.
        configs: Names of all configurations.
        asked: The one that is asked for; "" for none.
        source: Name of the data set, for errors.

    Raises:
        InputError: There is none of the name, or several and no default; the sentence names them.
    """
    names = list(configs)
    listed = ", ".join(names[:20]) + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
    if asked:
        if asked in names or (names == [""] and asked == "default"):
            return asked if asked in names else ""
        there = f"It has: {listed}" if names != [""] else "It has one alone, which needs no name"
        raise InputError(f"{source} has no configuration {asked!r}. {there}.")
    if len(names) == 1:
        return names[0]
    default = [str(entry.get("config_name")) for entry in _dicts(card.get("configs")) if entry.get("default") is True]
    for name in (*default, "default"):
        if name in names:
            return name
    example = names[0] if names else "NAME"
    raise InputError(f"{source} has several configurations ({listed}): choose one, as in {source}:{example}")


def told_of(card: Mapping[str, Any], config: str) -> Told:
    """Return what a card tells of a configuration."""
    entries = _dicts(card.get("dataset_info"))
    own = [entry for entry in entries if str(entry.get("config_name", "")) == config]
    about = own[0] if own else entries[0] if len(entries) == 1 else {}
    features = _dicts(about.get("features"))
    splits = _dicts(about.get("splits"))
    return Told(
        columns=tuple(str(feature.get("name")) for feature in features),
        image_columns=tuple(str(f.get("name")) for f in features if f.get("dtype") == "image"),
        class_names={str(f.get("name")): names for f in features if (names := _class_names(f.get("dtype")))},
        num_examples={
            str(s.get("name")): int(s["num_examples"]) for s in splits if isinstance(s.get("num_examples"), int)
        },
    )


def _class_names(dtype: Any) -> tuple[str, ...]:
    label = dtype.get("class_label") if isinstance(dtype, dict) else None
    names = label.get("names") if isinstance(label, dict) else None
    if isinstance(names, dict):
        try:
            names = [names[key] for key in sorted(names, key=int)]
        except (TypeError, ValueError):
            return ()
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _dicts(value: Any) -> list[dict[str, Any]]:
    """Return the dictionaries of a value that a card may give as one or as a list."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]


def base_of(card: Mapping[str, Any], config: str) -> str:
    """Return the folder of a configuration by its patterns, with a slash at its end; "" for the data set's own.

    Args:
        card: The metadata of the card.
        config: Name of the configuration.
    """
    entry = next((e for e in _dicts(card.get("configs")) if str(e.get("config_name")) == config), {})
    folders = [_fixed_folder(pattern) for _, pattern in _patterns(entry)]
    common = posixpath.commonpath(folders) if folders else str(entry.get("data_dir") or "").strip("/")
    return f"{common}/" if common else ""


def _fixed_folder(pattern: str) -> str:
    """Return the folders of a pattern before the first that holds a wildcard, without the last part."""
    parts = pattern.split("/")[:-1]
    return "/".join(itertools.takewhile(lambda part: not set(part) & set("*?["), parts))


def _patterns(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the patterns of a configuration from the data set's own folder, each with its split."""
    folder = str(entry.get("data_dir") or "").strip("/")
    stated = entry.get("data_files")
    found = []
    for part in stated if isinstance(stated, list) else [stated] if stated else []:
        split, patterns = (str(part.get("split") or ""), part.get("path")) if isinstance(part, dict) else ("", part)
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            own = str(pattern or "").removeprefix("./").strip("/")
            found.append((split, "/".join(filter(None, [folder, own]))))
    return found


def _files(entry: Mapping[str, Any], paths: Sequence[str]) -> dict[str, str]:
    """Return the files of a configuration, with their splits."""
    folder = str(entry.get("data_dir") or "").strip("/")
    own = [path for path in paths if not folder or path.startswith(f"{folder}/")]
    patterns = _patterns(entry)
    if not patterns:
        return dict.fromkeys(own, "")
    found: dict[str, str] = {}
    for split, pattern in patterns:
        is_match = _matcher(pattern)
        found |= {path: split for path in own if path not in found and is_match(path)}
    return found


def _matcher(pattern: str) -> Callable[[str], object]:
    """Return a function that says whether a path matches a pattern of the hub, or lies in the folder that it names."""
    from fsspec.utils import glob_translate  # it comes with the hub's client

    try:
        return re.compile(f"(?:{glob_translate(pattern)[:-2]})(?:/.*)?", re.DOTALL).fullmatch
    except (ValueError, re.error):
        return lambda path: path == pattern
