"""The live model learns while images are reviewed; each version follows from the log."""

import os
import signal
import time
import uuid
from pathlib import Path

import numpy as np
import pytest

from core import Command, InputError, PageQuery, Project, QueueFilter, RunError, TrainConfig
from core.live.live_model import LiveState
from core.live.version_fit import KEPT, read_version
from core.workspace.model_versions import ModelVersion, base_run, has_scores, list_versions, parse_version
from tests.conftest import SMALL

HEAD = TrainConfig(method="head", extractor="pixels")
RUN = "001-head-pixels"


@pytest.fixture
def project(pictures: Path, tmp_path: Path) -> Project:
    """A project with a finished head run."""
    made = Project.create(tmp_path / "shapes", pictures, split=SMALL)
    made.wait_run(made.start_run(HEAD).id, timeout=120)
    return made


def decide(project: Project, run: str, count: int, verdict: str = "relabel", reviewer: str = "me") -> None:
    """Decide the first images of the margin queue."""
    query = PageQuery(ranking="margin", count=count, wanted=QueueFilter(show="undecided"))
    labels = project.images.labels
    commands = [
        Command(
            str(uuid.uuid4()), verdict, run, reviewer, card.id, card.suggestion,
            label=max(0, int(labels[card.id])) if verdict == "relabel" else None,
        )
        for card in project.review(run).page(query).cards
    ]  # fmt: skip
    assert {outcome.status for outcome in project.decisions.execute(commands)} == {"saved"}


def fitted(project: Project, run: str = RUN) -> LiveState:
    """Wait until nothing is being fitted."""
    end = time.monotonic() + 60
    while (state := project.live.state(run)).is_fitting:
        assert time.monotonic() < end
        time.sleep(0.02)
    return state


def test_a_version_is_named_by_run_and_decision() -> None:
    assert parse_version("001-head-hog@120") == ModelVersion("001-head-hog", 120)
    assert parse_version("001-head-hog") is None
    assert parse_version("001-head-hog@x") is None
    assert base_run("001-head-hog@120") == "001-head-hog"
    assert ModelVersion("001-head-hog", 120).name == "001-head-hog@120"


def test_the_model_learns_after_the_interval_and_not_before(project: Project) -> None:
    project.live.set_interval(10)
    decide(project, RUN, 9)
    assert project.live.follow(RUN) == LiveState(RUN, 0, 9, 10)
    decide(project, RUN, 1)
    project.live.follow(RUN)
    state = fitted(project)
    assert (state.version, state.decision, state.num_new) == (f"{RUN}@10", 10, 0)


def test_skips_and_unsure_answers_teach_nothing(project: Project) -> None:
    decide(project, RUN, 12, "skip")
    decide(project, RUN, 12, "unsure")
    assert project.live.state(RUN).num_new == 0


def test_an_interval_of_zero_learns_only_when_asked(project: Project) -> None:
    project.live.set_interval(0)
    decide(project, RUN, 30)
    assert not project.live.follow(RUN).is_fitting
    assert project.live.refresh(RUN, wait=True).version == f"{RUN}@30"


def test_the_interval_is_kept_with_the_project(project: Project) -> None:
    project.live.set_interval(50)
    assert Project(project.path).live.interval == 50


@pytest.mark.parametrize("interval", [-1, 100_001, True])
def test_an_interval_out_of_range_is_refused(project: Project, interval: int) -> None:
    with pytest.raises(InputError, match="0 to 100,000 decisions"):
        project.live.set_interval(interval)


def test_a_version_is_reviewed_like_a_run_and_its_decisions_name_it(project: Project) -> None:
    decide(project, RUN, 20)
    version = project.live.refresh(RUN, wait=True).version
    assert project.select(version, "fixed_threshold", threshold=0.5).count > 0
    assert project.review(version).histogram.counts("confidence")
    assert project.quality.conformal_thresholds_by_target(version, (0.2,))
    decide(project, version, 3)
    project.bulk_accept(version, "fixed_threshold", threshold=0.9)
    assert [d.run_id for d in project.decisions.all()[-4:]] == [version] * 4
    assert project.compare(RUN, version).comparison.difference is not None
    assert project.export("csv", project.path.parent / "out").exists()


