"""An audit through the front desk: blind, in an order nobody chose, its answers in the log."""

import pytest

from core import Project
from core.base.errors import InputError

BASE = "001-supervised-mlp"


@pytest.fixture
def audited(trained_project: Project) -> Project:
    trained_project.audits.begin(BASE, "fixed_threshold", threshold=0.4, target=0.8)
    return trained_project


def answer(project: Project, right: bool = True) -> None:
    now = project.audits.state("001")
    assert now.next_image is not None
    suggested = int(project.run(BASE).folder.logits()[now.next_image].argmax())
    project.audits.answer("001", now.next_image, suggested if right else (suggested + 1) % 3)


def test_answers_certify_and_stand_in_the_log(audited: Project) -> None:
    begin = audited.audits.state("001")
    assert (begin.certificate.share, begin.certificate.answers) == (0.0, 0)
    for number in range(20):
        answer(audited, right=number != 3)
    now = audited.audits.state("001")
    assert (now.certificate.answers, now.certificate.right) == (20, 19)
    assert 0 < now.certificate.share < 0.95
    assert now.needed is not None
    verdicts = [decision.verdict for decision in audited.desk.decisions()]
    assert verdicts.count("accept") == 19
    assert verdicts.count("relabel") == 1
    assert all(decision.params["audit"] == "001" for decision in audited.desk.decisions())


def test_an_audit_goes_on_where_it_stood_when_the_project_is_opened_again(audited: Project) -> None:
    for _ in range(3):
        answer(audited)
    now, again = audited.audits.state("001"), Project.open(audited.path).audits.state("001")
    assert again == now
    assert Project.open(audited.path).audits.names() == ["001"]


def test_an_answer_taken_back_is_asked_again(audited: Project) -> None:
    first = audited.audits.state("001").next_image
    answer(audited)
    audited.undo(BASE)
    now = audited.audits.state("001")
    assert now.next_image == first
    assert now.certificate.answers == 0


def test_only_the_image_that_is_asked_about_can_be_answered(audited: Project) -> None:
    now = audited.audits.state("001")
    other = next(int(i) for i in audited.splits.pool if int(i) != now.next_image)
    with pytest.raises(InputError, match="answer the one it shows"):
        audited.audits.answer("001", other, 0)


def test_who_cannot_tell_counts_as_wrong(audited: Project) -> None:
    now = audited.audits.state("001")
    assert now.next_image is not None
    after = audited.audits.answer("001", now.next_image, None)
    assert (after.certificate.answers, after.certificate.right) == (1, 0)


def test_a_tighter_cut_keeps_answers_and_a_looser_one_none(audited: Project) -> None:
    for _ in range(10):
        answer(audited)
    same = audited.select(BASE, "fixed_threshold", threshold=0.4).ids
    tighter = audited.select(BASE, "fixed_threshold", threshold=0.7).ids
    assert audited.audits.moved_to("001", same) == (10, 10)
    kept, right = audited.audits.moved_to("001", tighter)
    assert 0 < kept <= 10
    assert kept == right
    assert audited.audits.moved_to("001", audited.splits.pool)[0] in (0, 10)


def test_bad_audits_are_sentences(trained_project: Project) -> None:
    with pytest.raises(InputError, match="nothing to audit: lower the threshold"):
        trained_project.audits.begin(BASE, "highest_confidence", percent=0.0)
    with pytest.raises(InputError, match="target below 1"):
        trained_project.audits.begin(BASE, "fixed_threshold", threshold=0.5, target=1.0)
    with pytest.raises(InputError, match="no audit called '007'"):
        trained_project.audits.state("007")
    assert trained_project.audits.names() == []


def test_the_promises_of_a_threshold_are_ordered(trained_project: Project) -> None:
    found = {promise: trained_project.threshold_for_error(BASE, 0.5, promise) for promise in ("conformal", "plug_in")}
    assert found["plug_in"] is not None
    assert found["conformal"] is None or found["conformal"] >= 0
    with pytest.raises(InputError, match="There is no promise called 'hope'"):
        trained_project.threshold_for_error(BASE, 0.5, "hope")
    assert len(trained_project.thresholds_for_error(BASE, 0.5)) == 3
