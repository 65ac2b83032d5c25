"""Write the picture of the layers and the list of packages, from the import-linter contracts and the code.

python docs/scripts/write_architecture.py writes docs/images/layers.svg, which a test compares. The list of packages is
written by every build of the site into docs/development/_packages.md, which git ignores.
"""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "layers.svg"
PACKAGES = ROOT / "docs" / "development" / "_packages.md"
FOLDERS = ("core", "dashboard", "winnow", "benchmarks")
_WIDTH, _HEIGHT, _GAP, _LEFT = 640, 40, 8, 60


def layers() -> list[list[str]]:
    """The layers of the contracts, top first; packages of one layer stand side by side."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    found = [c for c in contracts["contracts"] if c["type"] == "layers" and c.get("containers") == ["core"]]
    rows = [re.split(r"\s*[|:]\s*", layer) for layer in found[0]["layers"]]
    return [["dashboard", "winnow", "benchmarks"], *rows]


def picture() -> str:
    """The layers as an SVG: each row imports from rows below it alone."""
    rows = layers()
    height = len(rows) * (_HEIGHT + _GAP) + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="15" text-anchor="middle">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<path d="M 20 16 V {height - 16} m -6 -9 l 6 9 l 6 -9" stroke="#66707f" stroke-width="2" fill="none"/>',
        f'<text x="40" y="{height / 2}" transform="rotate(-90 40 {height / 2})" fill="#66707f">imports</text>',
    ]
    for place, row in enumerate(rows):
        y, width = _GAP + place * (_HEIGHT + _GAP), (_WIDTH - _LEFT - _GAP * len(row)) / len(row)
        for column, name in enumerate(row):
            x = _LEFT + column * (width + _GAP)
            fill = "#fdeedd" if place == 0 else "#e4edfb"
            parts.append(f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{_HEIGHT}" rx="6" fill="{fill}"/>')
            text = name if place == 0 else f"core.{name}"
            parts.append(f'<text x="{x + width / 2:g}" y="{y + 26}" fill="#1b2430">{text}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def packages() -> str:
    """Every package with its files, a line each, as Markdown."""
    parts = [part for folder in FOLDERS for part in _package(ROOT / folder)]
    return "\n\n".join(parts) + "\n"


def _package(folder: Path) -> list[str]:
    kinds = {".py", ".js", ".css"}
    files = sorted(path for path in folder.iterdir() if path.suffix in kinds and path.name != "__init__.py")
    rows = "\n".join(f"| `{file.name}` | {sentence(file)} |" for file in files)
    here = [f"## `{folder.relative_to(ROOT)}`", sentence(folder / "__init__.py")]
    here += [f"| file | what it is |\n| --- | --- |\n{rows}"] if files else []
    children = sorted(path for path in folder.iterdir() if path.is_dir() and _has_code(path))
    return [part for part in here if part] + [part for child in children for part in _package(child)]


def _has_code(folder: Path) -> bool:
    return folder.name != "__pycache__" and any(next(folder.rglob(f"*.{kind}"), None) for kind in ("py", "js"))


def sentence(file: Path) -> str:
    """The first sentence of a file's docstring or of its first JavaScript comment; empty where there is none."""
    if not file.exists():
        return ""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        first = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    else:
        match = re.match(r"\s*/\*\*?(.*?)\*/", text, re.DOTALL)
        first = re.sub(r"^\s*\*\s?", "", match[1], flags=re.MULTILINE) if match else ""
    first = " ".join(first.split())
    return first.split(". ")[0].rstrip(".")


def write_packages() -> None:
    """Write the list of packages for the site, where it differs from what is there."""
    text = packages()
    if not PACKAGES.exists() or PACKAGES.read_text(encoding="utf-8") != text:
        PACKAGES.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    write_packages()
