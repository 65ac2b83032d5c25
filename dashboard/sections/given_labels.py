"""Inputs and notes about the labels that were given from the start."""

import streamlit as st

_HIDE_LABELS = {
    False: "Use every label: find wrong ones, train on all",
    True: "Hide most labels: try Winnow out on the rest",
}
_HIDE_HELP = "Only where no image is unlabeled. Hidden labels play the unlabeled pool; they train nothing."


def hide_labels_input() -> bool:
    """Ask what a folder whose images all have a label is for."""
    texts = list(_HIDE_LABELS.values())
    chosen = st.radio("If all images have a label", texts, help=_HIDE_HELP, key="new-hide-labels")
    return chosen == _HIDE_LABELS[True]
