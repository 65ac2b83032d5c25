"""Laws of the guards of a project: false alarms, shares, planted duplicates."""

import numpy as np
import pytest

from core import OUTLIERS, InputError, Project

RUN = "001-supervised-mlp"


@pytest.mark.parametrize("score", OUTLIERS)
def test_more_false_alarms_call_more_images_foreign_and_all_of_them_at_one(
    trained_project: Project, score: str
) -> None:
    promises, pool = trained_project.promises, trained_project.splits.pool
    few, many, everything = (promises.foreign(RUN, score, rate) for rate in (0.1, 0.5, 1.0))
    assert set(few.ids) <= set(many.ids) <= set(everything.ids) == set(pool)
    assert (few.p_values <= 0.1).all()
    assert (np.diff(many.p_values) >= 0).all()
    assert promises.foreign(RUN, score, 0.0).ids.size == 0


def test_an_unknown_score_and_an_impossible_rate_are_sentences(trained_project: Project) -> None:
    with pytest.raises(InputError, match="energy"):
        trained_project.promises.foreign(RUN, "magic")
    with pytest.raises(InputError, match="0 to 1"):
        trained_project.promises.foreign(RUN, "energy", 2.0)


def test_the_shares_count_what_the_rule_keeps(trained_project: Project) -> None:
    shares = trained_project.promises.class_shares(RUN, "lowest_entropy", percent=50)
    kept = trained_project.select(RUN, "lowest_entropy", percent=50)
    assert [share.count for share in shares] == kept.class_counts.tolist()
    assert sum(share.prior for share in shares) == pytest.approx(1)


def test_all_planted_duplicates_across_splits_are_found_and_no_others(untrained_project: Project) -> None:
    assert untrained_project.promises.leaks() == []
    images, splits = untrained_project.images, untrained_project.splits
    pixels = np.array(images.pixels)
    pairs = [(int(splits.test[i]), int(splits.labeled[i])) for i in range(5)]
    for test, labeled in pairs:
        pixels[test] = pixels[labeled]
    pixels[splits.test[20]] = pixels[splits.test[21]]  # within one split: no leak
    object.__setattr__(images, "pixels", pixels)
    assert sorted(sorted(ids.tolist()) for ids in untrained_project.promises.leaks()) == sorted(map(sorted, pairs))
