"""Our own surfaces: plain JavaScript modules and CSS, served by our own route, mounted by Streamlit's components v2."""

import hashlib
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
KINDS = {".js": "text/javascript", ".css": "text/css"}


@lru_cache(maxsize=1)
def assets() -> dict[str, bytes]:
    """Every module and style sheet by its path below this folder."""
    files = sorted(path for path in FOLDER.rglob("*") if path.suffix in KINDS)
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in files}


@lru_cache(maxsize=1)
def version() -> str:
    """Twelve digits that change when any asset does; part of every address, so that browsers may keep them for ever."""
    total = hashlib.sha256()
    for name, content in assets().items():
        total.update(name.encode() + content)
    return total.hexdigest()[:12]


def address(name: str) -> str:
    """Where the browser finds an asset."""
    return f"/winnow/assets/{version()}/{name}"
