"""Laws of the control arms: same seed and budget, no single decision, no calibration label."""

import numpy as np
import pytest

from core import InputError, Project, Source, TrainConfig
from core.project.arms import num_clicks, prepare_arm
from core.project.runs import prepare_run

RUN = "001-supervised-mlp"


def curated_run(project: Project, *, is_bulk: bool = True) -> str:
    """A prepared run with three single decisions and, unless told otherwise, one bulk accept."""
    pool = project.scores(RUN)
    surest = pool.ids[np.argsort(-pool.scores.confidence, kind="stable")][:3]
    for image in surest.tolist():
        row = int(np.searchsorted(pool.ids, image))
        project.decide(RUN, "relabel", image, (int(pool.scores.pseudo_labels[row]) + 1) % 3)
    if is_bulk:
        project.accept_all(RUN, "lowest_entropy", percent=40)
    config = TrainConfig(method="self_training", model="mlp", epochs=1, precision="fp32", device="cpu", seed=5)
    return prepare_run(project, config, RUN).id


def test_threshold_only_is_the_rule_on_the_whole_pool_without_a_single_decision(trained_project: Project) -> None:
    run_id = curated_run(trained_project)
    frozen = trained_project.run(run_id).folder.curated()
    arm = prepare_arm(trained_project, run_id, "threshold_only")
    labels = arm.folder.curated()
    assert frozen is not None
    assert labels is not None
    assert num_clicks(frozen) == 3
    assert num_clicks(labels) == 0
    kept = trained_project.select(RUN, "lowest_entropy", percent=40)
    bulk = labels.sources == Source.BULK
    assert labels.ids[bulk].tolist() == kept.ids.tolist()
    assert labels.labels[bulk].tolist() == kept.labels.tolist()
    assert arm.record.config == trained_project.run(run_id).record.config
    assert arm.record.parent == RUN


def test_random_clicks_are_refused_where_the_truth_is_unknown(trained_project: Project) -> None:
    run_id = curated_run(trained_project)
    with pytest.raises(InputError, match="threshold_only instead"):
        prepare_arm(trained_project, run_id, "random_clicks")


def test_random_clicks_are_as_many_right_and_never_calibration_items(trained_project: Project) -> None:
    run_id = curated_run(trained_project)
    images = trained_project.images
    truth = np.where(images.labels < 0, 2, images.labels)
    object.__setattr__(images, "labels", truth)
    labels = prepare_arm(trained_project, run_id, "random_clicks").folder.curated()
    assert labels is not None
    clicked = labels.ids[labels.sources == Source.CORRECTED]
    assert num_clicks(labels) == len(clicked) == 3
    assert np.isin(clicked, trained_project.splits.unlabeled).all()
    assert labels.labels[labels.sources == Source.CORRECTED].tolist() == truth[clicked].tolist()


def test_a_control_of_nothing_is_a_sentence(trained_project: Project) -> None:
    with pytest.raises(InputError, match="No single decision"):
        prepare_arm(trained_project, RUN, "threshold_only")
    with pytest.raises(InputError, match="threshold_only, random_clicks"):
        prepare_arm(trained_project, RUN, "no_such_arm")
    run_id = curated_run(trained_project, is_bulk=False)
    with pytest.raises(InputError, match="nothing in bulk"):
        prepare_arm(trained_project, run_id, "threshold_only")
