"""Classes are renamed, merged and described by lines that can be taken back; labels and scores follow."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import DataError, InputError, PageQuery, Project, QueueFilter, TrainConfig
from core.data.classes.class_edits import ClassEdit, class_table, live_edits
from core.data.classes.merged_run import merge_logits
from core.scoring.scores import probabilities
from core.workspace.image_sets import load_image_set


@pytest.fixture
def project(trained_project: Project) -> Project:
    return trained_project


RUN = "001-supervised-mlp"


def test_a_renamed_class_keeps_its_number_labels_and_decisions(project: Project) -> None:
    labels = np.array(project.images.labels)
    project.rename_class(0, "  disk ")
    assert project.class_names[0] == "disk"
    assert np.array_equal(project.images.labels, labels)
    again = Project.open(project.path)
    assert again.class_names[0] == "disk"
    assert again.undo_class_edit() == "rename"
    assert again.class_names[0] == "circle"


def test_a_merged_class_counts_as_the_other_in_labels_decisions_and_scores(project: Project) -> None:
    before, logits = np.array(project.images.labels), np.array(project.run(RUN).folder.logits())
    temperature = project.run(RUN).temperature
    ids = project.splits.pool[:3]
    project.decide(RUN, "relabel", int(ids[0]), 1)
    project.decide(RUN, "relabel", int(ids[1]), 2)
    assert 1 in project.scores(RUN).scores.pseudo_labels
    project.merge_classes(1, 2)
    assert project.class_names[1] == f"cross (merged into {project.class_names[2]})"
    assert project.images.labels.tolist() == np.where(before == 1, 2, before).tolist()
    assert project.decisions.state().label[ids[:2]].tolist() == [2, 2]
    merged = project.run(RUN).folder.logits()
    wanted, found = probabilities(logits, temperature), probabilities(np.asarray(merged), temperature)
    assert np.allclose(found[:, 2], wanted[:, 1] + wanted[:, 2], atol=1e-5)
    assert found[:, 1].max() < 1e-10
    assert 1 not in project.scores(RUN).scores.pseudo_labels
    assert project.undo_class_edit() == "merge"
    assert np.array_equal(project.images.labels, before)
    assert np.array_equal(project.run(RUN).folder.logits(), logits)
    assert project.decisions.state().label[ids[:2]].tolist() == [1, 2]


def test_a_merge_reaches_a_review_that_is_open(project: Project) -> None:
    pseudo = project.scores(RUN).scores.pseudo_labels
    image = int(project.splits.pool[np.flatnonzero(pseudo == 1)[0]])
    assert project.review(RUN).card(image, PageQuery()).suggestion == 1
    project.merge_classes(1, 2)
    assert project.review(RUN).card(image, PageQuery()).suggestion == 2
    project.decide(RUN, "accept", image)
    assert project.decisions.state().label[image] == 2
    project.undo(RUN)
    project.undo_class_edit()
    assert project.review(RUN).card(image, PageQuery()).suggestion == 1


def test_a_class_that_was_added_under_an_open_review_can_be_counted(project: Project) -> None:
    review = project.review(RUN)
    assert review.bulk_count({"filter": {}, "label": 2}).count > 0
    assert project.add_class("star") == 3
    assert review.bulk_count({"filter": {}, "label": 3}).count > 0


def test_a_rejection_of_a_class_that_grew_by_a_merge_is_open_again(project: Project) -> None:
    image = int(project.splits.pool[0])
    rejected = int(project.scores(RUN).scores.pseudo_labels[0])
    project.decide(RUN, "reject", image)
    project.merge_classes((rejected + 1) % 3, rejected)
    assert project.decisions.state().verdict[image] == 0
    project.undo_class_edit()
    assert project.decisions.state().verdict[image] == 3


def test_a_head_learns_from_merged_labels(project: Project) -> None:
    project.merge_classes(0, 1)
    run = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    assert set(np.unique(project.scores(run.id).scores.pseudo_labels)) == {1, 2}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: p.merge_classes(1, 1), "into itself"),
        (lambda p: p.merge_classes(1, 9), "no class number 9"),
        (lambda p: p.rename_class(0, "CROSS"), "already a class called cross"),
        (lambda p: p.undo_class_edit(), "no edit of a class"),
        (lambda p: p.describe_class(0, "x" * 3000), "at most 2,000"),
    ],
)
def test_an_edit_that_cannot_be_made_is_a_sentence(project: Project, call: object, sentence: str) -> None:
    assert callable(call)
    with pytest.raises(InputError, match=sentence):
        call(project)


def test_a_class_cannot_be_merged_twice(project: Project) -> None:
    project.merge_classes(0, 1)
    with pytest.raises(InputError, match="merged into cross"):
        project.merge_classes(0, 2)


def test_chains_of_merges_and_undone_undos_are_followed() -> None:
    def edit(number: int, kind: str, of: int, **params: object) -> ClassEdit:
        return ClassEdit(number, kind, of, params, "me", "")

    edits = [edit(1, "merge", 0, into=1), edit(2, "merge", 1, into=2), edit(3, "undo", 0, undo_of=2)]
    assert class_table(("a", "b", "c"), edits[:2]).merged == {0: 2, 1: 2}
    assert class_table(("a", "b", "c"), edits).merged == {0: 1}
    again = [*edits, edit(4, "undo", 0, undo_of=3)]
    assert [one.id for one in live_edits(again)] == [1, 2]


def test_a_merge_into_a_class_that_the_model_does_not_know_makes_room_for_it() -> None:
    logits = np.array([[2.0, 0.0]], dtype=np.float32)
    merged = merge_logits(logits, {1: 3})
    assert merged.shape == (1, 4)
    assert np.allclose(probabilities(merged, 1.0)[0], [0.8808, 0, 0, 0.1192], atol=1e-4)


def test_new_images_of_a_merged_class_join_the_class_that_it_is_now(project: Project, tmp_path: Path) -> None:
    from PIL import Image

    project.merge_classes(1, 2)
    for name in ("cross", "circle"):
        (tmp_path / "new" / name).mkdir(parents=True)
        values = np.random.default_rng(len(name)).integers(0, 255, (16, 16)).astype(np.uint8)
        Image.fromarray(values).save(tmp_path / "new" / name / "1.png")
    num = len(project.images.labels)
    project.add_images(tmp_path / "new")
    assert sorted(project.images.labels[num:].tolist()) == [0, 2]
    project.undo_class_edit()
    assert len(project.class_names) == 3


def test_a_split_makes_parts_and_a_queue_of_the_images_of_the_class(project: Project) -> None:
    image = int(project.splits.pool[0])
    project.decide(RUN, "relabel", image, 1)
    split = project.split_class(1, ["small cross", "large cross"])
    assert project.class_names[3:] == ("small cross", "large cross")
    assert split.parts == (3, 4)
    given = load_image_set(project.path, split.given_set)
    assert given.tolist() == [i for i in project.workspace.given_ids().tolist() if project.images.labels[i] == 1]
    page = project.review(RUN).page(PageQuery(wanted=QueueFilter(image_set=split.image_set)))
    assert [card.id for card in page.cards] == [image]


def test_a_split_that_is_taken_back_counts_its_new_parts_as_the_class(project: Project) -> None:
    before = np.array(project.images.labels)
    ids = project.splits.pool[:3].tolist()
    split = project.split_class(1, ["cross", "plus"])
    assert split.parts == (1, 3)
    project.decide(RUN, "relabel", ids[0], 3)
    assert project.decisions.state().label[ids[0]] == 3
    assert project.undo_class_edit() == "split"
    assert project.decisions.state().label[ids[0]] == 1
    assert project.class_names[3] == "plus (merged into cross)"
    assert not project.workspace.classes.splits
    assert np.array_equal(project.images.labels, before)


def test_the_queue_of_a_split_tells_no_hidden_label(project: Project) -> None:
    pool = project.splits.pool
    assert (project.workspace.images.labels[pool] == 1).any()  # hidden ones
    assert project.split_class(1, ["small cross", "large cross"]).image_set == ""


def test_a_part_that_was_a_class_before_stays_one_when_the_split_is_taken_back(project: Project) -> None:
    project.split_class(1, [project.class_names[0], "plus"])
    project.undo_class_edit()
    assert set(project.workspace.classes.merged) == {3}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(["plus"], "two names"), (["a", " a "], "two names"), (["a", "x" * 300], "1 to 200"), ([], "two")],
)
def test_a_split_that_cannot_be_made_changes_nothing(project: Project, names: list[str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        project.split_class(1, names)
    assert len(project.class_names) == 3
    assert not (project.path / "images" / "class_edits.jsonl").exists()


def test_colors_and_order_are_edits_that_can_be_taken_back(project: Project) -> None:
    project.color_class(1, "#AA00ff")
    project.order_classes([2, 0])
    table = Project.open(project.path).workspace.classes
    assert (dict(table.colors), table.order) == ({1: "#aa00ff"}, (2, 0, 1))
    assert [project.undo_class_edit(), project.undo_class_edit()] == ["order", "color"]
    assert (dict(project.workspace.classes.colors), project.workspace.classes.order) == ({}, (0, 1, 2))
    assert project.class_names == ("circle", *project.class_names[1:])


def test_merged_classes_come_last_and_added_ones_follow(project: Project) -> None:
    project.order_classes([1, 2, 0])
    project.merge_classes(1, 0)
    project.add_class("star")
    assert project.workspace.classes.order == (2, 0, 3, 1)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda p: p.color_class(0, "red"), "six hexadecimal"),
        (lambda p: p.color_class(9, "#000000"), "no class number 9"),
        (lambda p: p.order_classes([0, 0]), "once"),
        (lambda p: p.order_classes([]), "once"),
        (lambda p: p.order_classes([9]), "no class number 9"),
        (lambda p: p.split_class(9, ["a", "b"]), "no class number 9"),
    ],
)
def test_looks_and_splits_that_do_not_fit_are_refused(project: Project, edit: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        edit(project)


def test_an_added_class_that_nothing_names_is_taken_back_and_its_number_is_free(project: Project) -> None:
    project.rename_class(0, "disk")
    number, names = len(project.class_names), project.class_names
    assert project.add_class("star") == number
    project.color_class(number, "#d9682a")
    assert [project.undo_class_edit(), project.undo_class_edit()] == ["color", "add"]
    assert project.class_names == names
    assert Project.open(project.path).class_names == names
    assert project.add_class("moon") == number
    assert number not in project.workspace.classes.colors
    assert [project.undo_class_edit(), project.undo_class_edit()] == ["add", "rename"]
    with pytest.raises(InputError, match="no edit of a class"):
        project.undo_class_edit()


def test_an_added_class_that_a_decision_names_stays(project: Project) -> None:
    number, image = project.add_class("star"), int(project.splits.pool[0])
    project.decide(RUN, "relabel", image, number)
    with pytest.raises(InputError, match="star stays, because 1 decision names it"):
        project.undo_class_edit()
    project.undo(RUN)
    with pytest.raises(InputError, match="names it"):  # it may be done again
        project.undo_class_edit()
    project.rename_class(0, "disk")
    assert project.undo_class_edit() == "rename"
    assert project.class_names[number] == "star"


def test_an_added_class_that_a_model_knows_stays(project: Project) -> None:
    project.add_class("star")
    run = project.wait_run(project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120)
    with pytest.raises(InputError, match=f"star stays, because {run.id} was made with it"):
        project.undo_class_edit()


def test_the_parts_of_a_split_are_taken_back_with_it_alone(project: Project) -> None:
    project.rename_class(0, "disk")
    project.split_class(0, ["disk", "wheel"])
    assert [project.undo_class_edit(), project.undo_class_edit()] == ["split", "rename"]
    assert len(project.class_names) == 4  # the part stays, merged into its class


def test_a_log_that_takes_back_what_was_not_added_is_damaged(project: Project) -> None:
    project.add_class("star")
    file = project.path / "images" / "added_classes.jsonl"
    file.write_text(file.read_text() + '{"taken_back": "moon"}\n')
    with pytest.raises(DataError, match=r"added_classes\.jsonl is damaged"):
        Project.open(project.path).summary()
