"""Compute features of all images once: in several processes, resumable, with progress, appended for new images."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.base.errors import Cancelled, DataError, WinnowError
from core.data.image_store import open_images
from core.features.extractors import PATCHES, Extractor, Features, num_features
from core.features.feature_process import FeatureProcess, compute_chunk, compute_function
from core.features.progress import Draft, locked
from core.features.store import (
    FeatureRecord,
    FeatureStatus,
    StoredFeatures,
    check_images,
    images_digest,
    open_features,
    read_record,
    write_status,
)  # fmt: skip
from core.jobs.launch import module_command

SMALL_JOB = 200_000_000
"""Pixel values up to which handcrafted features are computed in this process: a start costs half a second."""
_PATCHES_COST = 10
"""Time of learned filters for a pixel value, in times of gradient histograms."""

OnProgress = Callable[[FeatureStatus], None]
Answer = tuple[int, Features | BaseException]


def compute_features(
    extractor: Extractor,
    images: Path,
    root: Path,
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> StoredFeatures:
    """Compute the features of all images, or those that are missing, and open them.

    What a killed or cancelled process has done is kept and gone on with. Features of images that were added since are
    appended; those that are there are not touched.

    Args:
        extractor: What to compute.
        images: An image folder of Winnow.
        root: The folder `features` of the project; each extractor has a folder in it.
        workers: Number of processes; None takes one for each core, or for each device of a torch runner. 1 computes in
            this process where no torch is needed.
        on_progress: Called with the progress after each chunk, in the caller's thread.
        should_stop: Asked after each chunk.

    Returns:
        The features, memory-mapped.

    Raises:
        Cancelled: should_stop said so; the next call goes on.
        InputError: The extractor fails, or gives numbers that are NaN.
        DataError: The folder cannot be written, or belongs to other images.
        FeaturesBusyError: Another process computes them.
        RunError: A worker process died.
    """
    image_set, folder = open_images(images), root / extractor.key
    with locked(folder):
        before = read_record(folder) if (folder / "record.json").exists() else None
        if before is not None:
            check_images(before, image_set, folder)
        if before is None or before.num_images < len(image_set.pixels):
            shape = (len(image_set.pixels), num_features(extractor, image_set.pixels.shape[1:]))
            draft = Draft(folder, shape, images_digest(image_set, shape[0]), before)
            clock = _Clock(folder, draft, on_progress)
            try:
                _fill(extractor, images, draft, workers, clock, should_stop)
            except Cancelled:
                clock.tell("cancelled")
                raise
            except WinnowError as error:
                clock.tell("failed", str(error))
                raise
            finally:
                draft.sync()
            draft.finish(_record(extractor, draft, clock))
            clock.tell("done")
    return open_features(folder, image_set)


@dataclass
class _Clock:
    """Tells the progress to the status file and the caller, at most twice a second to the file."""

    folder: Path
    draft: Draft
    on_progress: OnProgress | None

    def __post_init__(self) -> None:
        self.begin, self.first, self.written = time.monotonic(), self.draft.num_done, 0.0

    def rate(self) -> float:
        """Images a second of this process."""
        return (self.draft.num_done - self.first) / max(1e-9, time.monotonic() - self.begin)

    def tell(self, state: str = "running", message: str = "") -> None:
        done, total, rate = self.draft.num_done, self.draft.shape[0], self.rate()
        status = FeatureStatus(state, done, total, rate, (total - done) / rate if rate else None, message)
        if state != "running" or time.monotonic() - self.written > 0.5:
            write_status(self.folder, status)
            self.written = time.monotonic()
        if self.on_progress is not None:
            self.on_progress(status)


def _record(extractor: Extractor, draft: Draft, clock: _Clock) -> FeatureRecord:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    seconds = time.monotonic() - clock.begin
    return FeatureRecord(extractor, *draft.shape, draft.digest, created, round(seconds, 3), round(clock.rate(), 1))


def _fill(
    extractor: Extractor,
    images: Path,
    draft: Draft,
    workers: int | None,
    clock: _Clock,
    should_stop: Callable[[], bool],
) -> None:
    """Compute and write every chunk that is missing."""
    spans = draft.spans()
    num = num_workers(extractor, images, len(spans), workers)
    with _answers(extractor, images, spans, num) as answers:
        clock.tell()
        for start, found in answers:
            if isinstance(found, BaseException):
                raise found
            if found.shape[1] != draft.shape[1]:
                raise DataError(f"{extractor.name} gives {found.shape[1]} numbers an image, not {draft.shape[1]}.")
            draft.write(start, found)
            clock.tell()
            if should_stop():
                raise Cancelled


def num_workers(extractor: Extractor, images: Path, num_chunks: int, workers: int | None) -> int:
    """Processes to use; 0 computes in this one."""
    if extractor.runner == "torch":
        return max(1, min(num_chunks, workers or len(extractor.devices) or 1))
    if workers is None:
        cost = open_images(images).pixels.size * (_PATCHES_COST if extractor.name == PATCHES else 1)
        is_small = extractor.runner == "numpy" and cost <= SMALL_JOB
        workers = 1 if is_small else len(os.sched_getaffinity(0))
    workers = min(workers, num_chunks)
    return workers if workers > 1 else 0


@contextmanager
def _answers(extractor: Extractor, images: Path, spans: list[tuple[int, int]], num: int) -> Iterator[Iterator[Answer]]:
    """The chunks' features in the order in which they are finished."""
    if num == 0:
        compute, pixels = compute_function(extractor, threads=1), open_images(images).pixels
        yield ((start, compute_chunk(compute, pixels, start, stop, extractor)) for start, stop in spans)
        return
    threads = max(1, len(os.sched_getaffinity(0)) // num)
    devices = extractor.devices or ("cpu",)
    todo: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
    done: queue.Queue[Answer] = queue.Queue(maxsize=2 * num)
    for span in spans:
        todo.put(span)
    is_over = threading.Event()
    with ExitStack() as stack:
        processes = [FeatureProcess(extractor, images, threads, devices[i % len(devices)]) for i in range(num)]
        followers = [threading.Thread(target=_follow, args=(p, todo, done, is_over), daemon=True) for p in processes]
        for follower in followers:
            stack.callback(follower.join)
            follower.start()
        for process in processes:
            stack.callback(process.stop)
        stack.callback(is_over.set)
        yield (done.get() for _ in spans)


def _follow(
    process: FeatureProcess,
    todo: "queue.SimpleQueue[tuple[int, int]]",
    done: "queue.Queue[Answer]",
    is_over: threading.Event,
) -> None:
    """Give one process chunk after chunk until none is left or the reader has gone."""
    while not is_over.is_set():
        try:
            start, stop = todo.get_nowait()
        except queue.Empty:
            return
        try:
            answer: Answer = (start, process.compute(start, stop))
        except Exception as error:
            answer = (start, error)
        while not is_over.is_set():
            try:
                done.put(answer, timeout=0.2)
                break
            except queue.Full:
                continue


def start_compute(extractor: Extractor, images: Path, root: Path, workers: int | None = None) -> int:
    """Compute features in a process of its own that outlives this one.

    See `feature_status` for its progress.

    Args:
        extractor: What to compute.
        images: An image folder of Winnow.
        root: The folder `features` of the project.
        workers: As for `compute_features`.

    Returns:
        The id of the process.

    Raises:
        DataError: The process cannot be started.
    """
    folder = root / extractor.key
    facts = {"extractor": extractor.facts(), "images": str(images), "root": str(root), "workers": workers}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cancel").unlink(missing_ok=True)
        with (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                module_command("core.features.compute", json.dumps(facts)),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        raise DataError(f"The computation could not be started in {folder}: {error.strerror}.") from error
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie
    return process.pid


def request_cancel(folder: Path) -> None:
    """Ask the process that computes a folder of features to stop after its next chunk.

    What is done is kept.
    """
    (folder / "cancel").touch()


def main(arguments: list[str]) -> int:
    """Compute what `start_compute` was asked for, at low priority."""
    facts = json.loads(arguments[0])
    extractor, root = Extractor.from_facts(facts["extractor"]), Path(facts["root"])
    cancel = root / extractor.key / "cancel"
    os.nice(5)
    try:
        compute_features(extractor, Path(facts["images"]), root, workers=facts["workers"], should_stop=cancel.exists)
    except Cancelled:
        cancel.unlink(missing_ok=True)
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
