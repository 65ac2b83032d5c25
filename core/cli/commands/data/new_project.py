"""Command new: make a project from a source of images, or show what the source is understood to be."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from core.base.config import SplitConfig
from core.base.errors import InputError
from core.base.untrusted.whole_numbers import parse_whole
from core.cli.commands.data.description import describe_project, print_image_progress, print_warnings
from core.cli.commands.data.source_report import report_hub_dataset, report_source
from core.cli.options import AsJson, with_options_of
from core.data.ingest_config import IngestConfig
from core.data.sources.hub.hub_name import is_hub_name
from core.project import Project
from core.workspace.creation import create_project
from core.workspace.project_source import SOURCES


@with_options_of(IngestConfig, "reading")
@with_options_of(SplitConfig)
def new(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="Folder of the project; with --dry-run alone, the source.")
    ],
    settings: dict[str, Any],
    reading: dict[str, Any],
    source: Annotated[
        str | None,
        typer.Option(
            help="Folder of images (class folders, perhaps in `train`, `val`, `test`, perhaps `unlabeled`; or images "
            "alone); a table (CSV, TSV, Parquet, JSON lines); an .npz, WebDataset or Hugging Face data set; an export "
            "of COCO, CVAT, Label Studio or FiftyOne; hf:OWNER/NAME[@REVISION][:CONFIG], which is downloaded from the "
            "Hugging Face hub; or a built-in data set: demo, mnist, fashion_mnist, cifar10, svhn, stl10."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name shown on the pages; the folder's name by default.")] = None,
    image_size: Annotated[
        str | None,
        typer.Option(help="Pixels a side (8 to 1024), or WIDTHxHEIGHT; chosen from the images by default."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Folder of a built-in data set's files, or where the paths of a table start.")
    ] = None,
    classes: Annotated[
        str, typer.Option(help="Names of further classes without images, with commas between: cat,dog.")
    ] = "",
    hide_labels: Annotated[
        bool,
        typer.Option("--hide-labels", help="Where all images have a label: hide most, to try Winnow out on the rest."),
    ] = False,
    groups: Annotated[
        str,
        typer.Option(
            help="Which images belong together, so that no group lies in two splits: folder:LEVEL (1 the first folder, "
            "-1 the image's own), pattern:REGEX (its first part in parentheses), time:SECONDS (largest gap, by EXIF), "
            "column:NAME, duplicates[:THRESHOLD], or none; by default the group column of the source."
        ),
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show what the source is understood to be; keep nothing."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a project from a source of images or a built-in data set, and draw its splits."""
    split = SplitConfig.checked(settings) if settings else None
    if source is None and not dry_run:
        raise InputError(f"From what? Name the images: winnow new {path} --source FOLDER")
    origin = source or str(path)
    if dry_run and is_hub_name(origin):
        dataset = Project.hub_dataset(origin)
        if dataset.missing:
            report_hub_dataset(dataset, as_json=as_json)
            return
        origin = dataset.source
    if dry_run and not (origin in SOURCES and not Path(origin).exists()):
        found = Project.preview(origin, reading, root)
        report_source(found, split, hide_labels=hide_labels, as_json=as_json)
        return
    added = [name for name in classes.split(",") if name.strip()]
    values: dict[str, Any] = {"split": split, "image_size": parsed_size(image_size), "root": root, "classes": added}
    values |= {"hide_labels": hide_labels, "groups": groups}
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="winnow-dry-run-") as folder:
            place = Path(folder) / path.name
            create_project(place, origin, name=name, **values)
            describe_project(Project(place), as_json, kept=False)
        return
    values |= {"reading": reading, "on_progress": print_image_progress()}
    project = Project.create(path, origin, name=name, **values)
    print_warnings(project)
    describe_project(project, as_json)


def parsed_size(text: str | None) -> int | tuple[int, int] | None:
    """Return a side in pixels, or (height, width) of a text such as "320x240"; InputError for any other text."""
    if text is None:
        return None
    parts = [parse_whole(part.strip()) for part in text.lower().split("x")]
    numbers = [number for number in parts if number is not None]
    if not 1 <= len(numbers) == len(parts) <= 2:
        raise InputError(f"--image-size {text} is no size: give pixels a side, as 128, or WIDTHxHEIGHT, as 320x240.")
    return numbers[0] if len(numbers) == 1 else (numbers[1], numbers[0])
