"""Hidden images: every change is a line, an undo too, and the lines say what is hidden."""

from pathlib import Path

import numpy as np
import pytest

from core import DataError, InputError
from core.base.types import UNKNOWN, LabelState, Splits, Verdict
from core.data.hidden import hidden_edits
from core.data.hidden.hidden_images import HiddenImages, load_hidden, replay_changes
from core.data.hidden.hidden_log import FILE, freeze_hidden, hidden_version, read_changes

SHOWN = replay_changes([])


def now(folder: Path) -> HiddenImages:
    return load_hidden(folder, 100)


def hide(folder: Path, ids: list[int], reason: str = "blurred", after: int = 0) -> list[int]:
    found: list[int] = hidden_edits.hide(folder, now(folder), np.array(ids), reason, "ann", after).tolist()
    return found


def test_hiding_showing_and_undo_are_lines_that_say_what_is_hidden(tmp_path: Path) -> None:
    assert hide(tmp_path, [3, 5]) == [3, 5]
    assert hide(tmp_path, [5, 7], "private") == [7]  # 5 keeps its reason
    assert hide(tmp_path, [5]) == []
    assert {why: ids.tolist() for why, ids in now(tmp_path).by_reason().items()} == {"blurred": [3, 5], "private": [7]}
    assert hidden_edits.show(tmp_path, now(tmp_path), np.array([3, 4]), "bob", 0).tolist() == [3]
    assert now(tmp_path).ids.tolist() == [5, 7]
    assert hidden_edits.undo(tmp_path, now(tmp_path), "bob", 0) == 3  # the showing again
    assert hidden_edits.undo(tmp_path, now(tmp_path), "bob", 0, 1) == 1
    assert now(tmp_path).ids.tolist() == [7]
    assert [change.kind for change in read_changes(tmp_path)] == ["hide", "hide", "show", "undo", "undo"]
    change = now(tmp_path).change_of(7)
    assert change is not None
    assert (change.reason, change.reviewer, change.id) == ("private", "ann", 2)
    assert now(tmp_path).change_of(5) is None
    assert now(tmp_path).change_of(None) is None


def test_what_was_hidden_before_a_decision_or_by_the_first_changes(tmp_path: Path) -> None:
    hide(tmp_path, [1], after=4)
    hide(tmp_path, [2], after=9)
    hidden = now(tmp_path)
    assert [hidden.before(n).ids.tolist() for n in (4, 5, 9, 10)] == [[], [1], [1], [1, 2]]
    assert [hidden.first(n).ids.tolist() for n in (0, 1, 2, 5)] == [[], [1], [1, 2], [1, 2]]


def test_parts_and_states_are_without_hidden_images(tmp_path: Path) -> None:
    hide(tmp_path, [0, 2, 4])
    part = np.arange(2)
    splits = Splits(part, part + 2, part + 4, part + 6, part + 8, None, part + 10)  # type: ignore[arg-type]
    left = now(tmp_path).without(splits)
    assert [left.labeled.tolist(), left.val.tolist(), left.pool.tolist()] == [[1], [3], [5, 6, 7]]
    columns = np.full(5, Verdict.ACCEPT, np.int8), np.arange(5, dtype=np.int32), np.arange(5, dtype=np.int32)
    state = now(tmp_path).undecided(LabelState(*columns))
    assert (state.verdict == Verdict.ACCEPT).tolist() == [False, True, False, True, False]
    assert state.label.tolist() == [UNKNOWN, 1, UNKNOWN, 3, UNKNOWN]
    assert columns[0].all(), "the state that was given stays"
    assert SHOWN.without(splits) is splits


@pytest.mark.parametrize(
    ("reason", "words"), [("", "why"), ("  \n ", "why"), ("x" * 201, "201"), ("a\x07b", "cannot be shown")]
)
def test_a_reason_is_needed_short_and_printable(reason: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        hidden_edits.checked_reason(reason)
    assert hidden_edits.checked_reason("  too \n dark ") == "too dark"


@pytest.mark.parametrize("ids", [[], [-1], [100], [1.5], ["a"], [10**20]])
def test_images_that_are_not_there_are_refused(ids: list[object]) -> None:
    with pytest.raises(InputError, match="image"):
        hidden_edits.checked_images(ids, 100)  # type: ignore[arg-type]


def test_undo_of_nothing_or_of_a_change_that_does_not_stand_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to take back"):
        hidden_edits.undo(tmp_path, now(tmp_path), "ann", 0)
    hide(tmp_path, [1])
    hidden_edits.undo(tmp_path, now(tmp_path), "ann", 0)
    hide(tmp_path, [1])
    with pytest.raises(InputError, match="no change 1"):
        hidden_edits.undo(tmp_path, now(tmp_path), "ann", 0, 1)


@pytest.mark.parametrize(
    "line",
    ['{"kind": "hide"', '{"kind": "vanish", "reviewer": "a", "time": "t"}', '{"kind": "hide", "ids": ["x"]}',
     '{"kind": "hide", "ids": [-4], "reviewer": "a", "time": "t"}', '{"kind": "undo", "reviewer": "a", "time": "t"}',
     '{"kind": "hide", "ids": [1e99], "reviewer": "a", "time": "t"}', "[]",
     '{"kind": "hide", "ids": 99999999999999999999, "reviewer": "a", "time": "t"}'],
)  # fmt: skip
def test_a_damaged_log_is_a_sentence_that_names_the_file(tmp_path: Path, line: str) -> None:
    hide(tmp_path, [1])
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=FILE):
        now(tmp_path)


def test_a_frozen_log_stays_as_it_was_and_the_version_follows_the_file(tmp_path: Path) -> None:
    project, run = tmp_path / "project", tmp_path / "run"
    project.mkdir()
    run.mkdir()
    freeze_hidden(project, run)
    assert hidden_version(project) == hidden_version(run) == 0
    hide(project, [1])
    freeze_hidden(project, run)
    before = hidden_version(project)
    hide(project, [2])
    assert hidden_version(project) != before
    assert (now(project).ids.tolist(), now(run).ids.tolist()) == ([1, 2], [1])
    assert load_hidden(project, 2).ids.tolist() == [1], "ids beyond the images are passed over"
