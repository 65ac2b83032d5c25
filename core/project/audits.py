"""The audit of a selection: blind answers about random images of it, and what they certify."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import DecisionError, InputError
from core.base.records import Command, Ids
from core.curate.certificate import Certificate, answers_needed, certificate, still_counts
from core.curate.curation import live_decisions
from core.store.audits import AuditFolder, AuditRecord

if TYPE_CHECKING:
    from core.project.project import Project

_STEPS = (0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True)
class AuditState:
    """An audit now: the next image to show, blind; what is certified; how many more answers for the next step."""

    record: AuditRecord
    next_image: int | None  # None when every image of the set has been answered
    certificate: Certificate
    next_step: float | None  # share; None when nothing higher can be reached
    needed: int | None  # further answers, all agreeing, for that step


class Audits:
    """One per project. An answer is a decision in the log like any other; what it audits was frozen at the start."""

    def __init__(self, project: "Project") -> None:
        self._project = project
        self._folder = AuditFolder(project.path / "audits")

    def names(self) -> list[str]:
        """All audits, the oldest first."""
        return self._folder.names()

    def begin(self, run_id: str, rule: str, *, target: float = 0.95, alpha: float = 0.05, **params: Any) -> AuditState:
        """Freeze what a rule keeps now and draw an order of it that nobody can foresee.

        target: share that shall be right; alpha: 1 − confidence of the certificate.
        """
        if not 0 < target < 1 or not 0 < alpha < 0.5:
            raise InputError(f"An audit needs a target below 1 and an alpha below 0.5 (got {target:g} and {alpha:g}).")
        kept = self._project.select(run_id, rule, **params)
        if not kept.count:
            raise InputError("This rule keeps no image, so there is nothing to audit: lower the threshold.")
        seed = secrets.randbelow(2**31)
        name = f"{max((int(name) for name in self.names()), default=0) + 1:03d}"
        draws = np.random.default_rng(seed).permutation(kept.count)
        digest = hashlib.sha256(kept.ids.astype("<i8").tobytes() + kept.labels.astype("<i8").tobytes()).hexdigest()
        created = datetime.now(UTC).isoformat(timespec="seconds")
        record = AuditRecord(name, run_id, rule, dict(params), kept.count, digest, alpha, target, seed, created)
        self._folder.save(record, kept.ids, kept.labels, draws)
        return self.state(name)

    def state(self, name: str) -> AuditState:
        """The next image, and what is certified now; an answer that was taken back is asked again."""
        record = self._folder.record(name)
        ids, _, draws = self._folder.images(name)
        given = self._answers(name)
        order = [int(image) for image in ids[draws]]
        open_images = (image for image in order if image not in given)
        found = certificate(record.size, len(given), sum(given.values()), record.alpha)
        step = next((share for share in sorted({*_STEPS, record.target}) if share > found.share), None)
        needed = None if step is None else answers_needed(record.size, found.answers, found.right, step, record.alpha)
        return AuditState(record, next(open_images, None), found, step if needed is not None else None, needed)

    def answer(self, name: str, image: int, label: int | None, reviewer: str = "me") -> AuditState:
        """Record a blind answer: the class seen, or None for none of these or cannot tell, which counts as wrong.

        Only the next image may be answered: choosing among the draws would void the certificate.
        """
        now = self.state(name)
        if image != now.next_image:
            raise InputError(f"Image {image} is not the one that audit {name} asks about now: answer the one it shows.")
        ids, labels, _ = self._folder.images(name)
        accepted = int(labels[np.searchsorted(ids, image)])
        verdict = "unsure" if label is None else "accept" if label == accepted else "relabel"
        command = Command(
            str(uuid.uuid4()), verdict, now.record.run_id, reviewer, image, accepted,
            label if verdict == "relabel" else None, {"audit": name},
        )  # fmt: skip
        (outcome,) = self._project.execute([command])
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
        return self.state(name)

    def moved_to(self, name: str, ids: Ids) -> tuple[int, int]:
        """How many answers of an audit stay valid for another accepted set (sorted ids), and how many were right."""
        old, _, draws = self._folder.images(name)
        given = self._answers(name)
        drawn = np.array([image for image in old[draws] if int(image) in given], dtype=np.int64)
        counts = drawn[still_counts(drawn, old, ids)]
        return len(counts), sum(given[int(image)] for image in counts)

    def _answers(self, name: str) -> dict[int, bool]:
        """Image id to whether the answer agreed with the accepted label; live answers only."""
        log = live_decisions(self._project.desk.decisions())
        live = [decision for decision in log if decision.params.get("audit") == name]
        return {decision.image_id: decision.verdict == "accept" for decision in live if decision.image_id is not None}
