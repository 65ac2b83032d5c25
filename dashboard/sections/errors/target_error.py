"""Input of a target error: how much of the accepted may be wrong, how that holds, and the threshold that keeps it."""

import streamlit as st

from core import ConformalThreshold, HighProbabilityThreshold, Project
from dashboard import formatting
from dashboard.sections.errors import pool_state

_AVERAGE, _HIGH_PROBABILITY, _CLASS_MIX = "on average", "in 9 of 10 draws", "by class mix, approximate"
_LIMITS = {
    _AVERAGE: (
        "The guarantee is an average over draws of the calibration items: about four in ten single selections exceed "
        "the target by a little. Audit this selection to be sure of it. Assumption: the calibration items stay hidden "
        "and look like the pool."
    ),
    _HIGH_PROBABILITY: (
        "One in ten draws of the calibration items may exceed the target. Assumption: the calibration items stay "
        "hidden and look like the pool."
    ),
    _CLASS_MIX: (
        "Each calibration item counts by how much more frequent its class seems to be in the pool. The weights are "
        "estimated, so this is no guarantee. Assumption: only the shares of the classes differ. To be sure, calibrate "
        "on the pool."
    ),
}
_HELP = (
    "On average: conformal selection. In 9 of 10 draws: Learn then Test; it accepts fewer images, and a target error "
    "of 2 % needs about 1,000 calibration items. By class mix: offered where the shares of the classes alone explain "
    "how calibration items and pool differ."
)


def threshold_input(project: Project, run: str, key: str) -> float | None:
    """Draw the inputs of a target error and say what its threshold keeps.

    Args:
        project: The project.
        run: Id of a finished run.
        key: Key of the slider; that of the way it holds begins with it.

    Returns:
        The lowest threshold that keeps the target error; None where there is none.
    """
    target = st.slider("Target error (%)", 0.5, 20.0, 5.0, step=0.5, key=key) / 100
    is_mix = project.quality.pool_check(run).shift == "class_mix"
    ways = [_AVERAGE, _HIGH_PROBABILITY, *([_CLASS_MIX] if is_mix else [])]
    how = str(st.selectbox("It holds", ways, key=f"{key}-guarantee", help=_HELP, width=260))
    quality = project.quality
    if how == _HIGH_PROBABILITY:
        item: ConformalThreshold | HighProbabilityThreshold = quality.high_probability_threshold(run, target)
    else:
        item = (quality.class_mix_threshold if how == _CLASS_MIX else quality.conformal_threshold)(run, target)
    if item.threshold is None:
        st.caption("No threshold guarantees this with the available calibration items. Audit a selection instead.")
        return None
    in_words = {_HIGH_PROBABILITY: "in at least 9 of 10 draws", _CLASS_MIX: "approximately"}.get(how, how)
    st.markdown(
        f"Threshold {item.threshold:.3f}. "
        + pool_state.at_most(item.state, item.num_kept, formatting.percent(target), in_words)
    )
    is_valid = item.state != pool_state.NOT_VALID
    instead = f"Or let it hold “{_CLASS_MIX}”." if is_mix and how != _CLASS_MIX else ""
    st.caption(f"{item.state.capitalize()}: {item.reason} {_LIMITS[how] if is_valid else instead}")
    return item.threshold
