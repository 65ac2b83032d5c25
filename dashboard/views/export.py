"""Export page: write the labels in a format, a model or a round card to disk."""

import json
import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from core import Project, constants
from dashboard import formatting
from dashboard.messages import page_head, page_link, show_errors
from dashboard.sections.errors import pool_state
from dashboard.sections.widgets import metric_row
from dashboard.state.current import current_project
from dashboard.state.runs import finished_runs, latest_run

_RUN_TITLES = {
    "onnx": ("Model for use elsewhere (ONNX)", "ONNX, safetensors, model card, and a Python example without Winnow."),
    "model": ("Model (safetensors)", "A run's weights, architecture, settings and temperature."),
    "round_card": ("Round card (HTML)", "One page about a run: labels, thresholds, certificates, accuracy."),
}
_FILES = {
    "auto": "Originals where they are still there, else resized",
    "copy": "Copies of the originals: same bytes, same names",
    "hardlink": "Hard links to the originals: no space, same disk",
    "symlink": "Symbolic links to the originals: no space",
    "resized": "PNG of the size that the project works with",
}
_NO_RUN = "none"


def show() -> None:
    """Show the counts of the curated set and forms that export it."""
    page_head("Export", "What do I take with me?")
    _, project = current_project()
    curated = project.curate()
    counts = formatting.source_counts(curated)
    metric_row({source.capitalize(): f"{count:,}" for source, count in counts.items()})
    st.caption(f"{len(curated.ids):,} labels. The digest {curated.digest[:16]}… identifies exactly this set.")
    if not curated.decisions.any():
        st.info("Nothing is reviewed yet, so an export holds only the given labels.")
        page_link("review", "Review suggestions")
    _error_states(project)
    _write(project)
    _download(project)


def _error_states(project: Project) -> None:
    """Say what holds for the error of labels that were accepted in bulk, by run."""
    for run in project.bulk_runs():
        st.caption(f"Error of labels accepted in bulk by {run}'s suggestions:")
        with show_errors():
            pool_state.show(project, run)


def _write(project: Project) -> None:
    st.header("Write to a folder")
    runs = finished_runs(project)
    kinds = [*constants.EXPORTS, *(constants.RUN_EXPORTS if runs else ())]
    kind = st.selectbox("Format", kinds, format_func=_titled, key="export-kind")
    run: str | None = None
    options: dict[str, Any] = {}
    if kind in constants.RUN_EXPORTS:
        ids = [run.id for run in runs]
        run = st.selectbox("Run", ids, index=ids.index(latest_run(runs).id), key="export-run")
    else:
        known = constants.EXPORTS[kind]
        st.caption(f"Travels with the labels: {known.travels}.")
        run, options = _label_options(kind, [run.id for run in runs])
    default = project.path / "exports" / (kind if kind in constants.EXPORTS else f"{run}-{kind}")
    folder = st.text_input(
        "Folder (new, empty, or an earlier export)", value=str(default), key=f"export-folder-{kind}-{run}"
    )
    if not st.button("Export", type="primary", disabled=not folder):
        return
    with show_errors():
        with st.spinner("Writing…"):
            written = project.export(kind, folder, run, **options)
        st.success(f"Written: {written}")
        _manifest(Path(folder).expanduser() / "manifest.json")


def _titled(kind: str) -> str:
    """Return title and explanation of a kind."""
    if kind in constants.EXPORTS:
        return f"{constants.EXPORTS[kind].title} · {constants.EXPORTS[kind].explanation}"
    return " · ".join(_RUN_TITLES.get(kind, (kind,)))


def _label_options(kind: str, runs: list[str]) -> tuple[str | None, dict[str, Any]]:
    """Ask what goes along with the labels; return the run whose predictions do, and the options."""
    known, options = constants.EXPORTS[kind], dict[str, Any]()
    run = None
    left, middle, right = st.columns(3)
    if known.has_images:
        options["files"] = left.selectbox("Images", list(_FILES), format_func=_FILES.__getitem__, key="export-files")
    elif kind == "csv":
        options["bom"] = left.toggle("For spreadsheets", help="Begins with a byte order mark.", key="export-bom")
    if runs:
        chosen = middle.selectbox(
            "Predictions of", [_NO_RUN, *runs], key="export-predictions", help="A run's class and confidence go along."
        )
        run = None if chosen == _NO_RUN else chosen
    options["held_out"] = right.toggle(
        "With val and test labels",
        value=known.held_out,
        key=f"export-held-out-{kind}",
        help="Also the given labels of val, calibration and test images, each under its split.",
    )
    return run, options


def _manifest(file: Path) -> None:
    if file.exists():
        with st.expander("manifest.json", expanded=True):
            st.json(json.loads(file.read_text(encoding="utf-8")))


def _download(project: Project) -> None:
    st.header("Download")
    st.caption("The CSV table as a download: one row for each label, with its source, decision, run and time.")
    name = f"{project.key}-labels.csv"
    st.download_button("Download CSV", lambda: _csv(project), file_name=name, mime="text/csv", on_click="ignore")


def _csv(project: Project) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return project.export("csv", Path(folder) / "labels").read_bytes()
