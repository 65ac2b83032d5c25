"""Settings of reading a source: which folder is the class, which pages, which values are black and white."""

import re
from typing import Annotated, Literal

from pydantic import field_validator

from core.base.config import Between, Config

ClassLevel = Literal["first", "last", "path"]
Pages = Literal["first", "all"]
Fit = Literal["pad", "crop", "squash"]

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*(?::|\.\.|…)\s*({_NUMBER})\s*")


class IngestConfig(Config):
    """How a source is read and its images become pixels."""

    class_level: ClassLevel = "first"
    """Which folder names the class of an image that lies deeper: first, last, or path for all of them."""
    columns: str = ""
    """Columns of a manifest, as path=FILE,label=SPECIES,split=PART,group=PATIENT; what is left out is detected."""
    merge_twins: bool = False
    """Make one class of names that differ by case or by space at their ends alone."""
    pages: Pages = "first"
    """Pages of a TIFF file that become images: first or all."""
    value_range: str = ""
    """Values of 16-bit and float images shown as black and white, as 0:4095; empty: estimated from the images."""
    background: str = "white"
    """Ground under transparent pixels: a name such as white, black or gray, or #rrggbb."""
    fit: Fit = "pad"
    """How an image becomes the project's shape: pad (whole), crop (middle) or squash (stretched)."""
    max_megapixels: Annotated[int, Between(1, 2000)] = 200
    """Larger images are left out, unread, in millions of pixels."""

    @field_validator("value_range")
    @classmethod
    def _is_range(cls, text: str) -> str:
        if text and not _RANGE.fullmatch(text):
            raise ValueError("give two numbers with a colon between, as 0:4095")
        if text and float(_RANGE.fullmatch(text)[1]) >= float(_RANGE.fullmatch(text)[2]):  # type: ignore[index]
            raise ValueError("the first number must be the smaller one")
        return text

    @field_validator("columns")
    @classmethod
    def _are_columns(cls, text: str) -> str:
        if any("=" not in part for part in text.split(",") if part.strip()):
            raise ValueError("give role=header, with commas between, as path=FILE,label=SPECIES")
        return text

    @field_validator("background")
    @classmethod
    def _is_color(cls, text: str) -> str:
        from PIL import ImageColor

        try:
            ImageColor.getrgb(text)
        except ValueError as error:
            raise ValueError("it is no color: give white, black, gray or #rrggbb") from error
        return text

    def range_given(self) -> tuple[float, float] | None:
        """Return the value range as two numbers; None where it is to be estimated."""
        found = _RANGE.fullmatch(self.value_range)
        return (float(found[1]), float(found[2])) if found else None

    def column_roles(self) -> dict[str, str]:
        """Return role → header of the columns that are named."""
        pairs = [part.partition("=") for part in self.columns.split(",") if part.strip()]
        return {role.strip(): header.strip() for role, _, header in pairs}
