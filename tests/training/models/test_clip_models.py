"""CLIP-like models: two towers from one folder; nothing downloaded unasked, one sentence for what is missing."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.base.errors import InputError
from core.features.catalog import find_extractor
from core.features.extractors import Extractor
from core.features.input_spec import InputSpec
from core.features.onnx_backbones import file_sha256
from core.training import text_worker
from core.training.backbone_worker import find, torch_compute
from core.training.models.clip_models import TextTower, image_spec, licence, model_folder, open_model
from core.training.models.pretrained import load_backbone
from core.training.text_worker import TextWorker
from tests.tiny_clip import LENGTH, SIDE, save_tiny_clip

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_clip(tmp_path_factory.mktemp("clip") / "model")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """This test's own copy of the tiny model."""
    return Path(shutil.copytree(saved, tmp_path / "model"))


def request(name: str, cache: Path, *, export: bool = False) -> dict[str, Any]:
    return {"name": name, "weights": "", "spec": None, "side": None, "allow_download": False, "export": export,
            "cache": str(cache)}  # fmt: skip


def test_the_record_says_what_decides_the_numbers(folder: Path, tmp_path: Path) -> None:
    found = find(request(f"clip:{folder}", tmp_path))
    assert (found.runner, found.num_features, found.licence) == ("torch", 3, "mit")
    assert found.input == InputSpec(SIDE, (0.5,) * 3, (0.5,) * 3, "bicubic")
    assert found.sha256 == file_sha256(folder / "model.safetensors")
    assert found.version == f"transformers {transformers.__version__}"


