"""Data page: sizes, classes, splits, samples and checks of the images."""

import streamlit as st

from core import DataSummary, Project, constants
from dashboard import charts, downloads, formatting, image_grid
from dashboard.messages import page_head, page_link, show_errors
from dashboard.sections import create_project, given_labels
from dashboard.sections.data import (
    class_form,
    hidden_images,
    image_groups,
    left_out_files,
    metadata_columns,
    moved_files,
    new_images,
    reading_form,
)
from dashboard.sections.widgets import class_input, metric_row
from dashboard.state import url
from dashboard.state.current import current_key
from dashboard.state.projects import open_project
from dashboard.state.runs import finished_runs, suggest

_SPLITS = {
    "labeled": "trains the model",
    "val": "selects the checkpoint",
    "calibration": "hidden: estimates errors",
    "unlabeled": "the pool: scored and reviewed",
    "test": "only for the Compare page",
}
"""Splits, each with its use."""


_SUGGEST_HELP = "Fits a small classifier on features of the images: seconds on any processor, no network is trained."
_COMPARE_HELP = "Cross-validates three heads on the features of every extractor installed here. Downloads nothing."
_STACKS_HELP = "Compares thumbnails of all images: copies, also saved again or a little noisy. Computed once."
_COMPARED_AT_ONCE = 20_000


def show() -> None:
    """Show the data of the current project, and forms to create or open a project."""
    page_head("Data", "What have I got, and is it sound?")
    key = current_key()
    if key is None:
        st.write("No project is open. Start with the demo: 10,000 images, without a download.")
        create_project.show()
        return
    with show_errors():
        _project(key, open_project(key))
    with st.expander("Create or open another project"):
        create_project.show()


def _project(key: str, project: Project) -> None:
    summary = project.summary()
    _sizes(project, summary)
    if not project.runs() and not len(project.splits.labeled):
        _start_labeling(project)
    left, right = st.columns([5, 4], gap="large")
    with left:
        st.header("Images per class")
        if summary.class_names:
            chart = charts.class_counts(summary.class_names, summary.class_counts)
            downloads.chart(chart, "class-counts", "Images per class and split")
            unknown = "The labels of the calibration split are hidden; those of the unlabeled split are unknown."
            st.caption(unknown)
        else:
            st.caption("No class has a name yet. You name each one when you first see it, on the Review page.")
    with right:
        st.header("Splits")
        _splits(summary)
        if line := hidden_images.hidden_line(project):
            st.caption(line)
    with show_errors():
        given_labels.show(project)
    image_groups.show(key, project)
    metadata_columns.show(project)
    _samples(key, project)
    left_out_files.show(project, summary)
    hidden_images.show(key, project)
    moved_files.show(project)
    _split_leakage(key, project)
    _near_duplicates(project)
    with st.expander("Change classes, add images, decode again"):
        class_form.show(project)
        new_images.show(project)
        reading_form.show(project)
    _next_step(project)


def _start_labeling(project: Project) -> None:
    """Offer the first step of a project without any label."""
    st.write(
        "No image has a label yet. Start with images that differ from each other; name each class when you first see "
        "it. Suggestions begin as soon as two classes have two images each."
    )
    if st.button("Start labeling", type="primary"):
        with show_errors(), st.spinner("Computing features."):
            _suggest(project, {})


def _next_step(project: Project) -> None:
    """Link to training; without a run, offer suggestions within seconds first."""
    if len(project.splits.labeled) > 1:
        with show_errors():
            _features(project)
    if not project.runs() and len(project.splits.labeled):
        settings = _chosen_features(project)
        if st.button("Suggest labels now", type="primary", help=_SUGGEST_HELP):
            with show_errors(), st.spinner("Computing features and fitting a head."):
                _suggest(project, settings)
        st.caption("Or train a network:")
    page_link("train", "Train a model on these images")


def _features(project: Project) -> None:
    """Show how well each extractor's features suit the labeled images, and a button to find out."""
    st.header("Which features suit these images?")
    job, table = project.extractor_comparisons.latest(), project.extractor_comparisons.stored()
    is_live = job is not None and job.status().state in constants.LIVE_STATES
    if table is not None:
        best = table.settings()
        rows = [
            {
                "features": line.extractor,
                "head": line.kind,
                "accuracy": f"{formatting.percent(line.accuracy)} ± {100 * line.standard_error:.1f}",
                "time for all images": formatting.duration(line.feature_seconds),
                "": "recommended" if best == {"extractor": line.extractor, "head": line.kind} else "",
            }
            for line in table.lines
        ]
        columns = {"": st.column_config.TextColumn(width=110)}
        downloads.table(rows, "extractor-comparison", width="content", column_config=columns)
        st.caption(
            f"Cross-validated on {table.lines[0].num_labels:,} labeled images; ± is one standard error. Recommended is "
            "the simplest pair within one standard error of the best. New heads use it unless you choose another."
        )
        for name, reason in table.skipped.items():
            st.caption(f"{name} is left out. {reason}")
    elif not is_live:
        st.caption("Not compared yet: suggestions use HOG features, which need nothing. It takes about a minute.")
    if job is not None:
        st.fragment(_comparing, run_every=1.0 if is_live else None)(project, is_live)
    if not is_live and st.button("Compare features" if table is None else "Compare again", help=_COMPARE_HELP):
        project.extractor_comparisons.start()
        st.rerun()


