"""Audit answers in the log, target-error thresholds and label issues of a project."""

import json
from pathlib import Path

import numpy as np
import pytest

from core import Audit, InputError, Project, class_thresholds

RUN = "001-supervised-mlp"


def answered(project: Project, count: int, percent: float = 100, *, wrong: tuple[int, ...] = ()) -> Audit:
    """Return an audit after `count` answers, wrong at the given positions."""
    pool = project.scores(RUN)
    for number in range(count):
        audit = project.quality.audit(RUN, "lowest_entropy", percent=percent)
        assert audit.next_id is not None
        label = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, audit.next_id)])
        outcome = project.quality.answer_audit(audit, (label + 1) % 3 if number in wrong else label, "ann")
        assert outcome.status == "saved", outcome.reason
    return project.quality.audit(RUN, "lowest_entropy", percent=percent)


def test_audit_answers_are_logged_with_probability_and_replayed(
    trained_project: Project,
) -> None:
    audit = answered(trained_project, 5, wrong=(2,))
    assert audit.is_right.tolist() == [True, True, False, True, True]
    assert audit.certificate.num_answers == 5
    lines = [d for d in trained_project.decisions.all() if d.params.get("queue") == "audit"]
    assert [d.verdict for d in lines] == ["accept", "accept", "relabel", "accept", "accept"]
    size = audit.certificate.size
    assert [d.params["probability"] for d in lines] == pytest.approx([1 / (size - k) for k in range(5)])
    again = Project.open(trained_project.path).quality.audit(RUN, "lowest_entropy", percent=100)
    assert (again.certificate, again.next_id) == (audit.certificate, audit.next_id)


def test_undo_of_an_audit_answer_asks_again(trained_project: Project) -> None:
    audit = answered(trained_project, 3)
    last = audit.answered[-1]
    trained_project.undo(RUN, "ann")
    after = trained_project.quality.audit(RUN, "lowest_entropy", percent=100)
    assert after.next_id == last
    assert after.certificate.num_answers == 2


def test_stricter_threshold_keeps_answers_and_looser_one_asks_for_added_images(
    trained_project: Project,
) -> None:
    audit = answered(trained_project, 8, percent=50)
    kept = trained_project.select(RUN, "lowest_entropy", percent=25).ids.tolist()
    stricter = trained_project.quality.audit(RUN, "lowest_entropy", percent=25)
    assert stricter.answered.tolist() == [i for i in audit.answered.tolist() if i in kept]
    looser = trained_project.quality.audit(RUN, "lowest_entropy", percent=100)
    assert looser.certificate.num_answers + looser.num_waiting == 8
    assert looser.num_waiting > 0
    assert looser.next_id not in audit.answered
    assert looser.ids_hash != audit.ids_hash


def test_none_of_the_classes_counts_as_wrong(trained_project: Project) -> None:
    audit = trained_project.quality.audit(RUN, "lowest_entropy", percent=100)
    trained_project.quality.answer_audit(audit, None)
    assert trained_project.quality.audit(RUN, "lowest_entropy", percent=100).is_right.tolist() == [False]


def test_audit_of_an_empty_selection_raises_input_error(trained_project: Project) -> None:
    with pytest.raises(InputError, match="empty selection"):
        trained_project.quality.audit(RUN, "top_per_class", count=0)


def test_certificate_file_holds_set_hash_alpha_and_draws(trained_project: Project, tmp_path: Path) -> None:
    audit = answered(trained_project, 4)
    for file in (
        trained_project.quality.save_certificate(audit),
        trained_project.quality.save_certificate(audit, tmp_path / "c.json"),
    ):
        facts = json.loads(file.read_text())
        assert facts["ids_hash"] == audit.ids_hash
        assert facts["certificate"]["alpha"] == 0.05
        assert [d["image_id"] for d in facts["draws"]] == audit.answered.tolist()
        assert [d["decision"] for d in facts["draws"]] == [1, 2, 3, 4]
    assert trained_project.quality.save_certificate(audit).parent == trained_project.path / "certificates"


def test_conformal_threshold_uses_open_images_only(trained_project: Project) -> None:
    splits = trained_project.splits
    before = trained_project.quality.conformal_threshold(RUN, 0.4)
    assert (before.num_pool, before.num_calibration) == (len(splits.unlabeled), len(splits.calibration))
    trained_project.decide(RUN, "accept", int(splits.unlabeled[0]))
    trained_project.decide(RUN, "accept", int(splits.calibration[0]))
    after = trained_project.quality.conformal_threshold(RUN, 0.4)
    assert (after.num_pool, after.num_calibration) == (before.num_pool - 1, before.num_calibration - 1)


def test_class_thresholds_work_as_a_rule(trained_project: Project) -> None:
    thresholds = trained_project.quality.conformal_thresholds_per_class(RUN, 0.5)
    assert sum(one.num_pool for one in thresholds) == len(trained_project.splits.unlabeled)
    kept = trained_project.select(RUN, "per_class_threshold", thresholds=class_thresholds(thresholds))
    unlabeled = np.isin(kept.ids, trained_project.splits.unlabeled)
    assert int(unlabeled.sum()) == sum(one.num_kept for one in thresholds)


def test_label_issues_find_a_changed_label(trained_project: Project) -> None:
    images, splits = trained_project.images, trained_project.splits
    before = trained_project.quality.label_issues(RUN)
    known = trained_project.quality.known_scores(RUN)
    sure = known.ids[known.is_right & (known.scores.confidence == known.scores.confidence[known.is_right].max())][0]
    labels = np.array(images.labels)
    labels[sure] = (labels[sure] + 1) % 3
    object.__setattr__(images, "labels", labels)
    after = trained_project.quality.label_issues(RUN)
    assert after.num_checked == before.num_checked == len(splits.val) + len(splits.calibration)
    assert sure in after.ids
    assert sure not in before.ids


def test_review_value_of_a_run_against_itself_raises_input_error(trained_project: Project) -> None:
    with pytest.raises(InputError, match="its own control"):
        trained_project.review_value(RUN, RUN)
