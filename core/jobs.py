"""Rings the engine in another process: start, cancel, and a data set that only torchvision can read. No torch here.

The process has a session of its own, so it outlives a refresh, a closed tab and a restarted dashboard.
"""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from core.base.errors import DataError, InputError
from core.store.runs import RunFolder

_ENGINE = [sys.executable, "-P", "-m", "core.engine"]  # -P: a folder called core, where the person stands, is not ours


def start(project: Path, run_id: str, *, is_resume: bool = False) -> int:
    """Start the engine on a run whose run.json is written; answers with the process id."""
    folder = RunFolder(project / "runs" / run_id)
    folder.clear_cancel()
    command = [*_ENGINE, "train", str(project), run_id]
    try:
        with folder.log_path.open("ab") as log:
            process = subprocess.Popen(
                [*command, "--resume"] if is_resume else command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
    except OSError as error:
        raise DataError(f"{run_id} could not be started: {error.strerror}. Its folder is {folder.path}.") from error
    threading.Thread(target=_reap, args=(process, folder), daemon=True).start()
    return process.pid


def _reap(process: subprocess.Popen[bytes], folder: RunFolder) -> None:
    """Wait for the engine, so that it leaves no zombie; where it died before its first word, say so in its place."""
    code = process.wait()
    if code == 0:
        return
    try:
        status = folder.status()
    except DataError:  # the run folder was deleted meanwhile: nobody is left to be told
        return
    if status.state == "queued" and not folder.is_locked():
        last = folder.log_tail(1) or f"It left with exit code {code}."
        folder.write_status(replace(status, state="failed", message=f"The engine could not begin. {last}"))


def cancel(folder: RunFolder) -> None:
    """Ask the engine to stop after its next step; it leaves a checkpoint."""
    folder.request_cancel()


def load_dataset(name: str, root: Path | None, out: Path) -> None:
    """Let torchvision read a built-in data set into an image folder of ours; InputError says what it lacks."""
    place = root or Path.home() / ".cache" / "winnow"
    command = [*_ENGINE, "dataset", name, "--root", str(place), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"{name} could not be read (exit code {done.returncode})."]
        raise InputError(lines[-1])
