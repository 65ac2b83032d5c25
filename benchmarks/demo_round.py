"""One round of the demo, by a simulated reviewer in the product itself: clicks, live model, bulk accept, network.

For each split and number of labels, a project of the demo's images is made (300 val images, 500 for calibration, 1,500
for the test), with its head. Every arm begins from a copy: the reviewer answers screens of 20 images of a queue, the
live model learns after each screen, and at the end all open images are accepted at a target error of 5 %, kept on
average (conformal). Control arms: nobody clicks; clicks fall at random. With `--network MODEL`, that network is trained
by a method on the labels at the start and again after the round (without and with clicks of the default queue), and
averaged with the head as the Compare page does. The true labels of the pool answer the clicks. Test images are read for
the tables alone.

    python -m benchmarks.demo_round --file rounds.jsonl --splits 0 1 --labeled 500 [--network tiny_cnn
        --method distillation]
    python -m benchmarks.demo_round --file rounds.jsonl --report
"""

import argparse
import json
import shutil
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

from benchmarks.report import environment, table
from core import Project, SplitConfig, constants
from core.base.presets import recipe
from core.simulation.review_round import SimulatedReview, answer_queue, bulk_accept
from core.simulation.strategies import AT_RANDOM, NO_CLICKS, AcceptRule, ReviewStrategy

SCREEN, CLICKS, TARGET = 20, 200, 0.05
DEFAULT_QUEUE = "badge"
"""The queue with which the Review page opens on a head run."""
ERRORS = (0.0, 0.05)
WITH_NETWORK = (NO_CLICKS, DEFAULT_QUEUE)
"""Arms after which the network is trained again."""


def arms(queues: Sequence[str]) -> list[tuple[str, float]]:
    """Queue and share of wrong answers of each arm, control arms first."""
    return [(NO_CLICKS, 0.0), *((queue, error) for queue in (AT_RANDOM, *queues) for error in ERRORS)]


def copy(base: Project, path: Path) -> Project:
    """A project of its own that shares images and features with another one."""
    path.mkdir()
    for entry in base.path.iterdir():
        if entry.name in ("images", "features"):
            (path / entry.name).symlink_to(entry, target_is_directory=True)
        elif entry.is_dir():
            shutil.copytree(entry, path / entry.name)
        else:
            shutil.copy2(entry, path / entry.name)
    return Project(path)


def accuracies(project: Project, run: str) -> dict[str, float]:
    """Share of the val and of the test images that a run or version names right."""
    parts, predicted = project.splits, np.asarray(project.run(run).folder.logits()).argmax(axis=1)
    is_right = predicted == project.images.labels
    return {"val": float(is_right[parts.val].mean()), "test": float(is_right[parts.test].mean())}


