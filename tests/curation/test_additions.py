import numpy as np

from core.base.types import CuratedSet, LabelSource
from core.curation.additions import with_selection
from core.curation.replay import digest


def curated() -> CuratedSet:
    """Image 2 given as 0, image 5 accepted as 1, image 7 rejected as 2."""
    columns = (
        np.array([2, 5]), np.array([0, 1]), np.ones(2, np.float32),
        np.array([LabelSource.GIVEN, LabelSource.ACCEPTED], np.int8),
        np.array([0, 9]), np.array([7]), np.array([2]),
    )  # fmt: skip
    return CuratedSet(*columns, digest=digest(*columns))


def test_selected_images_join_as_pseudo_labels_in_the_order_of_ids() -> None:
    found = with_selection(curated(), np.array([1, 3, 8]), np.array([2, 2, 0]), weight=0.5)
    assert found.ids.tolist() == [1, 2, 3, 5, 8]
    assert found.labels.tolist() == [2, 0, 2, 1, 0]
    assert found.sources.tolist() == [
        LabelSource.BULK,
        LabelSource.GIVEN,
        LabelSource.BULK,
        LabelSource.ACCEPTED,
        LabelSource.BULK,
    ]
    assert found.weights.tolist() == [0.5, 1.0, 0.5, 1.0, 0.5]
    assert found.decisions.tolist() == [0, 0, 0, 9, 0]
    assert found.weights.dtype == np.float32
    assert found.sources.dtype == np.int8


def test_what_a_person_decided_stands_rejects_too() -> None:
    found = with_selection(curated(), np.array([2, 5, 7]), np.array([1, 2, 2]))
    assert found.digest == curated().digest
    assert found.ids.tolist() == [2, 5]


def test_the_digest_is_that_of_the_new_columns() -> None:
    found = with_selection(curated(), np.array([1]), np.array([2]))
    assert found.digest != curated().digest
    columns = [value for name, value in vars(found).items() if name != "digest"]
    assert found.digest == digest(*columns)
