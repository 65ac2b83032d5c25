"""Audit: how many of the labels I accept are surely right? Random images, shown without the model's answer."""

from typing import Any

import streamlit as st

from core import TARGETS, Audit, Project
from dashboard import context, pictures, words
from dashboard.views import estimates, reviewers

_RISKS = {"5 %": 0.05, "1 %": 0.01, "10 %": 0.10}


def show() -> None:
    """One blind question at a time, and what the answers prove so far."""
    st.title("Audit")
    key, project = context.current_project()
    run = context.current_run(project).id
    with st.container(horizontal=True, vertical_alignment="bottom"):
        threshold = st.number_input(
            "Confidence at least", 0.0, 1.0, context.threshold(), step=0.001, format="%.3f", key="audit-threshold"
        )
        target = st.selectbox(
            "Certify", TARGETS, index=2, format_func=lambda share: f"≥ {100 * share:g} % right", key="audit-target"
        )
        risk = st.selectbox("Risk of a false certificate", list(_RISKS), key="audit-risk")
    audit = project.promises.audit(run, "fixed_threshold", target=target, alpha=_RISKS[risk], threshold=threshold)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _question(key, project, audit)
    with right:
        _proven(project, audit)
    estimates.show(project, run, threshold)
    reviewers.show(project)


def _question(key: str, project: Project, audit: Audit) -> None:
    if audit.next_id is None:
        st.success("Every image of this selection has been audited.")
        return
    st.subheader("Which class is this?")
    st.html(pictures.cards(key, project, [(audit.next_id, [])], size=260))
    with st.container(horizontal=True):
        for label, name in enumerate(project.class_names):
            st.button(name, key=f"audit-{label}", on_click=_answer, args=(project, audit, label))
        st.button("none of them", key="audit-none", on_click=_answer, args=(project, audit, None))
    st.button("Undo", key="audit-undo", on_click=_undo, args=(project, audit), disabled=not len(audit.answered))
    st.caption("Drawn at random and shown without the model's answer, so that it cannot talk you into agreeing.")


@context.speaks
def _answer(project: Project, audit: Audit, label: int | None) -> None:
    outcome = project.promises.answer_audit(audit, label)
    if outcome.status != "saved":
        st.toast(outcome.reason)


@context.speaks
def _undo(project: Project, audit: Audit) -> None:
    project.undo(audit.run_id, decision=audit.decisions[-1])


def _proven(project: Project, audit: Audit) -> None:
    found = audit.certificate
    facts: dict[str, Any] = {
        "Certified right": f"≥ {words.percent(found.certified)}",
        "Answers": f"{found.num_answers:,}",
        "Of them right": f"{found.num_right:,}",
        "Selection": f"{found.size:,}",
    }
    for place, (label, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        place.metric(label, value, border=True)
    st.progress(found.certified, text=_now(audit))
    st.caption(
        f"Between {words.percent(found.low)} and {words.percent(found.high)} right, at {1 - found.alpha:.0%} "
        "confidence. You may look after every answer and stop whenever you like: what is certified stays valid. "
        "It is about this selection, measured against your own answers."
    )
    if audit.num_waiting:
        st.caption(
            f"{audit.num_waiting:,} answers given under another threshold count again as soon as the images that "
            "this threshold has added before them are answered."
        )
    if st.button("Save the certificate", key="audit-save", disabled=not found.num_answers):
        st.toast(f"Written: {project.promises.save_certificate(audit).name}")


def _now(audit: Audit) -> str:
    found = audit.certificate
    if found.is_certified:
        start = f"Certified: at least {words.percent(found.target)} right."
    else:
        start = f"Not yet certified: at least {words.percent(found.target)} right."
    if found.next_target is None:
        return start
    if found.num_more is None:
        return f"{start} {words.percent(found.next_target)} cannot be reached: too many answers were wrong."
    return f"{start} About {found.num_more:,} more right answers in a row for {words.percent(found.next_target)}."
