"""Stopping criterion: flips, audit bound and value of the decisions."""

from contextlib import suppress

from core.base.errors import WinnowError
from core.experiments.control_runs import controls_of, value_over_control
from core.quality.audits import Audits
from core.risk.review_value import ReviewValue, StopAdvice, flip_rate, stop_advice
from core.workspace.workspace import Workspace

TARGET = 0.95


def advise_stopping(workspace: Workspace, audits: Audits, run_id: str) -> StopAdvice:
    """Advise whether to review further after a run.

    It reads the flips since the parent, the best audit of the two runs and the value over the control run.
    """
    labels, parent = workspace.scores(run_id).scores.pseudo_labels, workspace.run(run_id).record.parent
    flips = float("nan")
    if parent is not None:
        with suppress(WinnowError):  # its scores are gone: then nothing is known of flips
            flips = flip_rate(workspace.scores(parent).scores.pseudo_labels, labels)
    certificates = [audit.certificate for audit in audits.certificates() if audit.run_id in (run_id, parent)]
    best = max(certificates, key=lambda found: found.certified, default=None)
    certified, target = (best.certified, best.target) if best is not None else (0.0, TARGET)
    return stop_advice(flips, certified, target, _value(workspace, run_id))


def _value(workspace: Workspace, run_id: str) -> ReviewValue | None:
    control = next(iter(controls_of(workspace, run_id)), None)
    if control is None:
        return None
    with suppress(WinnowError):  # no test images: the value cannot be measured
        return value_over_control(workspace, control, run_id)
    return None
