"""A project can begin without a label or a class; suggestions start with the second image of the second class."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from core import InputError, PageQuery, Project, QueueFilter, TrainConfig
from core.cli import main
from core.live.version_fit import read_version

HEAD = TrainConfig(method="head", extractor="pixels")
RUN = "001-head-pixels"


@pytest.fixture
def project(pictures: Path, tmp_path: Path) -> Project:
    """A project of 60 images of three shapes, of which nothing is known, with a head on their features."""
    made = Project.create(tmp_path / "cold", pictures / "unlabeled")
    made.wait_run(made.start_run(HEAD).id, timeout=120)
    return made


def shape_of(project: Project, image: int) -> str:
    """The true shape: `pictures` draws them in turn."""
    return ("circle", "cross", "stripes")[int(str(project.images.names[image]).removesuffix(".png")) % 3]


def label(project: Project, run: str, image: int) -> None:
    """Give an image its shape, as a new class if need be."""
    shape = shape_of(project, image)
    number = project.class_names.index(shape) if shape in project.class_names else project.add_class(shape)
    assert project.decide(run, "relabel", image, number).status == "saved"


def learned(project: Project) -> str:
    """Follow the live model, and wait until nothing is being fitted."""
    project.live.follow(RUN)
    end = time.monotonic() + 60
    while project.live.state(RUN).is_fitting:
        assert time.monotonic() < end
        time.sleep(0.02)
    return project.live.state(RUN).version


def images_of(project: Project, shape: str, count: int) -> list[int]:
    return [image for image in project.splits.pool.tolist() if shape_of(project, image) == shape][:count]


def test_images_without_labels_make_a_project_whose_head_has_no_suggestion(project: Project) -> None:
    assert project.class_names == ()
    assert len(project.splits.pool) == 60
    assert "label at least two images each of two classes" in project.run(RUN).status.message
    page = project.review(RUN).page(PageQuery("diverse", count=12))
    assert len(page.cards) == 12
    assert {card.suggestion for card in page.cards} == {-1}
    assert {tuple(card.top) for card in page.cards} == {()}


def test_what_needs_a_suggestion_is_refused_in_a_sentence(project: Project) -> None:
    image = int(project.splits.pool[0])
    assert "no suggestion to accept or reject yet" in project.decide(RUN, "accept", image).reason
    assert "no suggestion to accept or reject yet" in project.decide(RUN, "reject", image).reason
    assert "There are no suggestions yet" in project.bulk_accept(RUN, "fixed_threshold", threshold=0.0).reason
    with pytest.raises(InputError, match="There are no suggestions yet"):
        project.select(RUN, "fixed_threshold", threshold=0.4)
    with pytest.raises(InputError, match="There are no suggestions yet"):
        project.quality.conformal_threshold(RUN, 0.05)
    with pytest.raises(InputError, match="There are no suggestions yet"):
        project.quality.audit(RUN, "fixed_threshold", threshold=0.4)
    assert not project.decisions.all()


def test_suggestions_begin_with_the_second_image_of_the_second_class(project: Project) -> None:
    for image in [*images_of(project, "circle", 3), *images_of(project, "cross", 1)]:
        label(project, RUN, image)
        assert learned(project) == RUN, "one class has one image: nothing to tell apart yet"
    with pytest.raises(InputError, match="There are no suggestions yet"):
        project.live.refresh(RUN, wait=True)
    label(project, RUN, images_of(project, "cross", 2)[1])
    version = learned(project)
    assert version == f"{RUN}@5"
    cards = project.review(version).page(PageQuery("margin", count=60, wanted=QueueFilter(show="undecided"))).cards
    assert {card.suggestion for card in cards} == {0, 1}


def test_a_project_without_given_labels_learns_more_often_at_first(project: Project) -> None:
    for shape in ("circle", "cross"):
        for image in images_of(project, shape, 2):
            label(project, RUN, image)
    version = learned(project)
    assert version == f"{RUN}@4"
    assert project.live.state(RUN).interval == 4
    for image in images_of(project, "stripes", 4):
        label(project, version, image)
    assert learned(project) == f"{RUN}@8"


def test_a_class_that_was_added_is_suggested_by_the_next_version(project: Project) -> None:
    for shape in ("circle", "cross", "stripes"):
        for image in images_of(project, shape, 6):
            label(project, RUN, image)
    version = learned(project)
    logits = project.run(version).folder.logits()
    assert logits.shape[1] == 3
    right = [project.class_names[int(logits[i].argmax())] == shape_of(project, i) for i in project.splits.pool.tolist()]
    assert np.mean(right) > 0.8


def test_an_old_version_keeps_the_classes_of_its_time(project: Project) -> None:
    for shape in ("circle", "cross"):
        for image in images_of(project, shape, 2):
            label(project, RUN, image)
    version = learned(project)
    folder = project.run(version).folder
    before = folder.logits().tobytes()
    project.add_class("stripes")
    (folder.path / "predictions" / "logits.npy").unlink()
    again = Project(project.path).run(version).folder
    assert again.logits().tobytes() == before
    assert read_version(again.path).num_classes == 2


def succeed(arguments: list[str]) -> None:
    """Run a command that must end well."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert not end.value.code


def test_the_command_line_starts_from_nothing(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "cold")
    succeed(["new", path, "--source", str(pictures / "unlabeled"), "--classes", "circle", "--json"])
    succeed(["train", path, "--method", "head", "--extractor", "pixels"])
    capsys.readouterr()
    image = str(int(Project(path).splits.pool[0]))
    succeed(["decide", path, RUN, "--image", image, "--verdict", "relabel", "--label", "brand new"])
    succeed(["classes", path, "--add", "square"])
    capsys.readouterr()
    succeed(["classes", path, "--json"])
    assert json.loads(capsys.readouterr().out)["classes"] == ["circle", "brand new", "square"]
    with pytest.raises(SystemExit):
        main(["decide", path, RUN, "--image", image, "--verdict", "relabel", "--label", "cirlce"])
    assert "circle" in capsys.readouterr().err, "a spelling mistake is no new class"


def test_a_run_that_does_not_know_a_new_class_is_compared_all_the_same(trained_project: Project) -> None:
    run = trained_project.runs()[0].id
    trained_project.add_class("square")
    image = int(trained_project.splits.pool[0])
    assert trained_project.decide(run, "relabel", image, 3).status == "saved"
    version = trained_project.live.refresh(run, wait=True).version
    assert trained_project.run(version).folder.logits().shape[1] == 4
    assert trained_project.compare(run, version).comparison.confusion_a.shape == (4, 4)
    assert trained_project.review(run).histogram.counts("confidence")
    assert trained_project.review(version).page(PageQuery(wanted=QueueFilter(label=3))).cards[0].id == image


def test_a_verdict_about_a_class_that_is_not_there_is_refused(project: Project) -> None:
    outcome = project.decide(RUN, "relabel", int(project.splits.pool[0]), 0)
    assert outcome.status == "refused"
    assert outcome.reason == "This project has no class yet: name one first."
