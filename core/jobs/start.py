"""Rings the engine in another process: start, cancel, and a data set that only torchvision can read. No torch here.

The process has a session of its own, so it outlives a refresh, a closed tab and a restarted dashboard. It first waits
for its turn on the device (python -m core.jobs.start PROJECT RUN), then becomes the engine or torchrun.
"""

import argparse
import os
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from core.base.errors import DataError, InputError, WinnowError
from core.jobs.device_lock import Turn, candidates
from core.store.files import cannot_read, read_json, write_json
from core.store.run_folder import RunFolder

_PYTHON = [sys.executable, "-P"]  # -P: a folder called core, where the person stands, is not ours
_ENGINE = [*_PYTHON, "-m", "core.training.worker"]
_WAITER = [*_PYTHON, "-m", "core.jobs.start"]
_HEARTBEAT = 5.0
"""Seconds between two words of a run that waits for its turn."""
_AROUND = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1", "PYTHONSAFEPATH": "1"}
"""What torchrun needs around it: without the first, restarts hang (torch 2.15); without the second, a folder called
core, where the person stands, would be ours."""


LAUNCHERS = ("process", "torchrun")


@dataclass(frozen=True)
class Launch:
    """How the processes of one run are started: torchrun or not, on how many machines, and where they meet."""

    torchrun: bool = False
    nodes: int = 1
    rendezvous: str = ""  # HOST:PORT that every machine can reach; empty on one machine

    @classmethod
    def checked(cls, launcher: str, nodes: int, rendezvous: str) -> Self:
        """From words that a person typed; InputError says what does not fit."""
        if launcher not in LAUNCHERS:
            raise InputError(f"There is no launcher called {launcher!r}: choose {' or '.join(LAUNCHERS)}.")
        if nodes > 1 and (launcher != "torchrun" or ":" not in rendezvous):
            raise InputError(
                "Several machines need --launcher torchrun and --rendezvous HOST:PORT of the first of them."
            )
        return cls(launcher == "torchrun", nodes, rendezvous)

    def words(self) -> list[str]:
        """The same for the command line of core.jobs.start."""
        return ["--torchrun", str(int(self.torchrun)), "--nodes", str(self.nodes), "--rendezvous", self.rendezvous]


def start(project: Path, run_id: str, *, is_resume: bool = False, launch: Launch | None = None) -> int:
    """Start the engine on a run whose run.json is written, when its turn comes; answers with the process id.

    The launch is kept in the run folder; where none is given, the kept one is used again.
    """
    folder = RunFolder(project / "runs" / run_id)
    if launch is not None:
        write_json(folder.path / "launch.json", asdict(launch))
    command = [*_WAITER, str(project), run_id, *launch_of(folder).words()]
    folder.clear_cancel()
    folder.write_status(replace(folder.status(), state="queued", message="Waiting for the engine."))
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


def launch_of(folder: RunFolder) -> Launch:
    """How a run was started; one process on this machine where nothing else was asked for."""
    file = folder.path / "launch.json"
    if not file.exists():
        return Launch()
    try:
        return Launch(**read_json(file))
    except TypeError as error:
        raise cannot_read(file, error) from error


def command_elsewhere(project: Path, folder: RunFolder, *, is_resume: bool) -> str | None:
    """What to type on each other machine of a run, in a shell; None where the run needs no other machine."""
    launch = launch_of(folder)
    if launch.nodes == 1:
        return None
    words = engine_command(project, folder.id, launch, folder.record().config.devices, is_resume=is_resume)
    around = " ".join(f"{name}={value}" for name, value in _AROUND.items())
    return f"{around} python {shlex.join(words[len(_PYTHON) :])}"


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


def start_player(module: str, project: Path, number: str, log_path: Path) -> int:
    """Start a process that plays a prepared simulation or curriculum, output to its log; answers with its id."""
    command = [*_PYTHON, "-m", module, str(project), number]
    try:
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
    except OSError as error:
        raise DataError(f"{number} could not be started: {error.strerror}. Its log is {log_path}.") from error
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie
    return process.pid


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


