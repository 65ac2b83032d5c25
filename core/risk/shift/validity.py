"""State of the numbers that calibration images give about a pool, in fixed words."""

from dataclasses import dataclass

from core.risk.shift.two_sample import TwoSampleTest

GUARANTEED, ESTIMATED, NOT_VALID = "guaranteed", "estimated", "not valid here"
STATES = (GUARANTEED, ESTIMATED, NOT_VALID)
"""What holds for an error that is computed from calibration images."""
LEAST_ITEMS = 30
"""Fewest calibration images that a test of them says anything with."""
NO_SHIFT, CLASS_MIX, OTHER, UNTESTED = "none", "class_mix", "other", "untested"
LEVEL, LEVEL_DRAWN = 0.05, 0.01
"""Level of the test; lower where the calibration images were drawn from this pool, so that only a defect can differ."""


@dataclass(frozen=True)
class PoolCheck:
    """Whether a run's calibration images look like its pool, and what follows for every error computed from them.

    Attributes:
        state: guaranteed, estimated or not valid here.
        reason: Why, a sentence.
        origin: Where the calibration images come from: labels (given ones), pool (drawn from it and answered).
        is_random_draw: Whether they were drawn at random from this pool.
        num_calibration: Calibration images; where whole groups were drawn, one of each group.
        num_pool: Unlabeled images of the pool.
        shift: none, class_mix (the class mix alone explains it), other, or untested.
        features: Test on the features; None where it could not be made.
        scores: Test on the predicted probabilities; None where it could not be made.
        class_weights: (K,) how much more frequent each class seems to be in the pool.
        effective_size: Equally weighted calibration images that say as much as the weighted ones.
        by_group: Whether the calibration images are one of each group, so that it holds for images of new groups.
    """

    state: str
    reason: str
    origin: str
    is_random_draw: bool
    num_calibration: int
    num_pool: int
    shift: str = UNTESTED
    features: TwoSampleTest | None = None
    scores: TwoSampleTest | None = None
    class_weights: tuple[float, ...] = ()
    effective_size: float = 0.0
    by_group: bool = False

    @property
    def sentence(self) -> str:
        """State and reason as one sentence."""
        return f"{self.state[0].upper()}{self.state[1:]}: {self.reason}"

    @property
    def is_valid(self) -> bool:
        """Whether a number may be shown without a warning."""
        return self.state != NOT_VALID


@dataclass(frozen=True)
class Evidence:
    """What is known of calibration images and pool before the state is decided."""

    origin: str
    is_random_draw: bool
    num_calibration: int
    num_pool: int
    shift: str
    features: TwoSampleTest | None
    scores: TwoSampleTest | None
    has_grown: bool = False  # images came into the pool after the draw
    by_group: bool = False  # whole groups were drawn, and one image of each counts


def state_of(known: Evidence) -> tuple[str, str]:
    """Decide the state, and say why.

    A rejected test withdraws the number, whatever the origin. A test that is not rejected proves nothing by itself:
    only images that were drawn at random from this pool carry a guarantee (decision 0031).

    Args:
        known: What is known.

    Returns:
        One of STATES, and a sentence.
    """
    n, of = known.num_calibration, " of new groups" if known.by_group else ""
    items = f"{n:,} calibration images, one of each group," if known.by_group else f"{n:,} calibration images"
    if not n:
        return ESTIMATED, f"there is no calibration image{of}, so no error is known. Calibrate on the pool."
    tests = [test for test in (known.features, known.scores) if test is not None]
    if any(test.is_rejected for test in tests):
        what = "in their class mix" if known.shift == CLASS_MIX else "from the pool"
        return NOT_VALID, (
            f"the {items} differ {what} ({_result(tests)}), so their error says nothing about the pool. Calibrate on "
            "the pool."
        )
    if not known.num_pool:
        return ESTIMATED, "there is no unlabeled image to compare the calibration images with."
    if n < LEAST_ITEMS or not tests:
        return ESTIMATED, f"{items} are too few to test whether they are like the pool."
    if known.has_grown:
        return ESTIMATED, "images came into the pool after the calibration images were drawn from it."
    new = "; it holds for images of new groups, where each group counts the same" if known.by_group else ""
    if known.is_random_draw:
        return GUARANTEED, f"the {items} were drawn at random from this pool ({_result(tests)}){new}."
    return ESTIMATED, (
        f"the {items} were not drawn from this pool; no difference was found ({_result(tests)}), but one below AUROC "
        f"{min(test.detectable for test in tests):.2f} would mostly be missed{new}."
    )


def _result(tests: list[TwoSampleTest]) -> str:
    best = min(tests, key=lambda test: test.p_value)
    p_value = min(1.0, len(tests) * best.p_value)
    return f"p = {p_value:.2g}, AUROC {best.auroc:.2f}, n = {best.num_a:,} and {best.num_b:,}"