@show_errors()
def _comparing(project: Project, was_live: bool) -> None:
    """Draw the progress of the comparison, every second while live; rerun the page when it ends."""
    job = project.extractor_comparisons.latest()
    status = None if job is None else job.status()
    is_live = status is not None and status.state in constants.LIVE_STATES
    if status is not None and is_live:
        st.progress(status.done / max(1, status.total), text=status.message)
        if st.button("Cancel", key="cancel-comparison"):
            project.extractor_comparisons.cancel()
    elif status is not None and status.state != "done":
        st.warning(f"The comparison is {status.state}. {status.message}")
    if is_live != was_live:
        st.rerun()


def _chosen_features(project: Project) -> dict[str, str]:
    """Let a person choose among the compared extractors; return settings of the head, empty before a comparison."""
    table = project.extractor_comparisons.stored()
    if table is None:
        return {}
    first = table.settings()["extractor"]
    names = [first, *[name for name in table.extractors if name != first]]
    chosen = st.selectbox("Features", names, key="suggest-features", width=260, help="The recommended ones are first.")
    return table.settings(None if chosen == first else chosen)


def _suggest(project: Project, settings: dict[str, str]) -> None:
    """Fit a head, and open the review of its suggestions."""
    url.write("run", suggest(project, settings).id)
    if "review" in st.session_state.get("pages", {}):
        st.switch_page(st.session_state["pages"]["review"])


def _sizes(project: Project, summary: DataSummary) -> None:
    colors = "color" if summary.channels == 3 else "gray"
    metric_row(
        {
            "Images": f"{summary.num_images:,}",
            "Classes": f"{len(summary.class_names):,}",
            f"Size ({colors})": f"{summary.width} × {summary.height}",
            "Labeled": f"{summary.split_sizes['labeled']:,}",
            "Pool": f"{len(project.splits.pool):,}",
            "Test": f"{summary.split_sizes['test']:,}",
        }
    )
    st.caption(f"Source: {summary.source}. Created: {summary.created[:10]}. Project folder: {project.path}")


def _splits(summary: DataSummary) -> None:
    rows = [{"split": name, "images": size, "use": _SPLITS[name]} for name, size in summary.split_sizes.items()]
    columns = {
        "split": st.column_config.TextColumn(width=90),
        "images": st.column_config.NumberColumn(format="localized", width=70),
        "use": st.column_config.TextColumn(width=230),
    }
    downloads.table(rows, "splits", column_config=columns)
    drawn = "the same number per class" if summary.split.kind == "balanced" else "in proportion to the classes"
    st.caption(
        f"Drawn with seed {summary.split.seed}, {drawn}. Requested: {summary.split.labeled:,} labeled, "
        f"{summary.split.val:,} val, {summary.split.calibration:,} calibration, {summary.split.test:,} test; "
        "the rest is unlabeled. No image and no exact duplicate of it is in two splits."
    )
    for note in summary.size_notes:
        st.caption(note)


def _samples(key: str, project: Project) -> None:
    st.header("Samples")
    with st.container(horizontal=True, vertical_alignment="top"):
        split = st.segmented_control("Split", ["labeled", "val", "test", "pool"], default="labeled", key="sample-split")
        label = class_input(project, "Class", "sample-class")
    split = split or "labeled"
    if split == "pool" and label is not None:
        st.caption("The classes of pool images are unknown, so these are images of all classes.")
    ids = image_grid.sample_ids(project, split, None if split == "pool" else label, 80)
    if len(ids):
        st.html(image_grid.sprite_html(key, project, ids, columns=20))
    else:
        st.caption("This split has no image of this class.")


def _split_leakage(key: str, project: Project) -> None:
    st.header("Split leakage")
    if not st.toggle("Find images that are in two splits", key="leaks", help="Compares all images pixel by pixel."):
        return
    groups = project.quality.split_leakage()
    if not groups:
        st.success("No image is in two splits.")
        return
    st.warning(
        f"Images in more than one split: {len(groups):,}. Training has seen them, so results on them are too good. "
        "Create the project again from its source: new splits exclude such copies."
    )
    shown = [int(image) for group in groups[:12] for image in group[:4]]
    st.html(image_grid.cards_html(key, project, [(image, [f"#{image}", _split_of(project, image)]) for image in shown]))


def _near_duplicates(project: Project) -> None:
    st.header("Near duplicates")
    is_small = len(project.images.labels) <= _COMPARED_AT_ONCE
    if not st.toggle("Find images that are nearly the same", value=is_small, key="stacks", help=_STACKS_HELP):
        return
    with st.spinner("Comparing thumbnails."):
        found = project.quality.near_duplicates()
    if not found.num_stacks:
        st.success("No two images are nearly the same.")
        return
    crossing = "" if found.num_leaks else " None holds a labeled image and one of another split."
    st.write(f"Stacks of near duplicates: **{found.num_stacks:,}**, with {found.num_images:,} images.{crossing}")
    if found.num_leaks:
        parts = ", ".join(f"{count:,} with {name}" for name, count in found.leaks.items() if count)
        st.warning(
            f"Stacks that hold a labeled image and an image of another split: {found.num_leaks:,} ({parts}). "
            "Results on such images are too good."
        )
    if finished_runs(project):
        page_link("review", "Review the stacks", **url.query(ranking="duplicates", duplicates="1", show="all"))
    else:
        st.caption("Suggest labels or train a model, then the Review page shows each stack side by side.")


def _split_of(project: Project, image: int) -> str:
    return next((split for split in _SPLITS if image in getattr(project.splits, split)), "in no split")
