"""An exported model answers as the product does, with and without Winnow."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core import Project, TrainConfig
from core.base.errors import InputError
from core.data.image_io import Rendering, read_image
from core.data.ingest_config import IngestConfig
from core.data.sources.open_source import open_source
from core.export.kinds import EXPORTS
from core.export.label_table import ExportOptions
from core.export.predicted_table import write_predicted_labels
from core.export.runs.model_card import program
from core.features.learned_filters import learned_extractor
from core.predictions import model_folder
from core.predictions.folder_predictions import DONT_KNOW, FolderPredictions, predict_folder, write_predictions
from core.predictions.model_folder import open_model

RUN = "001-supervised-mlp"
pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


def head_run(project: Project, **settings: Any) -> str:
    """Fit a head and return its run."""
    return project.wait_run(project.start_run(TrainConfig(method="head", **settings)).id, timeout=120).id


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"extractor": "hog", "head": "kernel_ridge"},
        {"extractor": "hog", "head": "logistic", "head_balance": "logit_adjustment"},
        {"extractor": "pixels", "head": "logistic"},
        {"extractor": "patches", "head": "kernel_ridge"},
    ],
    ids=str,
)
def test_logits_of_the_onnx_file_are_the_products_own(
    trained_project: Project, tmp_path: Path, settings: dict[str, str], pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = trained_project
    if settings.get("extractor") == "patches":  # of fewer images than it would learn from
        monkeypatch.setattr("core.features.handcrafted.patch_filters.LEAST_IMAGES", 10)
        learned_extractor(project.path / "images", project.path / "features")
    run = head_run(project, **settings) if settings else RUN
    file = project.export("onnx", tmp_path / "out", run, threshold=0.5)
    assert file.name == "model.onnx"
    check = json.loads((tmp_path / "out" / "manifest.json").read_text())["onnx"]
    own = project.run(run).folder.logits()
    near = 1e-4 * max(1, float(np.abs(own).max()))  # sums of float32: larger logits, larger errors
    assert check["difference"] <= near
    model = open_model(tmp_path / "out")
    logits = model.logits(np.asarray(project.images.pixels))
    np.testing.assert_allclose(logits, own, atol=2 * near)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    plain = open_model(tmp_path / "out").logits(np.asarray(project.images.pixels[:8]))
    np.testing.assert_allclose(plain, logits[:8], atol=near)


def test_the_python_example_needs_no_winnow(trained_project: Project, pictures: Path, tmp_path: Path) -> None:
    trained_project.export("onnx", tmp_path / "out", RUN, threshold=0.6)
    text = (tmp_path / "out" / "predict.py").read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= 30
    watch = "import sys, runpy; sys.argv = sys.argv[1:]; runpy.run_path('predict.py', run_name='__main__'); "
    watch += "print(sorted({'core', 'winnow', 'torch'} & {name.split('.')[0] for name in sys.modules}))"
    images = [*sorted((pictures / "cross").iterdir())[:5], *sorted((pictures / "circle").iterdir())[:5]]
    command = [sys.executable, "-c", watch, "predict.py", *map(str, images)]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *lines, loaded = done.stdout.strip().splitlines()
    assert loaded == "[]"
    found = predict_folder(open_model(tmp_path / "out"), pictures)
    columns = found.columns()
    for line in lines:
        path, label, confidence = line.split("\t")
        row = found.names.index(Path(path).relative_to(pictures).as_posix())
        assert label == columns["label"][row]
        assert float(confidence) == pytest.approx(columns["confidence"][row], abs=2e-4)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number, name in enumerate(("=1.png", "ä-b.png", "c.png")):
        Image.new("L", (9, 9), 60 * number).save(folder / name)
    return folder


PROBS = np.array([[0.9, 0.1], [0.55, 0.45], [0.2, 0.8]], np.float32)


def found_in(folder: Path, threshold: float | None = 0.6) -> FolderPredictions:
    return FolderPredictions(["=1.png", "ä-b.png", "c.png"], PROBS, threshold, ("cat", "dög"), {})


@pytest.mark.parametrize("kind", EXPORTS)
def test_predictions_go_out_in_every_format_of_labels(kind: str, photos: Path, tmp_path: Path) -> None:
    form = EXPORTS[kind]
    write_predicted_labels(kind, found_in(photos), photos, "net", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["winnow"], manifest["threshold"], manifest["predictions_of"]) == (kind, 0.6, "net")
    if form.has_unlabeled:  # a prediction is none that a person gave
        lines = (tmp_path / "out" / "labels.csv").read_text(encoding="utf-8-sig").splitlines()
        rows = list(csv.DictReader(lines))
        assert [(row["label_name"], row["predicted"]) for row in rows] == [("", "cat"), ("", "cat"), ("", "dög")]
        return
    found = open_source(tmp_path / "out", IngestConfig()) if form.has_images else None
    if found is not None:
        assert sorted(map(str, found.classes)) == ["cat", "dög"]
        assert set(found.splits) <= {"train"}
        assert not any(name.endswith("b.png") for name in found.names)


def test_predictions_below_the_threshold_have_a_row_without_a_label_in_tables(photos: Path, tmp_path: Path) -> None:
    table = pq.read_table(write_predicted_labels("parquet", found_in(photos), photos, "net", tmp_path / "out"))
    assert table["label_name"].to_pylist() == ["cat", "", "dög"]
    assert table["predicted"].to_pylist() == ["cat", "cat", "dög"]
    assert table["prob_dög"].to_pylist() == pytest.approx([0.1, 0.45, 0.8])
    assert set(table["source"].to_pylist()) == {"predicted"}
    with pytest.raises(InputError, match="No image reaches the threshold"):
        write_predicted_labels("coco", found_in(photos, 0.99), photos, "net", tmp_path / "none")
    with pytest.raises(InputError, match="choose copy, hardlink or symlink"):
        write_predicted_labels("coco", found_in(photos), photos, "net", tmp_path / "n", ExportOptions("resized"))


def test_a_csv_of_predictions_is_safe_in_a_spreadsheet_and_comes_back(photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    write_predictions(found_in(photos), file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbfname,")
    assert "\n'=1.png," in file.read_text(encoding="utf-8-sig")
    project = Project.create(tmp_path / "p", str(photos), classes=["cat", "dög"])
    run = project.import_predictions(file)
    assert (run.imported_from or {})["num_covered"] == 3


@pytest.mark.parametrize("fit", ["pad", "crop", "squash"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_python_example_prepares_every_kind_of_file_as_the_product_does(
    fit: str, channels: int, tmp_path: Path
) -> None:
    values = np.random.default_rng(0).integers(0, 256, (40, 60, 4)).astype(np.uint8)
    values[:20, :, 3] = 0  # half of it is transparent, over colors that nobody sees
    Image.fromarray(values).save(tmp_path / "clear.png")
    Image.fromarray(values[..., [0, 3]], "LA").save(tmp_path / "gray.png")
    Image.fromarray(values[..., :3]).quantize(16).save(tmp_path / "colors.gif", transparency=3)
    Image.fromarray(values[..., 0].astype(np.uint16) * 16).save(tmp_path / "deep.png")
    Image.fromarray(values[..., :3]).convert("CMYK").save(tmp_path / "ink.jpg")
    large = Image.fromarray(np.repeat(np.repeat(values[..., :3], 30, 0), 30, 1))
    exif = Image.Exif()
    exif[0x0112] = 6
    large.save(tmp_path / "large.jpg", exif=exif)
    facts = {"height": 20, "width": 24, "channels": channels, "background": "#20c040", "value_range": [0, 4095]}
    (tmp_path / "model.json").write_text(json.dumps(facts | {"class_names": ["a"], "threshold": None}))
    (tmp_path / "onnxruntime.py").write_text(
        "import numpy as np\nclass InferenceSession:\n    def __init__(self, _): self.count = 0\n"
        "    def run(self, _, inputs):\n        np.save(f'{self.count}.npy', inputs['pixels'][0])\n"
        "        self.count += 1\n        return [np.ones((1, 1))]\n"
    )
    (tmp_path / "predict.py").write_text(program(fit))
    files = sorted(p.name for p in tmp_path.iterdir() if p.suffix in (".png", ".gif", ".jpg"))
    done = subprocess.run([sys.executable, "predict.py", *files], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    how = Rendering((0.0, 4095.0), "#20c040", fit)  # type: ignore[arg-type]
    for number, name in enumerate(files):
        expected = read_image(tmp_path / name, (20, 24, channels), how).astype(int)
        assert np.abs(np.load(tmp_path / f"{number}.npy") - expected).max() <= 2, name


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_predictions_of_a_folder_can_be_imported_again(
    trained_project: Project, pictures: Path, tmp_path: Path, suffix: str
) -> None:
    project = trained_project
    project.export("onnx", tmp_path / "out", RUN, threshold=0.9)
    found = predict_folder(open_model(tmp_path / "out"), pictures)
    write_predictions(found, tmp_path / f"found{suffix}")
    run = project.import_predictions(tmp_path / f"found{suffix}", "again")
    again = np.asarray(run.folder.logits()).argmax(axis=1)
    assert (again == np.asarray(project.run(RUN).folder.logits()).argmax(axis=1)).all()


def test_below_the_threshold_the_label_is_dont_know(trained_project: Project, pictures: Path, tmp_path: Path) -> None:
    trained_project.export("onnx", tmp_path / "out", RUN, threshold=0.5)
    shutil.copytree(pictures / "cross", tmp_path / "some")
    (tmp_path / "some" / "broken.png").write_bytes(b"no image")
    found = predict_folder(open_model(tmp_path / "out"), tmp_path / "some", 0.8)
    write_predictions(found, tmp_path / "found.parquet")
    table = pq.read_table(tmp_path / "found.parquet").to_pydict()
    assert list(found.left_out) == ["broken.png"]
    for label, suggestion, confidence in zip(table["label"], table["suggestion"], table["confidence"], strict=True):
        assert label == (suggestion if confidence >= 0.8 else DONT_KNOW)
    assert abs(sum(table[f"prob_{name}"][0] for name in trained_project.class_names) - 1) < 1e-5


def test_the_card_tells_data_labels_guarantee_and_limits(trained_project: Project, tmp_path: Path) -> None:
    trained_project.export("onnx", tmp_path / "out", RUN)
    card = (tmp_path / "out" / "README.md").read_text()
    head = card.split("---")[1]
    assert "pipeline_tag: image-classification" in head
    for words in ("## Data and labels", "given", "## How right it is", "## What is guaranteed", "calibration images",
                  "## Limits", "circle"):  # fmt: skip
        assert words in card


def test_what_cannot_be_exported_is_said_in_a_sentence(trained_project: Project, tmp_path: Path) -> None:
    run = head_run(trained_project, extractor="pixels", head="label_propagation")
    with pytest.raises(InputError, match="spreads labels among the project's own images"):
        trained_project.export("onnx", tmp_path / "out", run)
    with pytest.raises(InputError, match=r"threshold 1\.5 is no confidence"):
        trained_project.export("onnx", tmp_path / "out", RUN, threshold=1.5)
    with pytest.raises(InputError, match="There is no model in"):
        open_model(tmp_path)
    with pytest.raises(InputError, match="does not exist: give a folder"):
        predict_folder(open_model(trained_project.path / "runs" / RUN), tmp_path / "none")
    assert not (tmp_path / "out").exists()


def test_a_model_without_onnx_packages_goes_out_and_says_so(
    trained_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"error": "onnxscript is not installed, so no ONNX file was written: pip install 'winnow[onnx]'."}
    monkeypatch.setattr("core.export.runs.model_files.ask_model_worker", lambda *_: told)
    folder = trained_project.export("onnx", tmp_path / "out", RUN)
    assert folder == tmp_path / "out"
    assert "onnxscript is not installed" in (folder / "README.md").read_text()
    assert not {"predict.py", "example.py"} & {path.name for path in folder.iterdir()}
    pixels = np.asarray(trained_project.images.pixels[:4])
    expected = trained_project.run(RUN).folder.logits()[:4]
    np.testing.assert_allclose(model_folder.open_model(folder).logits(pixels), expected, atol=1e-4)


def test_a_head_on_learned_filters_takes_them_with_it(
    trained_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.features.handcrafted.patch_filters.LEAST_IMAGES", 10)
    filters = learned_extractor(trained_project.path / "images", trained_project.path / "features").weights
    assert filters is not None
    run = head_run(trained_project, extractor="patches")
    trained_project.export("onnx", tmp_path / "out", run, threshold=0.5)
    assert (tmp_path / "out" / "filters.npz").read_bytes() == filters.read_bytes()
    assert str(trained_project.path) not in (tmp_path / "out" / "model.json").read_text()
    monkeypatch.setattr("core.features.learned_filters.file_sha256", lambda _: "another")
    with pytest.raises(InputError, match="this run's features were computed by are gone"):
        trained_project.export("onnx", tmp_path / "again", run, threshold=0.5)
