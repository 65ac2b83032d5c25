"""Realised error in whole projects: labeled in a few scenes, tried on new ones, repaired by answers about the pool.

Every project goes through the product's own path: a source of images is ingested and split, a head run suggests, the
pool check speaks, `draw_calibration` draws images of the pool, they are answered with their true classes, and the
thresholds come from `Project.quality`. Each class was labeled in two scenes of its own, one image in twenty elsewhere;
the pool comes from eight scenes alike, or half of it from those of the labels.
`python -m benchmarks.guarantees_projects --out FILE` prints the Markdown that stands in docs/BENCHMARKS.md. Each
finished project is a line of the file, and a program that was stopped goes on where it stopped: `--projects 20` first
and `--projects 200` later into one file is the same as 200 at once.
"""

import argparse
import os
import sys
import tempfile
import time
import uuid
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.finished_rows import FinishedRows
from benchmarks.report import environment, table
from core import Command, Project, TrainConfig
from core.base.types import Labels
from core.curation.replay import CALIBRATE
from core.experiments.head_worker import HeadWorker
from core.experiments.prepare import prepare_run
from core.risk.error_estimates import proportion

CLASSES, SCENES, SIDE = 4, 8, 20
LABELED, POOL, TARGET, RISK = 600, 1_500, 0.1, 0.05
KINDS = {"new scenes": 1.0, "half of the pool new scenes": 0.5, "the same scenes": 0.0}
"""Name → share of the pool from scenes that are drawn without regard to the class."""


