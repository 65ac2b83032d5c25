"""What torch finds on this machine, asked in a process of its own: torch takes seconds to load."""

import json
import subprocess
import sys
from typing import Any

from core.base.errors import WinnowError

_QUESTION = [sys.executable, "-P", "-m", "core.training.runtime.devices"]


def device_report() -> dict[str, Any]:
    """Ask torch which accelerators are here and which device a run would use.

    Returns:
        torch (its version), accelerators (name → maker's name), cpu, device (what auto would take), free_bytes of it,
        measures_bf16 (whether auto precision compares bf16 with fp32 there, or takes fp32 at once).

    Raises:
        WinnowError: PyTorch cannot be loaded; the sentence holds its last words.
    """
    answer = subprocess.run(_QUESTION, capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(answer.stdout)
    except ValueError as error:
        last = (answer.stderr.strip() or "no message").splitlines()[-1]
        raise WinnowError(f"PyTorch cannot be used here ({last}): install it again, see docs/install.md.") from error
    return found


def device_text(found: dict[str, Any]) -> str:
    """The report in lines."""
    accelerators = [f"found    {name}: {title}" for name, title in found["accelerators"].items()]
    precision = "bf16 or fp32, whichever is measured to be faster" if found["measures_bf16"] else "fp32, unmeasured"
    return "\n".join([
        f"torch    {found['torch']}",
        *(accelerators or ["found    no accelerator that this PyTorch can use"]),
        f"found    cpu: {found['cpu']}",
        f"use      {found['device']} ({found['free_bytes'] / 2**30:.1f} GiB free), precision {precision}",
    ])  # fmt: skip
