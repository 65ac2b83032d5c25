"""Entry point of the command line: commands, errors and exit codes."""

import io
import json
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from core import __version__
from core.base.errors import WinnowError, unknown_name
from core.cli.aliases import current_names
from core.cli.commands import (
    audits,
    decisions,
    features,
    live,
    predictions,
    projects,
    results,
    runs,
    scores,
    simulations,
)
from core.cli.commands.data import (
    add_images,
    backups,
    classes,
    new_project,
    reading_settings,
    run_table,
)
from core.cli.commands.images import groups, hidden_images, metadata

app = typer.Typer(
    name="winnow",
    help="Label few images, review pseudo-labels fast, and know how many of the accepted ones are wrong.",
    epilog="`winnow` alone opens the start page, `winnow PATH` a project, `winnow open --demo` the demo.",
    add_completion=False,
    context_settings={"max_content_width": 110},
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"winnow {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Offer the options that need no command."""


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": projects.demo,
    "new": new_project.new,
    "add": add_images.add,
    "relink": add_images.relink,
    "classes": classes.classes,
    "groups": groups.groups,
    "hide": hidden_images.hide,
    "metadata": metadata.metadata,
    "reading": reading_settings.reading,
    "features": features.features,
    "compare-extractors": features.compare_extractors,
    "duplicates": projects.duplicates,
    "train": runs.train,
    "curriculum": runs.curriculum,
    "import-predictions": predictions.import_predictions,
    "zero-shot": predictions.zero_shot,
    "status": runs.status,
    "runs": run_table.runs,
    "cancel": runs.cancel,
    "resume": runs.resume,
    "score": scores.score,
    "select": scores.select,
    "ood": scores.ood,
    "label-issues": scores.label_issues,
    "decide": decisions.decide,
    "curate": decisions.curate,
    "queue": decisions.queue,
    "note": decisions.note,
    "flag": decisions.flag,
    "live": live.live,
    "estimate": audits.estimate,
    "audit": audits.audit,
    "calibrate": audits.calibrate,
    "simulate": simulations.simulate,
    "reviewers": audits.reviewers,
    "compare": results.compare,
    "control-run": results.control_run,
    "review-value": results.review_value,
    "export": results.export,
    "export-model": results.export_model,
    "predict": predictions.predict,
    "backup": backups.backup,
    "restore": backups.restore,
    "doctor": backups.doctor,
    "open": projects.open_project,
}
for _name, _function in COMMANDS.items():
    app.command(_name)(_function)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process.

    The exit code is 0, or 2 with a sentence on bad input.
    """
    argv = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):  # names that are no UTF-8 are shown escaped, wherever they are printed
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(_with_command(argv))
    except WinnowError as error:
        text = json.dumps({"error": str(error)}, ensure_ascii=False) if "--json" in argv else f"winnow: {error}"
        print(text, file=sys.stderr)
        sys.exit(2)


def _with_command(argv: Sequence[str]) -> list[str]:
    """Return the command line in current names.

    `open` stands in front where there is no command.
    """
    if not argv:
        return ["open"]
    words, renamed = current_names(argv)
    for deprecation in renamed:
        print(deprecation.sentence, file=sys.stderr)
    if words[0] in COMMANDS or words[0].startswith("-"):
        return words
    if get_close_matches(words[0], COMMANDS) and not Path(words[0]).exists():
        raise unknown_name("command", words[0], COMMANDS)
    return ["open", *words]
