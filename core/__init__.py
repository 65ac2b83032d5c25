"""Winnow's front door. Everything the roof (dashboard, notebooks) may use comes through here; nothing imports torch.

The rooms behind it are imported on first use, so that `winnow --help` is quick and the engine starts on a
machine that has neither SQLAlchemy nor Streamlit.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.api import *  # noqa: F403

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    front = import_module("core.api")
    if name not in front.__all__:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(front, name)
