"""Every command line in the documentation is one that the command line takes, and every Python example runs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from typer.main import get_command

from core import Project, TrainConfig
from core.base.presets import recipe
from core.cli.app import app
from core.cli.options import GUARANTEES
from tests.docs.markdown import DOCS, EVERY, HELD, PAGES, ROOT, blocks, name_of, prose

README = ROOT / "README.md"
WITH_PYTHON = [page for page in PAGES if blocks(page, "python") and page.parent.name != "development"]


WRITTEN = [page for page in HELD if page.name != "cli.md"]
"""Without the page of commands, which is generated and lists the old names too."""
OTHER_VERBS = {"alone"}


def command_lines() -> list[tuple[str, str]]:
    """Page and command, of every shell block; a backslash joins two lines."""
    found = []
    for page in EVERY:
        for block in blocks(page, "sh"):
            lines = block.replace("\\\n", " ").splitlines()
            found += [(name_of(page), " ".join(line.split("  #")[0].split())) for line in lines if line.strip()]
    return found


WINNOW = sorted({line for _, line in command_lines() if line.split()[0] == "winnow"})


@pytest.mark.parametrize("line", WINNOW)
def test_a_command_line_is_taken_as_it_stands(line: str) -> None:
    group: Any = get_command(app)
    words = shlex.split(line)[1:]
    if not words or words[0].startswith("-") or (words[0] not in group.commands and len(words) == 1):
        return  # `winnow`, `winnow --help`, `winnow PATH`
    command = group.commands[words[0]]
    assert not command.hidden, f"{words[0]} is an old spelling"
    context = command.make_context(words[0], words[1:])
    assert context.command is command
    shown = {text for param in command.params if not getattr(param, "hidden", False) for text in
             (*param.opts, *param.secondary_opts)}  # fmt: skip
    assert [word for word in words[1:] if word.startswith("--") and word not in {*shown, "--help"}] == []


@pytest.mark.parametrize("page", [page for page in WRITTEN if re.search("`(winnow |--)", prose(page))], ids=name_of)
def test_every_command_and_option_that_the_text_names_is_there(page: Path) -> None:
    group: Any = get_command(app)
    visible = {name: command for name, command in group.commands.items() if not command.hidden}
    params = [param for command in visible.values() for param in command.params if not getattr(param, "hidden", False)]
    options = {text for param in params for text in (*param.opts, *param.secondary_opts)}
    verbs = set(re.findall(r"`winnow ([a-z][\w-]*)", prose(page)))
    assert verbs - visible.keys() - OTHER_VERBS == set()
    assert set(re.findall(r"`(--[a-z][\w-]*)", prose(page))) - options - {"--help"} == set()


def test_every_guarantee_that_the_text_names_is_one() -> None:
    named = {
        value for page in WRITTEN for value in re.findall(r"--guarantee ([\w-]+)", page.read_text(encoding="utf-8"))
    }
    assert "high-probability" in named
    assert named <= set(GUARANTEES)


def test_every_target_of_make_that_is_named_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {
        word for _, line in command_lines() if line.split()[0] == "make" for word in line.split("#")[0].split()[1:]
    }
    assert {"run", "test", "check"} <= named
    assert [name for name in sorted(named) if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_the_readme_shows_ten_command_lines() -> None:
    assert sum(line.startswith("winnow ") for block in blocks(README, "sh") for line in block.splitlines()) == 10


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_the_python_examples_of_a_page_run(
    page: Path, trained_project: Project, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    baseline = trained_project.runs()[0]
    names: dict[str, Any] = {
        "Project": Project, "TrainConfig": TrainConfig, "recipe": recipe, "np": np, "project": trained_project,
        "baseline": baseline, "run": baseline, "images": pictures,
    }  # fmt: skip
    for block in blocks(page, "python"):
        exec(compile(block, name_of(page), "exec"), names)


def test_the_examples_of_how_to_add_one_thing_are_such_things(trained_project: Project) -> None:
    from core.base.config import Between
    from core.base.types import Mask
    from core.scoring.scores import Scores
    from core.training.batches.batch import Batch
    from core.training.methods.methods import Losses, State

    names: dict[str, Any] = {
        "Annotated": Annotated, "Between": Between, "Mask": Mask, "Scores": Scores, "Batch": Batch, "State": State,
        "Losses": Losses,
    }  # fmt: skip
    for block in blocks(DOCS / "development" / "adding.md", "python"):
        exec(compile(block, "adding.md", "exec"), names)
    scores = trained_project.scores(trained_project.runs()[0].id).scores
    assert names["confidence_between"](scores, low=0.5).dtype == np.bool_
    assert names["least_margin"](scores).shape == scores.margin.shape


@pytest.mark.timeout(600)  # two trainings of real images, on a loaded machine too
def test_the_python_example_of_the_readme_runs(tmp_path: Path) -> None:
    example = blocks(README, "python")[0]
    assert len(example.strip().splitlines()) <= 14
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "images kept" in done.stdout
    assert list((tmp_path / "curated").glob("*.csv"))
