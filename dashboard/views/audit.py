"""Audit page: certify how many labels of a selection are right, by random images."""

import streamlit as st

from core import Audit, EarlierAudit, Project, constants
from dashboard import formatting, image_grid
from dashboard.messages import page_head, show_errors
from dashboard.sections import reviewer_checks
from dashboard.sections.errors import pool_state, queue_estimates
from dashboard.sections.rule_inputs import rule_inputs
from dashboard.sections.widgets import metric_row
from dashboard.state import url
from dashboard.state.current import current_project, current_run, scored_run

_SIDE = 260  # of the image, in pixels
_RISKS = {"5 %": 0.05, "1 %": 0.01, "10 %": 0.10}


def show() -> None:
    """Show a question, the certificate so far, queue estimates and reviewer checks."""
    page_head("Audit", "How many of the accepted labels are wrong?")
    key, project = current_project()
    is_calibrated = len(project.decisions.calibration().ids) > 0
    if not is_calibrated:  # nothing says yet how many labels are wrong: that comes first, and needs no suggestion
        pool_state.calibration_form(project, current_run(project).id)
    run = scored_run(project).id
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    rule, params = rule_inputs(project, run, row)
    with row:
        target = st.selectbox(
            "Certify",
            constants.TARGETS,
            index=2,
            format_func=lambda share: f"≥ {100 * share:g} % right",
            key="audit-target",
            width=150,
        )
        risk = st.selectbox("Risk of a false certificate", list(_RISKS), key="audit-risk", width=190)
    selection = project.select(run, rule, **params)
    if selection.count:
        audit = project.quality.audit(run, rule, target=target, alpha=_RISKS[risk], **params)
        st.progress(audit.certificate.certified, text=_progress_text(audit))
        _question(key, project, audit)
        _certificate(audit)
        _pool_draw(project, audit)
    else:
        st.info("This rule keeps no image, so there is nothing to audit. Change the rule or its parameters.")
    st.caption(
        f"{pool_state.label('Estimated error', selection.state)}: {formatting.estimate(selection.error)} calibration "
        f"items. **{selection.state.capitalize()}:** {selection.reason} An audit needs none of this: its draws are its "
        "own."
    )
    if is_calibrated:
        pool_state.calibration_form(project, run)
    queue_estimates.show(project, run, url.threshold())
    reviewer_checks.show(project)


def _question(key: str, project: Project, audit: Audit) -> None:
    if audit.next_id is None:
        st.success("Every image of this selection is audited.")
        return
    classes = project.workspace.classes
    with st.container(horizontal=True, key="audit-question"):
        with st.container(width=_SIDE + 40):
            st.html(image_grid.cards_html(key, project, [(audit.next_id, [])], size=_SIDE))
        with st.container(width="stretch"):
            st.header("Which class is this?")
            with st.container(horizontal=True, gap="xsmall", key="audit-classes"):  # compact by assets/style.css
                for label in [number for number in classes.order if number not in classes.merged]:
                    name = project.class_names[label]
                    st.button(name, key=f"audit-{label}", on_click=_answer, args=(project, audit, label))
                st.button("none of the classes", key="audit-none", on_click=_answer, args=(project, audit, None))
                st.button(
                    "Undo", key="audit-undo", on_click=_undo, args=(project, audit), disabled=not len(audit.answered)
                )
            st.caption(
                "The image is drawn at random. The model's suggestion is hidden so that it cannot influence you."
            )


@show_errors()
def _answer(project: Project, audit: Audit, label: int | None) -> None:
    outcome = project.quality.answer_audit(audit, label)
    if outcome.status != "saved":
        st.toast(outcome.reason)


@show_errors()
def _undo(project: Project, audit: Audit) -> None:
    project.undo(audit.run_id, decision=audit.decisions[-1])
    project.quality.save_certificate(audit)


