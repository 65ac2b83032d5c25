"""Export page: write the curated set, a model or a round card to disk."""

import json
import tempfile
from pathlib import Path

import streamlit as st

from core import Project, constants
from dashboard import formatting
from dashboard.messages import page_link, show_errors
from dashboard.sections.widgets import metric_row
from dashboard.state.current import current_project
from dashboard.state.runs import finished_runs, latest_run

_TITLES = {
    "csv": "CSV table",
    "parquet": "Parquet table",
    "folder_per_class": "Folder per class",
    "model": "Model (safetensors)",
    "round_card": "Round card (HTML)",
}


def show() -> None:
    """Show the counts of the curated set and forms that export it."""
    st.title("Export")
    _, project = current_project()
    curated = project.curate()
    counts = formatting.source_counts(curated)
    metric_row({source.capitalize(): f"{count:,}" for source, count in counts.items()})
    st.caption(f"{len(curated.ids):,} labels. The digest {curated.digest[:16]}… identifies exactly this set.")
    if not curated.decisions.any():
        st.info("Nothing is reviewed yet, so an export holds only the given labels.")
        page_link("review", "Review suggestions")
    _write(project)
    _download(project)


def _write(project: Project) -> None:
    st.subheader("Write to a folder")
    runs = finished_runs(project)
    ids = [run.id for run in runs]
    kinds = [*constants.EXPORTS, *(constants.RUN_EXPORTS if ids else ())]
    kind = st.segmented_control(
        "Export", kinds, format_func=lambda k: _TITLES.get(k, k), default=kinds[0], required=True, key="export-kind"
    )
    run = None
    if kind in constants.RUN_EXPORTS:
        run = st.selectbox("Run", ids, index=ids.index(latest_run(runs).id), key="export-run")
    default = project.path / "exports" / (kind if run is None else f"{run}-{kind}")
    folder = st.text_input("Folder (new or empty)", value=str(default), key=f"export-folder-{kind}-{run}")
    if not st.button("Export", type="primary", disabled=not folder):
        return
    with show_errors():
        with st.spinner("Writing…"):
            written = project.export(kind, folder, run)
        st.success(f"Written: {written}")
        _manifest(Path(folder).expanduser() / "manifest.json")


def _manifest(file: Path) -> None:
    if file.exists():
        with st.expander("manifest.json", expanded=True):
            st.json(json.loads(file.read_text(encoding="utf-8")))


def _download(project: Project) -> None:
    st.subheader("Download")
    st.caption("The CSV table as a download: one row for each label, with its source, decision, run and time.")
    name = f"{project.key}-labels.csv"
    st.download_button("Download CSV", lambda: _csv(project), file_name=name, mime="text/csv", on_click="ignore")


def _csv(project: Project) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return project.export("csv", Path(folder) / "labels").read_bytes()
