"""Tells that a run has ended: in the tab's title, by a message and, where a person asked for it, by a notification."""

import json
import time
from pathlib import Path

import streamlit as st

from core import Project, constants
from dashboard.messages import page_link
from dashboard.state import ended_runs

_TELL = Path(__file__).parents[1] / "assets" / "tell.html"
_SECONDS = 10.0
"""Seconds in which the page draws itself again because a run has ended; a later time is a person's doing."""
_NOTIFY = """<script>
  (([name, text]) => {
    window.winnowEnded = window.winnowEnded || new Set();
    if (window.winnowEnded.has(name)) return;
    window.winnowEnded.add(name);
    const isWanted = window.localStorage.getItem("winnow-tell") === "yes";
    if (!isWanted || !("Notification" in window) || Notification.permission !== "granted") return;
    const note = new Notification("Winnow", { body: text, tag: name });
    note.onclick = () => { window.focus(); note.close(); };
  })(DATA);
</script>"""


def show(project: Project, page: str) -> None:
    """Tell what has ended since the last look; the title stays until the person does something on the page.

    Args:
        project: The project of the page.
        page: URL path of the page; Review alone gets a message over it, as it has no line of `show_next_step`.
    """
    for run, text in ended_runs.ended(project):
        st.session_state["ended-run"] = (run, text, time.monotonic())
        st.session_state[_offer_key(project)] = (run, text)
        if page == "review":
            st.toast(text, duration="long")
    run, text, told = st.session_state.get("ended-run", ("", "", 0.0))
    if text and time.monotonic() - told < _SECONDS:
        st.set_page_config(page_title=f"{text} – Winnow")
        data = json.dumps([f"{project.key} {run} {text}", text]).replace("<", "\\u003c")
        st.html(_NOTIFY.replace("DATA", data), unsafe_allow_javascript=True)


def show_next_step(project: Project, page: str) -> None:
    """Draw one line with the run that ended last and a link to what can be done with it, until it was followed.

    Args:
        project: The project of the page.
        page: URL path of the page below.
    """
    run, text = st.session_state.get(_offer_key(project), ("", ""))
    if not run:
        return
    known = next((one for one in project.runs() if one.id == run), None)
    if known is None or page == "review" or known.status.state in constants.LIVE_STATES:
        st.session_state.pop(_offer_key(project), None)
        return
    with st.container(key="ended-run", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{text}**", width="content")
        if known.has_predictions:
            page_link("review", "Review its suggestions", run=run)
        elif page != "train":
            page_link("train", "See its log, or resume it", run=run)
        if st.button("✕", key="dismiss-ended-run", type="tertiary", help="Hide this line"):
            st.session_state.pop(_offer_key(project))
            st.rerun()


def _offer_key(project: Project) -> str:
    return f"ended-run-{project.key}"


def offer() -> None:
    """Draw the button that asks the browser for notifications."""
    st.html(_TELL, unsafe_allow_javascript=True)
