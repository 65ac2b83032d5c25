"""Autocast of the simulated device: the operators that CUDA's autocast computes in low precision, and those in fp32."""

from collections.abc import Callable
from typing import Any

import torch

from tests.accelerator.nested_values import mapped

LOW = (
    "conv1d", "conv2d", "conv3d", "conv_transpose2d.input", "linear", "matmul", "mm", "mv", "bmm", "addmm", "addbmm",
    "baddbmm", "prelu", "scaled_dot_product_attention",
)  # fmt: skip
FULL = (
    "exp", "log", "log1p", "pow.Tensor_Scalar", "pow.Tensor_Tensor", "reciprocal", "rsqrt", "softplus", "layer_norm",
    "group_norm", "cosine_similarity", "mse_loss", "l1_loss", "cross_entropy_loss", "nll_loss", "kl_div",
    "binary_cross_entropy_with_logits", "norm.Scalar", "softmax.int", "log_softmax.int", "sum", "sum.dim_IntList",
    "prod", "cumsum",
)  # fmt: skip
_KEY = "AutocastPrivateUse1"


def register_autocast() -> torch.library.Library:
    """Register the rules; they end with the library that is returned."""
    library = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    for names, make in ((LOW, _in_low_precision), (FULL, _in_fp32)):
        for name in names:
            packet, _, overload = name.partition(".")
            rule = make(getattr(getattr(torch.ops.aten, packet), overload or "default"))
            library.impl(name, rule, _KEY)  # type: ignore[no-untyped-call]
    return library


def _in_low_precision(operator: Any) -> Callable[..., Any]:
    return _cast(operator, lambda: torch.get_autocast_dtype("sim"))


def _in_fp32(operator: Any) -> Callable[..., Any]:
    return _cast(operator, lambda: torch.float32)


def _cast(operator: Any, dtype_of: Callable[[], torch.dtype]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        dtype = dtype_of()

        def cast(value: Any) -> Any:
            is_float = isinstance(value, torch.Tensor) and value.dtype in (torch.float32, torch.bfloat16, torch.float16)
            return value.to(dtype) if is_float and value.device.type == "sim" else value

        keys = torch._C.DispatchKeySet(getattr(torch._C.DispatchKey, _KEY))
        with torch._C._ExcludeDispatchKeyGuard(keys):
            return operator(*mapped(cast, args), **{name: mapped(cast, value) for name, value in kwargs.items()})

    return run
