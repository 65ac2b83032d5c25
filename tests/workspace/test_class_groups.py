"""Classes stand in groups by lines that can be taken back; exports, errors and comparisons can be read by group."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from core import InputError, PageQuery, Project, QueueFilter
from core.cli.app import app
from core.data.classes.class_edits import EDITS
from core.data.classes.class_groups import class_label, group_members
from core.risk.error_estimates import class_group_errors

RUN = "001-supervised-mlp"
ARABIC = "أشكال مستديرة"


@pytest.fixture
def project(trained_project: Project) -> Project:
    return trained_project


def test_a_group_is_one_line_that_survives_a_restart_and_a_copy_and_can_be_taken_back(
    project: Project, tmp_path: Path
) -> None:
    project.group_classes([2, 0], "  round   things ")
    lines = (project.path / "images" / EDITS).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["params"] for line in lines] == [{"group": "round things", "classes": [2, 0]}]
    copy = Project.open(shutil.copytree(project.path, tmp_path / "copy"))
    assert dict(copy.workspace.classes.groups) == {0: "round things", 2: "round things"}
    assert copy.workspace.classes.members == {"round things": (0, 2), "": (1,)}
    assert copy.workspace.classes.label(2) == "round things / stripes"
    assert copy.undo_class_edit() == "group"
    assert dict(copy.workspace.classes.groups) == {}
    assert copy.undoable_class_edit() == ""
    assert dict(project.workspace.classes.groups) == {0: "round things", 2: "round things"}


def test_numbers_order_and_names_stay(project: Project) -> None:
    before = project.class_names, project.workspace.classes.order
    project.group_classes([2], "angular")
    assert (project.class_names, project.workspace.classes.order) == before


def test_an_empty_name_takes_classes_out_and_another_name_moves_them(project: Project) -> None:
    project.group_classes([0, 1], "a")
    project.group_classes([1], "b")
    project.group_classes([0], " ")
    assert dict(project.workspace.classes.groups) == {1: "b"}


def test_a_merged_class_leaves_its_group_and_parts_of_a_split_join_that_of_their_class(project: Project) -> None:
    project.group_classes([0, 1], "a")
    project.merge_classes(0, 2)
    assert dict(project.workspace.classes.groups) == {1: "a"}
    project.split_class(1, ["cross", "plus"])
    assert dict(project.workspace.classes.groups) == {1: "a", 3: "a"}
    project.undo_class_edit()
    assert dict(project.workspace.classes.groups) == {1: "a"}
    project.undo_class_edit()
    assert dict(project.workspace.classes.groups) == {0: "a", 1: "a"}


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda p: p.group_classes([9], "a"), "no class number 9"),
        (lambda p: p.group_classes([], "a"), "one at least"),
        (lambda p: p.group_classes([0, 0], "a"), "once"),
        (lambda p: p.group_classes([0], "x" * 201), "1 to 200 characters .got 201"),
        (lambda p: p.group_classes([0], "a\0b"), "letters, digits and signs alone"),
    ],
)
def test_a_group_that_cannot_be_made_is_a_sentence_and_changes_nothing(
    project: Project, edit: Any, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        edit(project)
    assert not (project.path / "images" / EDITS).exists()


def test_one_group_has_one_spelling_unless_all_of_it_is_written_anew(project: Project) -> None:
    project.group_classes([0, 1], "Shapes")
    with pytest.raises(InputError, match="already a class group called Shapes"):
        project.group_classes([1, 2], "shapes")
    project.group_classes([0, 1, 2], "shapes")
    assert set(project.workspace.classes.groups.values()) == {"shapes"}


def test_a_merged_class_cannot_be_grouped(project: Project) -> None:
    project.merge_classes(0, 1)
    with pytest.raises(InputError, match="merged into"):
        project.group_classes([0], "a")


def test_groups_stand_in_the_order_of_their_first_class_and_those_without_at_last() -> None:
    assert group_members({2: "b", 0: "a", 3: "b"}, (3, 1, 0, 2)) == {"b": (3, 2), "a": (0,), "": (1,)}
    assert group_members({}, ()) == {}
    assert class_label("cat", None) == "cat"


def test_the_command_groups_lists_and_refuses(project: Project) -> None:
    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["classes", str(project.path), *words])

    done = run("--group", ARABIC, "--member", "circle", "--member", "2")
    assert f"   0  {ARABIC} / circle" in done.output
    assert json.loads(run("--json").output)["groups"] == {"0": ARABIC, "2": ARABIC}
    for words in (["--group", "a"], ["--member", "circle"]):
        assert "needs a name and its classes" in str(run(*words).exception or run(*words).output)
    assert "no class called 'cat'" in str(run("--group", "a", "--member", "cat").exception)
    assert run("--undo").exit_code == 0
    assert json.loads(run("--json").output)["groups"] == {}


def test_the_manifest_and_coco_categories_name_the_groups(project: Project, tmp_path: Path) -> None:
    project.group_classes([0, 2], ARABIC)
    project.export("csv", tmp_path / "csv")
    manifest = json.loads((tmp_path / "csv" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["class_groups"] == {"circle": ARABIC, "stripes": ARABIC}
    project.export("coco", tmp_path / "coco")
    content = json.loads((tmp_path / "coco" / "annotations" / "train.json").read_text(encoding="utf-8"))
    assert [one["supercategory"] for one in content["categories"]] == [ARABIC, "", ARABIC]


def test_errors_within_a_group_are_part_of_its_errors() -> None:
    predicted, true = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 1, 2, 0, 2, 0])
    found = class_group_errors(predicted, true, {"a": (0, 1), "": (2,)})
    assert [(one.error.count, one.error.n, one.within.count) for one in found.values()] == [(3, 4, 2), (1, 2, 0)]
    assert found["a"].error.level == pytest.approx(1 - 0.05 / 4)
    assert class_group_errors(predicted, true, {}) == {}


def test_errors_by_class_add_up_to_those_of_their_group(project: Project) -> None:
    assert project.quality.class_group_errors(RUN, 0.0).parts == ()
    project.group_classes([0, 1], "a")
    by_class = project.quality.class_errors(RUN, 0.0).parts
    group, alone = project.quality.class_group_errors(RUN, 0.0).parts
    assert (group.name, alone.name, alone.within) == ("a", "(no group)", None)
    assert group.error.count == by_class[0].error.count + by_class[1].error.count
    assert (group.num_kept, group.num_pool) == tuple(
        getattr(by_class[0], name) + getattr(by_class[1], name) for name in ("num_kept", "num_pool")
    )
    assert group.within is not None
    assert group.within.count <= group.error.count
    assert alone.error.count == by_class[2].error.count


def test_two_runs_are_compared_by_group(project: Project) -> None:
    compared = project.compare(RUN, RUN)
    assert project.compare_class_groups(compared) == []
    project.group_classes([0, 1], "a")
    rows = project.compare_class_groups(compared)
    assert [row.name for row in rows] == ["a", ""]
    assert sum(row.errors_a.error.n for row in rows) == len(compared.test_ids)
    assert all(row.errors_a == row.errors_b for row in rows)


def test_a_queue_of_a_group_shows_what_is_suggested_as_any_of_its_classes_as_the_group_is_now(project: Project) -> None:
    def shown(**conditions: Any) -> set[int]:
        query = PageQuery(count=400, wanted=QueueFilter(**conditions))
        found = project.review(RUN).page(query)
        assert found.matching == len(found.cards)
        return {card.id for card in found.cards}

    project.group_classes([0, 2], ARABIC)
    of_group, single = shown(predicted_group=ARABIC), [shown(predicted=number) for number in range(3)]
    assert of_group == single[0] | single[2] != set()
    project.group_classes([0], "")
    assert shown(predicted_group=ARABIC) == single[2]
    project.group_classes([1], ARABIC)
    filter_of_group = {"show": "all", "predicted_group": ARABIC}
    assert project.review(RUN).bulk_count({"filter": filter_of_group}).count == len(single[1] | single[2])
    for unknown in ("vehicles", ""):
        with pytest.raises(InputError, match="There is no class group called"):
            shown(predicted_group=unknown)
