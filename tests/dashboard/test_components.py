"""Review component: served assets, versioned URLs, JavaScript tests in node."""

import os
import posixpath
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard import components

ROOT = Path(__file__).parents[2]


def test_every_module_that_is_imported_is_served() -> None:
    served = components.assets()
    imports = [
        (name, posixpath.normpath(posixpath.join(posixpath.dirname(name), wanted)))
        for name, content in served.items()
        for wanted in re.findall(r'^import [^"]*from "(\.[^"]+)";$', content.decode(), re.MULTILINE)
    ]
    assert len(imports) > 60
    assert [pair for pair in imports if pair[1] not in served] == []


def test_a_changed_module_changes_every_url(monkeypatch: pytest.MonkeyPatch) -> None:
    before = components.asset_url("review/main.js")
    changed = components.assets() | {"review/keys/keyboard.js": b"// other"}
    monkeypatch.setattr(components, "assets", lambda: changed)
    components.version.cache_clear()
    try:
        assert components.asset_url("review/main.js") != before
    finally:
        components.version.cache_clear()


@pytest.mark.skipif(
    shutil.which("node") is None and "CI" not in os.environ, reason="node is not installed: apt-get install nodejs"
)
def test_the_laws_of_the_browser_modules_hold(tmp_path: Path) -> None:
    here = tmp_path / "copy"
    shutil.copytree(
        components.FOLDER, here / "dashboard/components", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    shutil.copytree(ROOT / "tests/js", here / "tests/js")
    (here / "package.json").write_text('{"type": "module"}')  # also an old node then reads .js as modules
    tests = sorted(str(path) for path in (here / "tests/js").rglob("*.test.js"))
    assert len(tests) >= 4
    done = subprocess.run(
        ["node", "--test", *tests], cwd=here, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
