"""Page state in the URL: project key, run id and confidence threshold.

The URL wins; values it lacks come from the session of the browser tab, so a page change keeps them.
"""

import streamlit as st

NAMES = ("project", "run", "threshold")
"""Query parameters that every page keeps."""
DEFAULT_THRESHOLD = 0.95


def read(name: str) -> str | None:
    """Return one value from the URL, else from the session of this tab."""
    value: str | None = st.query_params.get(name) or st.session_state.get(f"url-{name}")
    return value


def write(name: str, value: str | None) -> None:
    """Store one value in the URL and the session; another project clears the run."""
    if name == "project" and read("project") not in (None, value):
        write("run", None)
    st.session_state[f"url-{name}"] = value
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def sync() -> None:
    """Copy the state between URL and session: a page change empties the URL, a new tab has no session."""
    for name in NAMES:
        if (value := read(name)) is not None:
            write(name, value)


def query(**changes: str) -> dict[str, str]:
    """Return the state as query parameters of a link, with some values changed."""
    current = {name: value for name in NAMES if (value := read(name)) is not None}
    return {**current, **changes}


def threshold() -> float:
    """Return the confidence threshold of the URL, in [0, 1]."""
    try:
        return min(1.0, max(0.0, float(read("threshold") or DEFAULT_THRESHOLD)))
    except ValueError:
        return DEFAULT_THRESHOLD
