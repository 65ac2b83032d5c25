"""Worker processes that compute features of images chunk by chunk: python -m core.features.feature_process.

A request is a line "start stop" on standard input; the answer is a JSON line, followed by the bytes of the features
(n, D) float16 where it says so. Standard output carries nothing else.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from core.base.errors import InputError, RunError, WinnowError
from core.base.types import Pixels
from core.data.image_store import open_images
from core.features.extractors import (
    HANDCRAFTED,
    PATCHES,
    Compute,
    Extractor,
    Features,
    as_stored,
    handcrafted_compute,
    learned_compute,
)
from core.features.onnx_backbones import onnx_compute
from core.jobs.launch import WORKER_ENVIRONMENT, module_command

MODULES = {
    "numpy": "core.features.feature_process",
    "onnx": "core.features.feature_process",
    "torch": "core.training.backbone_worker",
}
"""The module that runs an extractor, by its runner."""


def compute_function(extractor: Extractor, threads: int) -> Compute:
    """The function of an extractor that needs no torch, with so many threads.

    InputError for a person's own arrays.
    """
    if extractor.name == PATCHES:
        return learned_compute(extractor)
    if extractor.runner == "numpy" and extractor.name not in HANDCRAFTED:
        raise InputError(f"The features {extractor.name} came from a file: import it again with all images.")
    return onnx_compute(extractor, threads) if extractor.runner == "onnx" else handcrafted_compute(extractor.name)


class FeatureProcess:
    """A process that computes one extractor's features.

    Ends with the `with` block or with this process.

    Args:
        extractor: What to compute.
        images: An image folder of Winnow.
        threads: Threads of the process.
        device: Device of a torch runner.
    """

    def __init__(self, extractor: Extractor, images: Path, threads: int, device: str = "cpu") -> None:
        self.name = extractor.name
        facts = {"extractor": extractor.facts(), "images": str(images), "threads": threads, "device": device}
        threads_each = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        self._process = subprocess.Popen(
            module_command(MODULES[extractor.runner], json.dumps(facts)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=WORKER_ENVIRONMENT | os.environ | threads_each,
        )  # fmt: skip

    def compute(self, start: int, stop: int) -> Features:
        """Features of images start … stop - 1.

        InputError with the worker's sentence, RunError when it has died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{start} {stop}\n".encode())
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            answer = json.loads(line) if line.endswith(b"\n") else {}
            if "shape" in answer:
                data = self._process.stdout.read(2 * answer["shape"][0] * answer["shape"][1])
                return np.frombuffer(data, np.float16).reshape(answer["shape"])
        except (OSError, ValueError) as error:
            raise self._gone() from error
        if "error" in answer:
            raise InputError(answer["error"])
        raise self._gone()

    def _gone(self) -> RunError:
        code = self._process.poll()
        return RunError(f"The process that computes {self.name} is gone (exit code {code}): start it again to go on.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # a request that the process will not read
                if pipe is not None:
                    pipe.close()


def serve(make: Callable[[Extractor, Mapping[str, Any]], Compute], arguments: list[str]) -> int:
    """Answer requests until standard input ends.

    Args:
        make: Builds the function from the extractor and the other settings (threads, device).
        arguments: One JSON object, as FeatureProcess writes it.

    Returns:
        The exit code.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print goes to standard error
    facts = json.loads(arguments[0])
    extractor, compute, pixels = Extractor.from_facts(facts["extractor"]), None, None
    for line in sys.stdin:
        try:
            if compute is None or pixels is None:
                compute, pixels = make(extractor, facts), open_images(Path(facts["images"])).pixels
            start, stop = map(int, line.split())
            answer = compute_chunk(compute, pixels, start, stop, extractor)
        except WinnowError as error:
            is_heard = _answer(answers, {"error": str(error)})
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            is_heard = _answer(answers, {"error": f"{extractor.name} failed ({reason})."})
        else:
            is_heard = _answer(answers, {"shape": list(answer.shape)}, answer)
        if not is_heard:
            return 1
    return 0


def compute_chunk(compute: Compute, pixels: Pixels, start: int, stop: int, extractor: Extractor) -> Features:
    """Features of images start … stop - 1, as stored."""
    return as_stored(compute(np.asarray(pixels[start:stop])), extractor.name)


def _answer(file: BinaryIO, facts: Mapping[str, Any], values: Features | None = None) -> bool:
    """Write one answer; False where the process that asked is gone."""
    try:
        file.write(json.dumps(facts).encode() + b"\n")
        if values is not None:
            file.write(np.ascontiguousarray(values).tobytes())
        file.flush()
    except BrokenPipeError:
        with suppress(OSError):
            file.close()
        return False
    return True


if __name__ == "__main__":
    sys.exit(serve(lambda extractor, facts: compute_function(extractor, facts["threads"]), sys.argv[1:]))
