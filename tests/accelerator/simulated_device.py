"""A simulated accelerator: real arithmetic on the CPU under another device, which refuses tensors of mixed devices.

PyTorch loads it as it loads the device package of a manufacturer (its entry point group torch.backends), where the
folder that `installed_device` writes is on PYTHONPATH. It must not be loaded into a process that tests the CPU: `auto`
then means another device.

What it cannot show: speed, kernels and rounding of a real device, memory that is really short, streams that run ahead,
two devices of one process, and what inference mode forbids.
"""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from tests.accelerator.nested_values import leaves, mapped
from tests.accelerator.simulated_autocast import register_autocast

NAME = "sim"
NUMBER = "WINNOW_SIMULATED_DEVICES"
"""Variable that holds the number of simulated devices; without it 1."""
_READS = ("aten._to_copy", "aten.copy_", "aten._copy_from")  # the operators that may meet two devices
_FACTORIES = (
    "arange", "arange.start", "arange.start_step", "linspace", "eye", "eye.m", "randperm", "randperm.generator",
)  # fmt: skip  # torch makes them from an empty tensor that grows, which is not simulated
_NUMPY = "can't convert sim device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
_library: list[torch.library.Library] = []  # its registrations end with it
_Generator = torch.Generator
_generators: dict[int, torch.device] = {}  # of each generator the device; a kernel gets another Python object of it


def installed_device(folder: Path) -> str:
    """Write the description of a package whose entry point is this device, and return the PYTHONPATH that finds it."""
    package = folder / "simulated_device-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: simulated-device\nVersion: 1\n")
    (package / "entry_points.txt").write_text(f"[torch.backends]\n{NAME} = {__name__}:register\n")
    return os.pathsep.join([str(folder), str(Path(__file__).parents[2])])


class DeviceModule:
    """What torch.sim offers, as torch.cuda and torch.xpu do."""

    largest = 2**62
    """Bytes of the largest answer of a convolution that the device can hold; above it, it is out of memory."""

    def is_available(self) -> bool:
        """Whether there is a device."""
        return True

    def is_initialized(self) -> bool:
        """Whether it is ready."""
        return True

    def device_count(self) -> int:
        """Devices of this machine."""
        return int(os.environ.get(NUMBER, "1"))

    def current_device(self) -> int:
        """Number of the device that is taken without a number."""
        return 0

    def get_device_name(self, device: torch.device) -> str:
        """The device's name."""
        return f"simulated device {device.index or 0}"

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        """Do nothing: dropout draws from the CPU's generator, which torch seeds itself."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        """Precisions of its autocast."""
        return [torch.bfloat16, torch.float16]

    def is_bf16_supported(self) -> bool:
        """Whether it computes in bf16."""
        return True

    def synchronize(self, device: Any = None) -> None:
        """Return at once: the simulation does not run ahead."""

    def mem_get_info(self, device: Any = None) -> tuple[int, int]:
        """Free and total bytes."""
        return 2**31, 2**31


class SimulatedGenerator(_Generator):
    """A generator that knows its device; the CPU's numbers for the same seed.

    torch.Generator is replaced by it, because PyTorch offers Python backends no generator.
    """

    def __new__(cls, device: Any = "cpu") -> "SimulatedGenerator":
        """Make a generator of a device."""
        wanted = torch.device(device)
        made = super().__new__(cls, "cpu" if wanted.type == NAME else wanted)  # type: ignore[call-arg]
        _generators[made._cdata] = _numbered(wanted)  # type: ignore[attr-defined]
        return made

    def __init__(self, device: Any = "cpu") -> None:
        """Nothing is left to do."""

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        """The device that it draws for."""
        return _device_of(self)


class SimulatedTensor(torch.Tensor):
    """A tensor of the device; `raw` holds its numbers, on the CPU."""

    raw: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, raw: torch.Tensor, device: torch.device) -> "SimulatedTensor":
        """Wrap a CPU tensor."""
        made = torch.Tensor._make_wrapper_subclass(
            cls, raw.shape, strides=raw.stride(), storage_offset=raw.storage_offset(), dtype=raw.dtype, device=device
        )
        made.raw = raw
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        """Run an operator."""
        return _run(func, args, kwargs or {})

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Save a plain tensor: a file needs no device."""
        return self.raw.detach().__reduce_ex__(protocol)  # type: ignore[no-untyped-call]

    def tolist(self) -> Any:
        """The numbers, as a real device gives them."""
        return self.raw.tolist()

    def numpy(self, *_words: Any, **_more: Any) -> Any:
        """Refuse, as a real device does."""
        raise TypeError(_NUMPY)

    def __array__(self, *_words: Any, **_more: Any) -> Any:
        """Refuse, as a real device does."""
        raise TypeError(_NUMPY)


