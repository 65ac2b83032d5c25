"""Audits of pools that grow, of reviewers who disagree, and of predictions from elsewhere."""

import json
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from core import Command, Project
from core.cli.app import app
from core.quality.audit_answers import audit_overlap, growing_order, sensitivity, unscored_additions
from core.risk.audit_certificate import certified_count
from core.scoring.scores import score
from tests.conftest import draw
from tests.quality.test_audits import RUN, answered

EVERYTHING: dict[str, Any] = {"percent": 100.0}


def grow(project: Project, folder: Path, count: int = 12) -> None:
    rng = np.random.default_rng(5)
    folder.mkdir()
    for number in range(count):
        Image.fromarray(draw(("circle", "cross")[number % 2], rng)).save(folder / f"new{number}.png")
    assert project.add_images(folder).count == count


def test_an_order_keeps_the_order_of_what_was_there_when_images_are_added() -> None:
    ids = np.arange(40)
    before, after, last = (growing_order(ids[:n], f, 3) for n, f in ((20, []), (30, [20]), (40, [20, 30])))
    assert sorted(last.tolist()) == ids.tolist()
    assert last[last < 30].tolist() == after.tolist()
    assert after[after < 20].tolist() == before.tolist()


def test_an_order_is_uniform_also_after_additions() -> None:
    first = np.array([growing_order(np.arange(6), [2, 4], seed)[0] for seed in range(6_000)])
    counts = np.bincount(first, minlength=6)
    assert (np.abs(counts - 1_000) < 5 * np.sqrt(1_000 * 5 / 6)).all()


def test_audit_overlap_of_stricter_and_looser_sets() -> None:
    old, answered = np.arange(10), np.array([3, 9, 1])
    tight = audit_overlap(answered, old, np.arange(5))
    assert not len(tight.added_ids)
    assert tight.is_valid.tolist() == [True, False, True]
    loose = audit_overlap(answered, old, np.arange(15))
    assert loose.added_ids.tolist() == [10, 11, 12, 13, 14]
    assert loose.is_valid.all()


def test_a_certificate_stays_valid_for_its_set_when_the_pool_grows(trained_project: Project, tmp_path: Path) -> None:
    before = answered(trained_project, 6, **EVERYTHING)
    grow(trained_project, tmp_path / "more")
    project = Project.open(trained_project.path)
    (frozen,) = project.quality.certificates()
    assert (frozen.ids_hash, frozen.certificate) == (before.ids_hash, before.certificate)
    assert frozen.answered.tolist() == before.answered.tolist()
    assert (frozen.num_images, frozen.num_outside) == (before.num_images, 12)
    project.export("csv", tmp_path / "out", RUN)
    (stored,) = json.loads((tmp_path / "out" / "manifest.json").read_text())["certificates"]
    assert stored["scope"] == {
        "num_images": before.num_images, "num_outside": 12, "num_unscored": 0, "num_hidden": 0
    }  # fmt: skip


def test_after_growth_the_same_rule_is_audited_anew_and_keeps_what_was_answered(
    trained_project: Project, tmp_path: Path
) -> None:
    before = answered(trained_project, 6, **EVERYTHING)
    grow(trained_project, tmp_path / "more")
    project = Project.open(trained_project.path)
    now = project.quality.audit(RUN, "lowest_entropy", **EVERYTHING)
    assert now.certificate.size == before.certificate.size + 12
    assert now.earlier is not None
    assert now.earlier.has_grown
    assert (now.earlier.num_kept, now.earlier.num_added) == (before.certificate.size, 12)
    assert (now.earlier.num_valid, now.earlier.frozen) == (6, before.certificate)
    assert len(now.answered) + now.num_waiting == 6  # none of the answers is lost


def test_right_after_an_addition_an_audit_names_the_new_images_outside_it(
    trained_project: Project, tmp_path: Path
) -> None:
    rule: dict[str, Any] = {"rule": "fixed_threshold", "threshold": 0.4}
    before = trained_project.quality.audit(RUN, **rule)
    assert (before.num_unscored, before.outside) == (0, "")
    assert trained_project.quality.answer_audit(before, 0).status == "saved"
    grow(trained_project, tmp_path / "more")
    project = Project.open(trained_project.path)
    now = project.quality.audit(RUN, **rule)
    assert (now.ids_hash, now.num_outside, now.num_unscored) == (before.ids_hash, 0, 12)
    words = "audit", str(project.path), RUN, "--rule", "fixed_threshold", "--param", "threshold=0.4"
    assert "The certificate says nothing about 12 images that were added" in CliRunner().invoke(app, words).output
    assert json.loads(CliRunner().invoke(app, [*words, "--json"]).output)["num_unscored"] == 12
    (stored,) = project.quality.certificates()
    assert stored.num_unscored == 12
    version = project.live.refresh(RUN, wait=True).version
    assert project.quality.audit(version, **rule).outside == ""


