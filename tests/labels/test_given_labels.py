"""Given labels: all are checked, corrections are decisions that every number follows, contradictions are told."""

import shutil
import uuid
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import Command, InputError, PageQuery, Project, QueueFilter, TrainConfig
from core.data.label_corrections import FILE
from core.live.version_fit import fit_version
from core.workspace.model_versions import ModelVersion
from core.workspace.workspace import LABEL_ISSUES

RUN = "001-supervised-mlp"


def wrong_labels(project: Project, count: int = 4) -> list[int]:
    """Give some images of each given part the label of another class; return them."""
    file = project.path / "images" / "labels.npy"
    labels, splits = np.array(np.load(file)), project.splits
    changed = [int(image) for part in (splits.labeled, splits.val, splits.test) for image in part[:count]]
    labels[changed] = (labels[changed] + 1) % 3
    np.save(file, labels)
    return changed


@pytest.fixture
def wrong(trained_project: Project) -> list[int]:
    return wrong_labels(trained_project)


@pytest.fixture
def project(wrong: list[int], trained_project: Project) -> Project:
    reopened = Project.open(trained_project.path)
    reopened.labels.check()
    return reopened


def correct(project: Project, image: int, verdict: str = "accept") -> None:
    outcome = project.decide(LABEL_ISSUES, verdict, image, reviewer="ann")
    assert outcome.status == "saved", outcome.reason


def test_every_part_is_checked_and_wrong_labels_come_first(project: Project, wrong: list[int]) -> None:
    found, splits = project.labels.check(), project.splits
    assert found.num_checked == sum(map(len, (splits.labeled, splits.val, splits.calibration, splits.test)))
    assert len(set(found.ids.tolist()) & set(wrong)) >= len(wrong) - 1
    assert len(set(found.ids[: len(wrong)].tolist()) & set(wrong)) >= len(wrong) - 2
    assert (np.diff(found.quality) >= 0).all()
    assert (found.likely != found.given).all()


def test_a_correction_changes_the_label_and_keeps_the_given_one(project: Project) -> None:
    image = int(project.labels.check().ids[0])
    given = int(project.images.labels[image])
    correct(project, image)
    assert project.images.labels[image] != given
    assert project.workspace.given_labels[image] == given
    decision = project.decisions.all()[-1]
    assert (decision.reviewer, decision.params["given"], decision.label) == (
        "ann",
        given,
        project.images.labels[image],
    )
    assert Project.open(project.path).images.labels[image] == decision.label
    assert sum(project.labels.num_corrected.values()) == 1
    project.undo(reviewer="ann")
    assert project.images.labels[image] == given
    assert project.labels.corrected_note == ""


def test_a_given_label_can_be_corrected_under_any_run_and_undo_takes_it_back(trained_project: Project) -> None:
    project, image = trained_project, int(trained_project.splits.test[0])
    before = int(project.images.labels[image])
    outcome = project.decide(RUN, "relabel", image, (before + 1) % 3)
    assert outcome.status == "saved", outcome.reason
    assert project.images.labels[image] == (before + 1) % 3
    assert project.decisions.all()[-1].params["given"] == before
    assert project.decisions.counts()["relabel"] == 0, "it is no decision about the pool"
    project.undo()
    assert project.images.labels[image] == before


def test_corrected_test_labels_change_the_numbers_of_all_runs(project: Project, wrong: list[int]) -> None:
    second = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120).id
    before = project.compare(RUN, second).comparison.accuracy_a.count
    in_test = [image for image in wrong if image in project.splits.test]
    for image in in_test:
        true = (int(project.images.labels[image]) - 1) % 3
        assert project.decide(LABEL_ISSUES, "relabel", image, true).status == "saved"
    after = project.compare(RUN, second).comparison
    assert after.accuracy_a.count > before
    assert project.labels.num_corrected == {"test": len(in_test)}


def test_the_next_run_trains_on_corrected_labels_and_the_pool_stays(project: Project, wrong: list[int]) -> None:
    image = next(one for one in wrong if one in project.splits.labeled)
    open_before = project.decisions.counts()
    correct(project, image)
    assert project.decisions.counts() == open_before
    run = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    curated = run.folder.curated()
    assert curated is not None
    assert curated.labels[curated.ids == image] == project.images.labels[image]
    assert (run.folder.path / FILE).exists()


def test_a_corrected_val_label_is_no_training_label(project: Project, wrong: list[int]) -> None:
    image = next(one for one in wrong if one in project.splits.val)
    correct(project, image)
    assert image not in project.curate().ids


