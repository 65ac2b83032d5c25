"""`winnow audit` and `winnow reviewers` certify labels and check reviewers."""

import json
from pathlib import Path

import pytest

from core import Project
from tests.cli.shell import Shell, typed

RUN = "001-supervised-mlp"


def test_an_audit_goes_from_image_to_image_and_writes_its_certificate(
    capsys: pytest.CaptureFixture[str], trained_project: Project, tmp_path: Path
) -> None:
    path, set_ = trained_project.path, ("--rule", "lowest_entropy", "--param", "percent=50")
    start = json.loads(typed(capsys, "audit", path, RUN, *set_, "--json")[1])
    assert (start["num_answers"], start["certified"]) == (0, 0)
    file = tmp_path / "certificate.json"
    after = json.loads(typed(capsys, "audit", path, RUN, *set_, "--answer", "none", "--save", file, "--json")[1])
    assert (after["num_answers"], after["num_right"]) == (1, 0)
    assert after["next_image"] != start["next_image"]
    assert json.loads(file.read_text())["draws"][0]["image_id"] == start["next_image"]
    code, out, _ = typed(capsys, "audit", path, RUN, *set_, "--answer", "cross")
    assert code == 0
    assert "of 2 answers right" in out


def test_bad_answers_and_risks_are_sentences(capsys: pytest.CaptureFixture[str], trained_project: Project) -> None:
    path = trained_project.path
    for words in (("--answer", "banana"), ("--alpha", "0.5"), ("--target", "2"), ("--param", "threshold=7")):
        code, _, err = typed(capsys, "audit", path, RUN, *words)
        assert code == 2
        assert err.startswith("winnow: ")
    assert trained_project.decisions.all() == []


def test_reviewers_are_listed_and_checks_are_switched_on(
    capsys: pytest.CaptureFixture[str], trained_project: Project
) -> None:
    path = trained_project.path
    assert "no checks are planted" in typed(capsys, "reviewers", path)[1]
    trained_project.decide(RUN, "accept", int(trained_project.splits.pool[0]), reviewer="ann")
    facts = json.loads(typed(capsys, "reviewers", path, "--check-interval", 8, "--json")[1])
    assert facts["every"] == 8
    (ann,) = facts["reviewers"]
    assert (ann["reviewer"], ann["decisions"], ann["caught"]["n"], ann["is_flagged"]) == ("ann", 1, 0, False)
    code, _, err = typed(capsys, "reviewers", path, "--check-interval", 5)
    assert (code, err[:8]) == (2, "winnow: ")


def test_calibrate_draws_random_images_takes_answers_and_says_when_they_count(
    shell: Shell, trained_project: Project
) -> None:
    path = trained_project.path
    code, out, err = shell("calibrate", path, RUN)
    assert (code, err) == (0, "")
    assert "--target-error 0.05" in out
    found = shell.json("calibrate", path, RUN, "--num", "30")
    assert (found["num"], found["num_answered"], found["is_in_use"]) == (30, 0, False)
    for _ in range(30):
        found = shell.json("calibrate", path, RUN, "--answer", "circle")
    assert (found["num_answered"], found["next_id"], found["is_in_use"]) == (30, None, True)
    assert "they calibrate every error" in shell("calibrate", path, RUN)[1]
    assert shell.json("select", path, RUN, "--param", "threshold=0")["error"]["n"] == 30


def test_audit_says_what_the_pool_draw_proves_of_the_same_selection(shell: Shell, trained_project: Project) -> None:
    path, rule = trained_project.path, ("--param", "threshold=0")
    assert shell.json("audit", path, RUN, *rule)["pool_draw"] is None
    shell("calibrate", path, RUN, "--num", "20")
    assert "no answer about images as confident" in shell("audit", path, RUN, *rule)[1]
    for _ in range(20):
        shell("calibrate", path, RUN, "--answer", "0")
    found = shell.json("audit", path, RUN, *rule)["pool_draw"]
    assert found["num_answers"] == 20
    assert found["size"] == len(trained_project.splits.unlabeled)
    assert 0 < found["num_right"] < 20
    pool, asked = trained_project.scores(RUN), shell.json("audit", path, RUN, *rule)["next_image"]
    shell("audit", path, RUN, *rule, "--answer", str(pool.scores.pseudo_labels[pool.ids.tolist().index(asked)]))
    out = shell("audit", path, RUN, *rule)[1]
    assert "By the pool draw: at least" in out
    assert "if some of the answers “right” were wrong: at least" in out
    assert "whatever the threshold was chosen by" in out
    assert "Audit and pool draw together, each at half the risk: at least" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--num", "5", "--target-error", "0.1"), "one of the two"),
        (("--risk", "0.1"), "--target-error"),
        (("--target-error", "2"), "between 0 and 1"),
        (("--answer", "circle"), "draw more"),
        (("--num", "5", "--answer", "banana"), "banana"),
    ],
)
def test_calibrate_refuses_what_it_cannot_use_with_a_sentence(
    shell: Shell, trained_project: Project, words: tuple[str, ...], sentence: str
) -> None:
    code, _, err = shell("calibrate", trained_project.path, RUN, *words)
    assert code == 2
    assert sentence in err
