"""Winnow's public Python API under the name of its package; `from core import …` opens the same objects.

Importing it costs as little as importing `core`: each name opens on first use, and none of them imports torch.
"""

from typing import TYPE_CHECKING, Any

from core import __version__ as __version__
from core import public_value as _public_value

if TYPE_CHECKING:
    from core.api import *  # noqa: F403
    from core.api import __all__ as __all__


if not TYPE_CHECKING:  # a type checker finds misspelled names

    def __getattr__(name: str) -> Any:
        return _public_value(name, "winnow")


def __dir__() -> list[str]:
    return sorted({*globals(), *_public_value("__all__", "winnow")})
