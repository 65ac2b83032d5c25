"""Audits when images of their set are hidden: no certificate gets better by it, and none is lost."""

import json
from typing import Any

import numpy as np
import pytest

from core import Project
from core.base.types import Ids
from core.quality.audit_answers import Audit
from tests.quality.test_audits import RUN, answered

EVERYTHING: dict[str, Any] = {"percent": 100.0}


def audit(project: Project) -> Audit:
    return project.quality.audit(RUN, "lowest_entropy", **EVERYTHING)


def answer(project: Project, *, is_right: bool) -> int:
    current = audit(project)
    assert current.next_id is not None
    pool = project.scores(RUN)
    label = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, current.next_id)])
    project.quality.answer_audit(current, label if is_right else None)
    return current.next_id


def unasked(project: Project, count: int) -> Ids:
    rest = np.setdiff1d(project.splits.unlabeled, audit(project).answered)
    found: Ids = rest[rest != audit(project).next_id][:count]
    return found


def test_answers_outside_the_hidden_images_go_on_counting(trained_project: Project) -> None:
    before = answered(trained_project, 6, **EVERYTHING)
    gone = unasked(trained_project, 5)
    trained_project.hide_images(gone, "blurred")
    after = audit(trained_project)
    assert after.answered.tolist() == before.answered.tolist()
    assert after.certificate.size == before.certificate.size - 5
    assert not np.isin(gone, after.answered).any()
    assert (after.num_hidden, after.next_id) == (0, before.next_id)


def test_an_answer_wrong_stays_in_the_certificate_when_its_image_is_hidden(trained_project: Project) -> None:
    answered(trained_project, 4, **EVERYTHING)
    image = answer(trained_project, is_right=False)
    before = audit(trained_project)
    trained_project.hide_images([image], "nothing to see")
    after = audit(trained_project)
    assert after.certificate.certified == before.certificate.certified
    assert (after.num_hidden, after.is_right.tolist()) == (1, before.is_right.tolist())
    assert "counts 1 images that were hidden" in after.outside


def test_an_answer_right_no_longer_counts_when_its_image_is_hidden(trained_project: Project) -> None:
    before = answered(trained_project, 6, **EVERYTHING)
    trained_project.hide_images(before.answered[:2], "copy")
    after = audit(trained_project)
    assert after.answered.tolist() == before.answered[2:].tolist()
    assert after.certificate.certified < before.certificate.certified


def test_the_certificate_of_the_set_before_a_hiding_stays_and_says_how_many_it_counts(
    trained_project: Project,
) -> None:
    before = answered(trained_project, 6, **EVERYTHING)
    trained_project.hide_images(unasked(trained_project, 3), "blurred", "ann")
    trained_project.hide_images(unasked(trained_project, 2), "private", "ann")
    project = Project.open(trained_project.path)
    (frozen,) = project.quality.certificates()
    assert (frozen.ids_hash, frozen.certificate) == (before.ids_hash, before.certificate)
    assert frozen.num_hidden == 5
    earlier = audit(project).earlier
    assert earlier is not None
    assert (earlier.num_kept, earlier.has_grown) == (before.certificate.size - 5, False)
    stored = json.loads(project.quality.save_certificate(frozen).read_text())
    assert stored["scope"]["num_hidden"] == 5
    answer(project, is_right=True)
    assert {one.num_hidden for one in project.quality.certificates()} == {0, 5}


def test_undo_brings_an_audit_back_as_it_was(trained_project: Project) -> None:
    before = answered(trained_project, 6, **EVERYTHING)
    trained_project.hide_images(trained_project.splits.pool[::2], "copy")
    assert audit(trained_project).certificate != before.certificate
    trained_project.undo_hide()
    after = audit(trained_project)
    assert (after.ids_hash, after.certificate) == (before.ids_hash, before.certificate)
    assert after.answered.tolist() == before.answered.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_hiding_never_proves_more_than_the_answers_that_are_left(trained_project: Project, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(8):
        answer(trained_project, is_right=bool(rng.random() < 0.7))
    before = audit(trained_project)
    pool = trained_project.splits.pool
    trained_project.hide_images(rng.choice(pool, int(rng.integers(1, len(pool) // 2)), replace=False), "copy")
    after = audit(trained_project)
    assert (~after.is_right).sum() == (~before.is_right).sum()
    assert after.is_right.sum() <= before.is_right.sum()
