"""Kinds of exports of the labels, by name."""

from core.export.formats.coco_writer import coco
from core.export.formats.cvat_writer import cvat
from core.export.formats.export_format import ExportFormat
from core.export.formats.fiftyone_writer import fiftyone
from core.export.formats.folder_writer import folder_per_class, image_folder, yolo
from core.export.formats.hugging_face_writer import hugging_face
from core.export.formats.label_studio_writer import label_studio
from core.export.formats.table_writer import csv_file, jsonl, parquet
from core.export.formats.webdataset_writer import webdataset

_ALL = "split, source, confidence, reviewer, rule and its threshold, decision, time, note, flag"
_BESIDE = f"splits as folders; {_ALL} in labels.csv"

EXPORTS: dict[str, ExportFormat] = {
    "csv": ExportFormat("CSV table", "One row per label; for spreadsheets and pandas.", _ALL, csv_file),
    "parquet": ExportFormat("Parquet table", "One row per label, typed; for pandas, Arrow, DuckDB.", _ALL, parquet),
    "jsonl": ExportFormat("JSON lines", "One object per label; for scripts.", _ALL, jsonl),
    "folder_per_class": ExportFormat(
        "Folder per class", "The image files in one folder per class.", f"{_ALL} in labels.csv", folder_per_class,
        has_images=True,
    ),
    "image_folder": ExportFormat(
        "ImageFolder", "train, val and test with a folder per class; for torchvision and timm.", _BESIDE, image_folder,
        has_images=True, held_out=True,
    ),
    "hugging_face": ExportFormat(
        "Hugging Face data set", "Parquet shards with the images; for datasets.load_dataset and the hub.",
        f"splits; {_ALL} as columns; certificates in the card", hugging_face, has_images=True, held_out=True,
    ),
    "webdataset": ExportFormat(
        "WebDataset", "Tar shards; for training from object stores.", f"splits; {_ALL} in each sample's .json",
        webdataset, has_images=True, held_out=True,
    ),
    "label_studio": ExportFormat(
        "Label Studio", "Tasks with annotations, predictions and the labeling configuration; to go on labeling there.",
        f"{_ALL} as task data; a run's predictions, also of images without a label", label_studio, has_images=True,
        has_unlabeled=True,
    ),
    "fiftyone": ExportFormat(
        "FiftyOne", "Its image classification format, one folder per split; to look and query there.",
        f"splits; {_ALL} as attributes; a run's predictions", fiftyone, has_images=True, held_out=True,
        has_unlabeled=True,
    ),
    "coco": ExportFormat(
        "COCO", "JSON per split; the box of each annotation is the whole image.", f"splits; {_ALL} as attributes", coco,
        has_images=True, held_out=True,
    ),
    "cvat": ExportFormat(
        "CVAT for images 1.1", "XML with a tag per image, and the images; to go on labeling there.",
        "splits as subsets; source, confidence, reviewer, decision, rule and its threshold, note, flag as attributes",
        cvat, has_images=True, held_out=True,
    ),
    "yolo": ExportFormat(
        "YOLO classification folders", "train, val and test with a folder per class; for yolo classify train.",
        _BESIDE, yolo, has_images=True, held_out=True,
    ),
}  # fmt: skip
"""Formats of the labels, by kind."""
