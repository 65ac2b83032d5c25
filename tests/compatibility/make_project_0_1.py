# mypy: ignore-errors
"""Make the project that test_old_project.py opens, with the code of version 0.1 alone.

Run it by hand at commit d869678, the last one before the modules moved:

    python -m tests.compatibility.make_project_0_1
    python -m tests.compatibility.questions

The first command writes project_0_1.tar.xz, the second records the answers in expected_0_1.json. The script documents
how the fixture was made; it need not work with later code. Training takes about a minute on a CPU.
"""

import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core import (
    Command,
    PageQuery,
    Project,
    QueueFilter,
    SimulateConfig,
    Simulations,
    SplitConfig,
    TrainConfig,
    constants,
)

HERE = Path(__file__).parent
CLASSES = ("circle", "cross", "stripes")
EACH = 105
SPLIT = SplitConfig(labeled=18, val=36, calibration=90, test=60, seed=1)
BASE = TrainConfig(model="wrn", wrn_depth=10, wrn_width=1, epochs=60, batch_size=18, precision="fp32", device="cpu")
SELF = BASE.model_copy(update={"method": "self_training", "ramp": "none", "epochs": 15, "log_batches": True})
STILL = BASE.model_copy(
    update={"epochs": 100_000, "learning_rate": 1e-6, "warm_up_steps": 1_000_000, "weight_decay": 0.0,
            "warm_start": True}
)  # fmt: skip
"""A run that hardly moves from its parent's weights: the archive needs to hold them only once."""
FIRST = "001-supervised-wrn"
OPEN = QueueFilter(show="undecided")
RULES: dict[str, dict[str, Any]] = {
    "bulk": {"rule": "fixed_threshold", "threshold": 0.9},
    "entropy": {"rule": "entropy_at_most", "entropy": 0.3},
    "capped": {"rule": "top_per_class", "count": 12, "class_cap": 1.2},
}


