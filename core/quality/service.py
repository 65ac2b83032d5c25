"""What a project can promise about its labels: target error, audits and certificates, label issues, review value."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import InputError
from core.base.types import Ids
from core.curation.class_balance import ClassShare
from core.experiments.control_runs import ARMS, num_clicks, prepare_arm
from core.experiments.stopping import advise, controls_of
from core.jobs.start import start
from core.quality import data_checks, target_error
from core.quality.audits import Audit, answer_audit, read_audit, read_certificates, save_certificate
from core.quality.queue_estimates import QueueEstimate, queue_estimates
from core.review import attention_checks
from core.risk.review_value import ReviewValue, StopAdvice, review_value
from core.risk.risk_control import ConformalThreshold, HighProbabilityThreshold
from core.workspace.run import Run

if TYPE_CHECKING:
    from core.project import Project
    from core.review.decisions import Outcome


class Promises:
    """Risk of one project: each method opens its arrays, calls one pure function and names the answer."""

    def __init__(self, project: "Project") -> None:
        self._project = project

    def conformal_threshold(self, run_id: str, target: float) -> ConformalThreshold:
        """Lowest threshold at which, on average over draws, at most `target` of the newly accepted labels are wrong."""
        return target_error.conformal_threshold(self._project, run_id, target)

    def conformal_thresholds_by_target(self, run_id: str, targets: Sequence[float]) -> tuple[ConformalThreshold, ...]:
        """conformal_threshold at each of several targets at once: what a slider of the target error moves along."""
        return target_error.conformal_thresholds_by_target(self._project, run_id, targets)

    def conformal_thresholds_per_class(self, run_id: str, target: float) -> tuple[ConformalThreshold, ...]:
        """The same for each predicted class; `thresholds` of per_class_threshold come from class_thresholds."""
        return target_error.conformal_thresholds_per_class(self._project, run_id, target)

    def high_probability_threshold(self, run_id: str, target: float, delta: float = 0.1) -> HighProbabilityThreshold:
        """Lowest threshold whose error is at most `target` with probability 1 - delta (Learn then Test)."""
        return target_error.high_probability_threshold(self._project, run_id, target, delta)

    def label_issues(self, run_id: str) -> target_error.LabelIssues:
        """Given labels of val and calibration images that confident learning calls wrong."""
        return target_error.issues(self._project, run_id)

    def foreign(self, run_id: str, score: str = "energy", false_alarms: float = 0.01) -> data_checks.Foreign:
        """Pool images that look like none of the classes, by a score (energy, entropy, confidence, knn) and a rate."""
        return data_checks.foreign(self._project, run_id, score, false_alarms)

    def class_shares(self, run_id: str, rule: str, *, factor: float = 2.0, **params: Any) -> tuple[ClassShare, ...]:
        """Share of each class in what a rule keeps beside its share of the labeled images."""
        return data_checks.shares(self._project, run_id, rule, params, factor)

    def leaks(self) -> list[Ids]:
        """Groups of identical images that lie in more than one split."""
        return data_checks.leaks(self._project)

    def audit(
        self,
        run_id: str,
        rule: str,
        *,
        target: float = 0.95,
        alpha: float = 0.05,
        seed: int = 0,
        **params: Any,
    ) -> Audit:
        """The audit of what a rule keeps: answers so far, what they prove, the image to ask about next."""
        return read_audit(self._project, run_id, rule, params, target, alpha, seed)

    def answer_audit(self, current: Audit, label: int | None, reviewer: str = "me") -> "Outcome":
        """Record the class seen on the audit's next image (None: none of the classes) as a decision in the log."""
        outcome = answer_audit(self._project, current, label, reviewer)
        if outcome.status == "saved":
            self.store_certificate(current)
        return outcome

    def store_certificate(self, current: Audit) -> Path:
        """Write what the audit proves by now into the project's folder `certificates`; every answer does."""
        asked = current.certificate
        words = (current.run_id, current.rule, current.params, asked.target, asked.alpha, current.seed)
        return save_certificate(self._project, read_audit(self._project, *words))

    def certificates(self) -> list[Audit]:
        """The audits that have answers, the latest first; what every export carries."""
        return read_certificates(self._project)

    def save_certificate(self, current: Audit, file: Path | str | None = None) -> Path:
        """Write what the audit proves, with set hash, alpha and every draw, as JSON; by default into the project."""
        return save_certificate(self._project, current, Path(file).expanduser() if file is not None else None)

    def queue_estimates(self, run_id: str, threshold: float) -> list[QueueEstimate]:
        """Accuracy of the pool's pseudo-labels, and error above a threshold, from answers to random queues."""
        return queue_estimates(self._project, run_id, threshold)

    def reviewers(self) -> list[attention_checks.ReviewerCheck]:
        """Every reviewer: planted wrong suggestions caught, blind repeats answered otherwise, median seconds."""
        return attention_checks.check_reviewers(self._project)

    def plant_checks(self, every: int) -> None:
        """Put one val image with a wrong suggestion among every so many cards of Review; 0: none."""
        attention_checks.write_every(self._project, every)

    @property
    def checks_every(self) -> int:
        """One check among so many cards of Review; 0: none."""
        return attention_checks.read_every(self._project)

    def review_value(self, control: str, curated: str) -> ReviewValue:
        """Points of test accuracy per 100 decisions by a person that run `curated` has over run `control`."""
        if control == curated:
            raise InputError("A run cannot be its own control: choose two different runs.")
        compared = self._project.compare(control, curated)
        frozen = self._project.run(curated).folder.curated()
        labels = self._project.images.labels[compared.test_ids]
        clicks = 0 if frozen is None else num_clicks(frozen)
        return review_value(compared.comparison.predictions_a, compared.comparison.predictions_b, labels, clicks)

    def stop_advice(self, run_id: str) -> StopAdvice:
        """Whether reviewing further is worth it after a run: flips, audit bound, value over its control arm."""
        return advise(self._project, run_id)

    def start_arms(self, run_id: str) -> list[Run]:
        """Train every control arm that can be trained beside a curated run, behind it in the line for the device."""
        begun = []
        for arm in ARMS:
            with suppress(InputError):  # no single decision, no bulk accept, or true labels that nobody knows
                begun.append(self.start_arm(run_id, arm))
        return begun

    def controls(self, run_id: str) -> dict[str, str]:
        """The finished control arms of a run, latest first: run → what it trained on (one of ARMS)."""
        return controls_of(self._project, run_id)

    def start_arm(self, run_id: str, arm: str) -> Run:
        """Train a control arm beside a curated run, on its seed, budget and parent: threshold_only, random_clicks."""
        run = prepare_arm(self._project, run_id, arm)
        start(self._project.path, run.id)
        return run