def test_the_same_log_gives_the_same_bytes_again(project: Project) -> None:
    digests = {}
    for _ in range(KEPT + 3):
        decide(project, RUN, 5)
        state = project.live.refresh(RUN, wait=True)
        folder = project.run(state.version).folder
        digests[state.version] = (folder.logits().tobytes(), folder.temperature())
    versions = list_versions(project.run(RUN).folder)
    removed = [one for one in versions if not has_scores(project.run(RUN).folder.path / "versions" / one.name)]
    assert removed, "old predictions are removed"
    for version in removed:
        folder = Project(project.path).run(version.name).folder
        assert (folder.logits().tobytes(), folder.temperature()) == digests[version.name]


def test_a_stale_page_is_refused_nothing(project: Project) -> None:
    first = RUN
    for _ in range(KEPT + 3):
        decide(project, RUN, 4)
        version = project.live.refresh(RUN, wait=True).version
        first = version if first == RUN else first
    again = Project(project.path)
    assert not has_scores(again.path / "runs" / RUN / "versions" / first)
    decide(again, first, 3)
    assert [d.run_id for d in again.decisions.all()[-3:]] == [first] * 3


def test_a_page_that_stays_open_outlives_the_files_of_its_version(project: Project) -> None:
    decide(project, RUN, 4)
    old = project.live.refresh(RUN, wait=True).version
    before = project.review(old).page(PageQuery(count=500))
    newest = old
    for _ in range(KEPT + 1):
        decide(project, RUN, 4)
        newest = project.live.refresh(RUN, wait=True).version
    folder = project.path / "runs" / RUN / "versions" / old
    assert not has_scores(folder)
    again = project.review(old).page(PageQuery(count=500))
    assert [(card.id, card.top) for card in again.cards] == [(card.id, card.top) for card in before.cards]
    ids = [card.id for card in again.cards]
    project.review(old).page(PageQuery("badge", wanted=QueueFilter(runner_up=1)))
    assert project.review(old).page(PageQuery("similar", like=ids[0])).cards[0].id == ids[0]
    assert project.review(old).neighbors(ids[0], 3)
    assert project.review(old).map.coordinates() is not None
    assert project.review(old).bulk_count({"rule": "fixed_threshold", "threshold": 0.3}).count > 0
    assert project.review(old).checks.wrong_suggestions
    decide(project, old, 3)
    assert not has_scores(folder), "nothing is fitted again for it"
    assert project.review(newest).page(PageQuery()).cards


def test_an_undo_is_learned_as_well(project: Project) -> None:
    decide(project, RUN, 5)
    before = project.run(project.live.refresh(RUN, wait=True).version).folder.logits().tobytes()
    for _ in range(5):
        project.decisions.execute([Command(str(uuid.uuid4()), "undo", RUN)])
    version = project.live.refresh(RUN, wait=True).version
    assert version == f"{RUN}@10"
    assert project.run(version).folder.logits().tobytes() != before
    assert np.allclose(project.run(version).folder.logits(), project.run(RUN).folder.logits(), atol=1e-5)


def test_two_reviewers_teach_one_model(project: Project) -> None:
    project.live.set_interval(10)
    decide(project, RUN, 5, reviewer="ann")
    Project(project.path).decisions.all()
    decide(Project(project.path), RUN, 5, reviewer="ben")
    project.live.follow(RUN)
    version = fitted(project).version
    assert read_version(project.run(version).folder.path).num_clicks == 10


