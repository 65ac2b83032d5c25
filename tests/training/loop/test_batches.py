"""Laws of the streams that batches are drawn from."""

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from core.training.loop import batches as room
from core.training.loop.batches import Batch, OnDisk, Part, Stream, Views, channels_last, chunk_size, part

CPU = torch.device("cpu")


def numbered(num: int) -> Part:
    """A part whose image i is filled with i."""
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


def test_a_chunk_is_at_most_a_megapixel_and_at_least_one_image() -> None:
    assert chunk_size(28, 28) == 512
    assert chunk_size(224, 224) * 224 * 224 <= 2**20
    assert chunk_size(4000, 4000) == 1


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_last_changes_the_layout_and_nothing_else(channels: int) -> None:
    images = torch.rand(4, channels, 6, 5)
    found = channels_last(images)
    assert torch.equal(found, images)
    assert found.stride() == (30 * channels, 1, 5 * channels, channels)


def test_a_part_that_stays_on_disk_gives_the_same_images(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
    ids, rows = np.array([3, 7, 11, 19]), torch.tensor([2, 0, 3])
    resident = part(pixels, ids, np.arange(4), None, CPU)
    monkeypatch.setattr(room, "_room", lambda _: 10)
    on_disk = part(pixels, ids, None, None, CPU)
    assert isinstance(on_disk.images, OnDisk)
    assert isinstance(resident.images, torch.Tensor)
    assert torch.equal(on_disk.take(rows), resident.take(rows))
    assert on_disk.labels.tolist() == [-1] * 4
    chunks = [(images.shape[0], labels.tolist()) for images, labels in on_disk.chunks()]
    assert chunks == [(4, [-1] * 4)]


def test_a_full_batch_goes_through_a_small_part_more_than_once() -> None:
    source = part(np.zeros((3, 2, 2, 1), np.uint8), np.arange(3), np.arange(3), None, CPU)
    stream = Stream(source, 7, torch.Generator().manual_seed(0), is_full=True)
    rows = [stream.draw()[0] for _ in range(3)]
    assert [len(found) for found in rows] == [7, 7, 7]
    assert torch.bincount(torch.cat(rows)).tolist() == [7, 7, 7]


def test_pieces_of_a_batch_are_the_batch() -> None:
    views = Views(torch.arange(5.0).view(5, 1, 1, 1), torch.arange(5), torch.ones(5))
    few = Views(torch.arange(2.0).view(2, 1, 1, 1), torch.arange(2), torch.ones(2))
    pieces = list(Batch(views, rejected=few).pieces(4))
    assert torch.equal(torch.cat([piece.labeled.labels for piece, _ in pieces]), views.labels)
    assert sum(shares["labeled"] for _, shares in pieces) == pytest.approx(1)
    assert sum(shares.get("rejected", 0) for _, shares in pieces) == pytest.approx(1)
