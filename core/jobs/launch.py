"""Build the command lines of a run's training processes."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.base.errors import InputError, unknown_name
from core.store.files import cannot_read, read_json
from core.store.run_folder import RunFolder

LAUNCHERS = ("process", "torchrun")
TORCHRUN_ENVIRONMENT = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1", "PYTHONSAFEPATH": "1"}
"""Environment of torchrun. Without the first, restarts hang (torch 2.15); the second is -P for its child processes."""
WORKER_ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Environment of every worker, unless it is set: a thread that waits for another sleeps, where it would spin and take
the core that the other thread, or other work, needs."""
_PYTHON = [sys.executable, "-P"]  # -P: a folder called core in the current directory is not imported
_WORKER = "core.training.worker"
_HEAD_WORKER = "core.experiments.head_worker"


@dataclass(frozen=True)
class Launch:
    """Launch settings: how the processes of one run are started.

    Attributes:
        torchrun: Whether torchrun starts them even where one process is enough.
        nodes: Number of machines.
        rendezvous: HOST:PORT that every machine can reach; empty on one machine.
    """

    torchrun: bool = False
    nodes: int = 1
    rendezvous: str = ""

    @classmethod
    def checked(cls, launcher: str, nodes: int, rendezvous: str) -> Self:
        """Check launch options and build the settings.

        Args:
            launcher: One of LAUNCHERS.
            nodes: Number of machines, at least 1.
            rendezvous: HOST:PORT of the first machine; empty on one machine.

        Returns:
            The launch.

        Raises:
            InputError: The launcher is unknown, or several machines lack torchrun or a rendezvous.
        """
        if launcher not in LAUNCHERS:
            raise unknown_name("launcher", launcher, LAUNCHERS)
        if nodes > 1 and (launcher != "torchrun" or ":" not in rendezvous):
            raise InputError(
                "Several machines need --launcher torchrun and --rendezvous HOST:PORT of the first of them."
            )
        return cls(launcher == "torchrun", nodes, rendezvous)

    def arguments(self) -> list[str]:
        """Return the options for the command line of core.jobs.wait.

        Returns:
            Options and their values, one text each.
        """
        return ["--torchrun", str(int(self.torchrun)), "--nodes", str(self.nodes), "--rendezvous", self.rendezvous]

    def needs_torchrun(self, num_devices: int) -> bool:
        """Return whether torchrun starts the processes.

        Args:
            num_devices: Devices of this machine that the run uses, one process each.

        Returns:
            True for several devices, or where torchrun was asked for.
        """
        return self.torchrun or num_devices > 1


def launch_of(folder: RunFolder) -> Launch:
    """Read the launch settings kept in a run folder.

    Args:
        folder: The run's folder.

    Returns:
        The settings; the default where there are none.

    Raises:
        DataError: The file cannot be read.
    """
    file = folder.path / "launch.json"
    if not file.exists():
        return Launch()
    try:
        return Launch(**read_json(file))
    except TypeError as error:
        raise cannot_read(file, error) from error


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module with this Python."""
    return [*_PYTHON, "-m", module, *arguments]


def training_command(project: Path, run_id: str, launch: Launch, num_devices: int, *, is_resume: bool) -> list[str]:
    """Build the command line that trains a run on this machine.

    Args:
        project: Folder of the project.
        run_id: The run.
        launch: How its processes are started.
        num_devices: Devices, and so processes, on this machine.
        is_resume: Whether to go on from the last checkpoint.

    Returns:
        The worker's command line, or torchrun's, which starts one worker for each device.
    """
    arguments = [str(project), run_id, *(["--resume"] if is_resume else [])]
    if not launch.needs_torchrun(num_devices):
        return module_command(_WORKER, *arguments)
    rendezvous = ["--standalone"]
    if launch.nodes > 1:  # the id keeps runs apart that use one rendezvous after each other
        rendezvous = ["--rdzv-backend", "c10d", "--rdzv-endpoint", launch.rendezvous, "--rdzv-id", run_id]
    sizes = ["--nnodes", str(launch.nodes), "--nproc-per-node", str(num_devices), "--max-restarts", "0"]
    return module_command("torch.distributed.run", *rendezvous, *sizes, "-m", _WORKER, *arguments)


def head_command(project: Path, run_id: str) -> list[str]:
    """Build the command line that fits a head run.

    It needs no device of its own.
    """
    return module_command(_HEAD_WORKER, str(project), run_id)


def command_for_other_machines(project: Path, folder: RunFolder, *, is_resume: bool) -> str | None:
    """Build the shell command for each other machine of a run.

    Args:
        project: Folder of the project, the same path on every machine.
        folder: Folder of the run.
        is_resume: Whether to go on from the last checkpoint.

    Returns:
        The command, or None for a run on one machine.
    """
    launch = launch_of(folder)
    if launch.nodes == 1:
        return None
    command = training_command(project, folder.id, launch, folder.record().config.devices, is_resume=is_resume)
    environment = " ".join(f"{name}={value}" for name, value in TORCHRUN_ENVIRONMENT.items())
    return f"{environment} python {shlex.join(command[len(_PYTHON) :])}"
