"""ONNX files as extractors: their own input, any number of images, and one sentence for each that cannot be used."""

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.errors import InputError
from core.features.input_spec import InputSpec
from core.features.onnx_backbones import BATCH, file_sha256, onnx_compute, onnx_extractor
from tests.features.conftest import MakeNetwork

SPEC = InputSpec(16, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3), "bicubic")


def expected(pixels: np.ndarray, path: Path) -> np.ndarray:
    """The network of `make_network`, in numpy."""
    import onnx

    kernel = onnx.numpy_helper.to_array(onnx.load(path).graph.initializer[0])
    images = np.pad(SPEC.prepare(pixels), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(2, 3))
    return np.asarray(np.maximum(np.einsum("nchwij,fcij->nfhw", windows, kernel), 0).mean((2, 3)))


@pytest.mark.parametrize("kind", [{}, {"batch": 4}, {"batch": 1, "side": 16}, {"pooled": False}])
@pytest.mark.parametrize("shape", [(16, 16, 3), (40, 25, 3), (1, 1, 1)])
def test_features_are_those_of_the_network(make_network: MakeNetwork, kind: Any, shape: tuple[int, ...]) -> None:
    path = make_network(**kind)
    extractor = onnx_extractor(path, spec=SPEC)
    pixels = np.random.default_rng(0).integers(0, 256, (BATCH + 3, *shape), dtype=np.uint8)
    found = onnx_compute(extractor, threads=1)(pixels)
    assert found.shape == (BATCH + 3, extractor.num_features)
    assert np.allclose(found, expected(pixels, path), atol=1e-4)
    assert np.array_equal(onnx_compute(extractor, threads=1)(pixels[:1]), found[:1])


def test_the_record_holds_what_decides_the_numbers(make_network: MakeNetwork) -> None:
    path = make_network("resnet.onnx", metadata={"licence": "MIT"})
    extractor = onnx_extractor(path, spec=SPEC)
    assert (extractor.name, extractor.num_features, extractor.licence) == ("onnx:resnet", 8, "MIT")
    assert (extractor.sha256, extractor.input, extractor.weights) == (file_sha256(path), SPEC, path)
    assert extractor.key != onnx_extractor(path, spec=SPEC, side=24).key


@pytest.mark.parametrize("place", ["net.json", "preprocessor_config.json", "metadata"])
def test_the_files_own_input_is_used(make_network: MakeNetwork, place: str) -> None:
    facts = json.dumps(SPEC.facts())
    path = make_network(metadata={"input": facts} if place == "metadata" else {})
    if place != "metadata":
        (path.parent / place).write_text(facts)
    assert onnx_extractor(path).input == SPEC


def test_a_file_that_says_nothing_of_its_input_is_refused(make_network: MakeNetwork) -> None:
    with pytest.raises(InputError, match=r"does not say how pixels are normalised: give side, mean and std"):
        onnx_extractor(make_network())
    path = make_network("other.onnx")
    path.with_suffix(".json").write_text("{")
    with pytest.raises(InputError, match=r"other\.json is no JSON object"):
        onnx_extractor(path)


def test_images_larger_than_the_network_takes_are_shrunk_and_another_side_is_refused(make_network: MakeNetwork) -> None:
    path = make_network(side=16)
    large = np.random.default_rng(1).integers(0, 256, (2, 300, 300, 3), dtype=np.uint8)
    assert onnx_compute(onnx_extractor(path, spec=SPEC), 1)(large).shape == (2, 8)
    with pytest.raises(InputError, match="takes images of 16 pixels, not 24"):
        onnx_extractor(path, spec=SPEC, side=24)


def test_files_that_are_no_network_are_refused(make_network: MakeNetwork, tmp_path: Path) -> None:
    path = make_network()
    with pytest.raises(InputError, match="does not exist"):
        onnx_extractor(tmp_path / "none.onnx", spec=SPEC)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be read as an ONNX network"):
        onnx_extractor(path, spec=SPEC)


def test_a_network_of_another_input_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    value = onnx.helper.make_tensor_value_info
    for shape in ([2, 3], [1, 3, 8, 9]):
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [value("x", 1, shape)], [value("y", 1, shape)]
        )
        opset = [onnx.helper.make_opsetid("", 17)]
        onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9), tmp_path / "x.onnx")
        with pytest.raises(InputError, match=r"does not take images|only squares"):
            onnx_extractor(tmp_path / "x.onnx", spec=SPEC)


def test_without_onnxruntime_the_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name == "onnxruntime":
            raise ImportError(name)
        return before(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"onnxruntime, which is not installed: pip install 'winnow\[onnx\]'"):
        onnx_extractor(tmp_path / "net.onnx", spec=SPEC)
