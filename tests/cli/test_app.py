"""Every command has help; every error is one sentence with exit code 2."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core import Project, __version__
from core.cli.app import COMMANDS
from tests.cli.shell import Shell


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(shell: Shell, command: str) -> None:
    code, out, _ = shell(command, "--help")
    assert code == 0
    assert re.search(r"Usage: .*" + command, out)
    assert (COMMANDS[command].__doc__ or "").split(":")[0].split(",")[0] in " ".join(out.split())


def test_help_lists_every_command(shell: Shell) -> None:
    code, out, _ = shell("--help")
    assert code == 0
    assert all(re.search(rf"^\s*{command}\s", out, re.MULTILINE) for command in COMMANDS)


def test_the_version_is_that_of_the_package(shell: Shell) -> None:
    assert shell("--version") == (0, f"winnow {__version__}\n", "")


def test_a_sentence_and_exit_code_2_on_a_folder_that_is_no_project(shell: Shell, tmp_path: Path) -> None:
    code, out, err = shell("status", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("winnow: There is no Winnow project in")


def test_with_json_an_error_is_json_too(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("status", tmp_path, "--json")
    assert code == 2
    assert "winnow new" in json.loads(err)["error"]


def test_names_that_are_no_utf_8_are_printed_escaped_whatever_the_terminal_takes(
    untrained_project: Project, tmp_path: Path
) -> None:
    target = os.fsdecode(os.fsencode(tmp_path / "out") + b"\xff\xfe")
    command = [sys.executable, "-m", "core.cli", "export", str(untrained_project.path), target]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"out\\udcff\\udcfe" in done.stdout
    assert os.path.isdir(target)


def test_a_path_of_links_in_a_loop_is_a_sentence(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for words in (("status", tmp_path / "loop"), ("new", tmp_path / "loop", "--source", tmp_path)):
        code, _, err = shell(*words)
        assert code == 2
        assert "is no path that can be followed" in err
