"""Page state in the URL: project key, run id and confidence threshold.

The URL wins; values it lacks come from the session of the browser tab, so a page change keeps them.
"""

import streamlit as st

NAMES = ("project", "run", "threshold")
"""Query parameters that every page keeps."""
DEFAULT_THRESHOLD = 0.95


def read(name: str) -> str | None:
    """Return one value of the URL, else of the tab's session, else None."""
    value: str | None = st.query_params.get(name) or st.session_state.get(f"url-{name}")
    return value


def write(name: str, value: str | None) -> None:
    """Store one value in URL and session; another project clears the run.

    Args:
        name: Name of the query parameter.
        value: Its value; None removes it.
    """
    if name == "project" and read("project") not in (None, value):
        write("run", None)
    st.session_state[f"url-{name}"] = value
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def sync() -> None:
    """Copy the state from the URL to the session, and what the URL lacks back to it.

    A page change empties the URL; a new tab has no session.
    """
    for name in NAMES:
        if (value := read(name)) is not None:
            write(name, value)


def query(**changes: str) -> dict[str, str]:
    """Return the state as query parameters of a link, with some values replaced."""
    current = {name: value for name in NAMES if (value := read(name)) is not None}
    return {**current, **changes}


def threshold() -> float:
    """Return the confidence threshold of the URL, else that which the Review page of its run began with, [0, 1]."""
    first = float(st.session_state.get(f"first-threshold-{read('run')}", DEFAULT_THRESHOLD))
    try:
        return min(1.0, max(0.0, float(read("threshold") or first)))
    except ValueError:
        return first
