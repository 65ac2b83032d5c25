"""Old names of the command line still work, warn and are hidden."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

import core
from core import Project
from core.cli.aliases import OLD_COMMANDS, OLD_OPTIONS, OLD_VALUES, current_names
from core.cli.app import app
from tests.cli.shell import Shell

RUN = "001-supervised-mlp"


def old_lines() -> Iterator[tuple[list[str], list[str]]]:
    """Pair every old name in a command line with its line in current names."""
    for old, new in OLD_COMMANDS.items():
        yield [old, "path"], [new, "path"]
    for command, options in OLD_OPTIONS.items():
        for old, new in options.items():
            yield [command, "path", old, "x"], [command, "path", new, "x"]
            yield [command, "path", f"{old}=x"], [command, "path", f"{new}=x"]
    for option, values in OLD_VALUES.items():
        command = next(name for name, command in commands().items() if option in options_of(command))
        for old, new in values.items():
            yield [command, "path", option, old], [command, "path", option, new]
            yield [command, "path", f"{option}={old}=0.1"], [command, "path", f"{option}={new}=0.1"]


def commands() -> dict[str, Any]:
    group: Any = get_command(app)
    return dict(group.commands)


def options_of(command: Any) -> set[str]:
    return {text for param in command.params for text in (*param.opts, *param.secondary_opts)}


@pytest.mark.parametrize(("old", "new"), list(old_lines()), ids=lambda words: " ".join(words))
def test_an_old_name_becomes_the_new_one_and_says_so(old: list[str], new: list[str]) -> None:
    words, (found,) = current_names(old)
    assert words == new
    assert found.replacement.split()[-1] in " ".join(new)
    assert found.sentence == f"{found.old} is now {found.replacement}; the old name goes in {found.removed_in}."


@pytest.mark.parametrize(("old", "new"), list(old_lines()), ids=lambda words: " ".join(words))
def test_a_new_name_stays_and_says_nothing(old: list[str], new: list[str]) -> None:
    assert current_names(new) == (new, [])


def test_old_names_are_hidden_and_new_ones_are_there(shell: Shell) -> None:
    assert commands().keys().isdisjoint(OLD_COMMANDS)
    assert set(OLD_COMMANDS.values()) <= commands().keys()
    for command, options in OLD_OPTIONS.items():
        assert options_of(commands()[command]).isdisjoint(options)
        assert set(options.values()) <= options_of(commands()[command])
        assert not [old for old in options if f"{old} " in shell(command, "--help")[1]]


def test_several_old_names_in_one_line_warn_once_each() -> None:
    words, found = current_names(["decide", "p", "r", "--accept-all", "--promise", "careful", "--", "--order"])
    assert words == ["decide", "p", "r", "--bulk-accept", "--guarantee", "high-probability", "--", "--order"]
    assert [one.old for one in found] == [
        "winnow decide --accept-all",
        "winnow decide --promise",
        "--guarantee careful",
    ]


def test_an_old_command_answers_as_the_new_one_and_warns_on_standard_error(
    shell: Shell, trained_project: Project
) -> None:
    new = shell("review-value", trained_project.path, RUN, "--json")
    old = shell("worth", trained_project.path, RUN, "--json")
    assert old[:2] == new[:2]
    assert (new[2], old[2]) == ("", "winnow worth is now winnow review-value; the old name goes in 0.3.0.\n")
    assert core.__version__ < "0.3.0"


def test_an_old_option_answers_as_the_new_one(shell: Shell, trained_project: Project) -> None:
    words = ("select", trained_project.path, RUN, "--target-error", "0.5")
    new = shell(*words, "--guarantee", "high-probability")
    old = shell(*words, "--promise", "careful")
    assert old[:2] == new[:2]
    assert old[2].removesuffix(new[2]).splitlines() == [
        "winnow select --promise is now --guarantee; the old name goes in 0.3.0.",
        "--guarantee careful is now high-probability; the old name goes in 0.3.0.",
    ]
