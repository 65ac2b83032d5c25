"""The ten lines beside an exported model answer as the product does, with numpy, pillow and onnxruntime alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import Project, SplitConfig, TrainConfig
from core.data.image_io import Rendering, read_image
from core.export.runs.model_card import example
from core.features.learned_filters import learned_extractor
from core.predictions.model_folder import open_model

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

NETWORK = {"model": "small_cnn", "epochs": 1, "batch_size": 8, "precision": "fp32", "device": "cpu"}
KNOWN = {"numpy", "PIL", "onnxruntime", "google", "flatbuffers", "packaging"}
"""The three packages and what onnxruntime itself needs."""
WATCHED = """
import importlib.abc, runpy, sys
class Refusal(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top not in sys.stdlib_module_names and top not in KNOWN and top not in ("sitecustomize", "usercustomize"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refusal())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def answer(folder: Path, image: Path) -> tuple[str, float]:
    """Run example.py on an image where only the three packages can be imported; return label and confidence."""
    watched = f"KNOWN = {sorted(KNOWN)}\n{WATCHED}"
    command = [sys.executable, "-I", "-c", watched, "example.py", str(image)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    label, confidence = done.stdout.rstrip("\n").split("\t")
    return label, float(confidence)


def project_of(channels: int, folder: Path) -> Project:
    """Make a project of 360 plain images of 24 x 16 pixels in two classes, one bright at the left."""
    rng, image = np.random.default_rng(0), np.zeros((16, 24, channels), np.uint8)
    for name in ("left", "ümlaut 右"):
        (folder / "images" / name).mkdir(parents=True)
        for number in range(180):
            image[:] = rng.integers(0, 120, image.shape)
            image[:, slice(0, 12) if name == "left" else slice(12, 24), 0] += np.uint8(rng.integers(0, 80))
            Image.fromarray(image.squeeze()).save(folder / "images" / name / f"{number}.png")
    split = SplitConfig(labeled=20, val=12, calibration=10, test=20)
    return Project.create(folder / "project", folder / "images", split=split, image_size=(16, 24))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "settings",
    [NETWORK, {"method": "head", "extractor": "hog"}, {"method": "head", "extractor": "patches"}],
    ids=["network", "hog", "patches"],
)
def test_ten_lines_without_winnow_give_the_products_label_and_confidence(
    settings: dict[str, Any], channels: int, tmp_path: Path
) -> None:
    project = project_of(channels, tmp_path)
    if settings.get("extractor") == "patches":
        learned_extractor(project.path / "images", project.path / "features")
    run = project.wait_run(project.start_run(TrainConfig(**settings)).id, timeout=120)
    project.export("onnx", tmp_path / "out", run.id, threshold=0.5)
    program = (tmp_path / "out" / "example.py").read_text(encoding="utf-8")
    assert len(program.splitlines()) <= 10
    assert max(map(len, program.splitlines())) <= 120
    assert ";" not in program
    for name in ("left/0.png", "ümlaut 右/7.png"):
        file = tmp_path / "images" / name
        pixels = read_image(file, (16, 24, channels))
        assert (pixels == np.asarray(Image.open(file)).reshape(16, 24, channels)).all()
        model = open_model(tmp_path / "out")
        logits = np.asarray(model.logits(pixels[None])[0], np.float64) / run.temperature
        probs = np.exp(logits - logits.max())
        probs /= probs.sum()
        label, confidence = answer(tmp_path / "out", file)
        assert label == project.class_names[int(probs.argmax())]
        assert confidence == pytest.approx(probs.max(), abs=1e-4)
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "`example.py` reads one plain 8-bit image" in card
    assert "`predict.py` is the complete program for every kind of file" in card


@pytest.mark.parametrize("fit", ["pad", "crop", "squash"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_ten_lines_prepare_plain_images_of_every_size_as_the_product_does(
    fit: str, channels: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "model.json").write_text('{"class_names": ["a"]}')
    (tmp_path / "onnxruntime.py").write_text(
        "import numpy as np\nclass InferenceSession:\n    def __init__(self, _): pass\n"
        "    def run(self, _, inputs):\n        np.save('seen.npy', inputs['pixels'][0])\n"
        "        return [None, np.ones((1, 1))]\n"
    )
    text = example({"width": 24, "height": 20, "channels": channels, "fit": fit})
    (tmp_path / "example.py").write_text(text)
    assert len(text.splitlines()) <= 10
    for height, width in ((20, 24), (40, 60), (33, 7), (5, 90), (13, 13)):
        values = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        for shown in (values, values[..., 0]):
            Image.fromarray(shown).save(tmp_path / "image.png")
            command = [sys.executable, "example.py", "image.png"]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            expected = read_image(tmp_path / "image.png", (20, 24, channels), Rendering(fit=fit))  # type: ignore[arg-type]
            np.testing.assert_array_equal(np.load(tmp_path / "seen.npy"), expected)
