"""A project of version 0.1 opens and gives the same numbers everywhere."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from core import Project
from tests.compatibility import adapter
from tests.compatibility.adapter import BASE, PAGES
from tests.compatibility.questions import EXPECTED, ask, ask_page, plain, type_command, unpack

CANCELLED = "007-supervised-wrn"
REL, ABS = 1e-5, 1e-7  # stored as float32, and added up in another order on another machine


@pytest.fixture(scope="module")
def expected() -> Any:
    return json.loads(EXPECTED.read_text(encoding="utf-8"))


@pytest.fixture
def old_project(tmp_path: Path) -> Path:
    """Return this test's own copy of the old project."""
    return unpack(tmp_path)


NEW_SETTINGS = {
    "extractor",
    "head",
    "head_balance",
    "allow_download",
    "kept_weights",
    "tracker",
    "imported_model",
    "trained_part",
    "lowest_block_rate",
    "image_side",
}
"""Settings that version 0.1 did not have."""
NEW_FIELDS = {"like", "stack", "live", "classes", "kept_epoch", "head_note", "head_comparison", "average", "rules",
              "outputs", "num_images", "files", "state", "reason", "error_state", "error_states", "calibration",
              "before", "size_notes", "left_out", "facts", "corrected", "log", "by_group", "leaks", "scope",
              "doubts", "disputed", "certified_undisputed", "certified_if_answers_are_wrong", "sensitivity", "frozen",
              "certified_if_disputed_are_wrong", "has_grown", "num_outside", "num_unscored", "num_groups", "clustered",
              "num_hidden", "num_hidden_changes",
              "note", "flag", "pool_draw", "cross_validated", "classes_version", "formula_safe"}  # fmt: skip
"""Fields of answers that version 0.1 did not have."""
DRAWN = re.compile(r"page\?ranking=(reject_hunt|mixed|audit)&.*/(matching|open)$")
"""Counts of queues that show some of the images: they count what the queue shows, no longer all images of the pool."""
UNSAID = re.compile(r"/targets/json/cuts/\d+/kept$")
"""Left out: beside a target error stood another number than on the button, which leaves calibration images out."""
MORE_SAID = re.compile(r"/commands/(status|runs)[^/]*/numbers$")
"""Sentences that say since how sure an accuracy of few val images is: the old numbers stand among them, in order."""
CLUSTERED = "diverse"
"""A queue from k-means, which adds up in an order of the processor's own: elsewhere it may begin with another image."""


def differences(found: Any, wanted: Any, where: str = "") -> list[str]:
    """Name every place at which an answer is not the one of version 0.1; numbers may differ by rounding."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        missing = [f"{where}/{name}: missing" for name in wanted if name not in found]
        missing = [line for line in missing if not UNSAID.search(line.removesuffix(": missing"))]
        known = {*wanted, *NEW_SETTINGS, *NEW_FIELDS}
        new = [f"{where}/{name}: not there in version 0.1" for name in found if name not in known]
        both = [name for name in wanted if name in found]
        return [*missing, *new, *(line for n in both for line in differences(found[n], wanted[n], f"{where}/{n}"))]
    if isinstance(wanted, list) and isinstance(found, list) and MORE_SAID.search(where):
        return [] if _is_part(wanted, found) else [f"{where}: {found} lacks {wanted}"]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [
            line
            for n, pair in enumerate(zip(found, wanted, strict=True))
            for line in differences(*pair, f"{where}/{n}")
        ]
    are_numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (found, wanted))
    if DRAWN.search(where):
        return [] if 0 < found <= wanted else [f"{where}: {found} are more than all {wanted}"]
    is_same = found == pytest.approx(wanted, rel=REL, abs=ABS) if are_numbers else found == wanted
    return [] if is_same else [f"{where}: {str(found)[:80]} instead of {str(wanted)[:80]}"]


def test_every_command_route_call_and_export_gives_the_old_numbers(old_project: Path, expected: Any) -> None:
    answers = ask(old_project)
    wrong = differences(answers, {name: part for name, part in expected.items() if name not in ("pages", "afterwards")})
    wrong = [line for line in wrong if not (CLUSTERED in line and " instead of " in line)]
    assert not wrong, "\n".join([f"{len(wrong)} answers differ:", *wrong[:60]])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_the_old_numbers(name: str, old_project: Path, expected: Any) -> None:
    metrics, tables = ask_page(Project.open(old_project), name)
    old_metrics, old_tables = expected["pages"][name]
    assert not differences(metrics, old_metrics)
    is_kept = _is_part if name == "train" else _is_equal  # the settings that a method does not read are left out since
    kept = [table for table in old_tables if any(is_kept(found, table) for found in tables)]  # others are new
    assert kept == old_tables


def _is_equal(found: Any, old: Any) -> bool:
    return not differences(found, old)


def _is_part(found: Any, old: Any) -> bool:
    """Whether the found numbers, at least half as many, stand among the old ones in the same order."""
    rest = iter(old)
    return 2 * len(found) >= len(old) and all(any(not differences(one, number) for number in rest) for one in found)


def test_the_old_project_takes_new_decisions(old_project: Path, expected: Any) -> None:
    project = Project.open(old_project)
    assert not differences(plain(adapter.go_on(project), project), expected["afterwards"])


def test_an_old_model_answers_a_new_noise_check(old_project: Path, expected: Any) -> None:
    code, out = type_command(["noise", str(old_project), BASE, "--json"])
    before = expected["python"][f"noise_report of {BASE}"]["auroc"]
    assert code == 0
    assert json.loads(out)["auroc"] == {name: pytest.approx(groups, abs=0.01) for name, groups in before.items()}


def test_old_runs_keep_the_best_weights_on_val(old_project: Path) -> None:
    """Also a resumed one: its record says nothing of the setting."""
    assert {run.record.config.kept_weights for run in Project.open(old_project).runs()} == {"best"}


def test_an_old_run_is_resumed_from_its_checkpoint(old_project: Path) -> None:
    run = Project.open(old_project).run(CANCELLED)
    begin = run.status.epoch
    assert (run.status.state, begin > 0) == ("cancelled", True)
    assert type_command(["resume", str(old_project), CANCELLED, "--no-wait"])[0] == 0
    end = time.monotonic() + 120
    while len(run.metrics()) <= begin:
        assert time.monotonic() < end, run.log_tail()
        assert run.status.state in ("queued", "running"), run.log_tail()
        time.sleep(0.1)
    assert type_command(["cancel", str(old_project), CANCELLED])[0] == 0
    while run.status.state == "running":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert [line["epoch"] for line in run.metrics()][: begin + 1] == list(range(1, begin + 2))


def test_a_changed_number_is_noticed(expected: Any) -> None:
    changed = json.loads(json.dumps(expected))
    changed["http"]["count fixed_threshold"]["count"] += 1
    changed["commands"]["curate"]["json"]["labels"]["bulk"] -= 1
    changed["python"]["compare"]["comparison"]["difference"] += 1e-4
    changed["exports"]["csv"].pop()
    assert len(differences(expected, changed)) == 4
    assert not differences(expected, expected)
