"""Memory and time of a head do not grow with what a bulk accept labels, nor memory with the images that it scores."""

from pathlib import Path

import numpy as np
import pytest

from core.base.memmap import open_mapped
from core.base.types import CuratedSet, LabelSource
from core.heads.fit import CHUNK, fit_head, read_rows, score_chunks
from core.heads.head_labels import HeadLabels, head_labels
from core.heads.head_settings import HeadSettings
from tests.base.test_memmap import SMAPS, resident_kib

NOTHING = np.empty(0, np.int64)


def curated(num_given: int, num_bulk: int) -> CuratedSet:
    """Labels of images 0, 1, …: those of single images first, then those accepted in bulk."""
    num = num_given + num_bulk
    sources = np.full(num, LabelSource.BULK, np.int8)
    sources[:num_given] = LabelSource.CORRECTED
    ids, decisions = np.arange(num), np.ones(num, np.int64)
    return CuratedSet(ids, ids % 3, np.ones(num, np.float32), sources, decisions, NOTHING, NOTHING, digest="")


@pytest.mark.skipif(not SMAPS.exists(), reason="only Linux tells what of a file is in memory")
@pytest.mark.parametrize("kind", ["kernel_ridge", "logistic"])
def test_scoring_a_mapped_file_does_not_hold_it_in_memory(kind: str, tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(8 * CHUNK, 256)).astype(np.float16)
    np.save(tmp_path / "features.npy", features)
    mapped, ids = open_mapped(tmp_path / "features.npy"), np.arange(30)
    labels = HeadLabels(ids, ids % 3, np.ones(30, np.float32), NOTHING, NOTHING, 3)
    head = fit_head(mapped, labels, HeadSettings.checked({"kind": kind}))
    found, most = [], 0
    for part, logits in score_chunks(head, mapped):
        most = max(most, resident_kib(tmp_path / "features.npy"))
        found.append(logits)
        np.testing.assert_array_equal(part, np.arange(CHUNK) + CHUNK * (len(found) - 1))
    assert most < 0.5 * features.nbytes / 1024, "one chunk of eight, and what the system reads ahead"
    in_memory = np.concatenate([logits for _, logits in score_chunks(head, features)])
    np.testing.assert_array_equal(np.concatenate(found), in_memory)


@pytest.mark.skipif(not SMAPS.exists(), reason="only Linux tells what of a file is in memory")
def test_reading_labels_from_all_over_a_file_leaves_nothing_of_it_in_memory(tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(8 * CHUNK, 256)).astype(np.float16)
    np.save(tmp_path / "features.npy", features)
    mapped, ids = open_mapped(tmp_path / "features.npy"), np.arange(0, 8 * CHUNK, 50)
    np.testing.assert_array_equal(read_rows(mapped, ids), features[ids].astype(np.float32))
    assert resident_kib(tmp_path / "features.npy") < 1_000


def test_of_many_bulk_labels_some_are_drawn_and_every_other_label_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.heads.head_labels.MOST_BULK", 50)
    labels = head_labels(curated(20, 400), 3, bulk_weight=0.5)
    assert labels.ids[:20].tolist() == list(range(20))
    assert len(labels.ids) == 70
    np.testing.assert_array_equal(labels.labels, labels.ids % 3)
    np.testing.assert_array_equal(labels.weights, np.where(labels.ids < 20, 1.0, 0.5).astype(np.float32))
    assert labels.ids[20:].max() > 350, "drawn from all of them, not the first"
    np.testing.assert_array_equal(labels.ids, head_labels(curated(20, 400), 3).ids)


def test_up_to_the_limit_every_bulk_label_teaches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.heads.head_labels.MOST_BULK", 50)
    assert len(head_labels(curated(20, 50), 3).ids) == 70
