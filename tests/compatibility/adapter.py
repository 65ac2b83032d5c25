"""Today's Python calls for each question that version 0.1 answered.

When a name of the public API changes, it changes here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from starlette.routing import BaseRoute

from core import PageQuery, Project, Simulations
from core.cli import main as run_command
from dashboard.server.routes import ROUTES

BASE, CURATED = "001-supervised-wrn", "002-self_training-wrn"
RENAMED_FIELDS = {"Audit.earlier": "moved", "Control.kind": "arm", "ReviewerCheck.attention": "stamp"}
"""Fields of result classes that have another name today: class and name today → name in version 0.1."""
RULES: dict[str, dict[str, Any]] = {
    "fixed_threshold": {"threshold": 0.8},
    "entropy_at_most": {"entropy": 0.5},
    "margin_at_least": {"margin": 0.6},
    "lowest_entropy": {"percent": 25.0},
    "highest_confidence": {"percent": 33.0},
    "per_class_threshold": {"threshold": 0.7, "thresholds": {"0": 0.6, "2": None}},
    "top_per_class": {"count": 9},
}
TARGETS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
PAGES = ("data", "train", "scores", "review", "audit", "compare", "simulate", "export")


def routes() -> list[BaseRoute]:
    """Return the HTTP routes of the dashboard."""
    return list(ROUTES)


def show_page(name: str) -> None:
    """Show one page of the dashboard, inside Streamlit."""
    import importlib

    importlib.import_module(f"dashboard.views.{name}").show()


__all__ = ["routes", "run_command", "show_page"]


def _run(project: Project, run_id: str) -> dict[str, Any]:
    run = project.run(run_id)
    return {
        "record": run.record, "status": run.status, "control": run.control, "temperature": run.temperature,
        "has_predictions": run.has_predictions, "last_val_accuracy": run.last_val_accuracy,
        "metrics": run.metrics()[-3:], "batches": run.batches(5), "log": run.log_tail(5),
        "curated": run.folder.curated(),
    }  # fmt: skip


def _audit(project: Project, percent: float) -> Any:
    return project.quality.audit(BASE, "lowest_entropy", target=0.9, alpha=0.1, seed=0, percent=percent)


def _shown(project: Project) -> Any:
    return [project.review(BASE).shown(card, PageQuery("mixed", drawn=12)) for card in _mixed(project)]


def _mixed(project: Project) -> list[int]:
    return [card.id for card in project.review(BASE).page(PageQuery("mixed", count=5, drawn=12)).cards]


def _noise(project: Project, run_id: str) -> Any:
    found = project.quality.ood_report(run_id)
    if found is None:
        return None
    levels = (0, 0.25, 0.5, 0.75, 1)
    quantiles = {
        f"{score} of {group}": np.quantile(values, levels)
        for score, groups in found.scores.items()
        for group, values in groups.items()
    }
    return {"auroc": found.auroc, "quantiles": quantiles}


def _select(rule: str) -> Callable[[Project, str], Any]:
    return lambda project, run: project.select(run, rule, **RULES[rule])


def _ood(score: str) -> Callable[[Project, str], Any]:
    return lambda project, run: project.quality.out_of_distribution(run, score, 0.1)


def _simulations(project: Project) -> Any:
    return [
        {"id": one.id, "status": one.status, "settings": one.settings.model_dump(), "train": one.train.model_dump(),
         "strategies": [each.label for each in one.strategies], "points": one.points(), "summary": one.summary()}
        for one in Simulations(project.workspace).all()
    ]  # fmt: skip


OF_A_RUN: dict[str, Callable[[Project, str], Any]] = {
    "run": _run,
    "scores": lambda project, run: project.scores(run).scores,
    "pool": lambda project, run: project.scores(run).ids,
    "known_scores": lambda project, run: project.quality.known_scores(run),
    "calibration_report": lambda project, run: project.quality.calibration_report(run),
    "coverage_error": lambda project, run: project.quality.coverage_error(run),
    "plug-in threshold": lambda project, run: [project.quality.plug_in_threshold(run, target) for target in TARGETS],
    **{f"select {rule}": _select(rule) for rule in RULES},
    "noise_report": _noise,
    "target error": lambda project, run: [project.quality.conformal_threshold(run, target) for target in TARGETS],
    "target error, several at once": lambda project, run: project.quality.conformal_thresholds_by_target(run, TARGETS),
    "target error per class": lambda project, run: project.quality.conformal_thresholds_per_class(run, 0.2),
    "target error, high probability": lambda project, run: [
        project.quality.high_probability_threshold(run, target) for target in TARGETS
    ],
    "label issues": lambda project, run: project.quality.label_issues(run),
    **{f"out of distribution by {score}": _ood(score) for score in ("energy", "entropy", "confidence", "knn")},
    "class shares": lambda project, run: project.quality.class_shares(
        run, "fixed_threshold", factor=1.2, threshold=0.8
    ),
    "queue estimates": lambda project, run: project.quality.queue_estimates(run, 0.8),
    "controls": lambda project, run: project.control_runs(run),
    "stop advice": lambda project, run: project.stop_advice(run),
}
OF_THE_PROJECT: dict[str, Callable[[Project], Any]] = {
    "name": lambda project: [project.name, project.fingerprint, project.class_names],
    "summary": lambda project: project.summary(),
    "splits": lambda project: project.splits,
    "runs": lambda project: [[run.id, run.title, run.status.state] for run in project.runs()],
    "broken runs": lambda project: project.broken_runs(),
    "curated set": lambda project: project.curate(),
    "compare": lambda project: project.compare(BASE, CURATED),
    "leaks": lambda project: project.quality.split_leakage(),
    "audit of the same selection": lambda project: _audit(project, 30.0),
    "audit of a smaller selection": lambda project: _audit(project, 20.0),
    "audit of a larger selection": lambda project: _audit(project, 45.0),
    "certificates": lambda project: project.quality.certificates(),
    "reviewers": lambda project: project.quality.reviewers(),
    "checks": lambda project: project.quality.check_interval,
    "review value": lambda project: {
        control: project.review_value(control, CURATED) for control in project.control_runs(CURATED)
    },
    "label state": lambda project: project.decisions.state(),
    "label state before": lambda project: project.decisions.state_at(60),
    "live decisions": lambda project: sorted(project.decisions.live_ids()),
    "counts": lambda project: project.decisions.counts(),
    "hidden calibration": lambda project: project.decisions.hidden_calibration(),
    "where a random queue shows an image": _shown,
    "curricula": lambda project: [[one.id, one.parent, one.runs(), one.status] for one in project.curricula.all()],
    "simulations": _simulations,
}


def go_on(project: Project) -> dict[str, Any]:
    """Decide, undo and audit in the old project; return what each step changes."""
    answers: dict[str, Any] = {}
    image = int(project.splits.pool[project.decisions.is_open()[project.splits.pool]][0])
    answers["accept"] = [project.decide(BASE, "accept", image, reviewer="dan").decision, project.decisions.counts()]
    bulk = project.bulk_accept(CURATED, "fixed_threshold", "dan", threshold=0.6)
    answers["bulk accept"] = [bulk.decision, project.decisions.counts(), project.curate().digest]
    answers["undo"] = [project.undo(reviewer="dan").decision, project.decisions.counts()]
    old = max(line.id for line in project.decisions.all() if line.verdict == "bulk_accept" and line.reviewer == "ann")
    answers["undo of an old bulk accept"] = [project.undo(decision=old).decision, project.decisions.counts()]
    project.quality.answer_audit(_audit(project, 30.0), 0, "dan")
    answers["audit"] = _audit(project, 30.0).certificate
    project.quality.set_check_interval(0)
    answers["checks"] = project.quality.check_interval
    for name in ("target error", "target error per class", "target error, high probability", "plug-in threshold"):
        answers[name] = OF_A_RUN[name](project, BASE)
    return answers
