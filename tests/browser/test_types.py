"""JSDoc types of the review modules, checked by the TypeScript compiler."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard import components
from tests.browser.from_npm import fetched

VERSION = "5.9.3"
OPTIONS = {
    "allowJs": True,
    "checkJs": True,
    "noEmit": True,
    "target": "ES2022",
    "module": "ES2022",
    "moduleResolution": "bundler",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "types": [],
}


def compiled(folder: Path, entry: str = "main.js") -> str:
    """Return the compiler's errors about the modules that an entry imports."""
    compiler = fetched("typescript", VERSION, "lib/tsc.js")
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: apt-get install nodejs")
    plan = folder / "tsconfig.json"
    plan.write_text(json.dumps({"compilerOptions": OPTIONS, "files": [entry]}))
    command = [node, str(compiler), "-p", str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, cwd=folder)
    return done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the modules into the test's own folder."""
    shutil.copy(components.FOLDER / "mount.js", tmp_path)
    return Path(shutil.copytree(components.FOLDER / "review", tmp_path / "review"))


def test_the_types_hold(copy: Path) -> None:
    assert compiled(copy) == ""


def test_the_types_of_the_map_hold(tmp_path: Path) -> None:
    shutil.copy(components.FOLDER / "mount.js", tmp_path)
    for name in ("review", "map"):
        shutil.copytree(components.FOLDER / name, tmp_path / name)
    assert compiled(tmp_path, "map/main.js") == ""


def test_a_wrong_type_is_found(copy: Path) -> None:
    text = (copy / "sync/commands.js").read_text()
    assert "this.cardPage.advance()" in text
    (copy / "sync/commands.js").write_text(text.replace("this.cardPage.advance()", "this.cardPage.advnce()"))
    assert "Property 'advnce' does not exist on type 'CardPage'" in compiled(copy)