def _certificate(audit: Audit) -> None:
    certificate = audit.certificate
    metric_row(
        {
            "Certified right": f"≥ {formatting.percent(certificate.certified)}",
            "Answers": f"{certificate.num_answers:,}",
            "Right": f"{certificate.num_right:,}",
            "Selected": f"{certificate.size:,}",
        }
    )
    low, high = formatting.percent(certificate.low), formatting.percent(certificate.high)
    level = formatting.percent(1 - certificate.alpha, 0)
    st.caption(
        f"Between {low} and {high} of the labels are right, with {level} confidence. You may stop "
        "after any answer: the certificate stays valid. It holds for this selection, and takes your answers as true."
    )
    if audit.outside:
        st.info(audit.outside)
    _doubts(audit)
    if audit.earlier is not None and audit.earlier.has_grown:
        _grown_pool(audit.earlier)
    elif audit.earlier is not None:
        _changed_rule(audit.earlier)
    if audit.num_waiting:
        st.caption(
            f"{audit.num_waiting:,} answers given under another rule count again once the images that this rule adds "
            "before them are answered."
        )
    if certificate.num_answers:
        st.caption(
            f"Every answer and every export store: set {audit.ids_hash[:16]}…, risk {certificate.alpha:g}, "
            f"{certificate.num_answers:,} draws with seed {audit.seed}."
        )


def _pool_draw(project: Project, audit: Audit) -> None:
    """Say what the answers to the pool draw prove of the same selection."""
    found = audit.certificate
    drawn = project.quality.draw_certificate(audit.run_id, audit.rule, alpha=found.alpha, **audit.params)
    for sentence in [] if drawn is None else drawn.sentences(found, audit.is_right):
        st.caption(sentence)


def _doubts(audit: Audit) -> None:
    """Say what the certificate would be if some of the answers were wrong."""
    if not audit.sensitivity:
        return
    shares = ", ".join(
        f"≥ {formatting.percent(item.certified)} if {formatting.percent(item.share, 0)}" for item in audit.sensitivity
    )
    st.caption(f"If some of your answers “right” were wrong: {shares} of them were.")
    if len(audit.disputed):
        named = ", ".join(f"#{image}" for image in audit.disputed[:8].tolist())
        st.warning(
            f"Another reviewer gave another class to answered images: {len(audit.disputed):,} ({named}). With these "
            f"taken as wrong, at least {formatting.percent(audit.certified_undisputed)} are right."
        )


def _grown_pool(before: EarlierAudit) -> None:
    st.markdown(
        f"The pool has grown since the earlier answers. What they certified stays valid for the "
        f"**{before.frozen.size:,}** images that this rule kept then: at least "
        f"**{formatting.percent(before.frozen.certified)}** right. Outside it are **{before.num_added:,}** images that "
        "the rule keeps now."
    )
    st.caption(
        f"A second, separate guarantee covers both, each at half the risk: at least "
        f"{formatting.percent(before.certified)} right. The certificate above is about all of them."
    )


def _changed_rule(before: EarlierAudit) -> None:
    st.markdown(
        f"The rule has changed. Of the answers under “{_rule_text(before)}”, **{before.num_valid:,}** remain valid and "
        f"**{len(before.invalid):,}** are about images outside this selection"
        + (f" ({', '.join(f'#{image}' for image in before.invalid[:12])})." if len(before.invalid) else ".")
    )
    if before.num_added:
        st.caption(
            f"This rule adds {before.num_added:,} images to the {before.num_kept:,} that it shares with the earlier "
            "rule; the added ones need their own draws. A second, separate guarantee covers both sets, each at half "
            f"the risk: at least {formatting.percent(before.certified)} right."
        )


def _rule_text(before: EarlierAudit) -> str:
    numbers = [f"{name} {value:g}" for name, value in before.params.items() if isinstance(value, int | float)]
    return ", ".join([before.rule.replace("_", " "), *numbers])


def _progress_text(audit: Audit) -> str:
    certificate = audit.certificate
    state = "Certified" if certificate.is_certified else "Not yet certified"
    text = f"{state}: at least {formatting.percent(certificate.target)} right."
    if certificate.next_target is None:
        return text
    following = formatting.percent(certificate.next_target)
    if certificate.num_more is None:
        return f"{text} {following} cannot be reached: too many answers were wrong."
    return f"{text} About {certificate.num_more:,} more right answers in a row certify {following}."
