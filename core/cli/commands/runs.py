"""Commands train, curriculum, status, cancel and resume: training runs."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.base.config import TrainConfig
from core.base.errors import RunError, WinnowError
from core.base.presets import PRESETS
from core.base.types import LIVE_STATES, RunStatus
from core.cli.commands.images.groups import changed_since, leak_info
from core.cli.options import AsJson, Params, ProjectPath, RunId, rule_params, with_options_of
from core.cli.output import answer, estimate_info, format_estimate, percent
from core.cli.training_plans import DryRun, GoalName, goal_plan, preset_configs, say_plan
from core.experiments.plans.durations import duration
from core.experiments.runs import RunRequest
from core.jobs.launch import Launch, command_for_other_machines, launch_of
from core.project import Project
from core.workspace.run import LAST_EVALUATIONS, Run

Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Wait until the run has ended; it goes on without this command.")
]
Parent = Annotated[str | None, typer.Option(help="Run that this one follows.")]
PresetName = Annotated[str, typer.Option(help=f"Settings that belong together: {', '.join(PRESETS)}.")]
Seeds = Annotated[int, typer.Option(min=1, max=1000, help="Number of runs, each with the next seed.")]
Controls = Annotated[
    bool, typer.Option(help="Where single decisions went into a run, also train its control runs without them.")
]
Launcher = Annotated[
    str, typer.Option(help="How processes start: process, or torchrun for several on this and other machines.")
]
Nodes = Annotated[int, typer.Option(min=1, help="Number of machines that train together (torchrun).")]
Rendezvous = Annotated[str, typer.Option(help="HOST:PORT of the first machine, which all can reach (torchrun).")]


@with_options_of(TrainConfig)
def train(
    path: ProjectPath,
    settings: dict[str, Any],
    preset: PresetName = "supervised",
    parent: Parent = None,
    no_curated: Annotated[
        bool, typer.Option("--no-curated", help="Train on the given labels alone, without any decision.")
    ] = False,
    rule: Annotated[
        str | None, typer.Option(help="Rule that picks pseudo-labels from the parent for this run alone.")
    ] = None,
    param: Params = None,
    seeds: Seeds = 1,
    controls: Controls = True,
    launcher: Launcher = "process",
    nodes: Nodes = 1,
    rendezvous: Rendezvous = "",
    goal: GoalName = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Start the runs of a goal, or a run with the given settings on the labels decided so far, or one per seed."""
    project = Project.open(path)
    plan = goal_plan(project, goal, preset, settings, is_curated=not no_curated)
    configs = preset_configs(preset, settings, seeds) if plan is None else plan.configs
    params: Mapping[str, Any] = {} if rule is None else rule_params(rule, param)
    if rule is None and parent is not None and plan is None and PRESETS[preset].fits_method(configs[0].method):
        rule, params = PRESETS[preset].rule, PRESETS[preset].params
    launch = Launch.checked(launcher, nodes, rendezvous)
    request = RunRequest(parent, not no_curated, rule, params, launch, with_controls=controls and plan is None)
    if dry_run:
        say_plan(project, configs, plan, request, as_json=as_json)
        return
    begun = project.start_runs(configs, request)
    controls_of: dict[str, list[Run]] = {run.id: [] for run in begun}
    for run in project.runs():
        if run.control is not None and run.control.of in controls_of:
            controls_of[run.control.of].append(run)
    if not as_json:
        _print_other_machines(project, begun, is_resume=False)
        for control in [control for of_run in controls_of.values() for control in of_run]:
            print(f"Queued behind it: {control.title}", flush=True)
    for run in begun:
        also = {"controls": [control.id for control in controls_of[run.id]]}
        follow(run, wait, as_json, also | _other_machines(project, run, is_resume=False), project)


def _other_machines(project: Project, run: Run, *, is_resume: bool) -> dict[str, str]:
    """Return the command for the other machines of a run, if there are any."""
    command = command_for_other_machines(project.path, run.folder, is_resume=is_resume)
    return {} if command is None else {"elsewhere": command}


def _print_other_machines(project: Project, runs: Sequence[Run], *, is_resume: bool) -> None:
    commands = [_other_machines(project, run, is_resume=is_resume).get("elsewhere") for run in runs]
    if any(commands):
        order = ", one after the other" if len(runs) > 1 else ""
        print(f"On each other machine, which sees the project in the same folder{order}:", flush=True)
        print("\n".join(f"  {command}" for command in commands), flush=True)


