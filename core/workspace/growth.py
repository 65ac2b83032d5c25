"""Growth: a project takes in new images; ids, splits, decisions and runs stay."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import InputError, RunError, WinnowError
from core.base.types import LIVE_STATES, UNKNOWN, Ids, QuarantinedFile
from core.data.classes.added_classes import ADDED
from core.data.classes.class_appearance import write_appearance
from core.data.groups.image_groups import regroup
from core.data.image_store import fingerprint, open_images, own_class_names
from core.data.ingest_config import IngestConfig
from core.data.ingestion.additions import (
    UnfinishedAddition,
    append_images,
    check_classes,
    forget_addition,
    unfinished_addition,
)
from core.data.ingestion.ingest_workers import Progress
from core.data.sources.hub.hub_name import recorded_hub_name
from core.data.sources.source_roots import SourceRoots, read_roots, relink, write_roots
from core.data.sources.source_table import SourceTable
from core.data.splits import save_splits
from core.features.compute import compute_features
from core.features.store import images_digest, list_features
from core.store.file_lock import hold_lock
from core.store.files import load_array, save_array, write_json
from core.store.run_folder import TRASH, list_runs
from core.workspace.creation import write_left_out
from core.workspace.model_versions import list_versions, version_folder
from core.workspace.project_source import open_named, root_of, write_info
from core.workspace.run import Run
from core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Growth:
    """What a project took in.

    Attributes:
        count: New images.
        first: Id of the first.
        num_labeled: New images that train with the label that their source gives.
        num_known: Images of the source that were in the project already.
        new_classes: Classes that were added.
        left_out: Files of the source that were left out.
        remarks: Sentences: what does not cover the new images.
    """

    count: int
    first: int
    num_labeled: int
    num_known: int
    new_classes: tuple[str, ...]
    left_out: tuple[QuarantinedFile, ...]
    remarks: tuple[str, ...] = ()


def add_images(
    workspace: Workspace,
    source: str,
    *,
    root: Path | None = None,
    reviewer: str = "me",
    progress: Progress | None = None,
) -> Growth:
    """Take new images into a project.

    Images with a class train; the others join the pool. Earlier runs give them no suggestion: all classes are equally
    likely there until a model is fitted again. Features that are stored are computed for them too.

    Args:
        workspace: The project; open it again afterwards.
        source: Any source that a project can be made from; empty: the project's own source again.
        root: Where the paths in a table start.
        reviewer: Who adds them, for the classes that are new.
        progress: Called with (done, total) images.

    Returns:
        What was taken in.

    Raises:
        InputError: The source cannot be read, or the project was made from a built-in data set and none is named.
        RunError: A run is being trained.
        DataError: The project cannot be written.
    """
    check_idle(workspace)
    origin = source or recorded_hub_name(workspace.info) or str(workspace.info["source"])
    images = workspace.path / "images"
    with hold_lock(images / "add.lock"):
        if (broken := unfinished_addition(images)) is not None:
            _finish_addition(workspace, broken)
            workspace = Workspace(workspace.path)
        table, new_root = _opened(workspace, origin, root)
        new_classes = check_classes(table, workspace.images.class_names)
        for name in new_classes:
            workspace.add_class(name, reviewer)
        own_appearance = replace(table.appearance.renamed({name: name for name in new_classes}), order=())
        with hold_lock(images / f"{ADDED}.lock"):  # as every edit of classes
            write_appearance(images, own_appearance, workspace.images.class_names)
        added = append_images(images, table, new_root, progress, lambda: check_idle(workspace))
        remarks = [] if broken is None else [f"An addition of {broken.count:,} images that broke off was finished."]
        num_labeled = 0
        if added.count:
            due = UnfinishedAddition(added.first, added.count, added.held_out.tolist(), new_root)
            num_labeled, num_held_out, more = _finish_addition(workspace, due)
            remarks += [*more, *_remarks(len(added.held_out), num_held_out)]
    return Growth(
        added.count, added.first, num_labeled, added.num_known, tuple(new_classes), added.problems, tuple(remarks)
    )


def _opened(workspace: Workspace, origin: str, root: Path | None) -> tuple[SourceTable, str]:
    """The images of a source, named from one of the project's roots, and that root."""
    facts = dict(workspace.images.facts.get("settings", {}))
    table = open_named(origin, IngestConfig.checked(facts), root, may_download=True)
    roots = read_roots(workspace.path, str(workspace.info["source"]))
    table, new_root = _named_from_root(table, table.root if table.hub else root_of(origin, root), roots)
    return _with_edited_classes(table, workspace), new_root


