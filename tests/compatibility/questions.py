"""Ask an old project every read-only question: commands, HTTP routes, Python calls, exports, pages.

`python -m tests.compatibility.questions` records the answers of the code that runs it in expected_0_1.json. That was
done once, with version 0.1, and is not to be repeated: the file says what later code must answer.

One answer is not the one that version 0.1 gave at its surface. It had two plug-in thresholds: `threshold_for_error` and
`--promise plug_in` looked at all hidden calibration items, simulations (core.project.risk.plug_in) at the open ones
alone. The second remained; the file holds what it answered then, for the call and for the command.
"""

import contextlib
import csv
import dataclasses
import hashlib
import io
import json
import math
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core import Project
from tests.compatibility import adapter
from tests.compatibility.adapter import BASE, CURATED, RULES

HERE = Path(__file__).parent
EXPECTED = HERE / "expected_0_1.json"
ARCHIVE = HERE / "project_0_1.tar.xz"
_STATE = re.compile(
    r"(?:Estimated|Guaranteed|Not valid here|[eE]rror (?:of accepted|from calibration)[^:]*|"
    r"if some of the answers “right” were wrong): [^<\n]*"
)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")
_SENTENCES = {"reasons", "sentence", "message", "error_message", "log", "title"}  # their words may change
_CLOCKS = {"created", "winnow", "pid", "updated", "started"}  # of now, or of the machine
_ALL = ("entropy", "confidence", "margin", "most_confident", "border", "reject_hunt", "mixed", "audit", "diverse")


def unpack(folder: Path) -> Path:
    """Unpack the old project into a folder."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "shapes"


def ask(path: Path) -> dict[str, Any]:
    """Return the answers to all read-only questions, as JSON can hold them."""
    project = Project.open(path)
    parts = {
        "python": _ask_python(project),
        "commands": _ask_commands(path),
        "http": _ask_routes(project),
        "exports": _ask_exports(project),
    }
    return {name: plain(part, project) for name, part in parts.items()}


def plain(value: Any, project: Project) -> Any:
    """Return a value as JSON holds it: floats to 8 digits (most are float32), no clocks, no places of this machine."""
    match value:
        case None | bool():
            return value
        case Enum():
            return plain(value.value, project)
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            return float(f"{value:.8g}") if math.isfinite(value) else str(float(value))
        case str():
            return value.replace(str(project.path), "PROJECT").replace(project.key, "KEY")
        case np.ndarray():
            return _plain_list(value.tolist(), project)
        case Mapping():
            return {str(key): _named(str(key), item, project) for key, item in value.items() if key not in _CLOCKS}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            old = {name: adapter.RENAMED_FIELDS.get(f"{type(value).__name__}.{name}", name) for name in names}
            return plain({old[name]: getattr(value, name) for name in names}, project)
        case _ if hasattr(value, "model_dump"):
            return plain(value.model_dump(), project)
    return _plain_list(list(value), project)


def _named(name: str, value: Any, project: Project) -> Any:
    return (
        numbers(" ".join([value] if isinstance(value, str) else value)) if name in _SENTENCES else plain(value, project)
    )


def _plain_list(values: list[Any], project: Project) -> Any:
    """A list; a long one of whole numbers that are mostly zero without its zeros."""
    if len(values) > 100 and all(type(v) is int for v in values) and values.count(0) > len(values) / 2:
        return {"length": len(values), "nonzero": {str(place): v for place, v in enumerate(values) if v}}
    return [plain(v, project) for v in values]


def numbers(text: str) -> list[float]:
    """Return the numbers of a text in their order: its words may change, they may not.

    What holds for an error, and if answers were wrong, was not said in version 0.1: those sentences are left out.
    """
    return [float(found.replace(",", "")) for found in _NUMBER.findall(_STATE.sub("", text))]


def _ask_python(project: Project) -> dict[str, Any]:
    answers = {name: call(project) for name, call in adapter.OF_THE_PROJECT.items()}
    of_runs = {
        f"{name} of {run}": call(project, run) for run in (BASE, CURATED) for name, call in adapter.OF_A_RUN.items()
    }
    others = {f"run {run.id}": adapter.OF_A_RUN["run"](project, run.id) for run in project.runs()[2:]}
    return {**answers, **of_runs, **others}


def commands() -> list[list[str]]:
    """Return the read-only commands in the spelling of version 0.1, without the project's path."""
    asked = [["status"], ["status", CURATED], ["curate"], ["reviewers"], ["simulate", "--show", "001"]]
    asked += [["compare", a, b] for a, b in ((BASE, CURATED), (CURATED, BASE), (BASE, BASE))]
    asked += [["worth", CURATED], ["worth", BASE]]
    for run in (BASE, CURATED):
        asked += [["score", run, "--ranking", ranking, "--count", "7"] for ranking in _ALL[:4]]
        for rule, params in RULES.items():
            words = [f"{name}={value}" for name, value in params.items() if name != "thresholds"]
            asked.append(["select", run, "--rule", rule, *(part for word in words for part in ("--param", word))])
        for promise in ("conformal", "careful", "plug_in"):
            asked += [["select", run, "--target-error", str(target), "--promise", promise] for target in (0.15, 0.5)]
        asked += [["queue", run, "--order", order, "--count", "6", "--threshold", "0.8"] for order in _ALL]
        asked += [["queue", run, "--order", order, "--count", "4", "--drawn", "12"] for order in ("mixed", "audit")]
        asked += [["estimate", run, "--threshold", threshold] for threshold in ("0.7", "0.95")]
    risk = ["--target", "0.9", "--alpha", "0.1"]
    asked += [["audit", BASE, "--rule", "lowest_entropy", "--param", f"percent={p}", *risk] for p in (20, 30, 45)]
    asked += [["audit", CURATED], ["status", "nobody"], ["select", BASE, "--rule", "nothing"]]
    return asked


