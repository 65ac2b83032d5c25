"""When to stop reviewing: what the last round changed, what the audit proves, what the clicks were worth."""

from contextlib import suppress
from typing import TYPE_CHECKING

from core.base.errors import WinnowError
from core.quality.audits import read_certificates
from core.risk.review_value import ReviewValue, StopAdvice, flip_rate, stop_advice

if TYPE_CHECKING:
    from core.project import Project

TARGET = 0.95


def advise(project: "Project", run_id: str) -> StopAdvice:
    """Whether to review further after a run: its flips since the parent, the best audit of the two, the control arm."""
    labels, parent = project.scores(run_id).scores.pseudo_labels, project.run(run_id).record.parent
    flips = float("nan")
    if parent is not None:
        with suppress(WinnowError):  # its scores are gone: then nothing is known of flips
            flips = flip_rate(project.scores(parent).scores.pseudo_labels, labels)
    audits = [audit.certificate for audit in read_certificates(project) if audit.run_id in (run_id, parent)]
    best = max(audits, key=lambda found: found.certified, default=None)
    certified, target = (best.certified, best.target) if best is not None else (0.0, TARGET)
    return stop_advice(flips, certified, target, _value(project, run_id))


def controls_of(project: "Project", run_id: str) -> dict[str, str]:
    """The finished control arms of a run, latest first: run → what it trained on (one of ARMS)."""
    found = {}
    for run in reversed(project.runs()):
        control = run.control
        if control is not None and control.of == run_id and run.has_predictions:
            found[run.id] = control.arm
    return found


def _value(project: "Project", run_id: str) -> ReviewValue | None:
    control = next(iter(controls_of(project, run_id)), None)
    if control is None:
        return None
    with suppress(WinnowError):  # no test images: the value cannot be measured
        return project.promises.review_value(control, run_id)
    return None
