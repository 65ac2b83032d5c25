"""winnow train, status, cancel, resume: runs of the engine, each in a process of its own."""

import sys
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.base.config import TrainConfig
from core.base.errors import InputError, RunError
from core.base.presets import PRESETS, Preset
from core.base.records import LIVE_STATES, RunStatus
from core.cli.options import AsJson, Params, ProjectPath, RunId, answer, percent, rule_params, with_options_of
from core.jobs import Launch, engine_command
from core.project.project import Project
from core.project.runs import Run

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the run has ended; it never depends on it.")]


Parent = Annotated[str | None, typer.Option(help="Run that this one follows.")]
PresetName = Annotated[str, typer.Option(help=f"Settings that belong together: {', '.join(PRESETS)}.")]
Seeds = Annotated[int, typer.Option(min=1, max=1000, help="Start so many runs, one seed after the other.")]
Launcher = Annotated[str, typer.Option(help="process, or torchrun: several processes on this machine and others.")]
Nodes = Annotated[int, typer.Option(min=1, help="Machines that train together (torchrun).")]
Meeting = Annotated[str, typer.Option(help="HOST:PORT of the first machine, which all can reach (torchrun).")]


@with_options_of(TrainConfig)
def train(
    path: ProjectPath,
    settings: dict[str, Any],
    preset: PresetName = "supervised",
    parent: Parent = None,
    given_only: Annotated[bool, typer.Option("--given-only", help="Leave every decision out: a control.")] = False,
    rule: Annotated[str | None, typer.Option(help="Pick pseudo-labels from the parent for this run alone.")] = None,
    param: Params = None,
    seeds: Seeds = 1,
    launcher: Launcher = "process",
    nodes: Nodes = 1,
    rendezvous: Meeting = "",
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Start a run on the labels decided so far, or one for each of several seeds."""
    project = Project.open(path)
    chosen = _preset(preset)
    config = chosen.config(settings)
    asked: dict[str, Any] = {} if rule is None else {"rule": rule, "params": rule_params(rule, param)}
    if rule is None and parent is not None and chosen.rule is not None:
        asked = {"rule": chosen.rule, "params": dict(chosen.params)}
    launch = _launch(launcher, nodes, rendezvous)
    begun = []
    for seed in range(config.seed, config.seed + seeds):
        one = config.model_copy(update={"seed": seed})
        begun.append(project.start_run(one, parent, is_curated=not given_only, launch=launch, **asked))
    if launch.nodes > 1:
        words = " ".join(engine_command(project.path, begun[0].id, launch, config.devices, is_resume=False)[2:])
        print(f"On each other machine, in this project's folder: python {words}", flush=True)
    for run in begun:
        follow(run, wait, as_json)


@with_options_of(TrainConfig)
def rounds(
    path: ProjectPath,
    parent: Annotated[str, typer.Argument(metavar="RUN", help="The finished run that the first round follows.")],
    settings: dict[str, Any],
    num: Annotated[int, typer.Option("--rounds", min=1, max=100, help="How many.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Curriculum labeling: a run a round, each on a larger share of the surest pseudo-labels of the one before."""
    project = Project.open(path)
    config = TrainConfig.checked({"method": "self_training", "ramp": "none", **settings})
    for run in project.play_rounds(config, parent, num):
        answer(_facts(run), _line(run), as_json=as_json)


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        raise InputError(f"There is no preset called {name!r}. There are: {', '.join(PRESETS)}.")
    return PRESETS[name]


def _launch(launcher: str, nodes: int, rendezvous: str) -> Launch:
    if launcher not in ("process", "torchrun"):
        raise InputError(f"There is no launcher called {launcher!r}: choose process or torchrun.")
    if nodes > 1 and (launcher != "torchrun" or ":" not in rendezvous):
        raise InputError("Several machines need --launcher torchrun and --rendezvous HOST:PORT of the first of them.")
    return Launch(launcher == "torchrun", nodes, rendezvous)


def status(
    path: ProjectPath,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="One run; all if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the runs of a project and how they are doing."""
    project = Project.open(path)
    runs = project.runs() if run is None else [project.run(run)]
    broken = project.broken_runs() if run is None else {}
    facts = {"runs": [_facts(one) for one in runs], "broken": broken}
    lines = [_line(one) for one in runs] + [f"{name}  broken: {sentence}" for name, sentence in broken.items()]
    answer(facts, "\n".join(lines) or f"No runs yet. Start one with: winnow train {path}", as_json=as_json)


def cancel(path: ProjectPath, run: RunId, as_json: AsJson = False) -> None:
    """Stop a live run after its next step; it can be resumed."""
    Project.open(path).cancel_run(run)
    answer({"run": run, "cancelled": True}, f"{run} was asked to stop.", as_json=as_json)


def resume(path: ProjectPath, run: RunId, wait: Wait = True, as_json: AsJson = False) -> None:
    """Go on with a cancelled, failed or lost run from its last checkpoint."""
    follow(Project.open(path).resume_run(run), wait, as_json)


def follow(run: Run, wait: bool, as_json: bool) -> None:
    """Stay with a run until it has ended, and say how; without waiting only that it is on its way."""
    if not wait:
        answer(_facts(run), f"{run.id} is on its way. See: winnow status", as_json=as_json)
        return
    shown = None
    while (now := run.status).state in LIVE_STATES:
        if now.epoch != shown and not as_json:
            print(f"\r{_progress(now)}", end="" if sys.stdout.isatty() else "\n", flush=True)
            shown = now.epoch
        time.sleep(0.2)
    if now.state != "done":
        raise RunError(f"{run.id} is {now.state}: {now.message}")
    answer(_facts(run), ("\n" if sys.stdout.isatty() else "") + _line(run), as_json=as_json)


def _progress(now: RunStatus) -> str:
    eta = f"{now.eta_seconds:.0f} s left" if now.eta_seconds is not None else now.state
    val = f"val {percent(now.best_val_accuracy)}" if now.best_val_accuracy is not None else ""
    return f"epoch {now.epoch}/{now.epochs}  {val}  {eta}  {now.device} {now.precision}".ljust(78)


def _line(run: Run) -> str:
    now, config = run.status, run.record.config
    best = f"val {percent(now.best_val_accuracy)}" if now.best_val_accuracy is not None else ""
    where = f"epoch {now.epoch}/{now.epochs}" if now.state in LIVE_STATES else f"{now.seconds:.0f} s"
    note = f"  {now.message}" if now.state in ("failed", "lost") else ""
    return f"{run.id}  {now.state}  {config.method} {config.model} seed {config.seed}  {best}  {where}{note}"


def _facts(run: Run) -> dict[str, Any]:
    record = run.record
    return {
        "run": run.id,
        "parent": record.parent,
        "config": record.config.model_dump(),
        "labels": dict(record.num_labels),
        "curated": record.curated,
        **asdict(run.status),
    }
