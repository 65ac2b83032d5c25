"""Entry point of the command line: commands, old names, and errors as one sentence with exit code 2."""

import json
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path

import typer

from core.base.deprecation import Deprecation, deprecate
from core.base.errors import WinnowError, unknown_name
from core.cli import audits, decisions, projects, results, runs, scores, simulations

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
    "curriculum": runs.curriculum,
    "status": runs.status,
    "cancel": runs.cancel,
    "resume": runs.resume,
    "score": scores.score,
    "select": scores.select,
    "ood": scores.ood,
    "decide": decisions.decide,
    "curate": decisions.curate,
    "queue": decisions.queue,
    "estimate": audits.estimate,
    "audit": audits.audit,
    "simulate": simulations.simulate,
    "reviewers": audits.reviewers,
    "compare": results.compare,
    "control-run": results.control_run,
    "review-value": results.review_value,
    "export": results.export,
    "open": projects.open_project,
}
for _name, _function in COMMANDS.items():
    app.command(_name)(_function)

OLD_COMMANDS = {"noise": "ood", "worth": "review-value", "rounds": "curriculum", "control": "control-run"}
OLD_OPTIONS = {
    "train": {"--given-only": "--no-curated"},
    "select": {"--promise": "--guarantee"},
    "ood": {"--foreign": "--other"},
    "decide": {
        "--accept-all": "--bulk-accept", "--promise": "--guarantee", "--order": "--ranking", "--eta": "--random-share",
    },
    "queue": {"--order": "--ranking", "--eta": "--random-share"},
    "simulate": {"--cut": "--accept-rule"},
    "reviewers": {"--every": "--check-interval"},
    "control-run": {"--arm": "--kind"},
}  # fmt: skip
"""By command: old option → option."""
OLD_VALUES = {"--guarantee": {"careful": "high-probability"}, "--accept-rule": {"careful": "high-probability"}}
"""By option: old value → value, up to an equals sign within it."""


def _deprecate(old: str, replacement: str) -> Deprecation:
    return deprecate(old, replacement, deprecated_in="0.2.0", removed_in="0.3.0")


_DEPRECATIONS = {
    **{old: _deprecate(f"winnow {old}", f"winnow {new}") for old, new in OLD_COMMANDS.items()},
    **{
        f"{command} {old}": _deprecate(f"winnow {command} {old}", new)
        for command, options in OLD_OPTIONS.items()
        for old, new in options.items()
    },
    **{
        f"{option} {old}": _deprecate(f"{option} {old}", new)
        for option, values in OLD_VALUES.items()
        for old, new in values.items()
    },
}


def current_names(argv: Sequence[str]) -> tuple[list[str], list[Deprecation]]:
    """Replace the old names in a command line.

    Args:
        argv: The words behind `winnow`, the command first.

    Returns:
        The same command line in today's names, and what was replaced.

    """
    found: list[Deprecation] = []

    def replaced(table: dict[str, str], name: str, prefix: str = "") -> str:
        if name not in table:
            return name
        found.append(_DEPRECATIONS[f"{prefix} {name}".strip()])
        return table[name]

    command = replaced(OLD_COMMANDS, argv[0])
    words, option = [command], ""
    for place, word in enumerate(argv[1:], start=1):
        if word == "--":
            return [*words, *argv[place:]], found
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            option = replaced(OLD_OPTIONS.get(command, {}), name, command)
            words.append(option + equals + _value(option, value, replaced))
        else:
            words.append(_value(option, word, replaced))
            option = ""
    return words, found


def _value(option: str, text: str, replaced: Callable[[dict[str, str], str, str], str]) -> str:
    name, equals, rest = text.partition("=")
    return replaced(OLD_VALUES.get(option, {}), name, option) + equals + rest


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; the process ends with 0, or with 2 and a sentence on bad input."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(_with_command(argv))
    except WinnowError as error:
        text = json.dumps({"error": str(error)}, ensure_ascii=False) if "--json" in argv else f"winnow: {error}"
        print(text, file=sys.stderr)
        sys.exit(2)


def _with_command(argv: Sequence[str]) -> list[str]:
    """The command line in today's names; `open` in front where there is no command."""
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
