"""Audit: how many of the labels I accept are surely right? Random images, shown without the model's answer."""

from typing import Any

import streamlit as st

from core import TARGETS, Audit, EarlierAudit, Project
from dashboard import formatting, image_grid
from dashboard.messages import show_errors
from dashboard.sections import queue_estimates, reviewer_checks, rule_inputs
from dashboard.state import url
from dashboard.state.current import current_project, current_run

_RISKS = {"5 %": 0.05, "1 %": 0.01, "10 %": 0.10}


def show() -> None:
    """One blind question at a time, and what the answers prove so far."""
    st.title("Audit")
    key, project = current_project()
    run = current_run(project).id
    rule, params = rule_inputs.choose(project, run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            "Certify", TARGETS, index=2, format_func=lambda share: f"≥ {100 * share:g} % right", key="audit-target"
        )
        risk = st.selectbox("Risk of a false certificate", list(_RISKS), key="audit-risk")
    if project.select(run, rule, **params).count:
        audit = project.quality.audit(run, rule, target=target, alpha=_RISKS[risk], **params)
        left, right = st.columns([2, 3], gap="large")
        with left:
            _question(key, project, audit)
        with right:
            _proven(project, audit)
    else:
        st.info("This rule keeps no image: there is nothing to audit. Move the cut.")
    queue_estimates.show(project, run, url.threshold())
    reviewer_checks.show(project)


def _question(key: str, project: Project, audit: Audit) -> None:
    if audit.next_id is None:
        st.success("Every image of this selection has been audited.")
        return
    st.subheader("Which class is this?")
    st.html(image_grid.cards(key, project, [(audit.next_id, [])], size=260))
    with st.container(horizontal=True):
        for label, name in enumerate(project.class_names):
            st.button(name, key=f"audit-{label}", on_click=_answer, args=(project, audit, label))
        st.button("none of them", key="audit-none", on_click=_answer, args=(project, audit, None))
    st.button("Undo", key="audit-undo", on_click=_undo, args=(project, audit), disabled=not len(audit.answered))
    st.caption("Drawn at random and shown without the model's answer, so that it cannot talk you into agreeing.")


@show_errors()
def _answer(project: Project, audit: Audit, label: int | None) -> None:
    outcome = project.quality.answer_audit(audit, label)
    if outcome.status != "saved":
        st.toast(outcome.reason)


@show_errors()
def _undo(project: Project, audit: Audit) -> None:
    project.undo(audit.run_id, decision=audit.decisions[-1])
    project.quality.save_certificate(audit)


def _proven(project: Project, audit: Audit) -> None:
    found = audit.certificate
    facts: dict[str, Any] = {
        "Certified right": f"≥ {formatting.percent(found.certified)}",
        "Answers": f"{found.num_answers:,}",
        "Of them right": f"{found.num_right:,}",
        "Selection": f"{found.size:,}",
    }
    for place, (label, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        place.metric(label, value, border=True)
    st.progress(found.certified, text=_now(audit))
    st.caption(
        f"Between {formatting.percent(found.low)} and {formatting.percent(found.high)} right, at {1 - found.alpha:.0%} "
        "confidence. You may look after every answer and stop whenever you like: what is certified stays valid. "
        "It is about this selection, measured against your own answers."
    )
    if audit.moved is not None:
        _moved(audit, audit.moved)
    if audit.num_waiting:
        st.caption(
            f"{audit.num_waiting:,} answers given under another cut count again as soon as the images that "
            "this cut has added before them are answered."
        )
    if found.num_answers:
        st.caption(
            f"Stored with every answer, and part of every export: set {audit.ids_hash[:16]}…, risk {found.alpha:g}, "
            f"{found.num_answers:,} draws with seed {audit.seed}."
        )


def _moved(audit: Audit, moved: EarlierAudit) -> None:
    st.markdown(
        f"The cut has moved: of the answers under “{_cut(moved)}” **{moved.num_valid:,}** remain "
        f"valid here, **{len(moved.invalid):,}** are about images outside this selection"
        + (f" ({', '.join(f'#{image}' for image in moved.invalid[:12])})." if len(moved.invalid) else ".")
    )
    if moved.num_added:
        st.caption(
            f"This cut adds {moved.num_added:,} images to {moved.num_kept:,} known ones, and they need draws of their "
            f"own. The two parts together: at least {formatting.percent(moved.certified)} right, each part at half the "
            f"risk; a promise of its own, beside the one above."
        )


def _cut(moved: EarlierAudit) -> str:
    numbers = [f"{name} {value:g}" for name, value in moved.params.items() if isinstance(value, int | float)]
    return ", ".join([moved.rule.replace("_", " "), *numbers])


def _now(audit: Audit) -> str:
    found = audit.certificate
    if found.is_certified:
        start = f"Certified: at least {formatting.percent(found.target)} right."
    else:
        start = f"Not yet certified: at least {formatting.percent(found.target)} right."
    if found.next_target is None:
        return start
    if found.num_more is None:
        return f"{start} {formatting.percent(found.next_target)} cannot be reached: too many answers were wrong."
    return f"{start} About {found.num_more:,} more right answers in a row for {formatting.percent(found.next_target)}."