def _ask_commands(path: Path) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for verb, *rest in commands():
        code, out = type_command([verb, str(path), *rest, "--json"])
        _, text = type_command([verb, str(path), *rest])
        answers[" ".join([verb, *rest])] = {
            "code": code,
            "json": json.loads(out or "null"),
            "numbers": numbers(text.replace(str(path), "PROJECT")),
        }
    return answers


def type_command(words: list[str]) -> tuple[int, str]:
    """Run one command in this process; return its exit code and what it prints."""
    code, out = 0, io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            adapter.run_command(words)
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue()


def addresses() -> list[str]:
    """Return the addresses of the review page that read, below the project's own."""
    asked = ["/history?limit=1000"]
    filters = ("show=undecided", "show=all&predicted=1", "runner_up=2", "range=confidence,0.4,0.7", "changed=1",
               "find=cross", "show=reject&by=bob", "label=2", "decision=91", "show=open&reviewer=ann")  # fmt: skip
    for run in (BASE, CURATED):
        root = f"/runs/{run}"
        asked += [f"{root}/page?ranking={ranking}&count=5&threshold=0.8" for ranking in _ALL]
        asked += [f"{root}/page?count=6&{words}" for words in filters]
        asked += [
            f"{root}/page?count=4&start=20&direction=previous",
            f"{root}/page?ranking=mixed&drawn=12&eta=0.5&count=4",
        ]
        asked += [f"{root}/histogram?score={score}" for score in ("confidence", "entropy", "margin")]
        asked += [f"{root}/border?score=confidence&value={value}" for value in (0.55, 0.8)]
        asked += [f"{root}/per_class?ids=0,1,2", f"{root}/targets", f"{root}/events"]
        asked += [f"{root}/{what}" for what in ("histogram?score=luck", "page?show=nothing", "border?value=x")]
    return [*asked, *(f"/runs/{CURATED}/border?score={score}&value=0.4" for score in ("entropy", "margin"))]


