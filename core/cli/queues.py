"""winnow queue, winnow estimate: where the next click goes, and what the answers to a random queue say."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.options import AsJson, ProjectPath, RunId, answer, finite, percent
from core.project import Project
from core.quality.queue_estimates import QueueEstimate
from core.review.cards import PageQuery
from core.review.queues import QUEUES
from core.review.random_queues import ETA
from core.risk.sampling_estimates import MeanEstimate

Order = Annotated[str, typer.Option(help=f"{', '.join(QUEUES)}: what comes first.")]
Eta = Annotated[float, typer.Option(help="Share of uniform draws in the mixed queue, 0.3 to 1.")]
Drawn = Annotated[
    int | None, typer.Option(help="Which draw of a drawn queue: the last decision when it was drawn; by default now.")
]
Threshold = Annotated[float, typer.Option(min=0, max=1, help="Confidence at the cut.")]


def queue(
    path: ProjectPath,
    run: RunId,
    order: Order = "mixed",
    eta: Eta = ETA,
    drawn: Drawn = None,
    threshold: Threshold = 0.95,
    count: Annotated[int, typer.Option(min=1, max=5_000, help="How many images to list.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the first images of a review queue; of a random one with the probability of each draw."""
    project = Project.open(path)
    query = PageQuery(order, count=count, threshold=threshold, eta=eta, drawn=drawn)
    page = project.review(run).page(query)
    rows: list[dict[str, Any]] = []
    for card in page.cards:
        shown = project.review(run).shown(card.id, PageQuery(order, threshold=threshold, eta=eta, drawn=page.drawn))
        suggested = project.class_names[card.suggestion]
        rows.append({"image_id": card.id, "name": card.name, "pseudo_label": suggested, "why": card.why, **shown})
    facts = {"run": run, "order": order, "drawn": page.drawn, "total": page.total, "images": rows}
    lines = [f"{row['image_id']:>8}  {row['name']:<24} {row['pseudo_label']:<16} {row['why']}" for row in rows]
    if page.drawn is not None:
        lines.append(f"drawn after decision #{page.drawn}: winnow decide --order {order} --drawn {page.drawn} logs it")
    answer(facts, "\n".join(lines), as_json=as_json)


def estimate(path: ProjectPath, run: RunId, threshold: Threshold = 0.95, as_json: AsJson = False) -> None:
    """Estimate accuracy and error from the answers to random queues, each weighed by its logged probability."""
    found = Project.open(path).quality.queue_estimates(run, threshold)
    facts = {"run": run, "threshold": threshold, "queues": [_facts(item) for item in found]}
    text = "\n".join(_words(item) for item in found) or (
        "No image of a random queue has been decided yet: review some in the order mixed or audit."
    )
    answer(facts, text, as_json=as_json)


def _facts(found: QueueEstimate) -> dict[str, Any]:
    return {**asdict(found), "accuracy": _mean(found.accuracy), "error": _mean(found.error)}


def _mean(found: MeanEstimate) -> dict[str, Any]:
    return {**asdict(found), "value": finite(found.value)}


def _words(found: QueueEstimate) -> str:
    queue = found.queue
    return (
        f"{queue.kind} ({percent(queue.eta, 0)} random) drawn after #{queue.since}: {found.num_answers:,} answers"
        f"{f' and {found.num_waiting:,} behind a gap' if found.num_waiting else ''} from {found.num_open:,} images\n"
        f"  accuracy {_interval(found.accuracy)}\n"
        f"  error at confidence {found.threshold:g} and above ({found.num_kept:,} images) {_interval(found.error)}"
    )


def _interval(found: MeanEstimate) -> str:
    low, high = percent(found.low), percent(found.high)
    return f"{percent(found.value)} [{low}, {high}], n = {found.n}" if found.n else "unknown, n = 0"