def test_a_version_follows_a_version(project: Project) -> None:
    decide(project, RUN, 5)
    first = project.live.refresh(RUN, wait=True).version
    decide(project, first, 5)
    second = project.live.refresh(first, wait=True).version
    assert project.run(second).record.parent == first
    assert project.run(first).record.parent == RUN
    assert project.review(second).queues.parent == first, "what changed is told since the version before"
    assert [run.id for run in project.runs()] == [RUN], "versions are no runs of their own"


def test_beside_a_network_a_head_learns_the_decisions(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    decide(trained_project, run.id, 20)
    version = trained_project.live.refresh(run.id, wait=True).version
    assert version == f"{run.id}@20"
    record = read_version(trained_project.run(version).folder.path)
    assert record.head_weight in (0.0, 0.25, 0.5, 0.75, 1.0)
    logits, val = trained_project.run(version).folder.logits(), trained_project.splits.val
    labels = trained_project.images.labels[val]
    own = run.folder.logits()[val].argmax(axis=1) == labels
    assert (logits[val].argmax(axis=1) == labels).mean() >= own.mean() - 0.2
    assert trained_project.run(version).folder.features().shape[0] == len(trained_project.images.pixels)


def test_the_curve_and_the_gain_are_measured_on_val(project: Project) -> None:
    assert project.live.gain(RUN) is None
    assert [point.version for point in project.live.curve(RUN)] == [RUN]
    decide(project, RUN, 20)
    version = project.live.refresh(RUN, wait=True).version
    points = project.live.curve(version)
    assert [(p.version, p.num_clicks, p.accuracy.n) for p in points] == [(RUN, 0, 12), (version, 20, 12)]
    gain = project.live.gain(RUN)
    assert gain is not None
    assert (gain.num_clicks, gain.num_val) == (20, 12)
    assert gain.difference == pytest.approx(points[1].accuracy.value - points[0].accuracy.value)
    assert gain.sentence.startswith("The last 20 clicks")


def test_before_any_click_the_bulk_accept_says_what_it_is_not(project: Project) -> None:
    assert "may lower it" in project.live.bulk_note()
    decide(project, RUN, 1)
    assert project.live.bulk_note() == ""


def test_a_version_of_decisions_that_are_not_there_is_refused(project: Project) -> None:
    with pytest.raises(InputError, match="There is no model version 001-head-pixels@7: the log has 0 decisions"):
        project.scores(f"{RUN}@7")
    with pytest.raises(InputError, match="009-head"):
        project.live.refresh("009-head@3")


def test_a_run_without_scores_has_no_live_model(project: Project) -> None:
    run = project.start_run(HEAD)
    try:
        with pytest.raises(RunError, match="has no scores yet"):
            project.live.state(run.id)
    finally:
        project.wait_run(run.id, timeout=120)


def test_lost_features_end_in_a_sentence_and_lose_no_decision(project: Project) -> None:
    decide(project, RUN, 20)
    for file in (project.path / "features").rglob("features.npy"):
        file.write_bytes(b"")
    project.live.refresh(RUN)
    state = fitted(project)
    assert state.version == RUN
    assert "features" in state.message
    assert not project.live.follow(RUN).is_fitting, "it is not tried again and again"
    assert len(project.decisions.all()) == 20
    decide(project, RUN, 1)


def test_a_killed_worker_is_started_again(project: Project) -> None:
    decide(project, RUN, 5)
    project.live.refresh(RUN, wait=True)
    process = project.live._process._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    decide(project, RUN, 5)
    assert project.live.refresh(RUN, wait=True).version == f"{RUN}@10"


def test_the_worker_ends_with_the_project(pictures: Path, tmp_path: Path) -> None:
    made = Project.create(tmp_path / "other", pictures, split=SMALL)
    made.wait_run(made.start_run(HEAD).id, timeout=120)
    decide(made, RUN, 5)
    made.live.refresh(RUN, wait=True)
    process = made.live._process._process
    assert process is not None
    made.live._process._finalize()  # what the collector calls
    assert process.poll() == 0
