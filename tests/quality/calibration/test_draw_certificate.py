"""Certificates from pool draws: what they count, what lies outside, and how they stand beside an audit."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import Project
from core.quality.calibration.draw_certificate import DrawCertificate
from core.risk.audit_certificate import certificate, certified_count
from core.risk.shift.draw_bound import DrawBound
from tests.quality.calibration.scenes import RUN, draw, unlabeled_truth
from tests.quality.calibration.test_pool_draw import answer_all


@pytest.fixture
def same_scenes(same_scenes_folder: Path, tmp_path: Path) -> Project:
    return Project.open(shutil.copytree(same_scenes_folder / "project", tmp_path / "same"))


@pytest.fixture
def truth(same_scenes: Project, same_scenes_folder: Path) -> np.ndarray:
    return unlabeled_truth(same_scenes, same_scenes_folder)


def test_answers_of_a_pool_draw_certify_a_selection_chosen_by_them(same_scenes: Project, truth: np.ndarray) -> None:
    quality = same_scenes.quality
    assert quality.draw_certificate(RUN, "fixed_threshold", threshold=0.5) is None
    quality.draw_calibration(200)
    answer_all(same_scenes, truth)
    threshold = quality.conformal_threshold(RUN, 0.1).threshold
    assert threshold is not None
    found = quality.draw_certificate(RUN, "fixed_threshold", threshold=threshold)
    assert found is not None
    kept = same_scenes.select(RUN, "fixed_threshold", threshold=threshold)
    is_drawn_from = truth[kept.ids] >= 0
    right = kept.labels[is_drawn_from] == truth[kept.ids[is_drawn_from]]
    assert found.bound.size == len(right)
    assert found.num_outside == len(kept.ids) - len(right)  # calibration images of the split
    assert 0.5 < found.certified <= right.mean()
    assert f"at least {100 * found.certified:.1f} % of {found.bound.size:,} images right" in found.sentence
    asked = np.intersect1d(kept.ids, list(same_scenes.decisions.calibration_answers()))
    assert found.bound.num_answers == len(asked)
    assert found.bound.num_right == int((kept.labels[np.searchsorted(kept.ids, asked)] == truth[asked]).sum())


def test_answers_count_in_the_order_drawn_up_to_the_first_gap(same_scenes: Project, truth: np.ndarray) -> None:
    quality = same_scenes.quality
    quality.draw_calibration(60)
    answer_all(same_scenes, truth, 25)
    found = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert found is not None
    assert found.bound.num_answers == 25  # no stage has to be finished
    gap = quality.calibration_progress().next_id
    assert gap is not None
    assert same_scenes.decide(RUN, "relabel", gap, int(truth[gap])).status == "saved"  # decided in another queue
    later = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert later is not None
    assert (later.bound.num_answers, later.bound.num_right) == (
        26,
        found.bound.num_right,
    )  # perhaps not blind: it counts as wrong


def test_images_decided_before_the_draw_lie_outside_of_it(same_scenes: Project, truth: np.ndarray) -> None:
    first, *_ = same_scenes.splits.unlabeled.tolist()
    assert same_scenes.decide(RUN, "relabel", first, int(truth[first])).status == "saved"
    before = same_scenes.quality
    before.draw_calibration(30)
    answer_all(same_scenes, truth)
    found = before.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert found is not None
    assert found.bound.size == len(same_scenes.splits.unlabeled) - 1
    file = same_scenes.path / "calibration" / "draw-1.json"
    facts = json.loads(file.read_text())
    file.write_text(json.dumps({name: value for name, value in facts.items() if name != "last"}))
    again = Project.open(same_scenes.path).quality  # drawn by an earlier version: which images were open is unknown
    assert again.draw_certificate(RUN, "fixed_threshold", threshold=0.0) is None


def test_audit_and_pool_draw_are_told_together_at_half_the_risk_each(same_scenes: Project, truth: np.ndarray) -> None:
    quality = same_scenes.quality
    quality.draw_calibration(100)
    answer_all(same_scenes, truth)
    for _ in range(3):
        audit = quality.audit(RUN, "fixed_threshold", threshold=0.0)
        assert audit.next_id is not None
        quality.answer_audit(audit, int(truth[audit.next_id]) if truth[audit.next_id] >= 0 else 0)
    audit = quality.audit(RUN, "fixed_threshold", threshold=0.0)
    found = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert found is not None
    alone, together = found.sentences(audit.certificate, audit.is_right)
    assert alone == found.sentence
    assert f"at least {100 * found.num_proven_at_half_risk / audit.certificate.size:.1f} % right" in together
    assert found.num_proven_at_half_risk < found.bound.num_proven
    saved = json.loads(quality.save_certificate(audit).read_text())
    facts = {name: saved["pool_draw"][name] for name in ("number", "num_proven", "num_proven_at_half_risk")}
    assert facts == {
        "number": 1,
        "num_proven": found.bound.num_proven,
        "num_proven_at_half_risk": found.num_proven_at_half_risk,
    }


def test_an_audit_that_proves_more_than_the_draw_is_told_at_half_the_risk() -> None:
    answers = np.ones(100, dtype=np.bool_)
    drawn = DrawCertificate(1, 0.05, DrawBound(500, 20, 20, 500, 20, 300), 0, num_proven_at_half_risk=280)
    proven = certified_count(answers, 500, 0.025)
    assert drawn.num_proven_at_half_risk < proven < certified_count(answers, 500, 0.05)
    _, together = drawn.sentences(certificate(answers, 500, alpha=0.05), answers)
    assert f"at least {100 * proven / 500:.1f} % right" in together


def test_images_added_after_the_draw_lie_outside_and_leave_what_it_proves(
    same_scenes: Project, truth: np.ndarray, tmp_path: Path
) -> None:
    same_scenes.quality.draw_calibration(40)
    answer_all(same_scenes, truth)
    before = same_scenes.quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    (tmp_path / "more").mkdir()
    for number in range(5):
        Image.fromarray(draw(number % 4, number, np.random.default_rng(number))).save(
            tmp_path / "more" / f"{number}.png"
        )
    assert same_scenes.add_images(tmp_path / "more").count == 5
    grown = Project.open(same_scenes.path).quality
    after = grown.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert before is not None
    assert after is not None
    assert (after.bound, after.num_outside) == (before.bound, before.num_outside + 5)


def test_a_draw_answer_follows_a_class_that_was_merged_since(same_scenes: Project, truth: np.ndarray) -> None:
    quality = same_scenes.quality
    quality.draw_calibration(60)
    answer_all(same_scenes, truth)
    before = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    same_scenes.merge_classes(0, 2)
    after = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert before is not None
    assert after is not None
    assert after.bound.num_right >= before.bound.num_right
    assert 0 not in same_scenes.decisions.calibration_answers().values()
