"""Source table: one row for each image of a source, before any is decoded."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from core.base.types import QuarantinedFile
from core.data.classes.class_appearance import ClassAppearance
from core.data.classes.class_names import clean_name, twin_key
from core.data.sources.path_list import PathList

GIVEN_SPLITS = ("train", "val", "test")
"""Parts that a source can name; what is in none of them is "" in a table."""
CALIBRATION = "calibration"
"""A part that exports name and no project takes over: its images are drawn anew, since they must be like the pool."""
GROUP_COLUMNS = ("group", "group_id", "patient", "patient_id", "subject", "subject_id", "session")
"""Columns that say which images belong together, the likeliest first."""
_SPLIT_WORDS = {
    "train": ("train", "training", "trn"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "tst", "holdout", "hold_out"),
    CALIBRATION: (CALIBRATION,),
}
_YEAR = re.compile(r"_?(19|20)\d\d$")
_BY_WORD = {word: split for split, words in _SPLIT_WORDS.items() for word in words}


@dataclass(frozen=True)
class StoredImage:
    """An image inside a larger file; `load` gives the bytes of its file, or its values (H, W) or (H, W, C)."""

    load: Callable[[], bytes | NDArray[Any]]


ImageReference: TypeAlias = Path | StoredImage


@dataclass(frozen=True)
class SourceTable:
    """All images of a source.

    Attributes:
        layout: What the source is, in a few words.
        root: Folder or file of the source.
        files: Where each image is, N.
        names: Name of each image, N different ones: relative paths with slashes.
        classes: Class of each image, N; None where it is not given.
        class_names: The classes, K; of a folder in natural order, those without an image last.
        splits: Given split of each image, N of GIVEN_SPLITS or ""; empty where the source names none.
        groups: Group of each image, N; empty where the source names none.
        metadata: Further columns by name, N values each.
        problems: What is left out, with the reason.
        remarks: Sentences: how the source was understood.
        warnings: Sentences: what may be wrong in it.
        appearance: Order, colors, descriptions and groups of the classes that the source tells.
        hub: Of a data set of the Hugging Face hub: hub_dataset, hub_revision, hub_config, hub_licence, as far as known.
    """

    layout: str
    root: Path
    files: Sequence[ImageReference]
    names: tuple[str, ...]
    classes: tuple[str | None, ...]
    class_names: tuple[str, ...]
    splits: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    metadata: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    problems: tuple[QuarantinedFile, ...] = ()
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    appearance: ClassAppearance = field(default_factory=ClassAppearance)
    hub: Mapping[str, str] = field(default_factory=dict)

    def rows(self, keep: Sequence[int]) -> "SourceTable":
        """Return the table of some rows alone.

        Args:
            keep: Rows, in the order wanted.
        """
        return replace(
            self,
            files=self.files.rows(keep) if isinstance(self.files, PathList) else tuple(self.files[i] for i in keep),
            names=tuple(self.names[i] for i in keep),
            classes=tuple(self.classes[i] for i in keep),
            splits=tuple(self.splits[i] for i in keep) if self.splits else (),
            groups=tuple(self.groups[i] for i in keep) if self.groups else (),
            metadata={name: [column[i] for i in keep] for name, column in self.metadata.items()},
        )


def split_of(word: str) -> str:
    """Return the split that a folder name or a cell names: train, val, test, CALIBRATION, or "" for none."""
    plain = word.strip().casefold().replace("-", "_")
    return _BY_WORD.get(plain) or _BY_WORD.get(_YEAR.sub("", plain), "")


def group_key(columns: Iterable[str]) -> str:
    """Return the column of a data set that says which images belong together; "" for none."""
    known = {name.casefold(): name for name in columns}
    return next((known[name] for name in GROUP_COLUMNS if name in known), "")


def without_calibration(table: SourceTable) -> SourceTable:
    """Give the images of a calibration part no split, and say so.

    Args:
        table: A table that may name such a part.
    """
    count = table.splits.count(CALIBRATION)
    if not count:
        return table
    splits = tuple("" if split == CALIBRATION else split for split in table.splits)
    remark = f"Images of a calibration part: {count:,}. Parts are drawn of them anew, to be like this pool."
    return replace(table, splits=splits if any(splits) else (), remarks=(*table.remarks, remark))


def readable_name(name: str) -> str:
    """Return a file name as text that can be written anywhere; bytes that are no UTF-8 are escaped."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return name


def with_clean_classes(table: SourceTable, *, merge_twins: bool) -> SourceTable:
    """Write class names in composed Unicode, on one line and not as formulas; find names that are nearly the same.

    Two spellings of one text (NFC and NFD) always become one class. Names that differ by case or by space at their ends
    stay apart and are told, unless they are to be merged.

    Args:
        table: The table.
        merge_twins: Whether such twins become one class, under the spelling of most images.

    Returns:
        The table with remarks and warnings.
    """
    new = {name: clean_name(name) for name in table.class_names}
    remarks, warnings = list(table.remarks), list(table.warnings)
    merged = len(new) - len(set(new.values()))
    if merged:
        remarks.append(f"Class names that are one text in two Unicode forms are one class ({merged:,}).")
    formulas = [repr(old) for old, now in new.items() if now.startswith("'") and not old.startswith("'")]
    if formulas:
        remarks.append(f"Class names that a spreadsheet would compute begin with an apostrophe: {', '.join(formulas)}.")
    counts: dict[str, int] = {}
    for given in table.classes:
        if given is not None:
            counts[new[given]] = counts.get(new[given], 0) + 1
    twins: dict[str, list[str]] = {}
    for name in dict.fromkeys(new.values()):
        twins.setdefault(twin_key(name), []).append(name)
    for names in (group for group in twins.values() if len(group) > 1):
        listed = " and ".join(repr(name) for name in names)
        if merge_twins:
            kept = max(names, key=lambda name: counts.get(name, 0))
            new = {old: kept if now in names else now for old, now in new.items()}
            remarks.append(f"The classes {listed} are one: {kept!r}.")
        else:
            warnings.append(
                f"The classes {listed} differ in case or space alone: to make them one class, use --merge-twins."
            )
    return replace(
        table,
        classes=tuple(None if name is None else new[name] for name in table.classes),
        class_names=tuple(dict.fromkeys(new[name] for name in table.class_names)),
        remarks=tuple(remarks),
        warnings=tuple(warnings),
        appearance=table.appearance.renamed(new),
    )
