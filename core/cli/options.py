"""Arguments and options that commands share."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from annotated_types import Interval

from core.base.config import TRAINING_METHODS, Config
from core.base.errors import InputError, unknown_name
from core.base.method_settings import IMPORTED_SETTINGS
from core.cli.output import percent
from core.curation.rules import RULES, rule_parameters
from core.project import Project

ProjectPath = Annotated[Path, typer.Argument(metavar="PATH", help="Folder of the project.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Name of the run, as `winnow status PATH` lists it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object instead of text.")]
Reviewer = Annotated[str, typer.Option(help="Name of the person who decides.")]
Threshold = Annotated[float, typer.Option(min=0, max=1, help="Confidence threshold.")]
Rule = Annotated[str, typer.Option(help=f"Which pseudo-labels are kept: {', '.join(RULES)}.")]
Params = Annotated[
    list[str] | None, typer.Option("--param", help="Parameter of the rule, as name=number; may be given again.")
]
TargetError = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Keep all above the lowest threshold with at most this error; see --guarantee."),
]
_TRAINING_METHOD: Any = Literal.__getitem__(TRAINING_METHODS)
GUARANTEES: dict[str, Callable[[Project, str, float], float | None]] = {
    "conformal": lambda project, run, target: project.quality.conformal_threshold(run, target).threshold,
    "high-probability": lambda project, run, target: project.quality.high_probability_threshold(run, target).threshold,
    "class-mix": lambda project, run, target: project.quality.class_mix_threshold(run, target).threshold,
    "plug-in": lambda project, run, target: project.quality.plug_in_threshold(run, target),
}
"""By name: the lowest threshold at which the error is at most the target, None where there is none."""
Guarantee = Annotated[
    str,
    typer.Option(
        help="How --target-error holds. conformal: on average; high-probability: with 90 % probability; "
        "class-mix: approximately, for a pool of another class mix; plug-in: estimated, without a guarantee."
    ),
]


def with_options_of(
    config: type[Config], parameter: str = "settings"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add one option per field of a config to a command; its parameter holds the options that were typed."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**values: Any) -> None:
            settings = {name: values.pop(name) for name in typed_settings(config)}
            command(**values, **{parameter: {name: v for name, v in settings.items() if v is not None}})

        own = [p for p in inspect.signature(command).parameters.values() if p.name != parameter]
        grown = [_option(name, config) for name in typed_settings(config)]
        wrapper.__signature__ = inspect.Signature([*own, *grown])  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in [*own, *grown]}
        return wrapper

    return decorate


def typed_settings(config: type[Config]) -> list[str]:
    """Names of the settings that are options of a command: all but those that the import alone sets."""
    return [name for name in config.model_fields if name == "method" or name not in IMPORTED_SETTINGS]


def _option(name: str, config: type[Config]) -> inspect.Parameter:
    field = config.model_fields[name]
    ranges = [f"{item.ge}..{item.le}" for item in field.metadata if isinstance(item, Interval)]
    default = "off" if field.default is False else field.default
    text = f"{field.description} [default: {default}{'; range: ' + ranges[0] if ranges else ''}]"
    hint: Any = _TRAINING_METHOD if name == "method" else field.annotation
    kind = Annotated[hint | None, typer.Option(help=text, show_default=False)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def rule_params(rule: str, texts: list[str] | None) -> dict[str, Any]:
    """The parameters of a rule from texts such as "threshold=0.95"; InputError for any other form."""
    params: dict[str, Any] = {}
    whole = {parameter.name for parameter in rule_parameters(rule) if parameter.is_integer}
    for text in texts or []:
        name, _, number = text.partition("=")
        try:
            params[name] = int(number) if name in whole else float(number)
        except ValueError as error:
            raise InputError(f"--param {text} is not of the form name=number, such as threshold=0.95.") from error
    return params


def chosen_rule(
    project: Project, run: str, rule: str, param: list[str] | None, target_error: float | None, guarantee: str
) -> tuple[str, dict[str, Any]]:
    """The rule and its parameters as typed, or the fixed threshold for a target error.

    Raises:
        InputError: There is no such guarantee, or no threshold reaches the target.

    """
    if target_error is None:
        return rule, rule_params(rule, param)
    name = guarantee.replace("_", "-")
    if name not in GUARANTEES:
        raise unknown_name("guarantee", guarantee, GUARANTEES)
    threshold = GUARANTEES[name](project, run, target_error)
    if threshold is None:
        raise InputError(
            f"No threshold keeps the error of {run} at {percent(target_error)} ({name}): allow more, or label more."
        )
    return "fixed_threshold", {"threshold": threshold}


def class_number(project: Project, label: str | None) -> int | None:
    """A class by its name or number; None stays None, InputError where there is no such class."""
    if label is None:
        return None
    if label in project.class_names:
        return project.class_names.index(label)
    if label.isdigit() and int(label) < len(project.class_names):
        return int(label)
    raise unknown_name("class", label, project.class_names)