def pictures(labels: Labels, scenes: Labels, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a shape for each class, faint before the stripes of its scene, (N, SIDE, SIDE)."""
    num = len(labels)
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2)[:, None] + rng.normal(0, 1, (2, num, 1, 1))
    far = np.hypot(x, y)
    shapes = np.stack(
        [far < 6, (np.abs(x) < 2) | (np.abs(y) < 2), (far > 4) & (far < 7), np.maximum(np.abs(x), np.abs(y)) < 5]
    )
    angle = (np.pi * scenes / SCENES)[:, None, None]
    stripes = np.sin((np.cos(angle) * x + np.sin(angle) * y) * 1.3 + rng.uniform(0, 6, (num, 1, 1)))
    values = 120 + 40 * stripes + 80 * shapes[labels, np.arange(num)] + rng.normal(0, 12, far.shape)
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


def make_project(folder: Path, share_new: float, rng: np.random.Generator) -> tuple[Project, Labels]:
    """Make a project of LABELED images with a label and POOL without, in random order; return it with all classes."""
    num = LABELED + POOL
    truth = rng.integers(0, CLASSES, num)
    own = 2 * truth + (rng.random(num) < 0.2)
    share = np.where(np.arange(num) < LABELED, 0.05, np.maximum(0.05, share_new))
    scenes = np.where(rng.random(num) < share, rng.integers(0, SCENES, num), own)
    names = np.array(["circle", "cross", "ring", "square"])
    given = np.where(np.arange(num) < LABELED, names[truth], "")
    order = rng.permutation(num)
    file = folder / "source.npz"
    np.savez(file, images=pictures(truth, scenes, rng)[order], labels=given[order])
    project = Project.create(folder / "project", file)
    rows = np.array([int(str(name).rsplit("/", 1)[-1].split(".")[0].split("-")[-1]) for name in project.images.names])
    known = project.images.labels >= 0
    assert (np.array(project.class_names)[project.images.labels[known]] == given[order][rows[known]]).all()
    classes = [project.class_names.index(name) for name in names]
    return project, np.array(classes)[truth[order][rows]]


def finished_head(project: Project) -> str:
    """Fit a head as the head worker does, in this process: starting another one takes longer than the fit."""
    folder = prepare_run(project.workspace, project.decisions, TrainConfig(method="head"), None)
    assert HeadWorker(project.path, folder.id).run() == 0
    return folder.id


def answer_all(project: Project, run: str, truth: Labels) -> None:
    """Answer every drawn image with its true class, as one batch of the Review page."""
    draw = project.decisions.draw()
    assert draw is not None
    asked = [image for image in draw.asked.tolist() if image not in project.decisions.calibration_answers()]
    made = [
        Command(str(uuid.uuid4()), "relabel", run, "ann", image, None, int(truth[image]), params={"queue": CALIBRATE})
        for image in asked
    ]
    outcomes = project.decisions.execute(made)
    assert all(outcome.status == "saved" for outcome in outcomes), outcomes


def realised(project: Project, run: str, truth: Labels, threshold: float | None) -> tuple[float, float]:
    """Error and coverage of what a threshold accepts of the images that nobody answered."""
    if threshold is None:
        return 0.0, 0.0
    kept = project.select(run, "fixed_threshold", threshold=threshold)
    rest = np.setdiff1d(project.splits.unlabeled, project.decisions.calibration().ids)
    is_rest = np.isin(kept.ids, rest)
    ids, labels = kept.ids[is_rest], kept.labels[is_rest]
    return (float((labels != truth[ids]).mean()) if len(ids) else 0.0), len(ids) / len(rest)


def one(share_new: float, seed: int) -> dict[str, float | str]:
    """Simulate one project, before and after the repair."""
    rng = np.random.default_rng([seed, round(10 * share_new)])
    found: dict[str, float | str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        project, truth = make_project(Path(temporary), share_new, rng)
        run, quality = finished_head(project), project.quality
        before = quality.conformal_threshold(run, TARGET)
        found["before"], found["before kept"] = realised(project, run, truth, before.threshold)
        found["state before"] = before.state
        for form, risk in (("average", None), ("high", RISK)):
            quality.draw_calibration(quality.calibration_size(TARGET, risk))
            answer_all(project, run, truth)
            after = (
                quality.conformal_threshold(run, TARGET)
                if risk is None
                else quality.high_probability_threshold(run, TARGET, risk)
            )
            found[form], found[f"{form} kept"] = realised(project, run, truth, after.threshold)
            found[f"state {form}"] = after.state
            found[f"num {form}"] = len(project.decisions.calibration().ids)
    return found


def cells(name: str, rows: list[dict[str, float | str]]) -> list[str]:
    """One row of the table."""

    def of(key: str) -> NDArray[np.float64]:
        return np.array([row[key] for row in rows], dtype=np.float64)

    def state(key: str, value: str) -> str:
        count = sum(row[f"state {key}"] == value for row in rows)
        return f"{count} of {len(rows)}"

    def mean(key: str) -> str:
        half = 196 * of(key).std(ddof=1) / np.sqrt(len(rows))
        return f"{100 * of(key).mean():.1f} ± {half:.1f} %, {of(f'{key} kept').mean():.0%}"

    held = proportion(int((of("high") <= TARGET).sum()), len(rows))
    return [
        name, state("before", "not valid here"), mean("before"), f"{of('num average').mean():.0f}", mean("average"),
        state("average", "guaranteed"), f"{of('num high').mean():.0f}",
        f"{100 * held.value:.1f} % [{100 * held.low:.1f}, {100 * held.high:.1f}], {of('high kept').mean():.0%}",
        state("high", "guaranteed"),
    ]  # fmt: skip


def main() -> None:
    """Print one row a kind of pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--out", type=Path, help="file of finished projects, one a line: go on where it stopped")
    asked, begin = parser.parse_args(), time.process_time()
    settings = {"labeled": LABELED, "pool": POOL, "target": TARGET, "risk": RISK}
    finished = FinishedRows(asked.out, settings)
    os.environ["WINNOW_HOME"] = tempfile.mkdtemp()
    head = ["pool", "not valid here before", "before: error, kept", "answers", "on average: error, kept", "guaranteed",
            "answers", f"risk {RISK:.0%}: within the target, kept", "guaranteed"]  # fmt: skip
    print(table(head, []), flush=True)
    for name in asked.kinds:
        rows = []
        for seed in range(asked.projects):
            rows.append(finished.of(f"{name}/{seed}", partial(one, KINDS[name], seed)))
            if len(rows) % 20 == 0:
                print(f"{len(rows)} projects: {' | '.join(cells(name, rows))}", file=sys.stderr, flush=True)
        print(f"| {' | '.join(cells(name, rows))} |", flush=True)
    print(f"\n{asked.projects} projects a row; CPU {time.process_time() - begin:.0f} s; {environment()}")


if __name__ == "__main__":
    main()
