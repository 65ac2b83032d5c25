"""Hidden aliases: old names of commands, options and values, which warn."""

from collections.abc import Callable, Sequence

from core.base.deprecation import Deprecation, deprecate

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