@with_options_of(TrainConfig)
def curriculum(
    path: ProjectPath,
    parent: Annotated[str, typer.Argument(metavar="RUN", help="The finished run that the first round follows.")],
    settings: dict[str, Any],
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Number of rounds, one run each.")] = 5,
    step: Annotated[
        float | None,
        typer.Option(help="Percent of the pool that each round adds, up to 100; default: 100 / rounds."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a curriculum: one run per round, each on a larger share of the surest pseudo-labels of the one before."""
    project = Project.open(path)
    config = TrainConfig.checked({"method": "self_training", "ramp": "none", **settings})
    for run in project.train_curriculum(config, parent, rounds, step):
        answer(
            _run_info(run), "  ".join([_run_line(run), run.val_note(len(project.splits.val))]).rstrip(), as_json=as_json
        )


def status(
    path: ProjectPath,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="One run; default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the state of one run or of all runs of a project."""
    project = Project.open(path)
    runs = project.runs() if run is None else [project.run(run)]
    broken = project.broken_runs() if run is None else {}
    compared = {one.id: _head_comparison(project, one) for one in runs}
    states = {one.id: _error_state(project, one) for one in runs}
    infos = [{**_run_info(one), "head_comparison": compared[one.id], "error_state": states[one.id]} for one in runs]
    leaks = project.groups.leaks()
    info = {"runs": infos, "broken": broken, "leaks": leak_info(leaks)}
    lines = [line for one in runs for line in (_run_line(one), *_state_lines(states[one.id]))] + [
        f"{name}  broken: {sentence}" for name, sentence in broken.items()
    ]
    lines += _val_notes(project, runs)
    lines += [f"{one.id}: {one.status.head_note}" for one in runs if one.status.head_note]
    lines += [found["sentence"] for found in compared.values() if found is not None]
    lines += [sentence for one in runs if (sentence := changed_since(project, one.id))]
    lines += [f"{leaks.sentence} To mend them: winnow groups {path} --fix set-aside"] if leaks.num_images else []
    answer(info, "\n".join(lines) or f"No runs yet. Start one with: winnow train {path}", as_json=as_json)


def cancel(path: ProjectPath, run: RunId, as_json: AsJson = False) -> None:
    """Stop a live run after its next step; it can be resumed later."""
    Project.open(path).cancel_run(run)
    answer({"run": run, "cancelled": True}, f"{run} was asked to stop.", as_json=as_json)


def resume(
    path: ProjectPath,
    run: RunId,
    launcher: Annotated[str | None, Launcher.__metadata__[0]] = None,
    nodes: Annotated[int | None, Nodes.__metadata__[0]] = None,
    rendezvous: Annotated[str | None, Rendezvous.__metadata__[0]] = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Resume a cancelled, failed or lost run from its last checkpoint, launched as before by default."""
    project = Project.open(path)
    before = launch_of(project.run(run).folder)
    launch = Launch.checked(
        launcher or ("torchrun" if before.torchrun else "process"),
        before.nodes if nodes is None else nodes,
        before.rendezvous if rendezvous is None else rendezvous,
    )
    begun = project.resume_run(run, launch=launch)
    if not as_json:
        _print_other_machines(project, [begun], is_resume=True)
    follow(begun, wait, as_json, _other_machines(project, begun, is_resume=True), project)


def follow(
    run: Run, wait: bool, as_json: bool, also: Mapping[str, Any] | None = None, project: Project | None = None
) -> None:
    """Wait for a run to end and print how it ended; without wait, print that it is queued.

    Args:
        run: The run.
        wait: Whether to wait.
        as_json: Whether to print one JSON object.
        also: Entries that the JSON answer has beside the run's own.
        project: Its project, to compare a network with the latest head.
    """
    if not wait:
        answer({**_run_info(run), **(also or {})}, f"{run.id} is on its way. See: winnow status", as_json=as_json)
        return
    shown: str | int | None = None
    is_head = not run.record.config.is_network
    while (now := run.status).state in LIVE_STATES:
        message = now.message if sys.stdout.isatty() else now.message.partition(":")[0]  # a file gets no counting
        state = message if is_head else now.epoch
        if state != shown and not as_json:
            print(f"\r{_progress(now, is_head=is_head)}", end="" if sys.stdout.isatty() else "\n", flush=True)
            shown = state
        time.sleep(0.2)
    if now.state != "done":
        raise RunError(f"{run.id} is {now.state}: {now.message}")
    lines = [("\n" if sys.stdout.isatty() else "") + _run_line(run)]
    compared = None if project is None else _head_comparison(project, run)
    lines += [] if project is None else _val_notes(project, [run])
    lines += [now.head_note] if now.head_note else []
    lines += [compared["sentence"]] if compared is not None else []
    info = {**_run_info(run), **(also or {}), "head_comparison": compared}
    answer(info, "\n".join(lines), as_json=as_json)


def _head_comparison(project: Project, run: Run) -> dict[str, Any] | None:
    """Compare a finished network with the latest head on val; None where there is nothing to compare."""
    found = None if run.control is not None else project.compare_with_head(run.id)
    if found is None:
        return None
    low, high = found.paired.interval
    numbers = {"n": found.paired.n, "difference": found.paired.difference, "low": low, "high": high}
    return {"head": found.head, **numbers, "sentence": found.sentence}


def _error_state(project: Project, run: Run) -> dict[str, str] | None:
    """Return what holds for errors of a finished run's suggestions; None where nothing can be said."""
    if not run.has_predictions:
        return None
    try:
        check = project.quality.pool_check(run.id)
    except WinnowError:  # its scores cannot be read: the state of the run says so
        return None
    return {"state": check.state, "reason": check.reason}


def _state_lines(state: dict[str, str] | None) -> list[str]:
    return [] if state is None else [f"  error of accepted labels: {state['state']}: {state['reason']}"]


def _progress(now: RunStatus, *, is_head: bool) -> str:
    eta = f"{duration(now.eta_seconds)} left" if now.eta_seconds is not None else now.state
    if is_head:
        return f"{now.message}  {eta}".ljust(78)
    val = f"val {percent(now.best_val_accuracy)}" if now.best_val_accuracy is not None else ""
    return f"epoch {now.epoch}/{now.epochs}  {val}  {eta}  {now.device} {now.precision}".ljust(78)


def _val_notes(project: Project, runs: Sequence[Run]) -> list[str]:
    """Sentences about accuracies that few val images say, one a run."""
    notes = {run.id: run.val_note(len(project.splits.val)) for run in runs}
    return [f"{run}: {note}" for run, note in notes.items() if note]


def _run_line(run: Run) -> str:
    now, config = run.status, run.record.config
    best, last = now.best_val_accuracy, run.last_val_accuracy
    val = ""
    if best is not None and last is not None:
        medians = f"val best {percent(best)}, median of last {LAST_EVALUATIONS} {percent(last)}"
        val = medians if config.is_network else f"val {percent(best)}"
    if (crossed := run.cross_validated) is not None:
        val += f"{', ' if val else ''}cross-validated {format_estimate(crossed)} of {crossed.n:,} labels"
    if now.kept_epoch not in (None, now.best_epoch):
        val += f", kept epoch {now.kept_epoch}"
    progress = f"epoch {now.epoch}/{now.epochs}" if config.is_network else now.message
    left = "" if now.eta_seconds is None else f", about {duration(now.eta_seconds)} left"
    where = f"{now.message if now.state == 'queued' else progress}{left}"
    where = where if now.state in LIVE_STATES else f"{now.seconds:.0f} s"
    control = f"  {run.control.name}" if run.control is not None else ""
    note = f"  {now.message}" if now.state in ("failed", "lost") else ""
    kind = f"{config.method} {config.model_name}" + ("" if config.is_imported else f" seed {config.seed}")
    return f"{run.id}  {now.state}  {kind}  {val}  {where}{control}{note}"


def _run_info(run: Run) -> dict[str, Any]:
    record = run.record
    return {
        "run": run.id,
        "parent": record.parent,
        "config": record.config.model_dump(),
        "labels": dict(record.num_labels),
        "curated": record.curated,
        "control": None if run.control is None else {"arm": run.control.kind, "of": run.control.of},
        **asdict(run.status),
        "last_val_accuracy": run.last_val_accuracy,
        "cross_validated": None if run.cross_validated is None else estimate_info(run.cross_validated),
    }
