"""Streams draw batches in a reproducible order."""

import numpy as np
import torch
from torch import Generator, Tensor

from core.training.batches.part import Part, load_part
from core.training.batches.stream import Stream

CPU = torch.device("cpu")


def numbered(num: int) -> Part:
    """Return a part whose image i is filled with i."""
    images = torch.arange(num, dtype=torch.uint8).view(-1, 1, 1, 1).expand(num, 1, 2, 2).contiguous()
    return Part(images, torch.arange(num), torch.ones(num))


def same(images: Tensor) -> Tensor:
    return images


def stream(num: int, size: int, seed: int = 0) -> Stream:
    return Stream(numbered(num), size, Generator().manual_seed(seed))


def drawn(source: Stream, num: int) -> list[int]:
    return [int(i) for _ in range(num) for i in source.next(same).labels]


def test_every_image_comes_once_per_permutation() -> None:
    rows = drawn(stream(10, 4), 5)
    assert sorted(rows[:10]) == sorted(rows[10:]) == list(range(10))
    assert rows[:10] != rows[10:]


def test_images_labels_and_weights_stay_together() -> None:
    views = stream(10, 4).next(same)
    assert torch.equal(views.images[:, 0, 0, 0].long(), views.labels)


def test_a_batch_is_capped_by_what_there_is() -> None:
    assert sorted(drawn(stream(3, 64), 1)) == [0, 1, 2]


def test_the_seed_decides_the_order() -> None:
    assert drawn(stream(50, 8), 9) == drawn(stream(50, 8), 9) != drawn(stream(50, 8, seed=1), 9)


def test_a_restored_stream_goes_on_inside_its_permutation() -> None:
    generator = Generator().manual_seed(0)
    first = Stream(numbered(10), 4, generator)
    drawn(first, 3)
    state, order = first.state_dict(), generator.get_state()
    expected = drawn(first, 7)
    again = Stream(numbered(10), 4, Generator().manual_seed(99))
    again.load_state_dict(state)
    again._generator.set_state(order)
    assert drawn(again, 7) == expected


def test_a_full_batch_goes_through_a_small_part_more_than_once() -> None:
    source = load_part(np.zeros((3, 2, 2, 1), np.uint8), np.arange(3), np.arange(3), None, CPU)
    stream = Stream(source, 7, torch.Generator().manual_seed(0), is_full=True)
    rows = [stream.draw()[0] for _ in range(3)]
    assert [len(found) for found in rows] == [7, 7, 7]
    assert torch.bincount(torch.cat(rows)).tolist() == [7, 7, 7]
