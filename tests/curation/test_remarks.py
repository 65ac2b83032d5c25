"""Notes and flags: what stands after a log, and that their undos are no decisions."""

from core.base.types import UNDO, Decision
from core.curation.remarks import Remark, Remarks, replay_remarks, without_remarks

TIME = "2026-01-01T00:00:00+00:00"


def line(number: int, verdict: str, image: int | None = 7, text: str = "", undo_of: int | None = None) -> Decision:
    params = {"text": text} if verdict == "note" else {}
    return Decision(
        number, f"c{number}", TIME, f"r{number}", "", verdict, image, None, None, None, params, 1, None, undo_of
    )


def test_the_last_note_stands_and_an_empty_one_removes_it() -> None:
    log = [line(1, "note", 7, "blurred"), line(2, "note", 7, " sharp \n"), line(3, "note", 8, "dark")]
    assert replay_remarks(log).notes == {7: Remark(2, "r2", TIME, "sharp"), 8: Remark(3, "r3", TIME, "dark")}
    assert replay_remarks([*log, line(4, "note", 7, "")]).noted.tolist() == [8]


def test_a_flag_stands_until_it_is_taken_away_and_undo_brings_the_state_before() -> None:
    log = [line(1, "flag", 9), line(2, "flag", 3), line(3, "unflag", 9)]
    assert replay_remarks(log).flagged.tolist() == [3]
    assert replay_remarks([*log, line(4, UNDO, 9, undo_of=3)]).flagged.tolist() == [3, 9]
    assert replay_remarks([*log, line(4, UNDO, 9, undo_of=3), line(5, UNDO, 9, undo_of=4)]).flagged.tolist() == [3]


def test_undos_of_remarks_are_remarks_and_all_others_decisions() -> None:
    known: set[int] = set()
    first = [line(1, "accept"), line(2, "note", 7, "x"), line(3, UNDO, undo_of=2), line(4, UNDO, undo_of=1)]
    decisions, remarks = without_remarks(first, known)
    assert [one.id for one in decisions] == [1, 4]
    assert [one.id for one in remarks] == [2, 3]
    decisions, remarks = without_remarks([line(5, UNDO, undo_of=3)], known)
    assert (decisions, [one.id for one in remarks]) == ([], [5])


def test_what_differs_between_two_moments_is_named_by_image() -> None:
    one, two = Remark(1, "a", TIME, "x"), Remark(2, "b", TIME)
    before = Remarks({1: one, 2: one}, {4: two})
    assert before.differing(before) == []
    assert Remarks({1: one, 2: two, 3: one}, {}).differing(before) == [2, 3, 4]


def test_only_the_two_queues_of_remarks_have_images() -> None:
    remarks = Remarks({5: Remark(1, "a", TIME, "x")}, {6: Remark(2, "a", TIME)})
    noted, flagged = remarks.shown_by("noted"), remarks.shown_by("flagged")
    assert noted is not None
    assert flagged is not None
    assert (noted.tolist(), flagged.tolist(), remarks.shown_by("all")) == ([5], [6], None)
