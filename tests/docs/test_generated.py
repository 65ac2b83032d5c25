"""Pages that are written from the code say what the code says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from core.api import __all__ as public_names
from core.base.config import SplitConfig, TrainConfig
from core.cli.app import app
from core.simulation.simulate_config import SimulateConfig
from docs.scripts import write_api, write_architecture, write_reference
from tests.docs.markdown import DOCS, text_of

PAGES = write_reference.pages()
API = write_api.page()


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    page = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert page == PAGES[name], f"{name} differs from the code; run: make reference"


def test_the_picture_of_the_layers_is_what_the_contracts_say() -> None:
    there = (DOCS / "images" / "layers.svg").read_text(encoding="utf-8")
    assert write_architecture.picture() == there, "run: make reference"


def test_every_layer_of_the_contracts_stands_in_the_table_of_packages() -> None:
    page = text_of("docs/development/architecture.md")
    names = [name for row in write_architecture.layers()[1:] for name in row]
    assert [name for name in names if f"| `core.{name}` |" not in page and name != "api"] == []


def test_every_contract_of_the_layers_is_said_in_plain_words() -> None:
    names = re.findall(r'^name = "\d+ (.+)"$', text_of("pyproject.toml"), re.MULTILINE)
    assert len(names) >= 7
    assert [name for name in names if f"| {name} |" not in text_of("docs/development/architecture.md")] == []


def test_every_file_of_the_code_says_in_one_sentence_what_it_is() -> None:
    assert re.findall(r"^\| `([^`]+)` \|  \|$", write_architecture.packages(), re.MULTILINE) == []


def options() -> Iterator[tuple[str, str]]:
    group: Any = get_command(app)
    for name, command in group.commands.items():
        for param in command.params:
            if not command.hidden and not getattr(param, "hidden", False) and param.name != "help":
                yield name, f"{'--' if param.param_type_name == 'option' else ''}{param.name}"


def section(command: str) -> str:
    page = text_of("docs/reference/cli.md")
    return page.split(f"(cli-{command})=")[1].split("\n(cli-")[0]


@pytest.mark.parametrize("command", sorted({name for name, _ in options()}))
def test_every_command_has_a_section_with_each_of_its_options(command: str) -> None:
    group: Any = get_command(app)
    for param in group.commands[command].params:
        if getattr(param, "hidden", False) or param.name == "help":
            continue
        written = param.opts if param.param_type_name == "option" else [param.metavar or param.name.upper()]
        assert all(f"`{text}" in section(command) or f"[{text}]" in section(command) for text in written), param.name


def test_every_command_but_open_answers_with_json_as_the_page_says() -> None:
    assert [name for name in dict(options()) if name != "open" and (name, "--as_json") not in set(options())] == []


@pytest.mark.parametrize("config", [TrainConfig, SplitConfig, SimulateConfig])
def test_every_setting_has_its_row(config: Any) -> None:
    page = text_of("docs/reference/settings.md")
    assert [name for name in config.model_fields if f"| `{name}` |" not in page] == []
    assert [name for name, field in config.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("name", public_names)
def test_every_public_name_has_an_entry_that_says_something(name: str) -> None:
    import core

    entry = re.search(rf"^\.\. (\S+):: \S*\b{name}\b.*?(?=^\.\. |^```)", API, re.DOTALL | re.MULTILINE)
    assert entry is not None
    said = entry[0].split("\n\n", 1)[1] if entry[1] == "py:data" else getattr(core, name).__doc__
    assert (said or "").strip()
