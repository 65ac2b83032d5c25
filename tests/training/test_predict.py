"""All images are scored, and models are read back from a run folder."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core.base.errors import DataError
from core.training import predict as predict_module
from core.training.models.models import Classifier, build
from core.training.models.weights import load_model, save_weights
from core.training.predict import predict
from tests.training.separable import CPU, make_images

MEAN, STD = torch.full((1, 1, 1, 1), 0.4), torch.full((1, 1, 1, 1), 0.2)


@pytest.fixture
def model() -> Classifier:
    return build("small_cnn", 3, 1, 8, 8, seed=0)


@pytest.fixture
def saved(model: Classifier, tmp_path: Path) -> Path:
    """Return what the worker writes of a model into a run folder."""
    facts = {"model": "small_cnn", "num_classes": 3, "channels": 1, "height": 8, "width": 8}
    (tmp_path / "model.json").write_text(json.dumps(facts))
    save_weights(model.state_dict(), tmp_path / "model.safetensors")
    return tmp_path


def told(model: Classifier, seen: list[int]) -> tuple[np.ndarray, np.ndarray]:
    out = np.empty((150, 3), np.float32), np.empty((150, 128), np.float16)
    predict(model, make_images().pixels, (MEAN, STD), CPU, "fp32", out, seen.append)
    return out


def test_a_row_is_the_models_answer_to_that_image(model: Classifier) -> None:
    logits, features = told(model, [])
    assert np.isfinite(features).all()
    images = torch.from_numpy(make_images().pixels[[7]]).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        alone = model.eval()((images - MEAN) / STD)
    np.testing.assert_allclose(logits[7], alone[0].numpy(), atol=1e-5)


def test_chunks_change_nothing_and_are_told(model: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = told(model, [])
    monkeypatch.setattr(predict_module, "images_at_a_time", lambda *_: 64)
    seen: list[int] = []
    parts, _ = told(model, seen)
    assert seen == [64, 128, 150]
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_a_model_read_back_answers_the_same(model: Classifier, saved: Path) -> None:
    np.testing.assert_array_equal(told(load_model(saved), [])[0], told(model, [])[0])


@pytest.mark.parametrize("spoil", ["truncated", "missing", "other model", "no model"])
def test_weights_that_cannot_be_used_name_their_file(saved: Path, spoil: str) -> None:
    weights, facts = saved / "model.safetensors", json.loads((saved / "model.json").read_text())
    if spoil == "truncated":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif spoil == "missing":
        weights.unlink()
    else:
        facts["model"] = "mlp" if spoil == "other model" else "transformer"
        (saved / "model.json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match=r"model\.safetensors"):
        load_model(saved)
