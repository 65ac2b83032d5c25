"""Data checks of a project: OOD images, class shares, leaks, reference images."""

import numpy as np
import pytest

from core import InputError, Project, constants
from core.store.files import save_array, save_arrays

RUN = "001-supervised-mlp"


@pytest.mark.parametrize("score", constants.OOD_SCORES)
def test_higher_false_alarm_rate_marks_more_images_as_ood(trained_project: Project, score: str) -> None:
    quality, pool = trained_project.quality, trained_project.splits.pool
    few, many, everything = (quality.out_of_distribution(RUN, score, rate) for rate in (0.1, 0.5, 1.0))
    assert set(few.ids) <= set(many.ids) <= set(everything.ids) == set(pool)
    assert (few.p_values <= 0.1).all()
    assert (np.diff(many.p_values) >= 0).all()
    assert quality.out_of_distribution(RUN, score, 0.0).ids.size == 0


def test_unknown_score_and_invalid_rate_raise_input_error(trained_project: Project) -> None:
    with pytest.raises(InputError, match="energy"):
        trained_project.quality.out_of_distribution(RUN, "magic")
    with pytest.raises(InputError, match="0 to 1"):
        trained_project.quality.out_of_distribution(RUN, "energy", 2.0)


def test_class_shares_count_the_kept_images(trained_project: Project) -> None:
    shares = trained_project.quality.class_shares(RUN, "lowest_entropy", percent=50)
    kept = trained_project.select(RUN, "lowest_entropy", percent=50)
    assert [share.count for share in shares] == kept.class_counts.tolist()
    assert sum(share.prior for share in shares) == pytest.approx(1)


def test_split_leakage_finds_exactly_the_duplicates_across_splits(untrained_project: Project) -> None:
    assert untrained_project.quality.split_leakage() == []
    images, splits = untrained_project.images, untrained_project.splits
    pixels = np.array(images.pixels)
    pairs = [(int(splits.test[i]), int(splits.labeled[i])) for i in range(5)]
    for test, labeled in pairs:
        pixels[test] = pixels[labeled]
    pixels[splits.test[20]] = pixels[splits.test[21]]  # within one split: no leak
    object.__setattr__(images, "pixels", pixels)
    assert sorted(sorted(ids.tolist()) for ids in untrained_project.quality.split_leakage()) == sorted(
        map(sorted, pairs)
    )


def test_reference_ids_are_labeled_and_verified_images(trained_project: Project) -> None:
    """Live accepts and relabels of unlabeled images count, other decisions do not."""
    splits, open_ids = trained_project.splits, trained_project.splits.unlabeled
    np.testing.assert_array_equal(trained_project.quality.reference_ids(), splits.labeled)
    accepted, relabeled, rejected, undone = (int(image) for image in open_ids[:4])
    trained_project.decide(RUN, "accept", undone)
    trained_project.undo(RUN)
    trained_project.decide(RUN, "accept", accepted)
    label = (int(trained_project.run(RUN).folder.logits()[relabeled].argmax()) + 1) % 3
    trained_project.decide(RUN, "relabel", relabeled, label)
    trained_project.decide(RUN, "reject", rejected)
    trained_project.decide(RUN, "accept", int(splits.calibration[0]))
    trained_project.bulk_accept(RUN, "lowest_entropy", percent=50)
    expected = sorted([*splits.labeled.tolist(), accepted, relabeled])
    assert trained_project.quality.reference_ids().tolist() == expected


def test_verified_images_reduce_knn_distances(trained_project: Project) -> None:
    """Images like accepted ones are no longer out of distribution."""
    run, splits = trained_project.run(RUN), trained_project.splits
    features = np.zeros_like(run.folder.features())
    features[:, 0] = 1  # all images look alike …
    far = splits.unlabeled[:20]
    features[far] = np.eye(features.shape[1])[1]  # … but for these
    save_array(run.folder.path / "predictions" / "features.npy", features)
    assert trained_project.quality.out_of_distribution(RUN, "knn", 0.2).ids.tolist() == far.tolist()
    save_arrays(
        run.folder.path / "noise.npz",
        {"noise_logits": np.zeros((20, 3), np.float32), "noise_features": features[far]},
    )
    before = trained_project.quality.ood_report(RUN)
    for image in far[:6].tolist():
        trained_project.decide(RUN, "accept", image)
    after = trained_project.quality.ood_report(RUN)
    assert trained_project.quality.out_of_distribution(RUN, "knn", 0.2).ids.size == 0
    assert before is not None
    assert after is not None
    assert before.scores["neighbor distance"]["noise"] == pytest.approx(np.full(20, np.sqrt(2)), abs=1e-3)
    assert after.scores["neighbor distance"]["noise"] == pytest.approx(np.zeros(20), abs=1e-3)
