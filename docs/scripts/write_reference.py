"""Write the generated reference pages from the code: docs/reference/{cli,settings,catalog}.md. A test compares.

python docs/scripts/write_reference.py
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from annotated_types import Interval
from typer.main import get_command

FOLDER = Path(__file__).parents[1] / "reference"
sys.path.insert(0, str(FOLDER.parents[1]))

from core.base.config import Config, SplitConfig, TrainConfig  # noqa: E402
from core.base.deprecation import REGISTERED, Deprecation  # noqa: E402
from core.base.presets import PRESETS, RECIPES  # noqa: E402
from core.cli.app import app  # noqa: E402
from core.cli.options import typed_settings  # noqa: E402
from core.curation.rules import RULES, rule_parameters  # noqa: E402
from core.data.datasets import DATASETS, TORCHVISION_DATASETS  # noqa: E402
from core.export.kinds import EXPORTS  # noqa: E402
from core.review.queues import QUEUES  # noqa: E402
from core.scoring.scores import RANKINGS  # noqa: E402
from core.simulation.simulate_config import SimulateConfig  # noqa: E402
from core.simulation.strategies import ACCEPT_RULES, REVIEW_QUEUES  # noqa: E402
from core.workspace.project_source import SOURCES  # noqa: E402

NOTE = "<!-- Written by docs/scripts/write_reference.py from the code. Do not edit: a test compares. -->"
CONFIGS: dict[str, type[Config]] = {"training": TrainConfig, "split": SplitConfig, "simulation": SimulateConfig}


def pages() -> dict[str, str]:
    """Every generated page: file name → text."""
    made = {"cli.md": command_line(), "settings.md": settings(), "catalog.md": catalog()}
    return {name: NOTE + "\n\n" + "\n\n".join(parts) + "\n" for name, parts in made.items()}


def command_line() -> list[str]:
    """The commands, each with its arguments and options."""
    commands = _commands()
    overview = [(f"[`winnow {name}`](#cli-{name})", _summary(command)) for name, command in commands.items()]
    return [
        "# Command line",
        "`winnow` alone opens the start page in the browser, `winnow PATH` the project in that folder, "
        "`winnow open --demo` the demo. `winnow --version` prints the version, `winnow COMMAND --help` what this page "
        "says.",
        "Every command except `open` takes `--json` and then answers with one JSON object. Bad input is answered with "
        "one sentence on the standard error stream and exit code 2; with `--json` the sentence is the value of "
        "`error`.",
        _table(("command", "does"), overview),
        *[part for name, command in commands.items() for part in _command(name, command)],
        "(old-names)=\n\n## Old names",
        "They work and warn until the version in which they go.",
        _table(("old", "now", "goes in"), [(f"`{d.old}`", f"`{d.replacement}`", d.removed_in) for d in _old_names()]),
    ]


def _old_names() -> list[Deprecation]:
    """Those of the command line, in the order of its tables."""
    return [found for found in REGISTERED if found.old.startswith(("winnow ", "--"))]


def settings() -> list[str]:
    """Every setting of the three configs, and the presets and recipes that set several at once."""
    recipes = [(f"`{name}`", _values(values)) for name, values in RECIPES.items()]
    return [
        "# Settings",
        "A setting has the same name on the page, on the command line (`--batch-size` for `batch_size`) and in "
        "Python. An unknown name or a value out of its range is refused with a sentence that names it.",
        *_settings("training", "Training settings: `winnow train`, the Train page, `TrainConfig`"),
        *_settings("split", "Split settings: `winnow new`, the Data page, `SplitConfig`"),
        *_settings("simulation", "Simulation settings: `winnow simulate`, the Simulate page, `SimulateConfig`"),
        "(presets)=\n\n## Presets: settings that belong together",
        "`winnow train --preset NAME`, or the preset box of the Train page. What is typed beside it wins.",
        _table(
            ("preset", "what it is", "settings", "pseudo-labels picked by"),
            [(f"`{name}`", p.doc, _values(p.settings), _rule_of(p)) for name, p in PRESETS.items()],
        ),
        "(recipes)=\n\n## Recipes: a method's own defaults",
        "Where a person names one of these methods without a preset, these values take the place of the defaults "
        'above. `TrainConfig(...)` in Python keeps the plain defaults; `recipe({"method": "fixmatch"})` asks for '
        "the recipe.",
        _table(("method", "settings"), recipes),
    ]


def catalog() -> list[str]:
    """Rules, queues, rankings, data sets, exports, and what a simulation is made of."""
    return [
        "# Rules, queues, data sets, exports",
        "The names that pages, commands and Python share.",
        "(rules)=\n\n## Rules: which pseudo-labels are kept",
        _table(("rule", "parameters", "keeps"), [_rule(name) for name in RULES]),
        "(queues)=\n\n## Queues: what Review shows first",
        _table(("order", "shows"), [(f"`{name}`", shows) for name, shows in QUEUES.items()]),
        f"`winnow score` knows {', '.join(f'`{name}`' for name in RANKINGS)}.",
        "(data-sets)=\n\n## Data sets",
        _table(("source", "what"), [(f"`{name}`", _dataset(name)) for name in SOURCES]),
        "Any other source is a folder of images: one sub-folder per class, and perhaps one called `unlabeled`.",
        "(exports)=\n\n## Exports",
        _table(
            ("format", "what", "travels with the labels"),
            [(f"`{name}`", kind.explanation, kind.travels) for name, kind in EXPORTS.items()],
        ),
        "Of a run: `model` writes its weights (safetensors) and config (JSON); `round_card` one HTML page with its "
        "labels, thresholds, certificates (set hash, α, draws, audited images), test accuracy, review value, hashes "
        "and the commands that repeat it.",
        "(simulation-strategies)=\n\n## Review strategies of a simulation",
        f"`--queue`, where the clicks go: {', '.join(f'`{name}`' for name in REVIEW_QUEUES)}.",
        "`--accept-rule`, what is accepted in bulk, as `name=number`:",
        _table(("accept rule", "its number"), [(f"`{name}`", number) for name, number in ACCEPT_RULES.items()]),
    ]


def _command(name: str, command: Any) -> Iterable[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden and p.name != "help"]
    fields = {field: family for family in _families(command) for field in CONFIGS[family].model_fields}
    usage = " ".join(["winnow", name, *(_metavar(argument) for argument in arguments), "[OPTIONS]"])
    yield f"(cli-{name})=\n\n## `winnow {name}`"
    yield inspect.cleandoc(command.help or "")
    yield f"```text\n{usage}\n```"
    if arguments:
        yield _table(("argument", "meaning"), [(f"`{_metavar(a)}`", getattr(a, "help", "") or "") for a in arguments])
    own = [option for option in options if option.name not in fields]
    yield _table(("option", "default", "meaning"), [_option(option) for option in own])
    for family in _families(command):
        names = ", ".join(f"`{_flag(o)}`" for o in options if o.name in CONFIGS[family].model_fields)
        yield f"Every [{family} setting](settings.md#{family}-settings) is an option as well: {names}."


def _families(command: Any) -> list[str]:
    """The configs whose fields the command takes as options."""
    names = {param.name for param in command.params}
    return [family for family, config in CONFIGS.items() if set(typed_settings(config)) <= names]


def _option(option: Any) -> tuple[str, str, str]:
    flags = ", ".join(f"`{text}`" for text in (*option.opts, *option.secondary_opts))
    if option.required:
        default = "required"
    elif option.is_flag or option.default in (None, "") or callable(option.default):
        default = ""
    else:
        default = f"`{option.default}`"
    if option.is_flag and option.secondary_opts:
        default = f"`{(option.opts if option.default else option.secondary_opts)[0]}`"
    return flags, default, option.help or ""


def _metavar(argument: Any) -> str:
    name = argument.metavar or (argument.name or "").upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _flag(option: Any) -> str:
    return " / ".join([*option.opts, *option.secondary_opts])


def _commands() -> dict[str, Any]:
    group = get_command(app)
    assert hasattr(group, "commands")
    commands: dict[str, Any] = group.commands
    return {name: command for name, command in commands.items() if not command.hidden}


def _summary(command: Any) -> str:
    return (command.help or "").splitlines()[0]


def _settings(family: str, title: str) -> list[str]:
    rows = []
    for name, field in CONFIGS[family].model_fields.items():
        ranges = [f"{item.ge} … {item.le}" for item in field.metadata if isinstance(item, Interval)]
        default = f"`{field.default}`" if field.default != "" else ""
        rows.append(
            (f"`{name}`", default, ranges[0] if ranges else _choices(field.annotation), field.description or "")
        )
    return [f"({family}-settings)=\n\n## {title}", _table(("setting", "default", "range", "meaning"), rows)]


def _choices(annotation: Any) -> str:
    values = [value for value in getattr(annotation, "__args__", ()) if isinstance(value, str)]
    return ", ".join(f"`{value}`" for value in values)


def _values(values: Any) -> str:
    return ", ".join(f"`{name}` {value}" for name, value in values.items()) or "the defaults"


def _rule_of(preset: Any) -> str:
    return f"`{preset.rule}`, {_values(preset.params)}" if preset.rule else ""


def _rule(name: str) -> tuple[str, str, str]:
    ranges = [f"`{p.name}` = {p.default:g} ({p.low:g} … {p.high:g})" for p in rule_parameters(name)]
    return f"`{name}`", ", ".join(ranges), _first_line(RULES[name])


def _dataset(name: str) -> str:
    if name in DATASETS:
        return f"{DATASETS[name].description} ({DATASETS[name].licence})"
    assert name in TORCHVISION_DATASETS
    return "through torchvision, from `--root` or downloaded where there is a network"


def _first_line(function: Callable[..., object]) -> str:
    return (inspect.getdoc(function) or "").splitlines()[0]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
