"""Learning curve: val accuracy of each model version over clicks, and how often the model learns; part of Review."""

import streamlit as st

from core import Project, constants
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
        st.plotly_chart(
            learning_curve([point.num_clicks for point in points], [point.accuracy for point in points]),
            key="learning-curve",
        )
    elif points:
        st.caption(_before_the_first(project, run))
    else:
        st.caption("This project has no val images, so what the clicks bought cannot be measured.")
    current = project.live.interval
    options = sorted({*constants.LIVE_INTERVALS, current})
    chosen = st.selectbox(
        "Learn after", options, options.index(current), format_func=_in_words, help=_HELP, key="live-interval"
    )
    if chosen != current:
        project.live.set_interval(chosen)


def _before_the_first(project: Project, run: str) -> str:
    """Say when the first point of the curve will be there."""
    state = project.live.state(run)
    if state.is_fitting:
        return f"The model is learning from {state.num_new:,} answers. Open this again in a moment for its accuracy."
    more = (
        f"{max(1, state.interval - state.num_new):,} more answers" if state.interval else "some answers and “learn now”"
    )
    return f"After {more} the model has learned for the first time, and its accuracy on the val images is drawn here."


def _in_words(interval: int) -> str:
    return f"{interval} decisions" if interval else "only when asked"
