"""Measure how much a training on the same cores slows the keys of the Review page.

The same keys, with the training stopped and going, by turns.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import Project, TrainConfig

ROUNDS, KEYS = 6, 40


def training_vs_review(press: Callable[[list[str]], list[float]], folder: Path) -> list[list[str]]:
    """Milliseconds from key to next image without and with a FixMatch run on the same cores, as rows."""
    project = Project.create(folder, "demo")
    run = project.start_run(TrainConfig(method="fixmatch", epochs=5000))
    while run.status.step < 3:
        assert run.status.state in ("queued", "running"), run.status.message
        time.sleep(0.2)
    process = run.status.pid
    assert process is not None
    alone: list[float] = []
    going: list[float] = []
    keys = ["a", "x", "n", "u"] * (KEYS // 4)
    try:
        for _ in range(ROUNDS):
            for how, found in ((signal.SIGSTOP, alone), (signal.SIGCONT, going)):
                os.kill(process, how)
                time.sleep(0.5)
                found += press(keys)
    finally:
        os.kill(process, signal.SIGCONT)
        project.cancel_run(run.id)
        while run.status.state == "running":
            time.sleep(0.1)
    before, after = (np.percentile(found, [50, 95]) for found in (alone, going))
    return [
        [
            "key to next image, a training on the same cores stopped, ms",
            f"{before[0]:.1f}",
            f"{before[1]:.1f}",
            str(len(alone)),
            "",
        ],
        [
            "the same, the training going, ms",
            f"{after[0]:.1f}",
            f"{after[1]:.1f}",
            str(len(going)),
            "p95 at most 50 more",
        ],
    ]
