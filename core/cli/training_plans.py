"""What `winnow train` would start, and how long it takes here, for --goal and --dry-run."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from core.base.config import TrainConfig
from core.base.errors import InputError, unknown_name
from core.base.presets import PRESETS
from core.cli.output import answer
from core.experiments.plans.goals import GOALS, TrainingPlan
from core.experiments.plans.time_estimates import TimeEstimate, busy_note, in_all
from core.experiments.runs import RunRequest
from core.project import Project

GoalName = Annotated[
    str | None,
    typer.Option(
        help=f"What you want instead of a preset and settings: {', '.join(GOALS)}; the runs are chosen for it."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Start nothing: say what would run, and how long.")]


def goal_plan(
    project: Project, goal: str | None, preset: str, settings: Mapping[str, Any], *, is_curated: bool
) -> TrainingPlan | None:
    """The plan of a goal, with decisions or for the given labels alone; None without one.

    Raises:
        InputError: There is no such goal, or settings were typed beside it.
    """
    if goal is None:
        return None
    if settings or preset != "supervised":
        names = ", ".join(f"--{name.replace('_', '-')}" for name in settings) or "--preset"
        raise InputError(f"--goal chooses the settings: leave {names} out, or leave --goal out.")
    return project.plans.plan(goal, is_curated=is_curated)


def preset_configs(preset: str, settings: Mapping[str, Any], seeds: int) -> list[TrainConfig]:
    """Settings of the runs of a preset, one for each seed.

    Raises:
        InputError: There is no such preset, or a setting is out of range.
    """
    if preset not in PRESETS:
        raise unknown_name("preset", preset, PRESETS)
    config = PRESETS[preset].config(settings)
    return [config.model_copy(update={"seed": seed}) for seed in range(config.seed, config.seed + seeds)]


def say_plan(
    project: Project, configs: Sequence[TrainConfig], plan: TrainingPlan | None, request: RunRequest, *, as_json: bool
) -> None:
    """Print what would run and how long it takes here; nothing is started.

    Args:
        project: The project.
        configs: Settings of the runs.
        plan: The plan that they come from; None where they were typed.
        request: Labels that they train on, and whether control runs are wanted.
        as_json: Whether to print one JSON object.
    """
    estimates = project.plans.times
    if plan is None:
        times, texts = [estimates.estimate(one, request) for one in configs], [_kind(one) for one in configs]
    else:
        times, texts = [run.time for run in plan.runs], [run.text for run in plan.runs]
    lines = [f"{text}  {_sentence(time)}" for text, time in zip(texts, times, strict=True)]
    lines += [sentence for sentence in (in_all(times), busy_note()) if sentence]
    if plan is not None:
        lines += [*plan.notes, f"Expected: {plan.expected}"]
    lines.append("Nothing was started." + (" Control runs come on top." if estimates.has_controls(request) else ""))
    info = {
        "goal": None if plan is None else plan.goal.name,
        "runs": [_run_info(config, time) for config, time in zip(configs, times, strict=True)],
        "seconds": None if None in times else sum(time.seconds for time in times if time is not None),
        "expected": None if plan is None else plan.expected,
        "notes": [] if plan is None else list(plan.notes),
    }
    answer(info, "\n".join(lines), as_json=as_json)


def _kind(config: TrainConfig) -> str:
    epochs = f", {config.epochs:,} epochs" if config.is_network else ""
    return f"{config.method} {config.model_name}{epochs}, seed {config.seed}."


def _sentence(time: TimeEstimate | None) -> str:
    return "How long it takes with several processes is not known." if time is None else time.sentence


def _run_info(config: TrainConfig, time: TimeEstimate | None) -> dict[str, Any]:
    known = (
        {"seconds": None} if time is None else {"seconds": time.seconds, "parts": dict(time.parts), "steps": time.steps}
    )
    return {"config": config.model_dump(), **known}
