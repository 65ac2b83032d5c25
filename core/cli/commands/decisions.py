"""Commands queue, decide, curate, note and flag: list images, record decisions, show labels, write remarks."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from core.base.errors import DecisionError, InputError, not_in_pool
from core.base.types import LabelSource
from core.base.untrusted.whole_numbers import parse_whole
from core.cli.options import (
    AsJson,
    Guarantee,
    Params,
    ProjectPath,
    Reviewer,
    Rule,
    RunId,
    TargetError,
    Threshold,
    chosen_rule,
    class_number,
)
from core.cli.output import answer
from core.curation.filters import SHOWN, QueueFilter, base_name
from core.curation.remarks import Remark
from core.data.metadata.column_conditions import parse_conditions
from core.project import Project
from core.review.cards import PageQuery
from core.review.decisions import Outcome
from core.review.queues import QUEUES, SIMILAR
from core.review.random_queues import ETA
from core.workspace.pool_index import EMPTY_POOL

RandomShare = Annotated[
    float, typer.Option("--random-share", help="Share of uniform draws in the mixed queue, 0.3 to 1.")
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        help="Only images with this metadata: camera=A, temperature=10..20, day=2026-05, or camera= for no value; "
        "may be given again. Several values of one column are alternatives.",
        metavar="COLUMN=VALUE",
    ),
]
Drawn = Annotated[
    int | None,
    typer.Option(help="Which draw of a random queue: number of the last decision when it was drawn; default: now."),
]


def queue(
    path: ProjectPath,
    run: RunId,
    ranking: Annotated[
        str,
        typer.Option(
            help=f"What comes first: {', '.join(QUEUES)}; or ascending:COLUMN, descending:COLUMN of the metadata."
        ),
    ] = "mixed",
    random_share: RandomShare = ETA,
    drawn: Drawn = None,
    like: Annotated[
        int | None, typer.Option(min=0, help="Rank by likeness to this image, nearest first; the same as similar.")
    ] = None,
    words: Annotated[
        str, typer.Option(help="Rank by likeness to words, such as 'red car'; needs features of clip:FOLDER.")
    ] = "",
    image_set: Annotated[
        str | None, typer.Option("--set", help="Only the images of this set, such as one made on the Map page.")
    ] = None,
    show: Annotated[
        str, typer.Option(help=f"Only these images: {', '.join(SHOWN)}; open is undecided or skipped.")
    ] = "all",
    where: Where = None,
    threshold: Threshold = 0.95,
    count: Annotated[int, typer.Option(min=1, max=5_000, help="Number of images to list.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the first images of a review queue; of a random queue with the probability of each draw."""
    ranking = ranking if like is None and not words else SIMILAR
    wanted = QueueFilter(show=show, image_set=image_set, metadata=parse_conditions(where or []))
    query = PageQuery(
        ranking, count=count, threshold=threshold, wanted=wanted, eta=random_share, drawn=drawn, like=like, words=words
    )
    project = Project.open(path)
    page = project.review(run).page(query)
    rows: list[dict[str, Any]] = []
    for card in page.cards:
        shown = project.review(run).shown(card.id, replace(query, drawn=page.drawn))
        suggested = project.class_names[card.suggestion] if card.suggestion >= 0 else "–"
        rows.append({"image_id": card.id, "name": card.name, "pseudo_label": suggested, "why": card.why, **shown})
    info = {"run": run, "order": ranking, "drawn": page.drawn, "total": page.total, "images": rows}
    lines = [f"{row['image_id']:>8}  {row['name']:<24} {row['pseudo_label']:<16} {row['why']}" for row in rows]
    if not len(project.scores(run).ids):
        lines.append(f"{EMPTY_POOL.format(path=path)}.")
    if page.drawn is not None and rows:
        lines.append(
            f"drawn after decision #{page.drawn}: winnow decide --ranking {ranking} --drawn {page.drawn} logs it"
        )
    answer(info, "\n".join(lines), as_json=as_json)


