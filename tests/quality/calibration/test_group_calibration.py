"""Where images come in groups, one calibration image of each counts, and a target error is kept for new groups."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import InputError, Project, SplitConfig, TrainConfig
from core.data.groups.group_numbers import one_per_group
from core.risk.risk_control import conformal_threshold, high_probability_threshold

RUN = "001-head-hog"


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained project of 100 scenes of three images, all labeled, most hidden."""
    folder, rng = tmp_path_factory.mktemp("groups"), np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_HOME", str(folder / "home"))
        for scene in range(100):
            for number in range(3):
                file = folder / "images" / ("dark", "light")[scene % 2] / f"s{scene}_{number}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                values = rng.normal(90 + 60 * (scene % 2), 40, (16, 16))
                values[: scene % 7] += 40
                Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).save(file)
        split = SplitConfig(kind="stratified", labeled=60, val=30, calibration=105, test=30)
        project = Project.create(folder / "p", folder / "images", split=split, groups=r"pattern:(s\d+)_")
        project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    return folder / "p"


def test_calibration_items_are_one_image_of_each_group_and_every_state_says_so(scenes: Path) -> None:
    project = Project.open(scenes)
    groups = project.groups.current
    assert groups is not None
    items = project.decisions.calibration()
    own = np.unique(groups.of_image[project.splits.calibration])
    assert np.array_equal(np.unique(groups.of_image[items.ids]), own)
    assert len(items.ids) == len(own) >= 30
    check = project.quality.pool_check(RUN)
    assert (check.num_calibration, check.by_group) == (len(own), True)
    assert check.state == "guaranteed"
    assert "one of each group" in check.reason
    assert "new groups" in check.reason
    found = project.quality.conformal_threshold(RUN, 0.2)
    assert (found.by_group, found.num_calibration) == (True, len(own))
    assert found.num_pool == len(project.splits.unlabeled)
    assert found.threshold is not None
    confidence = project.scores(RUN).scores.confidence[np.searchsorted(project.splits.pool, project.splits.unlabeled)]
    assert found.num_kept == int((confidence >= np.float32(found.threshold)).sum())


def test_a_calibration_image_of_a_group_that_trains_does_not_count(scenes: Path) -> None:
    project = Project.open(scenes)
    before = project.decisions.calibration().ids
    groups = project.groups.current
    assert groups is not None
    sibling = next(i for i in project.splits.calibration.tolist() if i not in before)
    project.decide(RUN, "accept", sibling)
    after = project.decisions.calibration().ids
    assert set(before.tolist()) - set(after.tolist()) == {
        image for image in before.tolist() if groups.of_image[image] == groups.of_image[sibling]
    }
    project.undo(RUN)
    assert np.array_equal(project.decisions.calibration().ids, before)


def test_the_target_is_kept_for_new_groups_where_all_images_together_break_it() -> None:
    rng, target = np.random.default_rng(5), 0.1
    errors: dict[str, list[float]] = {"all": [], "one": [], "all, high probability": [], "one, high probability": []}
    for _ in range(200):  # 10 groups calibrate, 200 are the pool; each is right or wrong as a whole
        groups, own = np.repeat(np.arange(210), 20), rng.normal(0, 1, 210)
        sure = (1 / (1 + np.exp(-own[groups] - 0.3 * rng.normal(0, 1, 4_200)))).astype(np.float32)
        is_right = ~(rng.random(210) < 0.3 / (1 + np.exp(0.5 * own)))[groups]
        ids, known = np.arange(4_200), groups < 10
        one = np.zeros(4_200, dtype=np.bool_)
        one[one_per_group(ids, groups)] = True
        for name, chosen in (("all", np.ones_like(one)), ("one", one)):
            parts = sure[~known & chosen], sure[known & chosen], is_right[known & chosen]
            for kind, find in (("", conformal_threshold), (", high probability", high_probability_threshold)):
                threshold = find(*parts, target).threshold
                kept = ~known & (sure >= np.float32(np.inf if threshold is None else threshold))
                errors[name + kind].append(float((~is_right[kept]).mean()) if kept.any() else 0.0)
    assert np.mean(errors["all"]) > target
    assert np.mean(errors["one"]) <= target
    assert np.mean(np.array(errors["all, high probability"]) > target) > 0.3  # 0.1 was promised
    assert np.mean(np.array(errors["one, high probability"]) > target) <= 0.1


def test_errors_by_class_and_by_group_name_the_worst_with_n_and_interval(scenes: Path) -> None:
    project = Project.open(scenes)
    found = project.quality.class_errors(RUN, 0.0)
    assert [part.name for part in found.parts] == ["dark", "light"]
    assert sum(part.error.n for part in found.parts) == len(project.decisions.calibration().ids)
    assert sum(part.num_pool for part in found.parts) == len(project.splits.unlabeled)
    assert found.worst is not None
    assert found.worst.error.value == max(part.error.value for part in found.parts)
    assert found.worst.error.level == 0.975  # for both at once
    assert f"n = {found.worst.error.n}" in found.sentence
    assert found.worst.name in found.sentence
    by_group = project.quality.group_errors(RUN, 0.0)
    assert sum(part.error.n for part in by_group.parts) == len(project.splits.calibration)
    assert {part.name[0] for part in by_group.parts} == {"s"}
    assert by_group.worst is None  # three images of each say nothing
    with pytest.raises(InputError, match="have no metadata"):
        project.quality.group_errors(RUN, 0.5, "site")


def test_small_classes_share_a_guarantee_and_large_ones_have_their_own(scenes: Path) -> None:
    project = Project.open(scenes)
    own = project.quality.class_guarantees(RUN, 0.2)
    assert all(not row.pooled_with and "by its own" in row.sentence for row in own)
    few = min(row.num_calibration for row in own)
    shared = project.quality.class_guarantees(RUN, 1 / (few + 12))
    assert {row.pooled_with for row in shared} == {("dark", "light")}
    assert len({row.threshold for row in shared}) == 1
    assert all("together" in row.sentence for row in shared)
