"""Learning curve: val accuracy of each model version over clicks, and how often the model learns; part of Review."""

import streamlit as st

from core import Project, constants
from dashboard import downloads
from dashboard.charts.training import learning_curve

_HELP = "After so many decisions the model learns beside your work. New suggestions come with the next page."


def show(project: Project, run: str) -> None:
    """Show what the clicks bought so far.

    Args:
        project: The project.
        run: Id of the reviewed run.
    """
    points, gain = project.live.curve(run), project.live.gain(run)
    if gain is not None:
        st.markdown(f"**{gain.sentence}**")
    if len(points) > 1:
        figure = learning_curve([point.num_clicks for point in points], [point.accuracy for point in points])
        downloads.chart(figure, "learning-curve", "Accuracy on val over clicks")
    elif points:
        state = project.live.state(run)
        st.caption(before_the_first(state.num_new, state.interval, is_fitting=state.is_fitting))
    else:
        st.caption("This project has no val images, so what the clicks bought cannot be measured.")
    current = project.live.interval
    options = sorted({*constants.LIVE_INTERVALS, current})
    chosen = st.selectbox(
        "Learn after", options, options.index(current), format_func=_in_words, help=_HELP, key="live-interval"
    )
    if chosen != current:
        project.live.set_interval(chosen)


def before_the_first(num_new: int, interval: int, *, is_fitting: bool) -> str:
    """Say when the first point after the run itself will be there.

    Args:
        num_new: Answers so far.
        interval: Answers after which the model learns; 0: only when asked.
        is_fitting: Whether it is learning now.
    """
    if is_fitting:
        return f"The model is learning from {num_new:,} answers. Open this again in a moment for its accuracy."
    missing = max(1, interval - num_new)
    what = f"{missing:,} more {'answer' if missing == 1 else 'answers'}" if interval else "“learn now”"
    return f"The model learns for the first time after {what}; its accuracy on the val images is then drawn here."


def _in_words(interval: int) -> str:
    return f"{interval} decisions" if interval else "only when asked"
