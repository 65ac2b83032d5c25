"""Batches and their pieces keep their images and order."""

import pytest
import torch

from core.training.batches.batch import Batch, Views


def test_pieces_of_a_batch_are_the_batch() -> None:
    views = Views(torch.arange(5.0).view(5, 1, 1, 1), torch.arange(5), torch.ones(5))
    few = Views(torch.arange(2.0).view(2, 1, 1, 1), torch.arange(2), torch.ones(2))
    pieces = list(Batch(views, rejected=few).pieces(4))
    assert torch.equal(torch.cat([piece.labeled.labels for piece, _ in pieces]), views.labels)
    assert sum(shares["labeled"] for _, shares in pieces) == pytest.approx(1)
    assert sum(shares.get("rejected", 0) for _, shares in pieces) == pytest.approx(1)
