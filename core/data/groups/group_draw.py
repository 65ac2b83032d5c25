"""Draw the parts of a project so that no group lies in two of them.

Groups are given to parts one by one, the largest first, each to the part that it brings closest to its number of
images of every class (as in iterative stratification, Sechidis, Tsoumakas and Vlahavas 2011, with groups for images).
Before that, every class gets a group that trains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.config import SplitConfig
from core.base.types import UNKNOWN, Ids, Labels, Splits
from core.data.groups.group_numbers import joined
from core.data.splits import DRAWN, draw_splits, given_parts

REST = "unlabeled"


@dataclass(frozen=True)
class _Units:
    """Whole groups to be given to parts."""

    group: Ids  # (U,) number of each
    counts: NDArray[np.int64]  # (U, K) drawable images of each class
    has_others: NDArray[np.bool_]  # (U,) whether it also has images without a label


def draw_group_splits(
    labels: Labels,
    config: SplitConfig,
    *,
    groups: Ids,
    duplicates: Ids,
    official_test: Ids,
    class_names: Sequence[str] = (),
    given: Mapping[str, Ids] | None = None,
) -> Splits:
    """Divide images into parts that share no group, as close to the sizes asked for as whole groups allow.

    Images without a label stay in the pool, wherever the others of their group are; groups that have some train rather
    than being held out. Parts that the source itself names are taken as they are. Of exact duplicates one is drawn.

    Args:
        labels: (N,), UNKNOWN where not given.
        config: Kind, sizes and seed of the split.
        groups: (N,) lowest image of each image's group.
        duplicates: (N,) equal numbers for exact duplicates.
        official_test: Ids of the data set's own test part; empty where it has none.
        class_names: Names for the sentences of errors.
        given: Ids of parts that the source names, "val" and "test"; None draws them.

    Returns:
        Sorted ids of each part.

    Raises:
        InputError: More is asked for than there is.
    """
    exact = draw_splits(labels, config, official_test=official_test, duplicates=duplicates, class_names=class_names,
                        given=given)  # fmt: skip
    if not int(labels.max(initial=UNKNOWN)) + 1:
        return exact
    fixed = given_parts(given or {}, labels, duplicates)
    fixed = {**fixed, **({"test": exact.test} if len(official_test) and "test" not in fixed else {})}
    units_of, rng = joined(groups, duplicates), np.random.default_rng(config.seed)
    drawn = np.concatenate([getattr(exact, name) for name in DRAWN if name not in fixed])
    rest = exact.unlabeled[labels[exact.unlabeled] != UNKNOWN]
    free = np.sort(np.concatenate([drawn, rest]))
    units = _units(units_of, labels, free)
    wanted = {name: getattr(exact, name) for name in DRAWN if name not in fixed} | ({REST: rest} if len(rest) else {})
    num_classes = units.counts.shape[1]
    quotas = {name: np.bincount(labels[ids], minlength=num_classes) for name, ids in wanted.items()}
    chosen = _assign(units, quotas, rng)
    part_of = dict(zip(units.group.tolist(), chosen, strict=True))
    parts = dict(fixed)
    of_image = np.array([part_of[number] for number in units_of[free].tolist()], dtype=np.str_)
    for name in (*(name for name in DRAWN if name not in fixed), REST):
        parts[name] = free[of_image == name]
    others = exact.unlabeled[labels[exact.unlabeled] == UNKNOWN]
    unlabeled = np.sort(np.concatenate([others, parts.pop(REST)]))
    none = np.empty(0, dtype=np.int64)
    kept = {name: parts.get(name, none) for name in DRAWN}
    return Splits(**kept, unlabeled=unlabeled, config=exact.config, set_aside=exact.set_aside)


def _units(units_of: Ids, labels: Labels, free: Ids) -> _Units:
    num_classes = int(labels.max()) + 1
    group, row = np.unique(units_of[free], return_inverse=True)
    counts = np.zeros((len(group), num_classes), dtype=np.int64)
    np.add.at(counts, (row, labels[free]), 1)
    return _Units(group, counts, np.isin(group, units_of[labels == UNKNOWN]))


def _assign(units: _Units, quotas: Mapping[str, NDArray[np.int64]], rng: np.random.Generator) -> list[str]:
    """Return the part of each unit."""
    names = [name for name, quota in quotas.items() if quota.sum() or name == "labeled"]
    wanted = np.array([quotas[name] for name in names], dtype=np.float64)  # (P, K)
    have, train = np.zeros_like(wanted), names.index("labeled")
    chosen = np.full(len(units.group), UNKNOWN)
    shuffled = rng.permutation(len(units.group))
    sizes = units.counts.sum(axis=1)
    for label in np.argsort((units.counts > 0).sum(axis=0), kind="stable"):  # classes of few groups first
        with_class = shuffled[units.counts[shuffled, label] > 0]
        if len(with_class) and not have[train, label]:
            free = with_class[chosen[with_class] == UNKNOWN]
            cost = [
                (not units.has_others[unit], _cost(wanted[train] - have[train], units.counts[unit])) for unit in free
            ]
            best = free[min(range(len(free)), key=lambda place: cost[place])]
            chosen[best], have[train] = train, have[train] + units.counts[best]
    order = shuffled[np.lexsort((-sizes[shuffled], ~units.has_others[shuffled]))]
    for unit in order[chosen[order] == UNKNOWN]:
        count = units.counts[unit]
        fits = units.has_others[unit] and have[train].sum() + count.sum() <= wanted[train].sum()
        part = train if fits else int(np.argmin([_cost(wanted[p] - have[p], count) for p in range(len(names))]))
        chosen[unit], have[part] = part, have[part] + count
    return [names[part] for part in chosen]


def _cost(need: NDArray[np.float64], count: NDArray[np.int64]) -> float:
    """Change of the squared distance from what a part needs; negative where the group brings it closer."""
    return float(((need - count) ** 2 - need**2).sum())
