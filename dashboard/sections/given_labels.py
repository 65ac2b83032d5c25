"""Inputs and notes about the labels that were given from the start."""

import streamlit as st

from core import Project, Run, constants
from dashboard.messages import page_link
from dashboard.state import url

_HIDE_LABELS = {
    False: "Use every label: find wrong ones, train on all",
    True: "Hide most labels: try Winnow out on the rest",
}
_HIDE_HELP = "Only where no image is unlabeled. Hidden labels play the unlabeled pool; they train nothing."
_CHECK_HELP = "Cross-validates small heads on features of the images: no network is trained, and no run is needed."
_COMPARED_AT_ONCE = 20_000


def hide_labels_input() -> bool:
    """Ask what a folder whose images all have a label is for."""
    texts = list(_HIDE_LABELS.values())
    chosen = st.radio("If all images have a label", texts, help=_HIDE_HELP, key="new-hide-labels")
    return chosen == _HIDE_LABELS[True]


def show(project: Project) -> None:
    """Show contradictions and doubtful labels, how many were corrected, and links to their queues."""
    if not len(project.splits.labeled):
        return
    st.header("Given labels")
    if note := project.labels.corrected_note:
        st.info(note)
    if len(project.images.labels) <= _COMPARED_AT_ONCE and (note := project.labels.contradiction_note()):
        st.warning(note)
        _link(project, "contradictions", "Decide the contradictions")
    is_current = project.labels.is_current()
    if is_current:
        found = project.labels.check()
        st.write(
            f"Heads that have not seen them doubt **{len(found.ids):,} of {found.num_checked:,}** given labels, of all "
            "parts. Most doubtful first, each beside its likely class."
        )
        _link(project, constants.LABEL_ISSUES, "Review the doubtful labels")
    text = "Check again" if is_current else "Check the given labels"
    if not is_current and st.button(text, help=_CHECK_HELP, key="check-labels"):
        with st.spinner("Computing features and cross-validating heads."):
            project.labels.check()
        st.rerun()


def reviewed_run(project: Project) -> Run | None:
    """Return the scores of the given labels where the URL asks for them, else None."""
    return project.run(constants.LABEL_ISSUES) if url.read("run") == constants.LABEL_ISSUES else None


def _link(project: Project, ranking: str, text: str) -> None:
    if not project.labels.is_checked:
        st.caption("Check the given labels, then the Review page shows these images side by side.")
        return
    page_link("review", text, **url.query(run=constants.LABEL_ISSUES, ranking=ranking, show="open"))
