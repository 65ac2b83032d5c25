"""Winnow's engine. Its public names (core.api) are imported on first use; none of them imports torch.

So `winnow --help` is quick, and training starts on a machine that has neither SQLAlchemy nor Streamlit.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.api import *  # noqa: F403

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    api = import_module("core.api")
    if name not in api.__all__:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(api, name)
