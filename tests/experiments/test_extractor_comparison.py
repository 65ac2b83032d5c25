"""Comparing extractors: on labeled images alone, stored, followed by head runs, in its own process for a page."""

import time
from pathlib import Path

import numpy as np
import pytest

from core import InputError, Project, RunError, TrainConfig
from core.base.errors import DataError
from core.experiments import extractor_comparison as c
from core.features.catalog import Offer
from core.jobs.job_folder import JobFolder

BOTH = ["hog", "pixels"]


def accuracies(table: c.ExtractorComparison) -> list[tuple[str, str, float]]:
    return [(line.extractor, line.kind, line.accuracy) for line in table.lines]


def finished(project: Project) -> JobFolder:
    """The latest comparison of a project, when its process has ended."""
    end = time.monotonic() + 60
    while (job := project.extractor_comparisons.latest()) is None or job.status().state in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.05)
    return job


def test_every_head_is_compared_on_every_extractor_the_most_accurate_first(untrained_project: Project) -> None:
    told: list[tuple[str, int, int]] = []
    table = untrained_project.compare_extractors(BOTH, lambda *news: told.append(news))
    found = accuracies(table)
    assert {line[:2] for line in found} == {(name, kind) for name in BOTH for kind in c.KINDS}
    assert [line[2] for line in found] == sorted((line[2] for line in found), reverse=True)
    assert all(line.num_labels == 15 and line.head_seconds > 0 for line in table.lines)
    assert told[0] == ("hog: reading features.", 0, 2)
    assert told[-1] == ("pixels: cross-validating label_propagation.", 1, 2)


def test_only_labels_of_the_labeled_split_are_read(untrained_project: Project) -> None:
    before = untrained_project.compare_extractors(BOTH)
    file = untrained_project.path / "images" / "labels.npy"
    labels, labeled = np.load(file), untrained_project.splits.labeled
    others = np.setdiff1d(np.arange(len(labels)), labeled)
    labels[others] = (labels[others] + 1) % 3
    file.unlink()
    np.save(file, labels)
    after = Project.open(untrained_project.path).compare_extractors(BOTH)
    assert accuracies(after) == accuracies(before)
    assert after.labels == before.labels