def _numbered(device: torch.device) -> torch.device:
    """The device of a tensor: of several, each process has one, which bears the number 0 there.

    PyTorch runs the backward pass of a Python backend on its first device alone.
    """
    return torch.device(NAME, 0) if device.type == NAME else device


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an operator on the raw tensors, after the checks that a real device makes."""
    device = _target(func, args, kwargs)
    if func is torch.ops.aten.record_stream.default:
        return None  # the simulation has one stream
    given = {name: mapped(_raw, value) for name, value in kwargs.items()}
    if given.get("device") is not None:
        given["device"] = torch.device("cpu")
    if given.get("pin_memory"):
        given["pin_memory"] = False
    found = func(*mapped(_raw, args), **given)
    if _is_in_place(func):
        return _written(func, args, kwargs)
    if func is torch.ops.aten.convolution.default:
        _check_memory(found)
    return found if device.type == "cpu" else mapped(lambda value: _wrapped(value, device), found)


@functools.cache
def _is_in_place(func: Any) -> bool:
    """Whether an operator returns what it has written into, or nothing."""
    returns = func._schema.returns
    return not returns or (returns[0].alias_info is not None and returns[0].alias_info.is_write)


@functools.cache
def _is_transfer(func: Any) -> bool:
    return str(func).startswith(_READS)


@functools.cache
def _written_arguments(func: Any) -> list[tuple[int, str]]:
    arguments = enumerate(func._schema.arguments)
    return [(n, argument.name) for n, argument in arguments if argument.alias_info and argument.alias_info.is_write]


def _target(func: Any, args: Any, kwargs: dict[str, Any]) -> torch.device:
    """Device of an operator's result; RuntimeError where its tensors, or its generator, are of several."""
    given = [*leaves(args), *leaves(list(kwargs.values()))]
    tensors = [value for value in given if isinstance(value, torch.Tensor)]
    devices = {value.device for value in tensors if value.ndim or isinstance(value, SimulatedTensor)}
    if len(devices) > 1 and not _is_transfer(func):
        names = " and ".join(sorted(map(str, devices)))
        raise RuntimeError(f"Expected all tensors to be on the same device, but found {names} in {func}.")
    asked = kwargs.get("device")
    own = [device for device in devices if device.type == NAME]
    device = _numbered(torch.device(asked)) if asked is not None else (own or [torch.device(NAME, 0)])[0]
    for value in given:
        if isinstance(value, _Generator) and _device_of(value) != device:
            raise RuntimeError(f"Expected a {device} device type for generator but found {_device_of(value)}.")
    return device


def _device_of(generator: torch.Generator) -> torch.device:
    return _generators.get(generator._cdata, torch.device("cpu"))  # type: ignore[attr-defined]


def _written(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Return the tensors that an operator has written into, in the order of its results."""
    written = [kwargs[name] if name in kwargs else args[number] for number, name in _written_arguments(func)]
    for value in leaves(written):
        if isinstance(value, SimulatedTensor) and value.raw.shape != value.shape:
            raise NotImplementedError(f"{func} changes the shape of a tensor, which is not simulated.")
    returns = len(func._schema.returns)
    return None if returns == 0 else written[0] if returns == 1 else tuple(written)


def _check_memory(found: torch.Tensor) -> None:
    if found.nbytes > torch.get_device_module(NAME).largest:
        raise torch.OutOfMemoryError(f"{NAME} out of memory. Tried to allocate {found.nbytes} bytes.")


def _raw(value: Any) -> Any:
    return value.raw if isinstance(value, SimulatedTensor) else value


def _wrapped(value: Any, device: torch.device) -> Any:
    return SimulatedTensor(value, device) if isinstance(value, torch.Tensor) else value


def _kernel(operator: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: _run(operator, args, kwargs)


def _copy_from(source: Any, target: Any, non_blocking: bool = False) -> Any:
    """Copy between devices, where torch.tensor switches off the dispatch to a tensor's own class."""
    _raw(target).copy_(_raw(source))
    return target


def _checked_factory(factory: Callable[..., Any]) -> Callable[..., Any]:
    """A factory of random numbers that refuses the simulated device's generator for another device.

    The CPU's kernel cannot know it.
    """

    def make(*args: Any, **kwargs: Any) -> Any:
        generator, device = kwargs.get("generator"), _numbered(torch.device(kwargs.get("device") or "cpu"))
        if generator is not None and device.type != NAME and _device_of(generator) != device:
            raise RuntimeError(f"Expected a {device} device type for generator but found {_device_of(generator)}.")
        return factory(*args, **kwargs)

    return make


def register(names: Sequence[str] = ("rand", "randn", "randint", "randperm")) -> None:
    """Make the device known to PyTorch, once in a process."""
    _setup_privateuseone_for_python_backend(NAME, backend_module=DeviceModule())
    library = torch.library.Library("_", "IMPL")  # type: ignore[no-untyped-call]
    library.fallback(lambda func, *args, **kwargs: _run(func, args, kwargs), "PrivateUse1")  # type: ignore[no-untyped-call]
    library.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")  # type: ignore[no-untyped-call]
    factories = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    for name in _FACTORIES:
        packet, _, overload = name.partition(".")
        factories.impl(name, _kernel(getattr(getattr(torch.ops.aten, packet), overload or "default")), "PrivateUse1")  # type: ignore[no-untyped-call]
    factories.impl("_copy_from", _copy_from, "PrivateUse1")  # type: ignore[no-untyped-call]
    _library.extend([library, factories, register_autocast()])
    torch.Generator = SimulatedGenerator  # type: ignore[misc]
    torch.inference_mode = torch.no_grad  # type: ignore[misc, assignment]  # its views cannot be wrapped
    for name in names:
        setattr(torch, name, _checked_factory(getattr(torch, name)))
