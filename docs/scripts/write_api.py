"""Write the body of the Python API page from the public names: docs/reference/_api.md, which git ignores.

Every build of the site calls it. Classes and functions come by autodoc; fields of plain values, whose meaning stands in
a comment behind each field, become a table.
"""

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from core import constants

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "reference" / "_api.md"
GROUPS = {
    "core": "Constants",
    "core.project": "Project",
    "core.workspace": "Runs, scores, summary",
    "core.experiments": "Starting runs",
    "core.jobs": "Starting runs",
    "core.base.config": "Settings",
    "core.base.presets": "Settings",
    "core.base.types": "Values",
    "core.base.errors": "Errors",
    "core.review": "Review",
    "core.curation": "Rules and filters",
    "core.scoring": "Scores",
    "core.quality": "Quality",
    "core.risk": "Risk",
    "core.simulation": "Simulation",
    "core.export": "Export and images",
    "core.data": "Export and images",
}
"""Heading of the names that come from a module or package, in the order of the page."""


def page() -> str:
    """The page's body as Markdown."""
    found: dict[str, list[str]] = {title: [] for title in [*GROUPS.values(), "Other"]}
    for name, module in origins().items():
        found[_group(module)].append(name)
    parts = []
    for title, names in found.items():
        if names:
            entries = "\n\n".join("\n".join(_entry(name)) for name in sorted(names, key=str.lower))
            parts.append(f"## {title}\n\n```{{eval-rst}}\n{entries}\n```")
    return "\n\n".join(parts) + "\n"


def origins(file: str = "core/api.py") -> Mapping[str, str]:
    """Every name that a module re-exports, and the module that it comes from."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    imports = [node for node in body if isinstance(node, ast.ImportFrom)]
    where = {item.asname or item.name: str(node.module) for node in imports for item in node.names}
    names = importlib.import_module(file.removesuffix(".py").replace("/", ".")).__all__
    return {name: where[name] for name in names}


def _group(module: str) -> str:
    fits = [prefix for prefix in GROUPS if module == prefix or module.startswith(f"{prefix}.")]
    return GROUPS[max(fits, key=len)] if fits else "Other"


def _entry(name: str) -> Iterator[str]:
    value = getattr(importlib.import_module("core"), name)
    if value is constants:
        yield ".. py:module:: core.constants\n"
        for constant in constants.__all__:
            yield f".. py:data:: {constant}\n   :type: {type(getattr(constants, constant)).__name__}\n"
            yield f"   {_comment(constant, 'core/constants.py')}\n"
    elif isinstance(value, ModuleType):
        yield f".. automodule:: {value.__name__}\n   :members:"
    elif isinstance(value, type) and issubclass(value, Exception):
        yield f".. autoexception:: core.{name}"
    elif isinstance(value, type) and hasattr(value, "model_fields"):
        yield f".. autoclass:: core.{name}()\n   :members:\n   :exclude-members: model_config\n"
        yield "   Every field: :doc:`settings`."
    elif isinstance(value, type):
        yield f".. autoclass:: core.{name}{_signature(value)}\n   :members:"
        yield "   :inherited-members:\n" if _has_own_base(value) else ""
        yield from _fields(value)
    elif inspect.isfunction(value):
        yield f".. autofunction:: core.{name}"
    else:
        yield f".. py:data:: core.{name}\n   :type: {type(value).__name__}\n"
        yield f"   {_comment(name)}"


def _has_own_base(value: type) -> bool:
    return any(base.__module__.startswith("core.") for base in value.__mro__[1:])


def _signature(value: type) -> str:
    """Nothing for a class whose arguments say something; "()" for plain values, whose fields stand below."""
    return "()" if dataclasses.is_dataclass(value) or issubclass(value, int) else ""


def _fields(value: type) -> Iterator[str]:
    if issubclass(value, int):
        yield "   " + ", ".join(f"``{member.name}``" for member in value)  # type: ignore[attr-defined]
    if not dataclasses.is_dataclass(value):
        return
    yield "   .. list-table::\n      :header-rows: 1\n      :widths: 24 26 50\n"
    yield "      * - field\n        - type\n        - meaning"
    text = inspect.cleandoc(inspect.getsource(value))
    lines = text.splitlines()
    body = next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)).body
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            comment = lines[(node.end_lineno or 1) - 1][node.end_col_offset :].strip().removeprefix("#").strip()
            kind = ast.unparse(node.annotation)
            yield f"      * - ``{node.target.id}``\n        - ``{kind}``\n        - {comment}"


def _comment(name: str, file: str = "core/api.py") -> str:
    """The string under the assignment of a constant."""
    module = importlib.import_module(origins(file)[name])
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        is_named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if is_named and is_text:
            assert isinstance(after, ast.Expr)
            assert isinstance(after.value, ast.Constant)
            return " ".join(str(after.value.value).split())
    return ""


def write_api() -> None:
    """Write the body for the site, where it differs from what is there."""
    text = page()
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_api()