def test_a_large_project_is_compared_on_a_sample_whose_features_are_not_kept(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(c, "MOST_IMAGES", 40)
    table = untrained_project.compare_extractors(["hog"])
    assert sorted(path.name for path in (untrained_project.path / "features").iterdir()) == ["comparison.json"]
    assert table.lines[0].num_labels == 15
    assert table.lines[0].accuracy > 0.5, "three classes, so chance is 0.33"
    monkeypatch.setattr(c, "MOST_LABELS", 9)
    assert untrained_project.compare_extractors(["hog"]).lines[0].num_labels == 9


def test_stored_features_are_used(untrained_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first = untrained_project.compare_extractors(["pixels"])
    monkeypatch.setattr(c, "compute_features", None)
    monkeypatch.setattr(c, "MOST_IMAGES", 40)
    assert {line.extractor for line in untrained_project.compare_extractors(["pixels"]).lines} == {"pixels"}
    assert first.lines[0].num_labels == 15


@pytest.mark.parametrize("is_named", [True, False])
def test_own_features_are_compared_too(
    untrained_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_named: bool
) -> None:
    np.save(tmp_path / "mine.npy", np.eye(4, dtype=np.float32)[untrained_project.images.labels + 1])
    name = f"own:{tmp_path / 'mine.npy'}"
    table = untrained_project.compare_extractors(["hog", name])
    assert table.lines[0].accuracy == 1.0
    if not is_named:  # stored now
        monkeypatch.setattr(c, "offered_extractors", lambda: [Offer("hog", "")])
        table = untrained_project.compare_extractors()
        name = "own:mine.npy"
        assert name in table.extractors
    run = untrained_project.start_run(TrainConfig(method="head", **table.settings(name)))
    assert untrained_project.wait_run(run.id, timeout=120).status.best_val_accuracy == 1.0


def test_a_head_run_follows_the_stored_recommendation_unless_it_names_its_own(untrained_project: Project) -> None:
    table = untrained_project.compare_extractors(["pixels", "hog"])
    assert untrained_project.extractor_comparisons.stored() == table
    config = untrained_project.start_run(TrainConfig(method="head")).record.config
    assert {"extractor": config.extractor, "head": config.head} == table.settings()
    named = untrained_project.start_run(TrainConfig(method="head", extractor="hog")).record.config
    assert (named.extractor, named.head) == ("hog", "kernel_ridge")
    network = c.with_recommendation(untrained_project.workspace, TrainConfig())
    assert network == TrainConfig()


def test_a_table_of_other_labels_is_not_followed(untrained_project: Project) -> None:
    untrained_project.compare_extractors(["pixels"])
    file = untrained_project.path / "images" / "labels.npy"
    labels = np.load(file)
    labels[untrained_project.splits.labeled[0]] = (labels[untrained_project.splits.labeled[0]] + 1) % 3
    file.unlink()
    np.save(file, labels)
    again = Project.open(untrained_project.path)
    assert again.extractor_comparisons.stored() is None
    assert c.with_recommendation(again.workspace, TrainConfig(method="head")).extractor == "hog"


def test_another_extractor_of_the_table_can_be_taken(untrained_project: Project) -> None:
    table = untrained_project.compare_extractors(BOTH)
    assert table.settings("pixels")["extractor"] == "pixels"
    with pytest.raises(InputError, match="There are: hog, pixels"):
        table.settings("efficientnet_lite0")


def test_an_extractor_that_is_not_here_is_left_out_with_the_reason(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = [Offer("hog", ""), Offer("efficientnet_lite0", "", "It needs a package."), Offer("timm:NAME", "")]
    monkeypatch.setattr(c, "offered_extractors", lambda: offers)
    table = untrained_project.compare_extractors()
    assert table.extractors == ("hog",)
    assert table.skipped == {"efficientnet_lite0": "It needs a package."}


def test_what_cannot_be_compared_is_refused_with_a_sentence(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="no feature extractor called 'hogg'"):
        untrained_project.compare_extractors(["hogg"])
    monkeypatch.setattr(c, "MOST_LABELS", 1)
    with pytest.raises(InputError, match="1 labeled images: comparing features needs two or more"):
        untrained_project.compare_extractors(["pixels"])
    assert not (untrained_project.path / "features" / "comparison.json").exists()


@pytest.mark.parametrize("text", ['{"format": 9}', '{"format": 1}', '{"format": 1, "lines": [{"a": 1}]}', "no"])
def test_a_damaged_table_is_a_sentence(untrained_project: Project, text: str) -> None:
    file = untrained_project.path / "features" / "comparison.json"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(DataError, match=r"comparison\.json"):
        untrained_project.extractor_comparisons.stored()


def test_a_process_of_its_own_compares_and_stores(untrained_project: Project) -> None:
    comparisons = untrained_project.extractor_comparisons
    assert comparisons.latest() is None
    comparisons.start(BOTH)
    with pytest.raises(RunError, match="being compared already"):
        comparisons.start(BOTH)
    status = finished(untrained_project).status()
    assert (status.state, status.done, status.total) == ("done", 2, 2)
    table = comparisons.stored()
    assert table is not None
    assert table.extractors == ("hog", "pixels")
    with pytest.raises(RunError, match="nothing to cancel"):
        comparisons.cancel()


def test_a_failed_or_cancelled_comparison_keeps_the_table(untrained_project: Project) -> None:
    comparisons, table = untrained_project.extractor_comparisons, untrained_project.compare_extractors(BOTH)
    comparisons.start(["hogg"])
    assert "hogg" in finished(untrained_project).status().message
    comparisons.start(BOTH)
    comparisons.cancel()
    assert finished(untrained_project).status().state == "cancelled"
    assert comparisons.stored() == table


def test_features_of_a_comparison_serve_the_head(untrained_project: Project) -> None:
    untrained_project.compare_extractors(["pixels"])
    (folder,) = (path for path in (untrained_project.path / "features").iterdir() if path.is_dir())
    run = untrained_project.start_run(TrainConfig(method="head", extractor="pixels"))
    untrained_project.wait_run(run.id, timeout=120)
    assert [p.name for p in (untrained_project.path / "features").iterdir() if p.is_dir()] == [folder.name]
    assert run.record.config.extractor == "pixels"