def _remarks(num_evaluation: int, num_held_out: int) -> list[str]:
    """Say which new images are in no part, and what does not cover the others."""
    found = []
    if num_evaluation:
        found.append(
            f"New images that the source gives to val or test: {num_evaluation:,}. They are in no part, because "
            "results of earlier runs would no longer compare."
        )
    if num_held_out:
        found.append(
            f"New labeled images of a group that is held out: {num_held_out:,}. They are in no part, so that training "
            "does not see such a group."
        )
    return [*found, "Error estimates and guarantees cover the images from before, not the new ones."]


def _finish_addition(workspace: Workspace, added: UnfinishedAddition) -> tuple[int, int, list[str]]:
    """Let roots, splits, features and runs grow after images were appended; done twice it is the same.

    Returns how many new images train, how many are held out with their group, and what does not cover the new images.
    """
    images = workspace.path / "images"
    roots = read_roots(workspace.path, str(workspace.info["source"]))
    if added.root != roots.root_of(added.first):
        firsts, paths = (*roots.firsts, added.first), (*roots.roots, added.root)
        write_roots(workspace.path, SourceRoots(firsts, paths, roots.moved))
    num_labeled, num_held_out = _grow_splits(workspace, added)
    remarks = [*_grow_features(workspace), *_grow_runs(workspace)]
    _grow_project_file(workspace)
    forget_addition(images)
    return num_labeled, num_held_out, remarks


def check_idle(workspace: Workspace) -> None:
    """Raise RunError where a run is being trained on the images."""
    live = [run.id for run in workspace.runs() if run.status.state in LIVE_STATES]
    if live:
        raise RunError(f"{live[0]} is being trained on these images: wait until it is done, or cancel it.")


def _with_edited_classes(table: SourceTable, workspace: Workspace) -> SourceTable:
    """Put images of a class that was renamed or merged since into the class that it is now."""
    now = workspace.classes
    first = own_class_names(workspace.path / "images")
    new = {old: now.names[now.merged.get(number, number)] for number, old in enumerate(first) if old not in now.names}
    classes = tuple(new.get(name, name) if name is not None else None for name in table.classes)
    return replace(table, classes=classes, class_names=tuple(dict.fromkeys(new.get(n, n) for n in table.class_names)))


def _named_from_root(table: SourceTable, root: Path, roots: SourceRoots) -> tuple[SourceTable, str]:
    """Name images from the project's latest root where they lie in it, else from the folder above their own."""
    current = Path(roots.roots[-1])
    if root == current or (current.is_absolute() and root.is_relative_to(current) and root.is_dir()):
        prefix, new_root = root.relative_to(current).as_posix(), str(current)
    else:
        prefix, new_root = root.name, str(root.parent)
    names = table.names if prefix in (".", "") else tuple(f"{prefix}/{name}" for name in table.names)
    return replace(table, names=names), new_root


