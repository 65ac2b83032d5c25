"""Tells that a run has ended: in the tab's title, by a message and, where a person asked for it, by a notification."""

import json
import time
from pathlib import Path

import streamlit as st

from core import Project
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


def show(project: Project) -> None:
    """Tell what has ended since the last look; the title stays until the person does something on the page.

    Args:
        project: The project of the page.
    """
    for run, text in ended_runs.ended(project):
        st.session_state["ended-run"] = (run, text, time.monotonic())
        st.toast(text, duration="long")
    run, text, told = st.session_state.get("ended-run", ("", "", 0.0))
    if text and time.monotonic() - told < _SECONDS:
        st.set_page_config(page_title=f"{text} – Winnow")
        data = json.dumps([f"{project.key} {run} {text}", text]).replace("<", "\\u003c")
        st.html(_NOTIFY.replace("DATA", data), unsafe_allow_javascript=True)


def offer() -> None:
    """Draw the button that asks the browser for notifications."""
    st.html(_TELL, unsafe_allow_javascript=True)
