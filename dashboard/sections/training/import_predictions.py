"""Import another model's predictions as a run: file, preview, import; a section of the Train page."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from core import Project, constants
from dashboard.messages import show_errors
from dashboard.state import url

_UPLOAD_HELP = (
    "An .npy array with a row for each image; or .npz, CSV, TSV, Parquet or JSON lines with a column name or id, and "
    "one column for each class or a column label."
)
_PATH_HELP = "A file on the computer that runs Winnow, for large files. An uploaded file counts first."
_KIND_HELP = "auto: numbers in [0, 1] are probabilities, others logits, texts labels."
_UNKNOWN_HELP = "Leaves out columns, and rows of labels, of classes that this project does not have."


def show(project: Project) -> None:
    """Draw the inputs; preview the file, and import it when the button is pressed.

    Args:
        project: The project.
    """
    st.caption(
        "Logits, probabilities or labels of any model become a run like any other: calibrated on val, with thresholds, "
        "target error, review and audit. Nothing is trained."
    )
    left, right = st.columns(2, gap="large")
    kinds = [suffix.removeprefix(".") for suffix in constants.TABLE_SUFFIXES]
    upload = left.file_uploader("File", kinds, help=_UPLOAD_HELP, key="predictions-upload")
    path = right.text_input("Or a path", placeholder="/home/me/net.csv", help=_PATH_HELP, key="predictions-path")
    columns = right.columns([2, 3], vertical_alignment="bottom")
    kind = columns[0].selectbox("Kind", constants.PREDICTION_KINDS, help=_KIND_HELP, key="predictions-kind")
    file_name = upload.name if upload is not None else path
    name = columns[1].text_input(
        "Name of the model", placeholder=Path(file_name).stem or "big net", key="predictions-name"
    )
    ignored = right.toggle("leave out unknown classes", help=_UNKNOWN_HELP, key="predictions-ignore")
    if not file_name:
        return
    with show_errors():
        state = (project.key, upload.file_id if upload is not None else _version(path), kind, ignored)
        if st.session_state.get("predictions-of") != state:
            st.session_state.pop("predictions-of", None)
            with _file(upload, path) as file:
                st.session_state["predictions-preview"] = _preview(project, file, kind, ignore_unknown=ignored)
            st.session_state["predictions-of"] = state
        st.markdown(st.session_state["predictions-preview"])
        if st.button("Import", type="primary", key="predictions-import"):
            with st.spinner("Reading the predictions and calibrating them…"), _file(upload, path) as file:
                run = project.import_predictions(file, name, kind=kind, ignore_unknown=ignored)
            st.session_state["train-run"] = run.id
            url.write("run", run.id)
            st.toast(f"{run.id} is ready.")
            st.rerun()


def description(source: Mapping[str, Any]) -> str:
    """Describe where the predictions of a run come from.

    Args:
        source: `Run.imported_from`.

    Returns:
        One sentence.
    """
    place = f", from {source['file']}" if source["file"] else ""
    covered = f"{source['num_covered']:,} of {source['num_images']:,} images"
    return f"Predictions of {source['model']}: {source['kind']} of {covered}{place}."


def _preview(project: Project, file: Path, kind: str, *, ignore_unknown: bool) -> str:
    """Check the file and describe what it holds."""
    found = project.check_predictions(file, kind=kind, ignore_unknown=ignore_unknown)
    num = len(found.rows)
    lines = [f"**{found.kind.capitalize()} of {found.num_covered:,} of {num:,} images.**"]
    if found.num_covered < num:
        lines.append(f"The other {num - found.num_covered:,} stay at the bottom: all classes equally likely.")
    if found.num_others:
        lines.append(f"Rows left out: {found.num_others:,}.")
    if found.kind == "labels" and not found.has_confidence:
        lines.append("Labels without a confidence all get the accuracy on val, so a threshold keeps all or none.")
    if found.missing_classes:
        lines.append(f"Classes without a column: {', '.join(found.missing_classes)}.")
    if found.ignored_classes:
        lines.append(f"Classes left out: {', '.join(found.ignored_classes)}.")
    return " ".join(lines)


def _version(path: str) -> str:
    """Return what changes when the file at a path does; its path alone where there is none."""
    file = Path(path).expanduser()
    return f"{file} {file.stat().st_mtime_ns}" if file.is_file() else path


@contextmanager
def _file(upload: Any, path: str) -> Iterator[Path]:
    """Yield the path of the chosen file; an uploaded one lies in a temporary folder meanwhile."""
    if upload is None:
        yield Path(path).expanduser()
        return
    with tempfile.TemporaryDirectory(prefix="winnow-") as folder:
        file = Path(folder) / Path(upload.name).name
        file.write_bytes(upload.getbuffer())
        yield file
