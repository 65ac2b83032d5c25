"""Draw labeled, val, calibration, unlabeled and test once, with a seed.

No id and no exact duplicate lies in two parts.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.config import SplitConfig
from core.base.drafts import draft_file
from core.base.errors import DataError, InputError, not_allowed
from core.base.memmap import ARRAY_DAMAGE, release_pages
from core.base.types import SPLIT_NAMES, UNKNOWN, Ids, Labels, Pixels, Splits

Groups = NDArray[np.int64]

DRAWN = ("labeled", "val", "calibration", "test")
"""Parts that are drawn from the images with a label, in this order."""

_RELEASED = 4096  # images after which pages of the mapped file are given back: they would count as memory


def exact_duplicates(pixels: Pixels) -> Groups:
    """Find exact duplicates among images.

    Args:
        pixels: (N, H, W, C), uint8.

    Returns:
        For each image (N,) the id of the first image with the same pixels.
    """
    digests = bytearray()
    for row, image in enumerate(pixels, start=1):
        digests += hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()
        if row % _RELEASED == 0:
            release_pages(pixels)
    one, other = np.frombuffer(digests, dtype=np.uint64).reshape(-1, 2).T
    order = np.lexsort((other, one))  # stable: of equal digests the first image comes first
    is_new = np.append(True, (np.diff(one[order]) != 0) | (np.diff(other[order]) != 0))[: len(order)]
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = order[is_new][np.cumsum(is_new) - 1]
    return groups


def distinct_per_class(labels: Labels, duplicates: Groups, num_classes: int) -> list[int]:
    """Count the images of each class that a split can draw.

    Args:
        labels: (N,), UNKNOWN where not given.
        duplicates: (N,), equal numbers for exact duplicates, which count once.
        num_classes: K.

    Returns:
        K counts.
    """
    candidates = _candidates(np.arange(len(labels), dtype=np.int64), labels, duplicates, np.empty(0, np.int64))
    return [int(n) for n in np.bincount(labels[candidates], minlength=num_classes)]


def draw_splits(
    labels: Labels,
    config: SplitConfig,
    *,
    official_test: Ids,
    duplicates: Groups,
    class_names: Sequence[str] = (),
    given: Mapping[str, Ids] | None = None,
) -> Splits:
    """Divide images into parts that share no id and no exact duplicate.

    Only one image of a group of duplicates is drawn; its copies are set aside. With an official_test, test is drawn
    from it (what is left of it is in no part) and the other parts from the rest. Parts that the source itself names are
    taken whole, not drawn. Images of unknown label are unlabeled.

    Args:
        labels: (N,), UNKNOWN where not given.
        config: Kind, sizes and seed of the split.
        official_test: Ids of the data set's own test part; empty where it has none.
        duplicates: (N,), equal numbers for exact duplicates.
        class_names: Names for the sentences of errors.
        given: Ids of parts that the source names, "val" and "test"; None draws them.

    Returns:
        Sorted ids of each part.

    Raises:
        InputError: More is asked for than there is.
    """
    num_classes = int(labels.max(initial=UNKNOWN)) + 1
    if not num_classes:
        return _nothing_labeled(np.arange(len(labels), dtype=np.int64), config, duplicates)
    rng = np.random.default_rng(config.seed)
    names = [class_names[c] if c < len(class_names) else f"number {c}" for c in range(num_classes)]
    rest = np.setdiff1d(np.arange(len(labels), dtype=np.int64), official_test)
    parts = given_parts(given or {}, labels, duplicates)
    config = config.model_copy(update={name: len(ids) for name, ids in parts.items()})
    for wanted, source in _sources(config, official_test, np.setdiff1d(rest, _joined(parts)), parts):
        used = duplicates[_joined(parts)]
        candidates = _candidates(source, labels, duplicates, used)
        num_given = np.bincount(labels[source][labels[source] != UNKNOWN], minlength=num_classes)
        parts |= _draw(candidates, labels, wanted, config.kind, names, num_given, rng)
    drawn = _joined(parts)
    left = np.setdiff1d(rest, drawn)
    is_copy = np.isin(duplicates[left], duplicates[drawn])
    return Splits(**parts, unlabeled=left[~is_copy], config=config, set_aside=left[is_copy])


def _nothing_labeled(ids: Ids, config: SplitConfig, duplicates: Groups) -> Splits:
    """Split images without any label: all are unlabeled, but for exact copies."""
    is_copy = duplicates[ids] != ids
    none = np.empty(0, dtype=np.int64)
    return Splits(none, none, none, ids[~is_copy], none, config, ids[is_copy])


def given_parts(given: Mapping[str, Ids], labels: Labels, duplicates: Groups) -> dict[str, Ids]:
    """Return the labeled images of each part that a source names, test first; one image of a group of duplicates.

    Args:
        given: Ids by part, "val" and "test".
        labels: (N,), UNKNOWN where not given.
        duplicates: (N,), equal numbers for exact duplicates.
    """
    parts: dict[str, Ids] = {}
    for name in ("test", "val"):
        if len(ids := given.get(name, np.empty(0, np.int64))):
            parts[name] = np.sort(_candidates(np.sort(ids), labels, duplicates, duplicates[_joined(parts)]))
    return {name: ids for name, ids in parts.items() if len(ids)}


def _joined(parts: Mapping[str, Ids]) -> Ids:
    return np.concatenate([*parts.values(), np.empty(0, np.int64)])


def _sources(
    config: SplitConfig, official_test: Ids, rest: Ids, given: Mapping[str, Ids]
) -> list[tuple[dict[str, int], Ids]]:
    """Return the sizes to draw and the ids to draw from, in order."""
    wanted = {name: int(getattr(config, name)) for name in DRAWN if name not in given}
    if not len(official_test) or "test" not in wanted:
        return [(wanted, rest)]
    others = {name: count for name, count in wanted.items() if name != "test"}
    return [({"test": wanted["test"]}, np.sort(official_test)), (others, rest)]


def _candidates(source: Ids, labels: Labels, duplicates: Groups, used: Groups) -> Ids:
    """Return one known image per group of duplicates not yet used.

    The lowest id stands for its group.
    """
    known = source[labels[source] != UNKNOWN]
    _, first = np.unique(duplicates[known], return_index=True)
    chosen = known[np.sort(first)]
    fresh: Ids = chosen[~np.isin(duplicates[chosen], used)]
    return fresh


def _draw(
    candidates: Ids,
    labels: Labels,
    wanted: dict[str, int],
    kind: str,
    names: list[str],
    num_given: NDArray[np.int64],
    rng: np.random.Generator,
) -> dict[str, Ids]:
    """Draw the sorted ids of each wanted part."""
    available = np.bincount(labels[candidates], minlength=len(names))
    quotas = _quotas(wanted, available, kind)
    _check_enough(quotas, wanted, available, names, num_given)
    by_class = [rng.permutation(candidates[labels[candidates] == c]) for c in range(len(names))]
    starts = np.zeros(len(names), dtype=np.int64)
    parts: dict[str, Ids] = {}
    for part, quota in quotas.items():
        taken = [ids[s : s + n] for ids, s, n in zip(by_class, starts, quota, strict=True)]
        parts[part] = np.sort(np.concatenate(taken))
        starts += quota
    return parts


def _quotas(wanted: dict[str, int], available: NDArray[np.int64], kind: str) -> dict[str, NDArray[np.int64]]:
    """Return images per class (K,) for each part."""
    quotas: dict[str, NDArray[np.int64]] = {}
    left = available.astype(np.int64)
    for part, count in wanted.items():
        quotas[part] = _balanced(count, len(left)) if kind == "balanced" else _proportional(count, left)
        if part == "labeled" and kind != "balanced":
            quotas[part] = _at_least_one(quotas[part], left)
        left = np.maximum(left - quotas[part], 0)
    return quotas


def _balanced(count: int, num_classes: int) -> NDArray[np.int64]:
    """Return the same number per class, plus one for the first classes."""
    each, remainder = divmod(count, num_classes)
    return each + (np.arange(num_classes) < remainder).astype(np.int64)


def _proportional(count: int, available: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return numbers in proportion to what is available.

    They are rounded by largest remainder, never above what a class has.
    """
    total = int(available.sum())
    if total == 0:
        return _balanced(count, len(available))
    exact = count * available / total
    quota = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(-(exact - quota), kind="stable")
    quota[by_remainder[: count - int(quota.sum())]] += 1
    return quota