def second_opinion(project: Project, image: int, label: int, reviewer: str) -> None:
    row = project.scores(RUN).row_of(image)
    suggestion = int(project.scores(RUN).scores.pseudo_labels[row])
    verdict = "accept" if label == suggestion else "relabel"
    command = Command(f"{reviewer}-{image}", verdict, RUN, reviewer, image, suggestion, label)
    assert project.decisions.execute([command])[0].status == "saved"


def test_an_answer_that_another_reviewer_contradicts_is_named_and_what_it_would_change(
    trained_project: Project,
) -> None:
    audit = answered(trained_project, 10, **EVERYTHING)
    assert (len(audit.disputed), audit.certified_undisputed) == (0, audit.certificate.certified)
    agreed, doubted = audit.answered[:2].tolist()
    label = int(trained_project.scores(RUN).scores.pseudo_labels[trained_project.scores(RUN).row_of(agreed)])
    second_opinion(trained_project, agreed, label, "bob")
    other = (int(trained_project.scores(RUN).scores.pseudo_labels[trained_project.scores(RUN).row_of(doubted)]) + 1) % 3
    second_opinion(trained_project, doubted, other, "bob")
    doubtful = trained_project.quality.audit(RUN, "lowest_entropy", **EVERYTHING)
    assert doubtful.disputed.tolist() == [doubted]
    assert doubtful.certified_undisputed < doubtful.certificate.certified


def test_taking_the_first_right_answers_as_wrong_is_the_worst_choice() -> None:
    is_right = np.array([True, True, False, True, True, True, True, True, True, True, True, True])
    size, alpha = 40, 0.2
    right = np.flatnonzero(is_right)
    for num_wrong in (1, 2):
        proven = set[int]()
        for wrong in combinations(right.tolist(), num_wrong):
            changed = is_right.copy()
            changed[list(wrong)] = False
            proven.add(certified_count(changed, size, alpha))
        first = is_right.copy()
        first[right[:num_wrong]] = False
        assert certified_count(first, size, alpha) == min(proven)


def test_more_wrong_answers_certify_less() -> None:
    rows = sensitivity(np.ones(200, dtype=np.bool_), 1_000, 0.05)
    assert [row.num_wrong for row in rows] == [2, 4, 10]
    shares = [certified_count(np.ones(200, dtype=np.bool_), 1_000) / 1_000, *[row.certified for row in rows]]
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == 4


def test_labels_of_another_tool_are_audited_like_suggestions(trained_project: Project, tmp_path: Path) -> None:
    project, names = trained_project, trained_project.images.names
    pool = project.splits.pool
    lines = [f"{names[image]},{project.class_names[number % 3]}" for number, image in enumerate(pool.tolist())]
    (tmp_path / "labels.csv").write_text("name,label\n" + "\n".join(lines))
    run = project.import_predictions(tmp_path / "labels.csv").id
    audit = project.quality.audit(run, "fixed_threshold", threshold=0.5)
    assert audit.certificate.size == len(pool)
    assert audit.next_id is not None
    label = int(np.flatnonzero(pool == audit.next_id)[0]) % 3
    assert project.quality.answer_audit(audit, label).status == "saved"
    (stored,) = project.quality.certificates()
    assert stored.is_right.tolist() == [True]


def test_an_audit_of_an_earlier_pool_needs_images_that_were_there(trained_project: Project) -> None:
    with pytest.raises(Exception, match="empty selection"):
        trained_project.quality.audit(RUN, "lowest_entropy", num_images=0, **EVERYTHING)


def test_an_image_that_was_there_before_is_no_addition_however_even_its_classes() -> None:
    even = np.zeros((6, 4), np.float32)
    even[3] = (9, 0, 0, 0)  # known to the run
    pool: Any = SimpleNamespace(ids=np.arange(10, 16), scores=score(even))
    assert unscored_additions(pool, []).tolist() == []
    assert unscored_additions(pool, [12]).tolist() == [12, 14, 15]
