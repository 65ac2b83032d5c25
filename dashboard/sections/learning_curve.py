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
        st.caption("Decide some images: the model learns from them, and its accuracy on the val images is drawn here.")
    else:
        st.caption("This project has no val images, so what the clicks bought cannot be measured.")
    current = project.live.interval
    options = sorted({*constants.LIVE_INTERVALS, current})
    chosen = st.selectbox(
        "Learn after", options, options.index(current), format_func=_in_words, help=_HELP, key="live-interval"
    )
    if chosen != current:
        project.live.set_interval(chosen)


def _in_words(interval: int) -> str:
    return f"{interval} decisions" if interval else "only when asked"
