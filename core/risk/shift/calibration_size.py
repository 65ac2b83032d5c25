"""Number of random images to answer, so that a target error can be kept."""

from scipy.special import bdtr, bdtrik

from core.base.errors import InputError

COVERAGE = 0.5
"""Share of the pool that is to be accepted."""
_CHANCE = 0.8  # share of draws in which the number suffices
_STARTS = 10  # of high_probability_threshold
_SLACK = 0.5  # true error of what is accepted, as a share of the target


def answers_needed(target: float, size: int, risk: float | None = None, coverage: float = COVERAGE) -> int:
    """Compute how many random answers are needed to accept a share of a pool at a target error.

    It is the number that suffices in 8 of 10 draws where the true error of what is accepted is half the target.

    Args:
        target: Error to hold, (0, 1).
        size: Images in the pool, 1 or more.
        risk: Probability with which the error may be higher; None: the error holds on average.
        coverage: Share of the pool that is to be accepted, (0, 1].

    Returns:
        The number, at most `size`.

    Raises:
        InputError: A number is out of range.
    """
    for what, value in (("target error", target), ("risk", 0.5 if risk is None else risk)):
        if not 0 < value < 1:
            raise InputError(f"The {what} must lie between 0 and 1, both left out (got {value}).")
    if not 0 < coverage <= 1 or size < 1:
        raise InputError("The share to accept must lie above 0 and at most at 1, and the pool needs an image.")
    few, enough = 0, 1
    while enough < size and not _suffices(enough, target, risk, coverage):
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if _suffices(middle, target, risk, coverage) else (middle, enough)
    return min(enough, size)


def _suffices(num: int, target: float, risk: float | None, coverage: float) -> bool:
    """Whether so many answers allow the share in 8 of 10 draws."""
    kept = int(num * coverage)
    if kept < 1:
        return False
    if risk is None:
        most = int(target * coverage * (num + 1) + 1e-9) - 1
    else:
        most = int(bdtrik(risk / _STARTS, kept, target) + 1e-9) if bdtr(0, kept, target) <= risk / _STARTS else -1
    return most >= 0 and float(bdtr(most, kept, _SLACK * target)) >= _CHANCE