def clicked(project: Project, run: str, queue: str, error_rate: float, seed: int) -> dict[str, Any]:
    """Play one round with the live model of a run; return accuracies by clicks, and the machine's seconds."""
    strategy = ReviewStrategy(queue, AcceptRule("conformal", TARGET))
    rng = np.random.default_rng([seed, zlib.crc32(f"{queue} {error_rate}".encode())])
    review = SimulatedReview(project, strategy, seed, rng, run)
    curve, seconds = {0: accuracies(project, run)}, []
    for screen in range(0 if queue == NO_CLICKS else CLICKS // SCREEN):
        begin = time.perf_counter()
        answer_queue(review, SCREEN, error_rate, screen + 1)
        review.run = project.live.refresh(run, wait=True).version
        seconds.append(time.perf_counter() - begin)
        curve[review.clicks] = accuracies(project, review.run)
    begin = time.perf_counter()
    bulk_accept(review)
    last = project.live.refresh(run, wait=True).version
    seconds.append(time.perf_counter() - begin)
    test = project.compare(run, last).comparison if last != run else None
    return {
        "curve": curve, "bulk": accuracies(project, last), "version": last, "seconds": sum(seconds),
        "wrong": review.wrong, "selected": review.selected, "selected_error": review.selected_error,
        "interval": None if test is None else [test.low, test.high],
    }  # fmt: skip


def with_network(project: Project, network: str, head: str) -> dict[str, Any]:
    """Train the network on the labels after a round; compare it, the head and their average."""
    config = project.run(network).record.config
    if config.method == "supervised":
        config = config.model_copy(update={"method": "self_training"})  # so that it learns the accepted labels too
    begin = time.perf_counter()
    trained = project.wait_run(project.start_run(config, parent=network).id)
    return {"seconds": time.perf_counter() - begin, **averaged(project, head, trained.id)}


def averaged(project: Project, head: str, network: str) -> dict[str, Any]:
    """Test accuracy of a head, a network and their average, as the Compare page shows them."""
    found = project.compare(head, network)
    assert found.average is not None
    return {
        "head": found.comparison.accuracy_a.value, "network": found.comparison.accuracy_b.value,
        "average": found.average.accuracy.value, "weight": found.average.weight,
    }  # fmt: skip


def play(folder: Path, seed: int, labeled: int, asked: argparse.Namespace) -> Iterable[dict[str, Any]]:
    """Play all arms of one split."""
    project = Project.create(folder / "base", "demo", split=SplitConfig(seed=seed, labeled=labeled))
    config = constants.PRESETS["head"].config().model_copy(update={"extractor": asked.extractor})
    head = project.wait_run(project.start_run(config).id).id
    facts: dict[str, Any] = {"seed": seed, "labeled": labeled}
    network = None
    if asked.network:
        begin = time.perf_counter()
        config = recipe({"method": asked.method, "model": asked.network, "seed": seed})
        network = project.wait_run(project.start_run(config).id).id
        seconds = time.perf_counter() - begin
        yield facts | {"arm": "start", "network": {"seconds": seconds, **averaged(project, head, network)}}
    for queue, error_rate in arms(asked.queues):
        name = f"{queue}, {error_rate:.0%} wrong" if queue != NO_CLICKS else queue
        if asked.arms and name not in asked.arms:
            continue
        place = copy(project, folder / f"{queue}-{error_rate}")
        found = facts | {"arm": name} | clicked(place, head, queue, error_rate, seed)
        if network is not None and not error_rate and queue in WITH_NETWORK:
            found["network"] = with_network(place, network, found["version"])
        shutil.rmtree(place.path)
        yield found


def spread(values: Sequence[float]) -> str:
    """Mean in points with its 95 % interval (t, from three splits on), range, and number of splits that gained."""
    points = 100 * np.array(values)
    half = (
        f" ± {t.ppf(0.975, len(points) - 1) * points.std(ddof=1) / np.sqrt(len(points)):.1f}" if len(points) > 2 else ""
    )
    share = f"{(points > 0).sum()} of {len(points)}"
    return f"{points.mean():+.1f}{half} ({points.min():+.1f} to {points.max():+.1f}; {share})"


def head_rows(rounds: list[dict[str, Any]]) -> list[list[str]]:
    """A row for each arm of the head."""
    by_arm: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in rounds:
        if "curve" in one:
            by_arm[one["arm"]].append(one)
    rows = []
    for name, played in by_arm.items():
        last = str(max(int(clicks) for clicks in played[0]["curve"]))
        before = [one["curve"]["0"]["test"] for one in played]
        cells = ["–"] if last == "0" else [spread([o["curve"][last]["test"] - o["curve"]["0"]["test"] for o in played])]
        cells += [spread([one["bulk"]["test"] - one["curve"]["0"]["test"] for one in played])]
        cells += [f"{100 * np.mean([one['bulk']['val'] - one['curve']['0']['val'] for one in played]):+.1f}"]
        wrong = [one["selected_error"] for one in played if one["selected"]]
        cells += [f"{np.mean([o['selected'] for o in played]):,.0f}", f"{np.mean(wrong):.1%}" if wrong else "–"]
        cells += [f"{np.median([one['seconds'] for one in played]):.1f}"]
        rows.append([name, f"{100 * np.mean(before):.1f}", *cells])
    return rows


def network_rows(rounds: list[dict[str, Any]]) -> list[list[str]]:
    """A row for each arm with a network: test accuracies of head, network and average, median and range."""
    by_arm: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in rounds:
        if "network" in one:
            by_arm[one["arm"]].append(one)
    rows = []
    for name, played in by_arm.items():
        cells = [middle([one["network"][model] for one in played]) for model in ("head", "network", "average")]
        rows.append([name, *cells, f"{np.median([one['network']['seconds'] for one in played]):.0f}"])
    return rows


def middle(values: Sequence[float]) -> str:
    """Median in % with range and n."""
    points = 100 * np.array(values)
    return f"{np.median(points):.1f} ({points.min():.1f} to {points.max():.1f}; n = {len(points)})"


def report(file: Path) -> None:
    """Print the tables of all rounds in a file."""
    rounds = [json.loads(line) for line in file.read_text().splitlines()]
    for labeled in sorted({one["labeled"] for one in rounds}):
        played = [one for one in rounds if one["labeled"] == labeled]
        head = [f"{labeled} labels, head", "test before, %", "gain of clicks", "gain of clicks and bulk accept",
                "the same on val", "accepted", "of them wrong", "machine, s"]  # fmt: skip
        print(table(head, head_rows(played)), end="\n\n")
        if rows := network_rows(played):
            head = [f"{labeled} labels, after the round", "head", "network", "both averaged",
                    "training, s"]  # fmt: skip
            print(table(head, rows), end="\n\n")
    print(environment())


def main() -> None:
    """Play the rounds that the command line names, or print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", type=Path, required=True, help="JSON lines, one for each arm of each split.")
    parser.add_argument("--splits", type=int, nargs="+", default=list(range(6)))
    parser.add_argument("--labeled", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--queues", nargs="+", default=[DEFAULT_QUEUE])
    parser.add_argument("--extractor", default="hog", help="Features of the head.")
    parser.add_argument("--network", help="Model of a network beside the head, as tiny_cnn.")
    parser.add_argument("--method", default="supervised", help="Method of the network, as distillation.")
    parser.add_argument("--arms", nargs="+", help='Only these, as none "badge, 5%% wrong"; by default all.')
    parser.add_argument("--report", action="store_true", help="Only print the tables of the file.")
    asked = parser.parse_args()
    for labeled in () if asked.report else asked.labeled:
        for seed in asked.splits:
            with tempfile.TemporaryDirectory() as folder, asked.file.open("a") as stream:
                for found in play(Path(folder), seed, labeled, asked):
                    stream.write(json.dumps(found) + "\n")
                    stream.flush()
    report(asked.file)


if __name__ == "__main__":
    main()
