"""Winnow's engine: opens the public names (core.api) on first use; none of them imports torch.

So `winnow --help` is quick, and training starts on a machine that has neither SQLAlchemy nor Streamlit.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.api import *  # noqa: F403
    from core.api import __all__ as __all__

__version__ = "0.1.0"


def public_value(name: str, package: str) -> Any:
    """Import the value of a public name.

    Args:
        name: One of `core.api.__all__`, or `__all__` itself.
        package: The package that was asked for it: core or winnow.

    Raises:
        AttributeError: The name is not public.

    """
    api = import_module("core.api")
    if name != "__all__" and name not in api.__all__:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return getattr(api, name)


if not TYPE_CHECKING:  # a type checker finds misspelled names

    def __getattr__(name: str) -> Any:
        return public_value(name, "core")


def __dir__() -> list[str]:
    return sorted({*globals(), *public_value("__all__", "core")})
