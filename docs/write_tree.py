"""Write the file tree of the README, one line per file, from the first sentence of each file. A test compares."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FOLDERS = ("core", "dashboard", "benchmarks", "docs")
MARKS = ("<!-- tree:begin -->", "<!-- tree:end -->")


def tree() -> str:
    """The tree between the README's two marks, the marks included."""
    lines = [line for folder in FOLDERS for line in _lines(ROOT / folder, 0)]
    return "\n".join([MARKS[0], "```text", *lines, "```", MARKS[1]])


def _lines(folder: Path, depth: int) -> list[str]:
    files = sorted(p for p in folder.iterdir() if p.suffix in {".py", ".js", ".css"} and p.name != "__init__.py")
    folders = sorted(p for p in folder.iterdir() if p.is_dir() and _has_code(p))
    head = _row(f"{folder.name}/", _sentence(folder / "__init__.py"), depth)
    return [
        head,
        *[_row(file.name, _sentence(file), depth + 1) for file in files],
        *[line for child in folders for line in _lines(child, depth + 1)],
    ]


def _has_code(folder: Path) -> bool:
    return folder.name != "__pycache__" and any(next(folder.rglob(f"*.{kind}"), None) for kind in ("py", "js"))


def _row(name: str, sentence: str, depth: int) -> str:
    return f"{'  ' * depth}{name:<{30 - 2 * depth}} {sentence}".rstrip()


def _sentence(file: Path) -> str:
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


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    head, rest = text.split(MARKS[0])
    README.write_text(head + tree() + rest.split(MARKS[1])[1], encoding="utf-8")
    print(f"Written: the tree in {README.name}")
