"""Histograms: sums over the bins from an edge upwards equal exact counts."""

import numpy as np
import pytest

from core.base.types import PerImage
from core.scoring.histograms import bin_of, count_cells, edges, largest

RANGES = [(0.0, 1.0), (0.0, float(np.log2(10))), (0.1, 1.0)]


def nasty(bins: int, low: float, high: float) -> PerImage:
    """Every edge, its float32 neighbors on both sides, and values in between."""
    lower = edges(bins, low, high)
    up, down = np.nextafter(lower, np.float32(99)), np.nextafter(lower, np.float32(-99))
    drawn = np.random.default_rng(0).uniform(low, high, 5000).astype(np.float32)
    return np.concatenate([lower, up, down, drawn, np.array([high], dtype=np.float32)])


@pytest.mark.parametrize("bins", [1, 7, 200, 1000])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_bins_from_an_edge_upwards_are_exact_counts(bins: int, low: float, high: float) -> None:
    values = nasty(bins, low, high)
    counts = np.bincount(bin_of(values, bins, low, high), minlength=bins)
    from_edge = counts[::-1].cumsum()[::-1]
    lower = edges(bins, low, high)
    exact = np.array([(values >= edge).sum() for edge in lower])
    exact[0] = len(values)  # what lies below the first edge is kept in the first bin
    np.testing.assert_array_equal(from_edge, exact)


def test_edge_is_the_float32_of_its_threshold() -> None:
    np.testing.assert_array_equal(edges(1000, 0, 1), [np.float32(i / 1000) for i in range(1000)])


def test_count_cells_separates_groups_and_counts_all() -> None:
    values = nasty(1000, 0, 1)
    labels = np.random.default_rng(1).integers(0, 4, len(values))
    found = count_cells(bin_of(values, 1000, 0, 1).astype(np.uint16), labels.astype(np.int8), 5, 1000)
    assert found.shape == (5, 1000)
    assert found.sum(axis=1).tolist() == [*np.bincount(labels, minlength=5)]
    for label in range(4):
        for edge in (1, 500, 950, 999):
            exact = ((values >= np.float32(edge / 1000)) & (labels == label)).sum()
            assert found[label, edge:].sum() == exact


def test_no_values_give_empty_bins() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert count_cells(nothing, nothing, 3, 4).tolist() == [[0] * 4] * 3


def test_largest_groups_are_in_ascending_order() -> None:
    counts = np.array([[1, 0], [5, 5], [0, 0], [3, 4], [2, 0]])
    assert largest(counts, 3).tolist() == [1, 3, 4]
    assert largest(counts, 9).tolist() == [0, 1, 2, 3, 4]
