"""Start trainings, workers and short tasks in other processes."""

import os
import subprocess
import threading
from dataclasses import asdict, replace
from pathlib import Path

from core.base.errors import DataError, InputError
from core.jobs.launch import WORKER_ENVIRONMENT, Launch, launch_of, module_command
from core.store.files import write_json
from core.store.run_folder import RunFolder

_WAIT = module_command("core.jobs.wait")


def start(project: Path, run_id: str, *, is_resume: bool = False, launch: Launch | None = None) -> int:
    """Start the training of a prepared run as soon as its device is free.

    Args:
        project: Folder of the project.
        run_id: The run, whose run.json is written.
        is_resume: Whether to go on from the last checkpoint.
        launch: How its processes are started, kept in the run folder; None uses the kept one.

    Returns:
        The id of the process.

    Raises:
        DataError: The process cannot be started.
    """
    folder = RunFolder(project / "runs" / run_id)
    if launch is not None:
        write_json(folder.path / "launch.json", asdict(launch))
    command = [*_WAIT, str(project), run_id, *launch_of(folder).arguments()]
    folder.clear_cancel()
    folder.write_status(replace(folder.status(), state="queued", message="Waiting for the training process."))
    try:
        with folder.log_path.open("ab") as log:
            process = subprocess.Popen(
                [*command, "--resume"] if is_resume else command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=WORKER_ENVIRONMENT | os.environ | {"PYTHONUNBUFFERED": "1"},
            )
    except OSError as error:
        raise DataError(f"{run_id} could not be started: {error.strerror}. Its folder is {folder.path}.") from error
    threading.Thread(target=_report_failed_start, args=(process, folder), daemon=True).start()
    return process.pid


def _report_failed_start(process: subprocess.Popen[bytes], folder: RunFolder) -> None:
    """Wait for the process and write the status where it could not.

    The wait leaves no zombie process behind.
    """
    code = process.wait()
    if code == 0:
        return
    try:
        status = folder.status()
    except DataError:  # the run folder was deleted meanwhile
        return
    if status.state == "queued" and not folder.is_locked():
        last = folder.log_tail(1) or f"It left with exit code {code}."
        folder.write_status(replace(status, state="failed", message=f"The training process could not start. {last}"))


def start_worker(module: str, project: Path, number: str, log_path: Path) -> int:
    """Start the worker process of a prepared job.

    Args:
        module: Module that is run with the project and the number as arguments.
        project: Folder of the project.
        number: The job, by the name of its folder.
        log_path: File that the worker's output is appended to.

    Returns:
        The id of the process.

    Raises:
        DataError: The process cannot be started.
    """
    try:
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                module_command(module, str(project), number),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=WORKER_ENVIRONMENT | os.environ,
            )
    except OSError as error:
        raise DataError(f"{number} could not be started: {error.strerror}. Its log is {log_path}.") from error
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie
    return process.pid


def load_dataset(name: str, root: Path | None, out: Path) -> None:
    """Write a torchvision data set as an image folder, in another process.

    Args:
        name: A torchvision data set, such as "mnist".
        root: Folder that holds its files or receives the download; None takes ~/.cache/winnow.
        out: The image folder to write.

    Raises:
        InputError: The files are missing or damaged and cannot be downloaded.
    """
    place = root or Path.home() / ".cache" / "winnow"
    command = module_command("core.training.torchvision_datasets", name, "--root", str(place), "--out", str(out))
    _run(command, f"{name} could not be read")


def check_ood(project: Path, run_id: str, ood_images: Path | None) -> None:
    """Score noise and other images with a finished model, in another process.

    Args:
        project: Folder of the project.
        run_id: A run that is done.
        ood_images: An image folder of Winnow with images of other classes; None checks noise alone.

    Raises:
        InputError: The model or the images cannot be read.
    """
    arguments = [] if ood_images is None else ["--images", str(ood_images)]
    _run(module_command("core.training.noise_check", str(project), run_id, *arguments), "The noise check failed")


def _run(command: list[str], failure: str) -> None:
    """Run a command to its end.

    Raises:
        InputError: It failed; the sentence is its last line, or `failure` where it printed nothing.
    """
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"{failure} (exit code {done.returncode})."]
        raise InputError(lines[-1])
