"""Small image folders and networks for the tests of features."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.types import ImageSet
from core.data.image_store import write_images

MakeImages = Callable[..., Path]
MakeNetwork = Callable[..., Path]


def image_set(num: int, side: int = 12, channels: int = 1, seed: int = 0) -> ImageSet:
    """Random images; the first ones are the same whatever their number."""
    pixels = np.stack(
        [np.random.default_rng([seed, i]).integers(0, 256, (side, side, channels), dtype=np.uint8) for i in range(num)]
    )
    names = np.array([f"{'ab'[i % 2]}/{i}.png" for i in range(num)])
    return ImageSet(pixels, np.arange(num) % 2, ("a", "b"), names, np.empty(0, np.int64))


@pytest.fixture
def make_images(tmp_path: Path) -> MakeImages:
    """Write an image folder under a name."""

    def make(name: str, num: int, **given: Any) -> Path:
        write_images(image_set(num, **given), tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def make_network(tmp_path: Path) -> MakeNetwork:
    """Write a small ONNX network: one convolution, the mean over the image, 8 features."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")

    def make(
        name: str = "net.onnx",
        *,
        side: int | str = "side",
        batch: int | str = "n",
        damaged: bool = False,
        pooled: bool = True,
        metadata: dict[str, str] | None = None,
    ) -> Path:
        helper, numpy_helper = onnx.helper, onnx.numpy_helper
        kernel = np.random.default_rng(0).normal(size=(8, 3, 3, 3)).astype(np.float32)
        kernel[0, 0, 0, 0] = np.nan if damaged else kernel[0, 0, 0, 0]
        nodes = [helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["c"], ["r"])]
        if pooled:
            nodes += [helper.make_node("GlobalAveragePool", ["r"], ["p"]), helper.make_node("Flatten", ["p"], ["y"])]
        shape = [batch, 8] if pooled else [batch, 8, side, side]
        graph = helper.make_graph(
            nodes, "net",
            [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [batch, 3, side, side])],
            [helper.make_tensor_value_info("y" if pooled else "r", onnx.TensorProto.FLOAT, shape)],
            [numpy_helper.from_array(kernel, "w")],
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        helper.set_model_props(model, metadata or {})
        onnx.save(model, tmp_path / name)
        return tmp_path / name

    return make