def decide(
    path: ProjectPath,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run whose suggestion is judged.")],
    image: Annotated[int | None, typer.Option(help="One image, by its id.")] = None,
    verdict: Annotated[str, typer.Option(help="accept, relabel, reject, none, skip or unsure.")] = "accept",
    label: Annotated[str | None, typer.Option(help="The class for relabel, by name or number.")] = None,
    bulk_accept: Annotated[
        bool, typer.Option("--bulk-accept", help="Accept every undecided image that the rule keeps.")
    ] = False,
    class_cap: Annotated[
        float | None,
        typer.Option(min=1, help="With --bulk-accept: at most so many times a class's share of the labeled images."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back your latest decision.")] = False,
    rule: Rule = "fixed_threshold",
    param: Params = None,
    target_error: TargetError = None,
    guarantee: Guarantee = "conformal",
    ranking: Annotated[
        str | None, typer.Option(help="Ranking of `winnow queue` that showed the image; it is logged.")
    ] = None,
    random_share: RandomShare = ETA,
    drawn: Drawn = None,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Decide about one image, bulk accept what a rule keeps, or undo; each is one entry in the decision log."""
    if [image is not None, bulk_accept, undo].count(True) != 1:
        raise InputError("Say what to decide: --image ID, --bulk-accept or --undo, one of the three.")
    project = Project.open(path)
    if undo:
        outcome = project.undo(run, reviewer)
    elif bulk_accept:
        rule, params = chosen_rule(project, run, rule, param, target_error, guarantee)
        cap = {} if class_cap is None else {"class_cap": class_cap}
        outcome = project.bulk_accept(run, rule, reviewer, **params, **cap)
    else:
        assert image is not None
        if project.scores(run).row_of(image) is None and not project.workspace.is_given(image):
            raise not_in_pool(image)  # before a class is added for it
        shown: dict[str, Any] = {}
        if ranking is not None:
            shown = project.review(run).shown(image, PageQuery(ranking, eta=random_share, drawn=drawn))
        outcome = project.decide(
            run, verdict, image, _class_to_give(project, verdict, label, reviewer), reviewer, **shown
        )
    _report(project, outcome, as_json, run if bulk_accept else None)


def _class_to_give(project: Project, verdict: str, label: str | None, reviewer: str) -> int | None:
    """Find the class of a relabel; a name that is like none of the classes becomes a new one."""
    names = project.class_names
    number = None if label is None else parse_whole(label)
    is_known = label is None or label in names or (number is not None and number < len(names))
    lowered = [name.lower() for name in names]
    if is_known or verdict != "relabel" or label is None or get_close_matches(label.lower(), lowered):
        return class_number(project, label)
    return project.add_class(label, reviewer)


def curate(path: ProjectPath, as_json: AsJson = False) -> None:
    """Show the labels that the next run trains on: their number by source, and their digest."""
    curated = Project.open(path).curate()
    labels = {source.name.lower(): int((curated.sources == source).sum()) for source in LabelSource}
    info = {"digest": curated.digest, "labels": labels, "rejects": len(curated.reject_ids)}
    text = " · ".join(f"{count:,} {name}" for name, count in labels.items())
    answer(info, f"{text} · {len(curated.reject_ids):,} rejects\ndigest {curated.digest}", as_json=as_json)


def _report(project: Project, outcome: Outcome, as_json: bool, run: str | None = None) -> None:
    """Print what was saved; of a bulk accept under a run also what holds for its error."""
    if outcome.status != "saved":
        raise DecisionError(outcome.reason)
    decision = next(d for d in reversed(project.decisions.with_remarks()) if d.id == outcome.decision)
    info = {"decision": decision.id, "verdict": decision.verdict, "num_images": decision.num_images}
    text = f"saved #{decision.id}: {decision.verdict}, {decision.num_images:,} image(s)"
    if run is not None:
        check = project.quality.pool_check(run)
        info |= {"state": check.state, "reason": check.reason}
        text += f"\n{check.sentence}"
    answer(info, text, as_json=as_json)


Image = Annotated[int | None, typer.Option(min=0, help="An image, by its id; without it, all are listed.")]


def note(
    path: ProjectPath,
    image: Image = None,
    text: Annotated[
        str | None, typer.Option(help="The note, up to 1,000 characters; it takes the place of the one before.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the note away.")] = False,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Write a note at an image, or list the notes; a note decides nothing."""
    if (text is not None or remove) and image is None:
        raise InputError("Name the image that the note is about: --image ID.")
    if text is not None and (remove or not text.strip()):
        raise InputError("Give a text, or --remove, one of the two.")
    project = Project.open(path)
    saved = None
    if image is not None and (remove or text is not None):
        saved = _saved(project.decisions.note(image, text or "", reviewer))
    _show(project, "notes", project.decisions.remarks().notes, image, saved, as_json=as_json)


def flag(
    path: ProjectPath,
    image: Image = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the flag away.")] = False,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Flag an image for a colleague, or list the flagged images; a flag decides nothing."""
    if remove and image is None:
        raise InputError("Name the image whose flag goes: --image ID.")
    project = Project.open(path)
    saved = None if image is None else _saved(project.decisions.flag(image, reviewer, is_on=not remove))
    _show(project, "flags", project.decisions.remarks().flags, image, saved, as_json=as_json)


def _saved(outcome: Outcome) -> int:
    if outcome.status != "saved" or outcome.decision is None:
        raise DecisionError(outcome.reason)
    return outcome.decision


def _show(
    project: Project, kind: str, found: Mapping[int, Remark], image: int | None, saved: int | None, *, as_json: bool
) -> None:
    """Print the remarks, or those of one image, as one list."""
    names = project.images.names
    shown = {number: found[number] for number in sorted(found) if image in (None, number)}
    rows = [{"image_id": number, "name": base_name(str(names[number])), **vars(one)} for number, one in shown.items()]
    lines = [] if saved is None else [f"saved #{saved}"]
    for number, one in shown.items():
        words = f": {one.text}" if one.text else ""
        lines.append(f"{number:>8}  {base_name(str(names[number])):<24} {one.reviewer}, {one.time[:10]}{words}")
    if not shown and saved is None:
        lines.append(f"There are no {kind}." if image is None else f"Image {image} has none.")
    answer({kind: rows, "saved": saved}, "\n".join(lines), as_json=as_json)