def _ask_routes(project: Project) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    image = int(project.splits.pool[17])
    with TestClient(Starlette(routes=adapter.routes())) as client:
        root = f"/winnow/{project.key}"
        cards = [f"/runs/{run}/{what}" for run in (BASE, CURATED) for what in
                 (f"card/{image}?ranking=margin", f"neighbors/{image}?count=4")]  # fmt: skip
        for address in [*addresses(), *cards, f"/original/{image}"]:
            answer = client.get(root + address)
            answers[address] = {"code": answer.status_code, **(_body(answer.text) if answer.status_code == 200 else {})}
        for rule, params in RULES.items():
            body = {"rule": rule, **params, **({"class_cap": 1.1} if rule == "fixed_threshold" else {})}
            answers[f"count {rule}"] = client.post(f"{root}/runs/{BASE}/count", json=body).json()
        for address in (f"/image/{image}", f"/sprite?ids=3,{image},8&tile=16&columns=2"):
            pixels = np.asarray(Image.open(io.BytesIO(client.get(root + address).content)).convert("L"))
            answers[address] = [pixels.shape, hashlib.sha256(pixels.tobytes()).hexdigest()]
    return answers


def _body(text: str) -> dict[str, Any]:
    if text.startswith("data: "):
        return {"event": json.loads(text.split("\n")[0].removeprefix("data: "))}
    return {"json": json.loads(text)}


OLD_COLUMNS = 14
"""Columns of the tables of labels in version 0.1; later ones stand behind them."""


def _ask_exports(project: Project) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        answers: dict[str, Any] = {}
        for kind, run in (("csv", None), ("parquet", None), ("folder_per_class", None), ("model", BASE),
                          ("round_card", CURATED)):  # fmt: skip
            project.export(kind, place / kind, run)
            answers[f"manifest of {kind}"] = json.loads((place / kind / "manifest.json").read_text())
            answers[f"files of {kind}"] = sorted(
                f.relative_to(place / kind).as_posix() for f in (place / kind).rglob("*")
            )
        rows = csv.reader(io.StringIO((place / "csv" / "labels.csv").read_text(encoding="utf-8")))
        answers["csv"] = [[_number(cell) for cell in row[:OLD_COLUMNS]] for row in rows]
        table = pq.read_table(place / "parquet" / "labels.parquet")
        table = table.select(range(OLD_COLUMNS))
        answers["parquet"] = {name: str(table.schema.field(name).type) for name in table.column_names}
        cells = [["" if cell is None else _number(str(cell)) for cell in row.values()] for row in table.to_pylist()]
        assert [table.column_names, *cells] == answers["csv"]
        answers["model"] = [json.loads((place / "model" / name).read_text()) for name in ("model.json", "run.json")]
        html = (place / "round_card" / "round_card.html").read_text(encoding="utf-8")
        answers["round card"] = numbers(re.sub(r"<style>.*?</style>|<[^>]*>", " ", _STATE.sub("", html)))
    return answers


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell


def ask_page(project: Project, name: str) -> list[Any]:
    """Show one page; return the values that stand in its metrics and the numbers of its tables."""
    test = AppTest.from_function(adapter.show_page, kwargs={"name": name}, default_timeout=30)
    for key, value in {"project": project.key, "run": CURATED, "threshold": "0.8"}.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception, (name, [found.value for found in test.exception])
    assert not test.error, (name, [found.value for found in test.error])
    tables = [numbers(frame.value.to_csv(index=False, header=False)) for frame in test.dataframe]
    answer: list[Any] = plain([[metric.value for metric in test.metric], tables], project)
    return answer


def record() -> None:
    """Write the answers of the code that runs this."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WINNOW_HOME"] = f"{folder}/home"
        path = unpack(Path(folder))
        answers = ask(path)
        answers["pages"] = {name: ask_page(Project.open(path), name) for name in adapter.PAGES}
        project = Project.open(path)
        answers["afterwards"] = plain(adapter.go_on(project), project)
    EXPECTED.write_text(_written(answers), encoding="utf-8")


def _written(answers: dict[str, Any]) -> str:
    """JSON with one answer a line."""
    parts = []
    for part, found in answers.items():
        lines = [f"  {json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in found.items()]
        parts.append(f" {json.dumps(part)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    record()
