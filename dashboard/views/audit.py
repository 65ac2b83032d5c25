"""Audit: how many of the accepted labels are right, for certain?"""

import streamlit as st

from core import AuditState, Project
from dashboard import context, pictures, words

_MOST_BUTTONS = 12


def show() -> None:
    """Begin an audit or go on with one: a blind question, the bar, what is certified."""
    st.title("Audit")
    key, project = context.current_project()
    run = context.current_run(project).id
    names = project.audits.names()
    with st.expander("Audit a selection", expanded=not names):
        _begin(project, run)
    if not names:
        st.caption(
            "An audit shows you random images of a selection without its labels. Your answers, and chance alone, "
            "decide what is certified; you may stop at any moment."
        )
        return
    if st.session_state.get("audit") not in names:
        st.session_state["audit"] = names[-1]
    chosen = st.selectbox("Audit", names, key="audit", format_func=lambda name: _title(project, name))
    now = project.audits.state(chosen)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _question(key, project, now)
    with right:
        _standing(now)


def _begin(project: Project, run: str) -> None:
    with st.form("new-audit", border=False):
        left, middle, right = st.columns(3)
        threshold = left.number_input("confidence at least", 0.0, 1.0, context.threshold(), 0.01, format="%.3f")
        target = middle.number_input("share that shall be right (%)", 50.0, 99.9, 95.0, 0.5)
        level = right.number_input("confidence of the certificate (%)", 80.0, 99.9, 95.0, 1.0)
        is_sent = st.form_submit_button("Begin the audit", type="primary")
    kept = project.select(run, "fixed_threshold", threshold=threshold).count
    st.caption(f"{run} keeps {kept:,} images at {threshold:.3f}.")
    if is_sent:
        with context.spoken():
            begun = project.audits.begin(
                run, "fixed_threshold", target=target / 100, alpha=1 - level / 100, threshold=threshold
            )
            st.session_state["audit"] = begun.record.audit
            st.rerun()


def _question(key: str, project: Project, now: AuditState) -> None:
    st.subheader("What is this?")
    if now.next_image is None:
        st.success("Every image of this selection has been answered.")
        return
    st.html(pictures.cards(key, project, [(now.next_image, [])], size=280))
    names = project.class_names
    if len(names) <= _MOST_BUTTONS:
        with st.container(horizontal=True):
            for label, name in enumerate(names):
                shortcut = str((label + 1) % 10) if label < 10 else None
                st.button(name, key=f"answer-{label}", shortcut=shortcut, on_click=_answer, args=(project, now, label))
    else:
        asked = list(range(len(names)))
        seen = st.selectbox("class", asked, index=None, format_func=names.__getitem__, key=f"seen-{now.next_image}")
        st.button("Answer", disabled=seen is None, on_click=_answer, args=(project, now, seen), type="primary")
    with st.container(horizontal=True):
        text = "Counts as wrong: what nobody can name is no certain label."
        st.button("None of these, or cannot tell", shortcut="n", on_click=_answer, args=(project, now, None), help=text)
        st.button("Undo", shortcut="z", on_click=_undo, args=(project,), disabled=not now.certificate.answers)


def _standing(now: AuditState) -> None:
    found, record = now.certificate, now.record
    st.subheader("Certified now")
    share = words.percent(found.share) if found.share else "nothing yet"
    st.metric("Right at least", share, border=True)
    st.progress(
        min(1.0, found.share / record.target) if found.share else 0.0, text=f"on the way to {record.target:.1%}"
    )
    said = (
        f"{found.right:,} of {found.answers:,} answers agreed with the label of the selection ({record.size:,} images)."
    )
    st.caption(f"{said} Interval {words.percent(found.low)} to {words.percent(found.high)}, valid whenever you stop.")
    if now.next_step is not None and now.needed is not None:
        st.markdown(f"About **{now.needed:,}** more agreeing answers certify **{now.next_step:.1%}**.")
    st.caption(
        f"Promise: with {1 - record.alpha:.0%} confidence at least this share is right, as you would have answered. "
        f"Only the draw is random; nothing is assumed of the model. Set {record.set_hash[:12]}, α = {record.alpha:g}, "
        f"draws from seed {record.seed}."
    )


def _title(project: Project, name: str) -> str:
    record = project.audits.state(name).record
    numbers = ", ".join(f"{key} {value:g}" for key, value in record.params.items())
    return f"{name}: {record.size:,} images, {record.rule.replace('_', ' ')} ({numbers}), {record.run_id}"


@context.speaks
def _answer(project: Project, now: AuditState, label: int | None) -> None:
    if now.next_image is not None:
        project.audits.answer(now.record.audit, now.next_image, label)


@context.speaks
def _undo(project: Project) -> None:
    project.undo()
