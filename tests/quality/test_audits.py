"""Audits of every rule, changed thresholds, certificates in exports, and stop advice."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import Project
from core.experiments.label_snapshot import freeze
from core.quality.audit_answers import Audit
from core.risk.audit_certificate import stratified_certified_share
from tests.dashboard.page_helpers import open_page

RUN = "001-supervised-mlp"
SELECTIONS: list[tuple[str, dict[str, Any]]] = [
    ("fixed_threshold", {"threshold": 0.0}),
    ("entropy_at_most", {"entropy": 1.58}),
    ("margin_at_least", {"margin": 0.1}),
    ("lowest_entropy", {"percent": 50.0}),
    ("highest_confidence", {"percent": 40.0}),
    ("per_class_threshold", {"threshold": 0.0, "thresholds": {"1": 0.0}}),
    ("top_per_class", {"count": 5}),
]


def answered(project: Project, num: int, /, rule: str = "lowest_entropy", **params: Any) -> Audit:
    """Return the audit of a rule after some right answers."""
    pool = project.scores(RUN)
    for _ in range(num):
        audit = project.quality.audit(RUN, rule, **params)
        assert audit.next_id is not None
        label = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, audit.next_id)])
        assert project.quality.answer_audit(audit, label).status == "saved"
    return project.quality.audit(RUN, rule, **params)


@pytest.mark.parametrize(("rule", "params"), SELECTIONS)
def test_audit_of_any_rule_stores_its_certificate(trained_project: Project, rule: str, params: dict[str, Any]) -> None:
    audit = answered(trained_project, 3, rule, **params)
    selection = trained_project.select(RUN, rule, **params)
    assert audit.certificate.size == selection.count
    assert np.isin(audit.answered, selection.ids).all()
    (found,) = Project.open(trained_project.path).quality.certificates()
    assert (found.rule, found.ids_hash, found.certificate) == (rule, audit.ids_hash, audit.certificate)
    stored = trained_project.path / "certificates" / f"{audit.ids_hash[:16]}.json"
    assert json.loads(stored.read_text())["certificate"]["num_answers"] == 3


def test_stricter_threshold_names_answers_outside_its_set(trained_project: Project) -> None:
    wide = answered(trained_project, 10, percent=100.0)
    narrow = trained_project.quality.audit(RUN, "lowest_entropy", percent=30.0)
    inside = trained_project.select(RUN, "lowest_entropy", percent=30.0).ids
    assert narrow.earlier is not None
    assert narrow.earlier.invalid.tolist() == [i for i in wide.answered.tolist() if i not in inside]
    assert narrow.earlier.num_valid == narrow.certificate.num_answers == 10 - len(narrow.earlier.invalid)
    assert narrow.earlier.num_added == 0


def test_looser_threshold_keeps_answers_as_a_stratum_at_half_alpha(trained_project: Project) -> None:
    narrow = answered(trained_project, 12, percent=50.0)
    assert narrow.earlier is None
    wide = trained_project.quality.audit(RUN, "lowest_entropy", percent=100.0)
    earlier = wide.earlier
    assert earlier is not None
    assert (earlier.num_kept, earlier.num_valid, len(earlier.invalid)) == (narrow.certificate.size, 12, 0)
    assert earlier.num_kept + earlier.num_added == wide.certificate.size
    # added images may come earlier in the common order, so none is answered yet
    strata = [narrow.is_right, np.zeros(0, dtype=np.bool_)]
    assert earlier.certified == stratified_certified_share(strata, [earlier.num_kept, earlier.num_added], 0.05) > 0


def test_every_export_contains_the_certificate(trained_project: Project, tmp_path: Path) -> None:
    audit = answered(trained_project, 4, percent=60.0)
    for kind in ("csv", "parquet", "folder_per_class", "model", "round_card"):
        trained_project.export(kind, tmp_path / kind, RUN)
        (stored,) = json.loads((tmp_path / kind / "manifest.json").read_text())["certificates"]
        assert (stored["run"], stored["rule"], stored["ids_hash"]) == (RUN, "lowest_entropy", audit.ids_hash)
        assert (stored["certificate"]["alpha"], stored["certificate"]["num_answers"]) == (0.05, 4)
        assert [draw["image_id"] for draw in stored["draws"]] == audit.answered.tolist()


def test_undone_answers_leave_no_certificate(trained_project: Project) -> None:
    answered(trained_project, 1, percent=60.0)
    trained_project.undo(RUN)
    assert trained_project.quality.certificates() == []


def later_run(project: Project, share: float, noise: int | None = None) -> str:
    """Copy the run as its child, with other or random predictions."""
    name = f"{len(project.runs()) + 1:03d}-copy"
    folder = shutil.copytree(project.path / "runs" / RUN, project.path / "runs" / name)
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "run_id": name, "parent": RUN}))
    file = folder / "predictions" / "logits.npy"
    logits = np.array(np.load(file))
    rows = np.random.default_rng(0).permutation(len(logits))[: round(share * len(logits))]
    logits[rows] = np.roll(logits[rows], 1, axis=1)
    if noise is not None:
        logits = np.random.default_rng(noise).normal(size=logits.shape).astype(np.float32)
    file.chmod(0o644)
    np.save(file, logits)
    return name


def test_stop_advice_needs_stable_labels_and_a_certified_target(trained_project: Project) -> None:
    still, turned = later_run(trained_project, 0.0), later_run(trained_project, 0.5)
    assert not trained_project.stop_advice(still).is_enough  # nothing is proven yet
    size = trained_project.select(RUN, "lowest_entropy", percent=30.0).count
    answered(trained_project, size, percent=30.0)
    assert trained_project.stop_advice(still).is_enough
    advice = trained_project.stop_advice(turned)
    assert not advice.is_enough
    assert "of pseudo-labels changed" in advice.reasons[1]
    first = trained_project.stop_advice(RUN)
    assert "no earlier run" in first.reasons[1]


def test_class_cap_keeps_the_most_confident_and_is_logged(trained_project: Project) -> None:
    pool = trained_project.scores(RUN)
    everything = trained_project.select(RUN, "fixed_threshold", threshold=0.0)
    cap = int(np.ceil(everything.count / 3))  # 5 labeled images of each of 3 classes: factor 1 is a third
    assert trained_project.bulk_accept(RUN, "fixed_threshold", threshold=0.0, class_cap=1).status == "saved"
    taken = trained_project.decisions.state().verdict[pool.ids] > 0
    for label, count in enumerate(everything.class_counts.tolist()):
        mine = pool.scores.pseudo_labels == label
        sure = np.sort(pool.scores.confidence[mine])[::-1]
        assert np.count_nonzero(taken & mine) == min(count, cap)
        assert (pool.scores.confidence[mine & taken] >= sure[min(count, cap) - 1]).all() if count else True
    assert trained_project.decisions.all()[-1].params["class_cap"] == 1


@pytest.mark.parametrize("factor", [0.5, "two", True])
def test_invalid_class_cap_is_refused(trained_project: Project, factor: Any) -> None:
    outcome = trained_project.bulk_accept(RUN, "fixed_threshold", threshold=0.0, class_cap=factor)
    assert outcome.status == "refused"
    assert trained_project.decisions.all() == []


def test_noise_scores_show_no_measurable_gain(trained_project: Project) -> None:
    control, curated = (later_run(trained_project, 0.0, noise=seed) for seed in (1, 2))
    for image in trained_project.splits.pool[:5].tolist():
        trained_project.decide(RUN, "accept", image)
    frozen = freeze(trained_project.workspace, trained_project.decisions)
    trained_project.run(curated).folder.save_curated(frozen.curated, frozen.decisions)
    found = trained_project.review_value(control, curated)
    assert not found.is_measurable
    test = open_page("compare", project=trained_project.key)
    test.selectbox(key="compare-a").set_value(control).run()
    test.selectbox(key="compare-b").set_value(curated).run()
    assert not test.exception
    said = " ".join(element.value for element in test.markdown)
    assert f"**{found.sentence}**" in said
    assert found.sentence.startswith("no measurable gain")
    assert "Go on reviewing." in said