def draw(shape: str, rng: np.random.Generator, size: int = 16) -> np.ndarray:
    """Draw one gray image (size, size) of a shape, noisy enough that a small model errs."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2 + rng.uniform(-2, 2, (2, 1, 1))
    is_drawn = {
        "circle": np.hypot(x, y) < size / 3,
        "cross": (np.abs(x) < size / 8) | (np.abs(y) < size / 8),
        "stripes": (np.arange(size) % 4 < 2)[:, None] & np.ones((1, size), dtype=bool),
    }[shape]
    return np.asarray(np.clip(is_drawn * 110 + 60 + rng.normal(0, 75, (size, size)), 0, 255), dtype=np.uint8)


def write_images(folder: Path) -> None:
    """Write the images of each class, two of them twice, and one file that is no image."""
    rng = np.random.default_rng(11)
    for shape in CLASSES:
        (folder / shape).mkdir(parents=True)
        for number in range(EACH):
            Image.fromarray(draw(shape, rng)).save(folder / shape / f"{number:03d}.png")
    for number in (3, 7):
        shutil.copyfile(folder / "cross" / f"{number:03d}.png", folder / "cross" / f"copy-{number:03d}.png")
    (folder / "circle" / "broken.png").write_bytes(b"not an image")


class Reviewer:
    """A person who answers from the true labels, and errs at every seventh image."""

    def __init__(self, project: Project, name: str) -> None:
        self.project, self.name, self.count = project, name, 0

    def send(self, verdict: str, run: str = FIRST, **facts: Any) -> int:
        """Send one command and return its line in the log."""
        self.count += 1
        command = Command(f"{self.name}-{self.count:03d}", verdict, run, self.name, **facts)
        (outcome,) = self.project.execute([command])
        assert outcome.status == "saved", outcome
        assert outcome.decision is not None
        return outcome.decision

    def answer(self, card: Any, verdict: str | None = None, run: str = FIRST, **params: Any) -> int:
        """Answer one card as the review page does; without a verdict by the true label."""
        truth = int(self.project.images.labels[card.id])
        if self.count % 7 == 6:
            truth = (truth + 1) % len(CLASSES)
        chosen = verdict or ("accept" if truth == card.suggestion else "relabel")
        facts = {"seconds": 0.5 + self.count % 5 / 4, **params, **({"planted": card.planted} if card.planted else {})}
        label = truth if chosen == "relabel" else None
        return self.send(chosen, run, image_id=card.id, suggestion=card.suggestion, label=label, params=facts)

    def cards(self, ranking: str, count: int, run: str = FIRST) -> list[Any]:
        """The next undecided cards of a ranking."""
        return self.project.desk.page(run, PageQuery(ranking, count=count, wanted=OPEN, reviewer=self.name)).cards

    def answer_queue(self, ranking: str, count: int, run: str = FIRST) -> None:
        """Answer the first images of a randomly drawn queue, with the probability of each draw in the log."""
        page = self.project.desk.page(run, PageQuery(ranking, count=count, reviewer=self.name))
        assert page.drawn is not None
        query = PageQuery(ranking, drawn=page.drawn)
        for card in page.cards:
            self.answer(card, run=run, **self.project.desk.shown(run, card.id, query))


def decide(project: Project) -> None:
    """Make decisions of every kind about the first run."""
    ann, bob = Reviewer(project, "ann"), Reviewer(project, "bob")
    audit_rule: dict[str, Any] = {"rule": "lowest_entropy", "percent": 30.0}
    rule, params = audit_rule["rule"], {"percent": audit_rule["percent"]}
    for number in range(12):
        audit = project.promises.audit(FIRST, rule, target=0.9, alpha=0.1, seed=0, **params)
        assert audit.next_id is not None
        seen = None if number == 9 else int(project.images.labels[audit.next_id])
        assert project.promises.answer_audit(audit, seen, "ann").status == "saved"
    ann.answer_queue("mixed", 14)
    bob.answer_queue("audit", 8)
    for card in ann.cards("border", 6):
        ann.answer(card)
    project.promises.plant_checks(8)
    for _ in range(2):
        for card in ann.cards("entropy", 16):
            ann.answer(card, "accept" if card.planted == "wrong" and ann.count % 2 else None)
    for card, verdict in zip(bob.cards("margin", 7), ("reject", "none", "skip", "unsure") * 2, strict=False):
        if not card.planted:
            bob.answer(card, verdict)
    ann.send("undo")
    taken_back = bob.send("bulk_accept", params=RULES["bulk"])
    bob.send("undo", undo_of=taken_back)
    bob.send("bulk_accept", params=RULES["capped"])
    doubtful = [card for card in ann.cards("confidence", 9) if not card.planted][3]
    wanted = {"show": "undecided", "range": ["confidence", 0.0, round(doubtful.confidence + 0.001, 3)]}
    ann.send("reject", params={"filter": wanted, "only_open": True})
    ann.send("bulk_accept", params=RULES["entropy"])


def train(project: Project) -> None:
    """Train the curated run, its two control runs, a curriculum of two runs and a run that is cancelled."""
    curated = project.start_run(SELF, FIRST, with_controls=True)
    for run in project.runs():
        project.wait_run(run.id, timeout=300)
    assert len(project.promises.controls(curated.id)) == 2
    cleo = Reviewer(project, "cleo")
    cleo.answer_queue("mixed", 6, curated.id)
    per_class = {"rule": "per_class_threshold", "threshold": 0.9, "thresholds": {"0": 0.8, "2": None}}
    cleo.send("bulk_accept", curated.id, params=per_class)
    named = [[card.id, card.suggestion] for card in cleo.cards("most_confident", 5, curated.id) if not card.planted]
    cleo.send("bulk_accept", curated.id, params={"images": named})
    curriculum = project.rounds.start(SELF.model_copy(update={"epochs": 8}), FIRST, 2, 40.0)
    wait(curriculum)
    long = project.start_run(STILL, FIRST)
    while not long.metrics():
        time.sleep(0.1)
    project.cancel_run(long.id)
    wait(long)
    project.check_noise(FIRST)


def simulate(project: Project) -> None:
    """Play one small simulated review."""
    settings = SimulateConfig(rounds=1, clicks=8, error_rate=0.1, seeds=2, controls=True)
    training = SELF.model_copy(update={"model": "mlp", "epochs": 4, "log_batches": False})
    wait(Simulations(project).start(["entropy"], ["conformal=0.2", "fixed_threshold=0.8"], settings, training))


def wait(job: Any) -> None:
    """Wait until a job is no longer live."""
    while job.status.state in constants.LIVE_STATES:
        time.sleep(0.2)
    assert job.status.state in ("done", "cancelled"), job.status


def clean(path: Path, away: dict[str, str]) -> None:
    """Fold the log into one file and take the places of this machine out of the text files."""
    with sqlite3.connect(path / "decisions.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in path.rglob("*"):
        if file.suffix in (".toml", ".json", ".jsonl", ".txt", ".csv", ".svg"):
            text = file.read_text(encoding="utf-8")
            for old, new in away.items():
                text = text.replace(old, new)
            file.write_text(text, encoding="utf-8")
        elif file.name.startswith("decisions.db-"):
            file.unlink()
    for run in (path / "runs").iterdir():
        is_done = json.loads((run / "status.json").read_text())["state"] == "done"
        if is_done and run.name != FIRST:
            (run / "model.safetensors").unlink()  # random bits, which no archive makes smaller; no page reads them
        if is_done:
            (run / "checkpoint.pt").unlink(missing_ok=True)


def main() -> None:
    """Make the project and pack it."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        os.environ["WINNOW_HOME"] = str(place / "home")
        write_images(place / "source")
        project = Project.create(place / "shapes", place / "source", name="Shapes", split=SPLIT, image_size=16)
        project.wait_run(project.start_run(BASE).id, timeout=300)
        decide(project)
        train(project)
        simulate(project)
        clean(project.path, {str(place / "source"): "drawn-shapes", str(place): ""})
        with tarfile.open(HERE / "project_0_1.tar.xz", "w:xz", preset=9) as archive:
            archive.add(project.path, "shapes", filter=_anonymous)


def _anonymous(item: tarfile.TarInfo) -> tarfile.TarInfo:
    item.uid = item.gid = 0
    item.uname = item.gname = ""
    return item


if __name__ == "__main__":
    main()
