"""Random changes of JSON values, texts and bytes, such as faulty programs and hostile people send."""

import copy
import json
import random
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, -(2**70), 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"),
    "", " ", "accept", "undo", "bulk_accept", "\x00", "\ud800", "\u202e", "a" * 5_000, "٣", "9" * 5_000, "../..",
    "<script>", "'; DROP TABLE decisions; --", [], {}, [[]], [None], {"": None}, {"images": [[0, 0]]}, [[0, 0, 0]],
)  # fmt: skip
"""Values that stand in for any part of a body."""
_MAX_NESTED = 2_000


def mutated(value: Any, rng: random.Random) -> Any:
    """Return a copy of a JSON value in which one to three parts differ.

    Args:
        value: Anything that JSON holds.
        rng: Chooses parts and changes.
    """
    changed = json.loads(json.dumps(value))
    for _ in range(rng.randint(1, 3)):
        changed = _changed(changed, rng)
    return changed


def _changed(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        action = rng.random()
        if action < 0.15:
            del value[key]
        elif action < 0.3:
            value[strange_text(rng)] = strange(rng)
        else:
            value[key] = _changed(value[key], rng)
        return value
    if isinstance(value, list) and value and rng.random() < 0.85:
        position = rng.randrange(len(value))
        if rng.random() < 0.2:
            value.append(value[position])
        else:
            value[position] = _changed(value[position], rng)
        return value
    return strange(rng)


def strange(rng: random.Random) -> Any:
    """Return one of `STRANGE`, now and then nested deeply."""
    value = copy.deepcopy(rng.choice(STRANGE))
    if rng.random() < 0.05:
        for _ in range(rng.randint(1, _MAX_NESTED)):
            value = [value] if rng.random() < 0.5 else {"filter": value}
    return value


def strange_text(rng: random.Random) -> str:
    """Return one of `STRANGE` as a text of at most 6,000 characters."""
    return str(rng.choice(STRANGE))[:6_000]


def as_bytes(value: Any, rng: random.Random) -> bytes:
    """Return a value as the body of a request; one in ten bodies is damaged afterwards."""
    try:
        body = json.dumps(value).encode("utf-8", "surrogatepass")
    except RecursionError:
        body = b"[" * 100_000
    return damaged(body, rng) if rng.random() < 0.1 else body


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return bytes of which some are changed, missing or repeated."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if not changed:
            break
        position = rng.randrange(len(changed))
        action = rng.random()
        if action < 0.5:
            changed[position] = rng.randrange(256)
        elif action < 0.7:
            del changed[position:]
        elif action < 0.85:
            changed[position:position] = changed[:64]
        else:
            del changed[position : position + rng.randint(1, 64)]
    return bytes(changed)
