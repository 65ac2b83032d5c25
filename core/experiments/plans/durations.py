"""Durations in words."""


def duration(seconds: float) -> str:
    """Return seconds as "40 s", "3 min" or "2 h 10 min", rounded as an estimate may be.

    Args:
        seconds: At least 0.
    """
    if seconds < 10:
        return f"{max(1, round(seconds)) if seconds else 0} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    if minutes < 10:
        half = round(seconds / 30) / 2
        return f"{half:g} min"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes % 60 else f"{minutes // 60} h"
