"""Write docs/REFERENCE.md from the code: settings, rules, rankings, data sets, exports, commands. A test compares."""

import inspect
from pathlib import Path

import click
from annotated_types import Interval
from typer.main import get_command

from core.base.config import Config, SimulateConfig, SplitConfig, TrainConfig
from core.cli.app import app
from core.curation.rules import RULES, parameters
from core.data.datasets import DATASETS, TORCHVISION_DATASETS
from core.export.writers import EXPORTS
from core.review.queues import QUEUES
from core.scoring.scores import RANKINGS
from core.simulation.strategies import CUTS, REVIEW_QUEUES
from core.workspace.creation import SOURCES

TARGET = Path(__file__).parent / "REFERENCE.md"


def reference() -> str:
    """The whole page as text."""
    parts = [
        "# Reference",
        "Written from the code by `python docs/write_reference.py`; a test fails when the two differ.",
        *_settings("Training settings (`winnow train`, the Train page, `TrainConfig`)", TrainConfig),
        *_settings("Split settings (`winnow new`, the Data page, `SplitConfig`)", SplitConfig),
        "## Rules: which pseudo-labels are kept",
        _table(("rule", "parameters", "keeps"), [_rule(name) for name in RULES]),
        *_settings("Simulation settings (`winnow simulate`, the Simulate page, `SimulateConfig`)", SimulateConfig),
        f"`--queue`, where the clicks go: {', '.join(f'`{name}`' for name in REVIEW_QUEUES)}. "
        "`--cut`, what is accepted without a look, as `name=number`:",
        _table(("cut", "its number"), [(f"`{name}`", number) for name, number in CUTS.items()]),
        "## Orders of the Review page and of `winnow queue`: what comes first",
        _table(("order", "shows"), [(f"`{name}`", shows) for name, shows in QUEUES.items()]),
        f"`winnow score` knows {', '.join(f'`{name}`' for name in RANKINGS)}.",
        "## Data sets",
        _table(("source", "what"), [(f"`{name}`", _dataset(name)) for name in SOURCES]),
        "Any other source is a folder of images: one sub-folder per class, and perhaps one called `unlabeled`.",
        "## Exports",
        _table(("kind", "what"), [(f"`{name}`", _first_line(function)) for name, function in EXPORTS.items()]),
        "Of a run: `model` writes its weights (safetensors) and config (JSON); `round_card` one HTML page with its "
        "labels, cuts, certificates (set hash, α, draws, audited images), test accuracy, review value, hashes and the "
        "commands that repeat it.",
        "## Commands",
        _table(("command", "does"), _commands()),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _settings(title: str, config: type[Config]) -> list[str]:
    rows = []
    for name, field in config.model_fields.items():
        ranges = [f"{item.ge} … {item.le}" for item in field.metadata if isinstance(item, Interval)]
        rows.append((f"`{name}`", f"`{field.default}`", ranges[0] if ranges else "", field.description or ""))
    return [f"## {title}", _table(("setting", "default", "range", "meaning"), rows)]


def _rule(name: str) -> tuple[str, str, str]:
    ranges = [f"`{p.name}` = {p.default:g} ({p.low:g} … {p.high:g})" for p in parameters(name)]
    return f"`{name}`", ", ".join(ranges), _first_line(RULES[name])


def _dataset(name: str) -> str:
    if name in DATASETS:
        return f"{DATASETS[name].description} ({DATASETS[name].licence})"
    assert name in TORCHVISION_DATASETS
    return "through torchvision, from `--root` or downloaded where there is a network"


def _first_line(function: object) -> str:
    return (inspect.getdoc(function) or "").splitlines()[0]


def _commands() -> list[tuple[str, str]]:
    group = get_command(app)
    assert hasattr(group, "commands")
    commands: dict[str, click.Command] = group.commands
    return [(f"`winnow {name}`", (command.help or "").splitlines()[0]) for name, command in commands.items()]


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
    print(f"Written: {TARGET}")
