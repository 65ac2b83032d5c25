"""Wait for a device, then run the training worker or torchrun.

Command line: python -m core.jobs.wait PROJECT RUN.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.base.errors import WinnowError
from core.jobs.device_lock import VISIBLE, DeviceLock, candidate_devices
from core.jobs.launch import TORCHRUN_ENVIRONMENT, Launch, head_command, training_command
from core.store.run_folder import RunFolder

_HEARTBEAT = 5.0
"""Seconds between two status updates of a waiting run."""


def wait_for_device(project: Path, run_id: str, launch: Launch, *, is_resume: bool) -> int:
    """Wait for a device lock, then exec the training worker or run torchrun.

    Args:
        project: Folder of the project.
        run_id: A queued run; its status says what it waits for.
        launch: How its processes are started.
        is_resume: Whether to go on from the last checkpoint.

    Returns:
        The exit code of torchrun; 0 where the run was cancelled while waiting.
    """
    folder = RunFolder(project / "runs" / run_id)
    config = folder.record().config
    if config.is_head:
        command = head_command(project, run_id)
        os.execv(command[0], command)
    lock = DeviceLock(candidate_devices(config.device), config.devices, run_id)
    last_written = 0.0
    while not lock.acquire():
        if folder.is_cancel_requested():
            lock.leave_queue()
            status = replace(folder.status(), state="cancelled", message="Cancelled while waiting; it can be resumed.")
            folder.write_status(status)
            return 0
        if time.monotonic() - last_written > _HEARTBEAT:
            message = waiting_message(lock.names, lock.holders(), lock.waiting_before())
            folder.write_status(replace(folder.status(now=0), state="queued", message=message))
            last_written = time.monotonic()
        time.sleep(0.1)
    variable = VISIBLE.get(lock.names[0].partition(":")[0])
    if variable and ":" not in config.device:
        os.environ[variable] = ",".join(_visible(name, variable) for name in lock.held)
    os.environ |= TORCHRUN_ENVIRONMENT
    command = training_command(project, run_id, launch, config.devices, is_resume=is_resume)
    if not launch.needs_torchrun(config.devices):
        os.execv(command[0], command)
    has_others = launch.nodes > 1
    message = f"Waiting for the other machines at {launch.rendezvous}." if has_others else "Starting the workers."
    return accompany(command, folder, message)


def waiting_message(devices: Sequence[str], holders: Sequence[str], before: Sequence[str]) -> str:
    """Say what a queued run waits for.

    Args:
        devices: Devices that would do.
        holders: Runs that train there.
        before: Runs that wait for them and come first.

    Returns:
        One sentence.
    """
    training = " and ".join(dict.fromkeys(holders)) or "another run"
    waiting = (
        f"; {', '.join(dict.fromkeys(before))} {'waits' if len(before) == 1 else 'wait'} before it" if before else ""
    )
    return f"Waiting for {' or '.join(devices)}: {training} is training there{waiting}."


def accompany(command: list[str], folder: RunFolder, message: str) -> int:
    """Run torchrun and keep the run's status fresh until a worker takes it over.

    A run that waits long for its workers is thus not taken for lost, and can be cancelled.

    Args:
        command: Command line of torchrun.
        folder: Folder of the run.
        message: Status message until the workers write their own.

    Returns:
        The exit code; 0 where the run was cancelled before a worker began.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False)  # held devices are open files
    last_written = 0.0
    while process.poll() is None and not folder.is_locked():
        if folder.is_cancel_requested():
            process.terminate()
            process.wait()
            sentence = "Cancelled before the workers began; it can be resumed."
            folder.write_status(replace(folder.status(now=0), state="cancelled", message=sentence))
            return 0
        status = folder.status(now=0)
        if status.state == "queued" and time.monotonic() - last_written > _HEARTBEAT:
            folder.write_status(replace(status, message=message))
            last_written = time.monotonic()
        time.sleep(0.1)
    return process.wait()


def _visible(name: str, variable: str) -> str:
    """Return the machine's own name of an accelerator, which the variable may have renumbered."""
    number = int(name.partition(":")[2])
    visible = os.environ.get(variable)
    return visible.split(",")[number].strip() if visible else str(number)


def main() -> int:
    """Run the command line that core.jobs.start writes."""
    parser = argparse.ArgumentParser(prog="python -m core.jobs.wait")
    parser.add_argument("project", type=Path)
    parser.add_argument("run")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--torchrun", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--rendezvous", default="")
    arguments = parser.parse_args()
    launch = Launch(bool(arguments.torchrun), arguments.nodes, arguments.rendezvous)
    try:
        return wait_for_device(arguments.project, arguments.run, launch, is_resume=arguments.resume)
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