def test_image_features_are_those_of_the_library(folder: Path, tmp_path: Path) -> None:
    found = find(request(f"clip:{folder}", tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (5, 20, 20, 3), dtype=np.uint8)
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    assert found.input is not None
    with torch.inference_mode():
        expected = model.get_image_features(pixel_values=torch.from_numpy(found.input.prepare(pixels))).pooler_output
    here = torch_compute(found, 1, torch.device("cpu"))(pixels)
    np.testing.assert_allclose(here, expected.numpy(), atol=1e-4)


def test_text_vectors_are_those_of_the_library_and_do_not_depend_on_the_batch(folder: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    texts = ["red", "a blue thing", "красный", "日本語"]
    found = TextTower(f"clip:{folder}").vectors(texts)
    for text, vector in zip(texts, found, strict=True):
        with torch.inference_mode():
            expected = model.get_text_features(**tokenizer(text, return_tensors="pt")).pooler_output[0]
        np.testing.assert_allclose(vector, expected.numpy(), atol=1e-5)


def test_an_exported_image_tower_gives_the_same_features(folder: Path, tmp_path: Path) -> None:
    for package in ("onnxruntime", "onnxscript"):
        pytest.importorskip(package)
    if torch.cuda.is_available():
        pytest.skip("a GPU runs it in torch")
    found = find(request(f"clip:{folder}", tmp_path, export=True))
    by_torch = find(request(f"clip:{folder}", tmp_path))
    assert (found.runner, found.licence, found.sha256) == ("onnx", "mit", by_torch.sha256)
    assert found.key == by_torch.key


def test_a_name_of_the_hub_is_not_downloaded_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked: list[dict[str, Any]] = []

    def refuse(place: str, **given: Any) -> str:
        asked.append({"place": place, **given})
        raise OSError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(InputError, match="owner/none is not on this machine and was not downloaded"):
        model_folder("clip:owner/none", allow_download=False)
    with pytest.raises(InputError, match=r"owner/none could not be downloaded \(no network\)"):
        model_folder("clip:owner/none", allow_download=True)
    assert [one["local_files_only"] for one in asked] == [True, False]
    assert not any("bin" in pattern or "py" in pattern for pattern in asked[0]["allow_patterns"])


def test_what_the_hub_has_stored_here_is_found_without_asking_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda place, **given: str(folder))
    assert load_backbone("clip:owner/tiny").sha256 == file_sha256(folder / "model.safetensors")


def test_a_model_without_a_text_tower_is_refused(tmp_path: Path) -> None:
    config = transformers.CLIPVisionConfig(
        hidden_size=8, intermediate_size=4, num_hidden_layers=1, num_attention_heads=1, image_size=16, patch_size=8
    )
    transformers.CLIPVisionModel(config).save_pretrained(tmp_path / "vision")
    with pytest.raises(InputError, match=r"is a CLIPVisionModel, which has no text tower: choose a model"):
        open_model(tmp_path / "vision", "clip:vision")


def test_weights_that_are_missing_or_changed_or_unsafe_are_refused(folder: Path) -> None:
    name, file = f"clip:{folder}", folder / "model.safetensors"
    digest = file_sha256(file)
    state = load_file(file)
    state["text_projection.weight"] += 1
    save_file(state, file, metadata={"format": "pt"})
    with pytest.raises(InputError, match="have changed since the features of the images were computed"):
        TextTower(name, digest)
    del state["text_projection.weight"]
    save_file(state, file, metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 1 of its weights \(first: text_projection\.weight\)"):
        load_backbone(name)
    file.rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"has no model\.safetensors: weights in other formats can run code"):
        load_backbone(name)
    (folder / "config.json").unlink()
    with pytest.raises(InputError, match=r"is no folder of a model: config\.json is missing"):
        load_backbone(name)


def test_weights_that_are_not_finite_are_refused(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    for key in ("text_projection.weight", "visual_projection.weight"):
        state[key][0, 0] = torch.nan
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="hold numbers that are NaN"):
        load_backbone(f"clip:{folder}")
    with pytest.raises(InputError, match="gives texts numbers that are NaN"):
        TextTower(f"clip:{folder}").vectors(["red"])


def test_a_text_longer_than_the_tower_reads_is_refused_not_cut(folder: Path) -> None:
    with pytest.raises(InputError, match=rf"has \d+ tokens, and the text tower of .* reads {LENGTH}: use fewer words"):
        TextTower(f"clip:{folder}").vectors(["red", "a long text " * 9])


def test_how_images_are_wanted_is_read_from_either_file(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(InputError, match="does not say how it wants its images"):
        image_spec(folder, "clip:tiny")
    wanted = {"size": {"height": 24, "width": 24}, "crop_size": None, "image_mean": [0.1] * 3, "image_std": [0.2] * 3}
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": wanted | {"resample": 2}}))
    assert image_spec(folder, "clip:tiny") == InputSpec(24, (0.1,) * 3, (0.2,) * 3, "bilinear")
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": wanted | {"do_normalize": False}}))
    assert image_spec(folder, "clip:tiny").std == (1.0,) * 3


def test_the_licence_is_what_the_model_card_says_in_its_head(folder: Path) -> None:
    (folder / "README.md").write_text("---\ntags: [x]\n---\nlicense: in the text\n")
    assert licence(folder) == "unknown"
    (folder / "README.md").unlink()
    assert licence(folder) == "unknown"


def test_a_siglip_has_both_towers_in_one_space(folder: Path, tmp_path: Path) -> None:
    tower = {"hidden_size": 8, "intermediate_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1}
    text = {**tower, "vocab_size": 2_000, "max_position_embeddings": 12, "projection_size": 8}
    config = transformers.SiglipConfig(text_config=text, vision_config={**tower, "image_size": 16, "patch_size": 8})
    transformers.SiglipModel(config).save_pretrained(tmp_path / "siglip")
    for file in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(folder / file, tmp_path / "siglip")
    about = json.loads((folder / "tokenizer_config.json").read_text())
    (tmp_path / "siglip/tokenizer_config.json").write_text(
        json.dumps(about | {"tokenizer_class": "PreTrainedTokenizerFast"})
    )
    name = f"clip:{tmp_path / 'siglip'}"
    spec = load_backbone(name).input
    images = torch.zeros(2, 3, spec.side, spec.side)
    assert load_backbone(name).network(images).shape == (2, 8)
    assert TextTower(name).vectors(["red"]).shape == (1, 8)


def test_the_worker_keeps_the_tower_and_tells_errors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = TextWorker()
    asked = {"name": f"clip:{folder}", "sha256": "", "texts": ["red"]}
    first = worker.answer(asked)
    (folder / "model.safetensors").unlink()
    assert worker.answer(asked) == first
    assert "no model.safetensors" in worker.answer(asked | {"sha256": "00"})["error"]

    def fail(*arguments: object) -> None:
        raise ValueError("broken\nbadly")

    monkeypatch.setattr(text_worker, "TextTower", fail)
    assert "failed (ValueError: broken badly)" in TextWorker().answer(asked)["error"]


def test_a_folder_goes_by_its_full_path_and_is_looked_up_again_when_it_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(facts: dict[str, Any]) -> dict[str, Any]:
        asked.append(facts["name"])
        return Extractor(facts["name"], "1", "torch", 3, weights=folder / "model.safetensors").facts()

    monkeypatch.setattr("core.features.catalog._ask", ask)
    monkeypatch.chdir(tmp_path)
    for name in ("clip:model", f"clip:{folder}", "clip:./model"):
        assert find_extractor(name, cache=tmp_path / "cache").name == f"clip:{folder}"
    assert len(asked) == 1
    (folder / "preprocessor_config.json").write_text("{}")
    find_extractor("clip:model", cache=tmp_path / "cache")
    assert asked == [f"clip:{folder}"] * 2
