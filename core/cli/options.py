"""What the commands share: arguments, options grown from the fields of a config, and one way of answering."""

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from annotated_types import Interval

from core.base.config import Config
from core.base.errors import InputError
from core.curation.rules import RULES, parameters

ProjectPath = Annotated[Path, typer.Argument(metavar="PATH", help="Folder of the project.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Name of the run, as `winnow status PATH` lists it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object instead of text.")]
Reviewer = Annotated[str, typer.Option(help="Who decides.")]
RuleName = typer.Option(help=f"{', '.join(RULES)}.")
Rule = Annotated[str, RuleName]
Params = Annotated[
    list[str] | None, typer.Option("--param", help="A parameter of the rule, as name=number; may be given again.")
]


def answer(facts: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print the facts as one JSON object, or the same thing said in words."""
    typer.echo(json.dumps(facts, ensure_ascii=False, default=_plain) if as_json else text)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)


def with_options_of(config: type[Config]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command one option per field of a config; it receives only those that were typed, as `settings`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**values: Any) -> None:
            settings = {name: values.pop(name) for name in config.model_fields}
            command(**values, settings={name: value for name, value in settings.items() if value is not None})

        own = [p for p in inspect.signature(command).parameters.values() if p.name != "settings"]
        grown = [_option(name, config) for name in config.model_fields]
        wrapper.__signature__ = inspect.Signature([*own, *grown])  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in [*own, *grown]}
        return wrapper

    return decorate


def _option(name: str, config: type[Config]) -> inspect.Parameter:
    field = config.model_fields[name]
    ranges = [f"{item.ge}..{item.le}" for item in field.metadata if isinstance(item, Interval)]
    default = "off" if field.default is False else field.default
    text = f"{field.description} [default: {default}{'; range: ' + ranges[0] if ranges else ''}]"
    hint: Any = field.annotation
    kind = Annotated[hint | None, typer.Option(help=text, show_default=False)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def percent(value: float, digits: int = 1) -> str:
    """A proportion in percent, or "unknown"."""
    return "unknown" if np.isnan(value) else f"{100 * value:.{digits}f} %"


def finite(value: float) -> float | None:
    """The number, or None where it is unknown, which JSON can say."""
    return None if np.isnan(value) else value


def rule_params(rule: str, texts: list[str] | None) -> dict[str, Any]:
    """The numbers of a rule from texts such as threshold=0.95; InputError for any other form."""
    params: dict[str, Any] = {}
    whole = {parameter.name for parameter in parameters(rule) if parameter.is_integer}
    for text in texts or []:
        name, _, number = text.partition("=")
        try:
            params[name] = int(number) if name in whole else float(number)
        except ValueError as error:
            raise InputError(f"--param {text} is not of the form name=number, such as threshold=0.95.") from error
    return params