def _at_least_one(quota: NDArray[np.int64], available: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give every class that has an image one of the quota (K,), taken from the largest; too small a quota stays."""
    missing = np.flatnonzero((available > 0) & (quota == 0))
    if int(quota.sum()) < int((available > 0).sum()):
        return quota
    for label in missing:
        quota[np.argmax(quota)] -= 1
        quota[label] = 1
    return quota


def _check_enough(
    quotas: dict[str, NDArray[np.int64]],
    wanted: dict[str, int],
    available: NDArray[np.int64],
    names: list[str],
    num_given: NDArray[np.int64],
) -> None:
    """Raise InputError where a class has fewer images than are wanted."""
    needed = np.sum(list(quotas.values()), axis=0)
    short = np.flatnonzero(needed > available)
    if not len(short):
        return
    worst = int(short[np.argmax(needed[short] - available[short])])
    asked = ", ".join(f"{count:,} {part}" for part, count in wanted.items() if count)
    num_copies = int(num_given[worst] - available[worst])
    copies = f"; {num_copies:,} of its {num_given[worst]:,} images are exact copies of others" if num_copies else ""
    raise InputError(
        f"The split asks for {sum(wanted.values()):,} labeled images ({asked}), which needs {needed[worst]:,} of class "
        f"{names[worst]}, but it has {available[worst]:,} different ones{copies} (in all classes {available.sum():,}): "
        f"ask for at most {available.min() * len(names):,} balanced or {available.sum():,} stratified, or add labeled "
        "images."
    )


def save_splits(splits: Splits, path: Path) -> None:
    """Write the ids and the settings into one .npz file, atomically.

    Args:
        splits: The split.
        path: The file.

    Raises:
        DataError: The file cannot be written.
    """
    arrays = {name: getattr(splits, name) for name in (*SPLIT_NAMES, "set_aside")}
    try:
        handle, draft = draft_file(path)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, config=np.array(splits.config.model_dump_json()), **arrays)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"The splits cannot be written to {path}: {error.strerror or error}.") from error


def load_splits(path: Path) -> Splits:
    """Read a split that `save_splits` wrote.

    Args:
        path: The file.

    Returns:
        The split, its arrays read-only.

    Raises:
        DataError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], dtype=np.int64) for name in (*SPLIT_NAMES, "set_aside")}
            config = SplitConfig.model_validate_json(str(stored["config"]))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: create the project again from its source.") from error
    except PermissionError as error:
        raise not_allowed(path) from error
    except ARRAY_DAMAGE as error:
        raise DataError(f"{path} is damaged or cut short: create the project again from its source.") from error
    for array in arrays.values():
        array.setflags(write=False)
    return Splits(**arrays, config=config)
