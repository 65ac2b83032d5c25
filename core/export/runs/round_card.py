"""Round card: one self-contained HTML page about a run.

Labels, thresholds, certificates (set hash, α, draws), accuracy and difference to the parent, review value, hashes,
versions and the commands that repeat it. The page needs nothing outside itself.
"""

import base64
import shlex
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from core.base.config import TrainConfig
from core.base.errors import WinnowError
from core.base.presets import recipe
from core.base.types import Decision, Estimate
from core.data.image_io import encode_png
from core.experiments.control_runs import controls_of, value_over_control
from core.quality.audit_answers import Audit
from core.quality.model_comparison import compare_runs
from core.quality.service import Quality
from core.review.decision_history import DecisionHistory
from core.risk.error_estimates import proportion
from core.workspace.run import Run
from core.workspace.workspace import Workspace

MOST_IMAGES = 60
"""Most audited images shown, wrong ones first."""
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#24292f;"
    "background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse}"
    "th,td{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #d8dee4;vertical-align:top}"
    "code,pre{font:13px ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}"
    "figure{display:inline-block;margin:0 .5rem .5rem 0;text-align:center;font-size:12px}"
    "figure img{display:block;height:56px;min-width:56px;image-rendering:pixelated;border:3px solid #1f9e7a}"
    "figure.wrong img{border:3px dashed #d9682a}"
)


def round_card(workspace: Workspace, history: DecisionHistory, quality: Quality, run: Run) -> str:
    """Write the card of a finished run as HTML text.

    Args:
        workspace: The project.
        history: Its decisions.
        quality: Its quality service, for the certificates.
        run: The finished run.

    Returns:
        The text of an HTML file that needs nothing outside itself.
    """
    record, images = run.record, workspace.images
    header = [
        ("Project", f"{workspace.name} ({len(images.class_names)} classes, {len(images.labels):,} images)"),
        ("Run", run.id),
        ("Parent", record.parent or "none"),
        ("Made", record.created),
        ("Images and labels", record.fingerprint),
        ("Curated set", record.curated or "none: the given labels alone"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
    ]
    parts = [
        f"<h1>{escape(workspace.name)}: {escape(run.id)}</h1>",
        _table((), header),
        "<h2>What it trained on</h2>",
        _table(("source", "labels"), [(name, f"{count:,}") for name, count in record.num_labels.items() if count]),
        *_bulk_accepts(history, run),
        "<h2>What it does on the test images</h2>",
        *_metrics(workspace, run),
        "<h2>What its calibration images say about accepted labels</h2>",
        f"<p>{escape(quality.pool_check(run.id).sentence)}</p>",
        "<h2>What is proven about its labels</h2>",
        *_certificates(workspace, quality, [name for name in (run.id, record.parent) if name is not None]),
        "<h2>Again</h2>",
        f"<pre>{escape(_commands(workspace, run))}</pre>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(run.id)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [("th", head)] if head else []
    lines += [("td", row) for row in rows]
    cells = ("".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in line) for tag, line in lines)
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in cells) + "</table>"


def _bulk_accepts(history: DecisionHistory, run: Run) -> list[str]:
    """Describe the bulk accepts that went into the run: rule, numbers, labels."""
    frozen = run.folder.curated()
    if frozen is None:
        return []
    numbers, counts = np.unique(frozen.decisions, return_counts=True)
    count_of = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    bulk = [line for line in history.all() if line.id in count_of and line.verdict == "bulk_accept"]
    if not bulk:
        return ["<p>Nothing was accepted in bulk.</p>"]
    rows = [(f"#{line.id}", _rule(line), line.run_id, f"{count_of[line.id]:,}") for line in bulk]
    return ["<p>Accepted in bulk:</p>", _table(("decision", "rule", "scores of", "labels"), rows)]


def _rule(line: Decision) -> str:
    params = {name: value for name, value in line.params.items() if name not in ("rule", "expected", "images")}
    numbers = ", ".join(f"{name} = {value}" for name, value in params.items())
    return f"{line.params.get('rule', 'named images')} {numbers}".strip()


