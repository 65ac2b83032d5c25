"""What holds for the error of accepted labels, for manifests and pages."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from core.base.errors import WinnowError
from core.experiments.label_snapshot import Snapshot
from core.quality.service import Quality
from core.review.bulk import BULK_ACCEPT


def error_states(quality: Quality, runs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what holds for errors that calibration images give of some runs, by run.

    Args:
        quality: The quality service.
        runs: Runs or model versions; those whose scores cannot be read are left out.
    """
    found: dict[str, dict[str, Any]] = {}
    for run in sorted(set(runs)):
        with suppress(WinnowError):
            check = quality.pool_check(run)
            facts = {"origin": check.origin, "calibration_images": check.num_calibration}
            found[run] = {"state": check.state, "reason": check.reason, **facts}
    return found


def bulk_runs(snapshot: Snapshot) -> list[str]:
    """Return the runs by whose suggestions labels were accepted in bulk."""
    return sorted({decision.run_id for decision in snapshot.decisions.values() if decision.verdict == BULK_ACCEPT})
