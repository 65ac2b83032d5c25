"""JavaScript modules and CSS of the components, served by the assets route."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent
_BOOT = """
const loaded = import(new URL("MODULE", window.location.origin).href);
export default function (component) {
  let stop = null, isGone = false;
  loaded.then((app) => { if (!isGone) stop = app.mount(component); });
  return () => { isGone = true; stop?.(); };
}
"""
KINDS = {".js": "text/javascript", ".css": "text/css"}


@lru_cache(maxsize=1)
def assets() -> dict[str, bytes]:
    """Return the content of each module and style sheet by its path below this folder."""
    files = sorted(path for path in FOLDER.rglob("*") if path.suffix in KINDS)
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in files}


@lru_cache(maxsize=1)
def version() -> str:
    """Return a hash of all assets; it is part of each asset's URL, so browsers cache them."""
    total = hashlib.sha256()
    for name, content in assets().items():
        total.update(name.encode() + content)
    return total.hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the URL path of an asset."""
    return f"/winnow/assets/{version()}/{name}"


def browser_component(name: str) -> Any:
    """Return the Streamlit component whose style sheets and entry module lie in a folder here.

    Its own sheets come before those of its sub-folders; screens.css comes last.

    Args:
        name: The folder, such as "review".
    """
    sheets = [sheet for sheet in assets() if sheet.startswith(f"{name}/") and sheet.endswith(".css")]
    sheets.sort(key=lambda sheet: (sheet.endswith("/screens.css"), sheet.count("/"), sheet))
    style = "".join(f'<link rel="stylesheet" href="{asset_url(sheet)}">' for sheet in sheets)
    script = _BOOT.replace("MODULE", asset_url(f"{name}/main.js"))
    return st.components.v2.component(f"winnow_{name}", html=style, js=script)