def _metrics(workspace: Workspace, run: Run) -> list[str]:
    test, labels = workspace.splits.test, workspace.images.labels
    if not len(test):
        return ["<p>The project has no test images.</p>"]
    right = np.asarray(run.folder.logits()[test]).argmax(axis=1) == labels[test]
    lines = [f"Accuracy {_interval(proportion(int(right.sum()), len(test)))}."]
    try:
        if run.record.parent is not None:
            found = compare_runs(workspace, run.record.parent, run.id).comparison
            lines.append(
                f"Difference to {run.record.parent}: {100 * found.difference:+.2f} points [{100 * found.low:+.2f}, "
                f"{100 * found.high:+.2f}], exact McNemar p = {found.p_value:.3g}."
            )
        for control, kind in controls_of(workspace, run.id).items():
            lines.append(f"Over {control} ({kind}): {value_over_control(workspace, control, run.id).sentence}.")
    except WinnowError as error:
        lines.append(str(error))
    return [f"<p>{escape(line)}</p>" for line in lines]


def _interval(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.2f} % [{100 * estimate.low:.2f}, {100 * estimate.high:.2f}], n = {estimate.n:,}"


def _certificates(workspace: Workspace, quality: Quality, runs: Sequence[str]) -> list[str]:
    audits = [audit for audit in quality.certificates() if audit.run_id in runs]
    if not audits:
        return ["<p>No selection of this run or its parent has been audited: nothing is proven.</p>"]
    return [part for audit in audits for part in _certificate(workspace, audit)]


def _certificate(workspace: Workspace, audit: Audit) -> list[str]:
    proven = audit.certificate
    params = ", ".join(f"{name} = {value}" for name, value in audit.params.items())
    rows = [
        ("Selection", f"{audit.rule} {params}, of {audit.run_id}"),
        ("Set hash", audit.ids_hash),
        ("Images", f"{proven.size:,}"),
        ("Draws", f"{proven.num_answers:,} uniform, blind, seed {audit.seed}; {proven.num_right:,} right"),
        ("α", f"{proven.alpha:g}"),
        ("Certified right", f"at least {100 * proven.certified:.1f} %"),
    ]
    order = np.argsort(audit.is_right, kind="stable")[:MOST_IMAGES]  # wrong ones first
    rest = proven.num_answers - len(order)
    more = f"<p>… and {rest:,} more, all in the manifest.</p>" if rest else ""
    return [_table((), rows), "<p>", *(_figure(workspace, audit, int(row)) for row in order), f"</p>{more}"]


def _figure(workspace: Workspace, audit: Audit, row: int) -> str:
    image, is_right = int(audit.answered[row]), bool(audit.is_right[row])
    data = base64.b64encode(encode_png(np.asarray(workspace.images.pixels[image]))).decode()
    word = "right" if is_right else "wrong"
    caption = f"{image} {word}"
    return (
        f'<figure class="{word}"><img alt="image {caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _commands(workspace: Workspace, run: Run) -> str:
    """Return the commands that repeat the run.

    They name every setting that differs from its method's recipe and the defaults.
    """
    folder, record = shlex.quote(workspace.path.name), run.record
    export = f"winnow export {folder} card --kind round_card --run {run.id}"
    source = run.imported_from
    if source is not None:
        words = [source["file"] or "predictions.npy", "--name", record.config.imported_model]
        return f"winnow import-predictions {folder} {shlex.join(words)}\n{export}"
    ours = record.config.model_dump()
    usual = {**recipe({"method": record.config.method}).model_dump(), "method": TrainConfig().method}
    words = ["winnow", "train", folder]
    for name, value in ours.items():
        if value == usual[name]:
            continue
        flag = name.replace("_", "-")
        words += [f"--{flag}" if value else f"--no-{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]
    words += ["--parent", record.parent] if record.parent is not None else []
    if record.rule is not None:
        rule = dict(record.rule)
        words += ["--rule", str(rule.pop("rule", ""))]
        words += [word for name, value in rule.items() for word in ("--param", f"{name}={value}")]
    if all(run.id != other.control.of for other in workspace.runs() if other.control is not None):
        words.append("--no-controls")
    again = " ".join([*words[:3], *(shlex.quote(word) for word in words[3:])])
    return f"{again}\nwinnow export {folder} out --kind csv\n{export}"
