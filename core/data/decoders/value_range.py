"""Value ranges of 16-bit and float images, gray or in color: which values are shown as black and white."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.base.types import Pixels

ValueRange: TypeAlias = tuple[float, float]

LOW_PERCENTILE, HIGH_PERCENTILE = 0.1, 99.9
_BITS = (8, 10, 12, 14, 16)
_WIDE = 0.5
_SAMPLED = 200_000


def to_bytes(values: NDArray[Any], value_range: ValueRange | None) -> Pixels:
    """Scale values to 0 … 255.

    Args:
        values: Any shape; integers or floats, finite.
        value_range: Values that become 0 and 255; what lies outside is clipped. None: 16-bit integers by their full
            range, floats in [0, 1] by 255, floats in [0, 255] by 1, others by their own lowest and highest value.

    Returns:
        The same shape, uint8.

    Raises:
        ValueError: A value is not a number.
    """
    if values.dtype == np.uint8 and value_range is None:
        return np.asarray(values)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError("it contains values that are not numbers")
    if value_range is not None:
        low, high = value_range
        scaled = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
        return np.asarray(np.rint(np.clip(scaled, 0, 255)), dtype=np.uint8)
    if values.dtype.kind == "f":
        if values.min() < 0 or values.max() > 255:
            return _stretched(values)
        return np.asarray(np.rint(values * (255 if values.max() <= 1 else 1)), dtype=np.uint8)
    if values.min() >= 0 and values.max() <= 65535:
        return np.asarray((values.astype(np.int64) + 128) // 257, dtype=np.uint8)
    return _stretched(values.astype(np.float64))


def image_range(values: NDArray[Any]) -> ValueRange | None:
    """Return the values below and above which a thousandth of an image lies; None where it has no finite value."""
    pixels = values.reshape(-1, values.shape[2] if values.ndim == 3 else 1)
    flat = pixels[:: max(1, len(pixels) // _SAMPLED)].reshape(-1)  # all colors of a pixel, or none
    flat = flat[np.isfinite(flat)] if flat.dtype.kind == "f" else flat
    if not flat.size:
        return None
    low, high = np.percentile(flat, (LOW_PERCENTILE, HIGH_PERCENTILE))
    return float(low), float(high)


def estimate_range(ranges: Sequence[ValueRange], *, is_float: bool) -> ValueRange:
    """Estimate the value range of a project from those of some of its images.

    A range that fills more than half of a usual bit depth (8, 10, 12, 14 or 16 bits; [0, 1] for floats) becomes that
    whole depth; a narrow one, such as that of a thermal camera, stays as it is.

    Args:
        ranges: Of each image, as `image_range` gives it.
        is_float: Whether the images hold floats.

    Returns:
        Lowest and highest value, the first below the second.
    """
    low = min((r[0] for r in ranges), default=0.0)
    high = max((r[1] for r in ranges), default=1.0)
    tops = [1.0, 255.0] if is_float else [float(2**bits - 1) for bits in _BITS]
    top = next((t for t in tops if high <= t), None)
    if low >= 0 and top is not None and high - low > _WIDE * top:
        return 0.0, top
    return (low, high) if high > low else (low, low + 1.0)


def _stretched(values: NDArray[Any]) -> Pixels:
    low, high = float(values.min()), float(values.max())
    return np.asarray(np.rint((values - low) * (255 / max(high - low, 1e-12))), dtype=np.uint8)
