"""Nearest neighbors: by angle, whatever the length of the vectors."""

import numpy as np

from core.scoring.neighbors import nearest, unit_vectors


def test_nearest_has_the_smallest_angle() -> None:
    rng = np.random.default_rng(0)
    features, query = rng.normal(size=(50, 8)).astype(np.float16), rng.normal(size=8).astype(np.float16)
    rows, similarity = nearest(unit_vectors(features), query, 5)
    wide, one = features.astype(np.float64), query.astype(np.float64)
    cosine = wide @ one / np.linalg.norm(wide, axis=1) / np.linalg.norm(one)
    assert rows.tolist() == np.argsort(-cosine)[:5].tolist()
    np.testing.assert_allclose(similarity, np.sort(cosine)[::-1][:5], atol=1e-5)
    assert (
        nearest(unit_vectors(features.astype(np.float32) * 4), query.astype(np.float32) / 4, 5)[0].tolist()
        == rows.tolist()
    )


def test_image_is_its_own_nearest_and_zero_vector_has_no_similarity() -> None:
    features = np.eye(4, dtype=np.float16)
    features[3] = 0
    rows, similarity = nearest(unit_vectors(features), features[1], 4)
    assert rows[0] == 1
    assert similarity.tolist() == [1, 0, 0, 0]
    assert np.isfinite(nearest(unit_vectors(features), features[3], 9)[1]).all()
