"""Pool check: are a run's calibration images like its pool?

The result is stored beside the run's scores with what it depends on, and made again when images, calibration items or
scores have changed.
"""

import zlib
from contextlib import suppress
from dataclasses import asdict
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.base.types import Ids
from core.quality.base import QualityBase
from core.quality.calibration.shift_tests import feature_test, predicted_classes, score_test, shift_kind
from core.review.calibration_items import FROM_LABELS, CalibrationItems
from core.risk.shift.class_mix import class_mix_weights, effective_size, item_weights, thinned
from core.risk.shift.two_sample import TwoSampleTest
from core.risk.shift.validity import (
    LEVEL,
    LEVEL_DRAWN,
    NO_SHIFT,
    UNTESTED,
    Evidence,
    PoolCheck,
    state_of,
)
from core.store.files import read_json, write_json
from core.store.run_folder import RunFolder

FORMAT = 1
FILE = "pool_check.json"
MOST_LABELED, MOST_POOL = 500, 800
"""Most images of each side that are tested: it takes half a second then."""
_FEWEST = 8  # images of a side: fewer are not tested at all


class PoolChecks(QualityBase):
    """Check of the assumption behind every error that calibration images give."""

    def pool_check(self, run_id: str) -> PoolCheck:
        """Test whether a run's calibration images are like its pool, and say what follows.

        Two classifier two-sample tests, on the run's features and on its predicted probabilities, each at half the
        level: 5 %, or 1 % where the calibration images were drawn from this pool. Where one is rejected and the class
        mix explains it, the shift is called that. The result is stored with the run.

        Args:
            run_id: A finished run.

        Returns:
            State, reason, both tests with their sizes and power, and the class weights.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.

        Source: Lopez-Paz & Oquab 2017, arXiv 1610.06545; Lipton et al. 2018, arXiv 1802.03916.
        """
        run = self._workspace.finished_run(run_id)
        items = self._decisions.calibration()
        unlabeled = np.setdiff1d(self._workspace.splits.unlabeled, items.ids, assume_unique=True)
        key = _key(run.folder, items, unlabeled)
        if items.by_group and (groups := self._workspace.groups) is not None:
            key["groups"] = zlib.crc32(np.ascontiguousarray(groups.of_image).data)
        kept = self._checks.get(run_id)
        if kept is not None and kept[0] == key:
            return cast(PoolCheck, kept[1])
        found = _stored(run.folder, key)
        if found is None:
            found = self._checked(run.folder, items, unlabeled)
            with suppress(DataError):  # a read-only project: it is made again next time
                write_json(run.folder.path / FILE, {**key, "check": asdict(found)})
        self._checks[run_id] = key, found
        return found

    def _checked(self, folder: RunFolder, items: CalibrationItems, unlabeled: Ids) -> PoolCheck:
        rng = np.random.default_rng(0)
        level = (LEVEL_DRAWN if items.is_random_draw else LEVEL) / 2
        compared = self._one_per_new_group(unlabeled) if items.by_group else unlabeled
        pool = np.sort(rng.permutation(compared.copy())[:MOST_POOL])
        known = np.sort(rng.permutation(items.ids.copy())[:MOST_LABELED])
        seen = self._with_val(items, known)
        features = scores = None
        if min(len(known), len(pool)) >= _FEWEST:
            scores = score_test(folder, known, pool, level)
            features = feature_test(folder, seen, pool, level)
        shift, weights = UNTESTED, np.ones(0)
        if scores is not None:
            weights = self._class_weights(folder, items, unlabeled)
            tests = [test for test in (features, scores) if test is not None]
            shift = NO_SHIFT
            if any(test.is_rejected for test in tests):
                of_item = item_weights(items.labels[np.searchsorted(items.ids, known)], weights)
                shift = shift_kind(folder, known[thinned(of_item, rng)], pool, tests)
        evidence = Evidence(
            items.origin,
            items.is_random_draw,
            len(items.ids),
            len(unlabeled),
            shift,
            features,
            scores,
            items.has_grown,
            items.by_group,
        )
        state, reason = state_of(evidence)
        facts = {name: value for name, value in vars(evidence).items() if name != "has_grown"}
        size = effective_size(item_weights(items.labels, weights)) if len(weights) else 0.0
        return PoolCheck(state, reason, **facts, class_weights=tuple(weights.tolist()), effective_size=size)

    def _with_val(self, items: CalibrationItems, known: Ids) -> Ids:
        """Calibration images, and those of val where both were drawn together from the given labels."""
        if items.origin != FROM_LABELS:
            return known
        val = self._workspace.splits.val
        val = self._one_per_new_group(val) if items.by_group else val
        return np.union1d(known, val[: max(0, MOST_LABELED - len(known))])

    def _class_weights(self, folder: RunFolder, items: CalibrationItems, unlabeled: Ids) -> NDArray[np.float64]:
        logits = folder.logits()
        predicted, pool = (predicted_classes(logits, ids) for ids in (items.ids, unlabeled))
        return class_mix_weights(predicted, items.labels, pool, logits.shape[1])


def _key(folder: RunFolder, items: CalibrationItems, unlabeled: Ids) -> dict[str, Any]:
    """Return what a check depends on; DataError where the predictions are missing or damaged."""
    folder.logits()
    file = (folder.path / "predictions" / "logits.npy").stat()
    known = zlib.crc32(np.ascontiguousarray(np.concatenate([items.ids, items.labels.astype(np.int64)])).data)
    return {
        "format": FORMAT,
        "logits": [file.st_mtime_ns, file.st_size],
        "temperature": folder.temperature(),
        "pool": zlib.crc32(np.ascontiguousarray(unlabeled).data),
        "calibration": known,
        "draw": [items.origin, items.is_random_draw, items.has_grown],
    }


def _stored(folder: RunFolder, key: dict[str, Any]) -> PoolCheck | None:
    """Read the stored check; None where there is none that fits."""
    try:
        stored = read_json(folder.path / FILE)
        if {name: stored.get(name) for name in key} != key:
            return None
        facts = stored["check"]
        for name in ("features", "scores"):
            facts[name] = None if facts[name] is None else TwoSampleTest(**facts[name])
        return PoolCheck(**{**facts, "class_weights": tuple(facts["class_weights"])})
    except (DataError, KeyError, TypeError):
        return None
