"""Configuration of the documentation site: Sphinx, MyST Markdown, furo."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs.scripts.write_architecture import write_packages  # noqa: E402

write_packages()

project = "Winnow"
author = "The Winnow authors"
copyright = "2026, the Winnow authors"
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "development/_packages.md"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
nitpick_ignore_regex = [  # types of other packages, and private aliases of arrays that signatures name
    ("py:class", r"(numpy|np|pathlib|collections|pydantic|typing|NDArray|ndarray|Path|Any|Self).*"),
]

html_theme = "furo"
html_title = f"Winnow {release}"
html_theme_options = {"source_edit_link": "", "navigation_with_keys": True}
html_show_sphinx = False
