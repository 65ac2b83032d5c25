"""Folders of images: one per class, or train, val and test with one per class in each."""

from core.export.formats.export_format import ExportJob
from core.export.formats.table_writer import write_csv


def folder_per_class(job: ExportJob) -> str:
    """One folder per class with its images, and labels.csv."""
    folders = job.class_folders
    for name in folders:
        (job.folder / name).mkdir()
    job.place_images([folders[label] for label in job.table.columns["label"].tolist()])
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return ""


def image_folder(job: ExportJob) -> str:
    """train, val and test with one folder per class in each, as torchvision's ImageFolder reads them."""
    _split_folders(job, has_every_class=True)
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return ""


def yolo(job: ExportJob) -> str:
    """train, val and test with one folder per class in each, as YOLO's classifier trains on them."""
    _split_folders(job, has_every_class=False)
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return ""


def _split_folders(job: ExportJob, *, has_every_class: bool) -> None:
    """Place the images in a folder for each split and class; train is always there."""
    folders, splits = job.class_folders, job.splits()
    for split in sorted({*splits, "train"}) if has_every_class else ():
        for name in folders:
            (job.folder / split / name).mkdir(parents=True)
    labels = job.table.columns["label"].tolist()
    targets = [f"{split}/{folders[label]}" for split, label in zip(splits, labels, strict=True)]
    job.place_images(targets, needs_suffix=True)