def test_a_withdrawn_label_leaves_its_part_and_comes_back_with_undo(project: Project) -> None:
    image, hidden = int(project.splits.test[0]), int(project.splits.calibration[0])
    pool = project.splits.pool
    correct(project, image, "none")
    correct(project, hidden, "none")
    assert image not in project.splits.test
    assert hidden in project.splits.unlabeled
    assert np.array_equal(project.splits.pool, pool)
    project.undo(reviewer="ann")
    project.undo(reviewer="ann")
    assert image in project.splits.test
    assert hidden in project.splits.calibration


def test_many_labels_are_corrected_at_once_and_undone_at_once(project: Project) -> None:
    found = project.labels.check()
    pairs = [[int(image), int(label)] for image, label in zip(found.ids[:5], found.likely[:5], strict=True)]
    command = Command(str(uuid.uuid4()), "accept", LABEL_ISSUES, params={"images": pairs})
    assert project.decisions.execute([command])[0].status == "saved"
    assert sum(project.labels.num_corrected.values()) == 5
    project.undo()
    assert project.labels.num_corrected == {}


def test_the_queue_shows_given_and_likely_class_and_drops_what_was_decided(project: Project) -> None:
    query = PageQuery(ranking=LABEL_ISSUES, count=5, wanted=QueueFilter(show="open"))
    page = project.review(LABEL_ISSUES).page(query)
    found = project.labels.check()
    assert [card.id for card in page.cards] == found.ids[:5].tolist()
    assert f"given {project.class_names[found.given[0]]}" in page.cards[0].why
    correct(project, page.cards[0].id)
    assert page.cards[0].id not in [card.id for card in project.review(LABEL_ISSUES).page(query).cards]
    assert page.cards[0].id not in [one.id for one in project.review(LABEL_ISSUES).neighbors(page.cards[0].id, 5)]


def test_a_stale_check_is_made_again_and_a_current_one_is_kept(project: Project) -> None:
    assert project.labels.is_current()
    before = project.workspace.scores(LABEL_ISSUES)
    project.labels.check()
    assert project.workspace.scores(LABEL_ISSUES) is before
    correct(project, int(project.labels.check().ids[0]))
    assert not project.labels.is_current()
    project.labels.check()
    assert project.labels.is_current()
    assert project.workspace.scores(LABEL_ISSUES) is not before


def test_a_model_version_is_made_again_with_the_labels_of_its_time(project: Project, wrong: list[int]) -> None:
    run = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120).id
    version = ModelVersion(run, 1)
    for image in wrong[:3]:
        correct(project, image)
    first = np.array(fit_version(project.workspace, project.decisions, version).logits())
    for image in wrong[3:6]:
        correct(project, image)
    shutil.rmtree(project.run(run).folder.path / "versions")
    again = fit_version(project.workspace, project.decisions, version)
    assert np.array_equal(first, again.logits())


def test_without_a_check_the_queue_says_what_to_do(trained_project: Project) -> None:
    with pytest.raises(InputError, match=r"have not been checked yet: do so first \(winnow label-issues"):
        trained_project.review(LABEL_ISSUES)
    with pytest.raises(InputError, match="queue of the given labels"):
        trained_project.review(RUN).page(PageQuery(ranking=LABEL_ISSUES))


def test_labels_of_one_class_cannot_be_checked(pictures: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "cold", pictures / "unlabeled")
    with pytest.raises(InputError, match="at least two classes"):
        project.labels.check()


@pytest.fixture
def contradicting(pictures: Path, tmp_path: Path) -> Project:
    folder = tmp_path / "source"
    shutil.copytree(pictures, folder)
    shutil.copy(folder / "circle" / "0.png", folder / "cross" / "same.png")
    nearly = np.asarray(Image.open(folder / "circle" / "1.png")).astype(int)
    nearly[0, 0] += 2
    Image.fromarray(np.clip(nearly, 0, 255).astype(np.uint8)).save(folder / "stripes" / "nearly.png")
    return Project.create(tmp_path / "contradicting", folder)


def test_equal_and_nearly_equal_images_with_two_labels_are_told_until_they_are_decided(contradicting: Project) -> None:
    project = contradicting
    found = project.labels.contradictions()
    assert (found.num_groups, found.num_images) == (2, 4)
    assert "circle/0.png (circle) = cross/same.png (cross)" in project.labels.contradiction_note()
    project.labels.check()
    page = project.review(LABEL_ISSUES).page(PageQuery(ranking="contradictions"))
    assert [card.id for card in page.cards] == [*found.members(0).tolist(), *found.members(1).tolist()]
    copy = next(card for card in page.cards if card.name == "same.png")
    assert project.decide(LABEL_ISSUES, "relabel", copy.id, project.class_names.index("circle")).status == "saved"
    assert project.labels.contradictions().num_groups == 1


def test_nothing_contradicts_where_copies_agree(untrained_project: Project) -> None:
    assert untrained_project.labels.contradictions().num_groups == 0
    assert untrained_project.labels.contradiction_note() == ""
