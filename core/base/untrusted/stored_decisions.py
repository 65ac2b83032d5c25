"""Decisions as a log stores them: what cannot be read is told apart, and never breaks what reads the log."""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.base.command_schema import HIGHEST, PARAM_TYPES
from core.base.types import REMARKS, UNDO, UNKNOWN, VERDICTS, Decision

UNREADABLE = "unreadable"
"""Verdict of a row that is no decision, such as one about no image; it counts for nothing."""
_AUDIT = ("target", "alpha", "seed", "rule", "params", "ids_hash")
"""Params without which an answer of an audit cannot be used."""
_LONGEST = 200
_NO_TIME = "1970-01-01T00:00:00+00:00"


def stored_decision(row: Mapping[str, Any]) -> Decision:
    """Read one row of the log.

    Params of a wrong type, or without others that belong to them, are left out; a time that is none is 1970.

    Args:
        row: The columns of the table `decisions`, with params as JSON text.

    Returns:
        The decision; with the verdict UNREADABLE, and without image and numbers, where it cannot be one.
    """
    texts = {name: _text(row[name]) for name in ("command_id", "reviewer", "run_id", "verdict")}
    names = ("image_id", "suggestion", "label", "undo_of")
    numbers = {name: row[name] if _is_whole(row[name]) else None for name in names}
    score, ids_hash = row["score"], row["ids_hash"]
    is_broken = (
        any(row[name] is not None and numbers[name] is None for name in names)
        or texts["verdict"] not in (*VERDICTS, *REMARKS, UNDO)
        or not _is_complete(texts["verdict"], numbers, ids_hash)
    )
    params = {} if is_broken else _params(row["params"])
    is_broken = is_broken or (texts["verdict"] == "note" and "text" not in params)
    if is_broken:
        texts["verdict"], numbers, ids_hash = UNREADABLE, dict.fromkeys(names), None
    return Decision(
        id=int(row["id"]),
        command_id=texts["command_id"],
        time=_time(row["time"]),
        reviewer=texts["reviewer"],
        run_id=texts["run_id"],
        verdict=texts["verdict"],
        image_id=numbers["image_id"],
        suggestion=numbers["suggestion"],
        label=numbers["label"],
        score=float(score) if isinstance(score, int | float) and math.isfinite(score) else None,
        params={} if is_broken else params,
        num_images=max(0, row["num_images"]) if _is_whole(row["num_images"]) and not is_broken else 0,
        ids_hash=ids_hash,
        undo_of=numbers["undo_of"],
    )


def fitting(decision: Decision, num_images: int, num_classes: int, project: Path) -> Decision:
    """Return a stored decision; as one that counts for nothing, which is logged, where a project cannot have it.

    Args:
        decision: The decision as `stored_decision` read it.
        num_images: N.
        num_classes: K.
        project: Folder of the project, for the log.
    """
    is_image = decision.image_id is None or 0 <= decision.image_id < num_images
    is_label = decision.label is None or UNKNOWN <= decision.label < num_classes
    if not (is_image and is_label):
        decision = replace(decision, verdict=UNREADABLE, image_id=None, label=None, ids_hash=None)
    if decision.verdict == UNREADABLE:
        text = "Row %d of %s is no decision that this version can read: it counts for nothing."
        logging.getLogger("winnow").warning(text, decision.id, project / "decisions.db")
    return decision


def _is_complete(verdict: str, numbers: Mapping[str, int | None], ids_hash: Any) -> bool:
    if verdict == UNDO:
        return numbers["undo_of"] is not None
    if ids_hash is not None:
        return isinstance(ids_hash, str) and verdict not in REMARKS
    return numbers["image_id"] is not None and (verdict != "relabel" or numbers["label"] is not None)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and -1 <= value <= HIGHEST


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else ascii(value)
    return text[:_LONGEST].encode("utf-8", "replace").decode()


def _time(value: Any) -> str:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return _NO_TIME
    return str(value) if found.tzinfo is not None else found.replace(tzinfo=UTC).isoformat()


def _params(text: Any) -> dict[str, Any]:
    """Parse stored params; half a character that an earlier version stored becomes a question mark."""
    try:
        found = json.loads(text)
        if "\\ud" in text:
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (TypeError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    params = {name: value for name, value in found.items() if _fits(name, value)}
    if params.get("queue") == "audit" and any(params.get(name) is None for name in _AUDIT):
        del params["queue"]
    return params if params.get("planted") != "repeat" else {"first": 0, **params}


def _fits(name: str, value: Any) -> bool:
    kinds = PARAM_TYPES.get(name)
    if kinds is None or value is None:
        return True
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= HIGHEST):
        return False
    return isinstance(value, kinds)
