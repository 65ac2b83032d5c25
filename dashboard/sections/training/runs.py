"""Table of runs: names, stars and notes to edit, what changed, deleting with undo."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core import Project
from dashboard import downloads, formatting
from dashboard.messages import show_errors

_EDITABLE = ("star", "name", "note")
_MOST_CHANGES = 6
_MOST_ROWS = 9
"""Rows that are shown without scrolling."""
_KEY = "runs-table"


def show(project: Project) -> None:
    """Draw the table, the choice of what to delete, and deleted runs with a way back.

    Args:
        project: The project.
    """
    rows = project.run_table.rows()[::-1]
    st.header("Runs", anchor=False)
    for row in rows:
        if row.problem is not None:
            st.warning(row.problem)
    if not rows:
        _deletion(project, [])
        return
    table = [_cells(row) for row in rows]
    if all(row.cross_validated is None for row in rows):  # a column of dashes would push the state out of sight
        for cells in table:
            del cells["cross-validated"]
    version = st.session_state.setdefault(f"{_KEY}-version", 0)
    edited = st.data_editor(
        table, key=f"{_KEY}-{version}", hide_index=True, num_rows="fixed", column_config=_columns(),
        disabled=[name for name in table[0] if name not in _EDITABLE],
        height="content" if len(table) <= _MOST_ROWS else 330,
    )  # fmt: skip
    downloads.download(table, "runs")
    st.caption("Name, note and star can be edited in place. “What changed” compares with the parent or the run before.")
    if note := next((row.val_note for row in rows if row.val_note), ""):
        st.caption(note)
    if _apply(project, table, edited):
        st.session_state[f"{_KEY}-version"] = version + 1  # a new table shows what is stored
        st.rerun()
    _deletion(project, [row.run.id for row in rows])


def _cells(row: Any) -> dict[str, Any]:
    more = len(row.changes) - _MOST_CHANGES
    changes = "; ".join(row.changes[:_MOST_CHANGES]) + (f"; and {more} more" if more > 0 else "")
    return {
        "star": row.notes.is_starred,
        "run": row.run.id,
        "name": row.notes.name,
        "what changed": changes or ("the first run" if row.compared_with is None else "nothing"),
        "labels": row.num_labels,
        "accuracy on val": "–" if row.val_accuracy is None else formatting.estimate(row.val_accuracy),
        "cross-validated": "–" if row.cross_validated is None else formatting.estimate(row.cross_validated),
        "time": formatting.duration(row.seconds),
        "state": row.run.status.state,
        "note": row.notes.note,
    }


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "star": column.CheckboxColumn("★", width=60),
        "run": column.TextColumn(width=175),
        "name": column.TextColumn("name", width=110, max_chars=80),
        "what changed": column.TextColumn(width=270),
        "labels": column.NumberColumn(format="localized", width=65),
        "accuracy on val": column.TextColumn(width=170),
        "cross-validated": column.TextColumn(
            width=170, help="Over the labels of a head; with fewer than 50 val images."
        ),
        "time": column.TextColumn(width=70),
        "state": column.TextColumn(width=80),
        "note": column.TextColumn("note", width=130, max_chars=2_000),
    }


def _apply(project: Project, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> bool:
    """Store what a person changed; return whether something was."""
    is_changed = False
    for old, new in zip(before, after, strict=True):
        for name in _EDITABLE:
            value = new[name] if name == "star" else str(new[name] or "")
            if value == old[name]:
                continue
            with show_errors():
                _store(project, str(old["run"]), name, value)
                is_changed = True
    return is_changed


def _store(project: Project, run: str, name: str, value: Any) -> None:
    table = project.run_table
    if name == "star":
        table.star(run, bool(value))
    elif name == "name":
        table.rename(run, value)
    else:
        table.note(run, value)


def _deletion(project: Project, runs: Sequence[str]) -> None:
    deleted = project.run_table.deleted()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover("Delete a run", disabled=not runs):
            chosen = st.selectbox("Run to delete", runs, key="delete-run")
            st.caption("It goes to the project's trash: decisions stay, and it can be restored.")
            if st.button("Delete", key="delete-run-now", type="primary"):
                with show_errors():
                    project.run_table.delete(chosen)
                    st.session_state.pop("train-run", None)
                    st.rerun()
        for run in deleted[-3:]:
            if st.button(f"Restore {run.id}", key=f"restore-{run.id}"):
                with show_errors():
                    project.run_table.restore(run.id)
                    st.rerun()
