"""Configuration of the documentation site: Sphinx, MyST Markdown, furo."""

import sys
import tomllib
from pathlib import Path
from typing import Any

from sphinx import addnodes
from sphinx.ext import napoleon
from sphinx.ext.napoleon import GoogleDocstring

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs.scripts.write_api import origins, write_api  # noqa: E402
from docs.scripts.write_architecture import write_packages  # noqa: E402

write_api()
write_packages()

project = "Winnow"
author = "The Winnow authors"
copyright = "2026, the Winnow authors"
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "development/_packages.md", "reference/_api.md"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 90

html_theme = "furo"
html_title = f"Winnow {release}"
html_theme_options = {"source_edit_link": "", "navigation_with_keys": True}
html_show_sphinx = False


def _resolve(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """Link a type to its public name; leave other types of a signature as plain text, so that prose alone can fail."""
    name = str(node.get("reftarget", "")).rpartition(".")[2]
    if node.get("refdomain") != "py":
        return None
    if name in origins() and node["reftarget"] != f"core.{name}":
        domain = env.get_domain("py")
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", f"core.{name}", node, contnode)
    parent = node.parent
    while parent is not None and not isinstance(parent, addnodes.desc_signature):
        parent = parent.parent
    return None if parent is None else contnode


def _sections(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Render Args, Returns and Raises of functions and classes; leave attributes, whose text may hold a colon."""
    if what in ("class", "exception", "function", "method"):
        plain = napoleon.Config(napoleon_use_ivar=True, napoleon_attr_annotations=False)  # names and texts, no types
        lines[:] = GoogleDocstring(list(lines), plain, app, what, name, obj, options).lines()


def setup(app: Any) -> None:
    """Connect the resolver of types and the reader of docstrings."""
    app.connect("missing-reference", _resolve)
    app.connect("autodoc-process-docstring", _sections)
