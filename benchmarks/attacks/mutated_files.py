"""Damage one file of a project at a time, then open the project and do what a person does.

Every action must succeed or end in a sentence of Winnow (a WinnowError), within twenty seconds; the decision log of a
project whose log was not touched must hold the same decisions afterwards.

    python -m benchmarks.attacks.mutated_files [--projects 10000] [--seed 0] [--minutes 60]
"""

import argparse
import json
import random
import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.attacks.mutations import as_bytes, damaged, mutated, strange
from core import PageQuery, Project, SplitConfig, TrainConfig, WinnowError
from core.project.project_check import check_project

SLOWEST = 20.0  # seconds that an action may take
_LOG = "decisions.db"


@dataclass
class Outcomes:
    """How often actions succeeded or ended in a sentence, and every failure."""

    projects: int = 0
    succeeded: int = 0
    sentences: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def draw_images(folder: Path) -> None:
    """Save 90 small images in three class folders, and 30 unlabeled ones."""
    rng = np.random.default_rng(0)
    for number in range(120):
        name = ("dark", "grey", "bright")[number % 3] if number < 90 else "unlabeled"
        (folder / name).mkdir(parents=True, exist_ok=True)
        pixels = rng.normal(60 + 60 * (number % 3), 15, (12, 12)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / name / f"{number}.png")


def small_project(folder: Path) -> Project:
    """Make a project of 120 images in three classes with one run of a head and five decisions."""
    draw_images(folder / "images")
    sizes = SplitConfig(labeled=15, val=12, calibration=18, test=30, seed=0)
    project = Project.create(folder / "project", folder / "images", split=sizes)
    run = project.start_run(TrainConfig(method="head", extractor="pixels"))
    project.wait_run(run.id, timeout=120)
    for image in project.splits.pool[:5].tolist():
        project.decide(run.id, "accept", image)
    return project


def attack(folder: Path, projects: int, seed: int, minutes: float = 60) -> Outcomes:
    """Damage copies of a small project, one file each, and use them.

    Args:
        folder: An empty folder.
        projects: Number of damaged copies.
        seed: Of the damage.
        minutes: Time after which no further copy is made.
    """
    end = time.monotonic() + 60 * minutes
    whole, rng, outcomes = small_project(folder).path, random.Random(seed), Outcomes()
    for number in range(projects):
        if time.monotonic() > end:
            break
        copy = folder / f"copy-{number}"
        shutil.copytree(whole, copy)
        file = rng.choice(sorted(file.relative_to(copy) for file in copy.rglob("*") if file.is_file()))
        how = _damage(copy / file, rng)
        _use(copy, f"{how} {file}", outcomes)
        shutil.rmtree(copy)
        outcomes.projects += 1
    return outcomes


def _damage(file: Path, rng: random.Random) -> str:
    how = rng.choice(("changed", "emptied", "removed", "turned into a folder", "replaced", "rewritten"))
    if how == "rewritten" and file.suffix == ".json":
        file.write_bytes(as_bytes(mutated(json.loads(file.read_text()), rng), rng))
    elif how == "emptied":
        file.write_bytes(b"")
    elif how == "removed":
        file.unlink()
    elif how == "turned into a folder":
        file.unlink()
        file.mkdir()
    elif how == "replaced":
        file.write_bytes(as_bytes(strange(rng), rng))
    else:
        file.write_bytes(damaged(file.read_bytes(), rng))
    return how


def _use(path: Path, what: str, outcomes: Outcomes) -> None:
    """Open a project and do what a person does, action by action."""
    opened = _try("open", what, lambda: Project.open(path), outcomes)
    _try("check", what, lambda: check_project(path), outcomes)
    if opened is None:
        return
    project: Project = opened
    runs = _try("list runs", what, project.runs, outcomes) or []
    _try("summary", what, lambda: project.summary, outcomes)
    _try("history", what, lambda: project.decisions.latest(1_000), outcomes)
    _try("export", what, lambda: project.export("csv", path / "exported"), outcomes)
    if runs:
        run = runs[0].id
        _try("page", what, lambda: project.review(run).page(PageQuery(count=20)), outcomes)
        _try("histogram", what, lambda: project.review(run).histogram.counts("confidence"), outcomes)
        _try("estimate", what, lambda: project.select(run, "fixed_threshold", threshold=0.5), outcomes)
        _try("metrics", what, runs[0].folder.metrics, outcomes)
        _try("status", what, lambda: runs[0].status, outcomes)
        _try("record", what, lambda: runs[0].record, outcomes)
        _try("compare", what, lambda: project.compare(run, run), outcomes)
        _try("live", what, lambda: project.live.state(run), outcomes)
        _try("queue", what, lambda: project.review(run).page(PageQuery(count=20, ranking="mixed_margin")), outcomes)
        _try("targets", what, lambda: project.quality.conformal_thresholds_by_target(run, (0.05, 0.1)), outcomes)
        _try("pool check", what, lambda: project.quality.pool_check(run), outcomes)
        _try("decide", what, lambda: project.decide(run, "accept", int(project.splits.pool[7])), outcomes)


def _try(action: str, what: str, act: Callable[[], Any], outcomes: Outcomes) -> Any:
    begin, found = time.monotonic(), None
    try:
        found = act()
        outcomes.succeeded += 1
    except WinnowError as error:
        outcomes.sentences[action] += 1
        if not str(error).strip():
            outcomes.failures.append(f"{action} after {what}: an empty sentence")
    except Exception:
        last = traceback.format_exc().strip().splitlines()
        outcomes.failures.append(
            f"{action} after {what}: {last[-1][:200]} ({last[-3].strip()[-120:] if len(last) > 2 else ''})"
        )
    if time.monotonic() - begin > SLOWEST:
        outcomes.failures.append(f"{action} after {what}: {time.monotonic() - begin:.0f} s")
    return found


def main() -> None:
    """Attack and print the outcomes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = attack(Path(folder), options.projects, options.seed, options.minutes)
    print(f"{outcomes.projects:,} damaged projects: {outcomes.succeeded:,} actions succeeded, ", end="")
    print(f"{outcomes.sentences.total():,} ended in a sentence: ", end="")
    print(dict(outcomes.sentences))
    for line, count in Counter(outcomes.failures).most_common(60):
        print(f"FAILED {count} × {line}")
    print(f"{len(outcomes.failures)} failures")


if __name__ == "__main__":
    main()