def _grow_splits(workspace: Workspace, added: UnfinishedAddition) -> tuple[int, int]:
    """Put new images with a class into labeled, the others into unlabeled, copies of older ones aside.

    With groups, a labeled image of a group that is held out is in no part: it may neither train nor change results of
    earlier runs. Returns how many train, and how many are left out so.
    """
    splits, images = workspace.original_splits, open_images(workspace.path / "images")
    ids: Ids = np.arange(added.first, added.first + added.count, dtype=np.int64)
    held_out_ids = np.array(added.held_out, dtype=np.int64)
    free = np.setdiff1d(ids, held_out_ids)
    has_label = images.labels[free] != UNKNOWN
    trains, aside = free[has_label], held_out_ids
    groups = regroup(workspace.path, images, str(workspace.info["source"]))
    if groups is not None:
        of_image = groups.of_image
        held_out = np.concatenate([splits.val, splits.calibration, splits.test])
        is_held_out = np.isin(of_image[trains], of_image[held_out])
        trains, aside = trains[~is_held_out], np.union1d(aside, trains[is_held_out])
    grown = replace(
        splits,
        labeled=np.union1d(splits.labeled, trains),
        unlabeled=np.union1d(splits.unlabeled, free[~has_label]),
        set_aside=np.union1d(splits.set_aside, aside),
    )
    save_splits(grown, workspace.path / "splits.npz")
    return len(trains), len(aside) - len(added.held_out)


def _grow_features(workspace: Workspace) -> list[str]:
    """Append the features of the new images to all that are stored; where that cannot be, they are zero."""
    images_folder, root = workspace.path / "images", workspace.path / "features"
    images, remarks = open_images(images_folder), []
    for record in list_features(root):
        try:
            compute_features(record.extractor, images_folder, root)
        except WinnowError:
            folder = root / record.extractor.key
            save_array(folder / "features.npy", _padded(load_array(folder / "features.npy"), len(images.labels)))
            digest = images_digest(images, len(images.labels))
            write_json(folder / "record.json", replace(record, num_images=len(images.labels), digest=digest).facts())
            remarks.append(f"Features {record.extractor.name} of the new images are zero: give them anew.")
    return remarks


def _grow_runs(workspace: Workspace) -> list[str]:
    """Give the new images a row in the predictions of every run; older versions of its model are made anew."""
    num, grown = len(open_images(workspace.path / "images").labels), 0
    trash = list_runs(workspace.path / "runs" / TRASH)  # a deleted run grows, too: it may be restored
    for run in (*workspace.runs(), *(Run(folder) for folder in trash)):
        predictions = run.folder.path / "predictions"
        for name in ("logits.npy", "features.npy"):
            if (predictions / name).exists():
                save_array(predictions / name, _padded(load_array(predictions / name), num))
                grown += name == "logits.npy"
        for version in list_versions(run.folder):
            shutil.rmtree(version_folder(run.folder, version) / "predictions", ignore_errors=True)
    text = "Runs from before have no suggestions for the new images: fit or train again (winnow live --refresh)."
    return [text] if grown else []


def _padded(array: Any, num: int) -> Any:
    """Return an array with rows of zeros at its end."""
    more = np.zeros((max(0, num - len(array)), *array.shape[1:]), dtype=array.dtype)
    return np.concatenate([np.asarray(array), more])


def _grow_project_file(workspace: Workspace) -> None:
    """Write the new fingerprint into project.toml, and the list of files left out."""
    images = open_images(workspace.path / "images")
    write_info(workspace.path, {**workspace.info, "fingerprint": fingerprint(images)})
    write_left_out(workspace.path / "left_out.csv", images.quarantined)


def relink_images(workspace: Workspace, folder: Path) -> int:
    """Find the files of a project's images in a folder that they have moved to.

    Args:
        workspace: The project; open it again afterwards.
        folder: Where to look, with all folders in it.

    Returns:
        How many images were found that were missing.

    Raises:
        InputError: The folder is missing, or holds none of the images that are missing.
        DataError: The project cannot be written.
    """
    images = workspace.images
    file = workspace.path / "images" / "digests.npy"
    digests = load_array(file)[: len(images.labels)] if file.exists() else None
    roots = read_roots(workspace.path, str(workspace.info["source"]))
    if not Path(roots.roots[0]).is_absolute():
        raise InputError(f"{workspace.name} was made from the built-in data set {roots.roots[0]}, which has no files.")
    changed, found = relink(roots, images.names.tolist(), folder, digests)
    if found:
        write_roots(workspace.path, changed)
        write_info(workspace.path, {**workspace.info, "source": changed.roots[0]})
    return found