def check_noise(project: Path, run_id: str, foreign: Path | None) -> None:
    """Let a finished model answer noise and an image folder of ours; InputError says what is wrong."""
    words = [] if foreign is None else ["--foreign", str(foreign)]
    command = [*_ENGINE, "noise", str(project), run_id, *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"The noise check failed (exit code {done.returncode})."]
        raise InputError(lines[-1])


def engine_command(project: Path, run_id: str, launch: Launch, num_devices: int, *, is_resume: bool) -> list[str]:
    """The engine itself, or torchrun with one engine for each device (PyTorch's launcher, on one or more machines)."""
    words = ["train", str(project), run_id, *(["--resume"] if is_resume else [])]
    if not launch.torchrun and num_devices == 1:
        return [*_ENGINE, *words]
    meeting = ["--standalone"]
    if launch.nodes > 1:  # the run's name keeps apart those that meet at the same place one after the other
        meeting = ["--rdzv-backend", "c10d", "--rdzv-endpoint", launch.rendezvous, "--rdzv-id", run_id]
    sizes = ["--nnodes", str(launch.nodes), "--nproc-per-node", str(num_devices), "--max-restarts", "0"]
    return [*_PYTHON, "-m", "torch.distributed.run", *meeting, *sizes, "-m", "core.training.worker", *words]


def wait_and_become(project: Path, run_id: str, launch: Launch, *, is_resume: bool) -> int:
    """Wait for the device, telling so in the run's status, then turn into the engine, or stay beside torchrun.

    Answers with torchrun's exit code, and with 0 where the run was cancelled meanwhile.
    """
    folder = RunFolder(project / "runs" / run_id)
    config = folder.record().config
    turn = Turn(candidates(config.device), config.devices, run_id)
    told = 0.0
    while not turn.take():
        if folder.is_cancel_requested():
            turn.leave()
            status = replace(folder.status(), state="cancelled", message="Cancelled while waiting; it can be resumed.")
            folder.write_status(status)
            return 0
        if time.monotonic() - told > _HEARTBEAT:
            who = " and ".join(dict.fromkeys(turn.holders())) or "another run"
            message = f"Waiting for {' or '.join(turn.names)}: {who} is training there."
            folder.write_status(replace(folder.status(now=0), state="queued", message=message))
            told = time.monotonic()
        time.sleep(0.1)
    if config.device in ("auto", "cuda") and turn.names != ["cpu"]:
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(_visible(name) for name in turn.held)
    os.environ |= _AROUND
    command = engine_command(project, run_id, launch, config.devices, is_resume=is_resume)
    if command[: len(_ENGINE)] == _ENGINE:
        os.execv(command[0], command)
    is_met = launch.nodes > 1
    message = f"Waiting for the other machines at {launch.rendezvous}." if is_met else "Starting the engines."
    return accompany(command, folder, message)


def accompany(command: list[str], folder: RunFolder, message: str) -> int:
    """Stay beside torchrun until its engines speak for themselves, so that a run which waits long for them is not taken
    for lost and can be cancelled; answers with its exit code.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False)  # the held devices are open files
    told = 0.0
    while process.poll() is None and not folder.is_locked():
        if folder.is_cancel_requested():
            process.terminate()
            process.wait()
            sentence = "Cancelled before the engines began; it can be resumed."
            folder.write_status(replace(folder.status(now=0), state="cancelled", message=sentence))
            return 0
        said = folder.status(now=0)
        if said.state == "queued" and time.monotonic() - told > _HEARTBEAT:
            folder.write_status(replace(said, message=message))
            told = time.monotonic()
        time.sleep(0.1)
    return process.wait()


def _visible(name: str) -> str:
    """The machine's own name of a CUDA device, where only some are visible to us."""
    number = int(name.partition(":")[2])
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return visible.split(",")[number].strip() if visible else str(number)


def main() -> int:
    """Read the command line that `start` wrote."""
    parser = argparse.ArgumentParser(prog="python -m core.jobs.start")
    parser.add_argument("project", type=Path)
    parser.add_argument("run")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--torchrun", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--rendezvous", default="")
    words = parser.parse_args()
    launch = Launch(bool(words.torchrun), words.nodes, words.rendezvous)
    try:
        return wait_and_become(words.project, words.run, launch, is_resume=words.resume)
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
