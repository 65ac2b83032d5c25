"""Where `winnow` begins: commands put together, errors turned into one sentence and exit code 2."""

import json
import sys
from collections.abc import Callable, Sequence

import typer

from core.base.errors import WinnowError
from core.cli import audits, decisions, opening, projects, queues, results, runs, simulations, valuing

app = typer.Typer(
    name="winnow",
    help="Label few images, review pseudo-labels fast, and know how many of the accepted ones are wrong.",
    epilog="`winnow` alone opens the demo project; `winnow PATH` opens a project.",
    add_completion=False,
    context_settings={"max_content_width": 110},
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": projects.demo,
    "new": projects.new,
    "train": runs.train,
    "rounds": runs.rounds,
    "status": runs.status,
    "cancel": runs.cancel,
    "resume": runs.resume,
    "score": decisions.score,
    "select": decisions.select,
    "noise": decisions.noise,
    "decide": decisions.decide,
    "curate": decisions.curate,
    "queue": queues.queue,
    "estimate": queues.estimate,
    "audit": audits.audit,
    "simulate": simulations.simulate,
    "reviewers": audits.reviewers,
    "compare": results.compare,
    "control": valuing.control,
    "worth": valuing.worth,
    "export": results.export,
    "open": opening.open_project,
}
for _name, _function in COMMANDS.items():
    app.command(_name)(_function)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; the process ends with 0, or with 2 and a sentence on bad input."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        words.insert(0, "open")
    try:
        app(words)
    except WinnowError as error:
        text = json.dumps({"error": str(error)}, ensure_ascii=False) if "--json" in words else f"winnow: {error}"
        print(text, file=sys.stderr)
        sys.exit(2)
