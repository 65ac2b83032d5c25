"""Near duplicates: which images are stacked, across splits as well."""

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from core import PageQuery, Project, QueueFilter
from core.scoring.connected_groups import connected_groups
from core.similarity.near_duplicates import near_duplicates


def rewritten(project: Project, copies: dict[int, int], noise: float = 3.0) -> Project:
    """The project with some images as noisy copies of others: target by source."""
    file = project.path / "images" / "pixels.npy"
    pixels, rng = np.array(np.load(file)), np.random.default_rng(0)
    for source, target in copies.items():
        changed = pixels[source] + rng.normal(0, noise, pixels[source].shape)
        pixels[target] = np.clip(changed, 0, 255).astype(np.uint8)
    np.save(file, pixels)
    return Project.open(project.path)


@pytest.fixture
def copied(trained_project: Project) -> tuple[Project, list[list[int]]]:
    """A project with three stacks: within the pool, from labeled to pool, from labeled to test."""
    splits = trained_project.splits
    pool, labeled, test = splits.unlabeled.tolist(), splits.labeled.tolist(), splits.test.tolist()
    stacks = [[pool[0], pool[5], pool[9]], [labeled[1], pool[20]], [labeled[3], test[2]]]
    copies = {pool[0]: pool[5], labeled[1]: pool[20], labeled[3]: test[2]}
    return rewritten(rewritten(trained_project, copies), {pool[5]: pool[9]}), stacks


def test_noisy_copies_are_stacked_and_other_images_are_alone(copied: tuple[Project, list[list[int]]]) -> None:
    project, stacks = copied
    found = near_duplicates(project.workspace)
    assert found.num_stacks == 3
    assert found.num_images == 7
    assert sorted(np.flatnonzero(found.stacks == 0).tolist()) == sorted(stacks[0])
    assert {tuple(sorted(np.flatnonzero(found.stacks == n).tolist())) for n in (1, 2)} == {
        tuple(sorted(stack)) for stack in stacks[1:]
    }


def test_leaks_are_the_stacks_with_a_labeled_image_and_another(copied: tuple[Project, list[list[int]]]) -> None:
    found = near_duplicates(copied[0].workspace)
    assert found.leaks == {"val": 0, "calibration": 0, "unlabeled": 1, "test": 1}
    assert found.num_leaks == 2


def test_stacks_are_kept_and_found_again_when_the_images_change(copied: tuple[Project, list[list[int]]]) -> None:
    project, stacks = copied
    first = near_duplicates(project.workspace)
    kept = (project.path / "features" / "near_duplicates.npz").stat().st_mtime_ns
    assert np.array_equal(first.stacks, near_duplicates(project.workspace).stacks)
    assert (project.path / "features" / "near_duplicates.npz").stat().st_mtime_ns == kept
    changed = rewritten(project, {stacks[2][0]: int(project.splits.unlabeled[30])})
    assert near_duplicates(changed.workspace).num_images == 8


def test_the_queue_shows_the_pool_images_of_each_stack_side_by_side(copied: tuple[Project, list[list[int]]]) -> None:
    project, stacks = copied
    wanted = QueueFilter(is_duplicate=True)
    page = project.review(project.runs()[0].id).page(PageQuery("duplicates", wanted=wanted))
    assert [card.id for card in page.cards] == [*sorted(stacks[0]), stacks[1][1]]
    assert [card.stack for card in page.cards[:3]] == [0, 0, 0]
    assert page.total == page.matching == 4
    assert "3 near duplicates" in page.cards[0].why
    assert "2 near duplicates, 1 in labeled" in page.cards[3].why


def test_a_project_without_copies_has_no_stack(trained_project: Project) -> None:
    assert near_duplicates(trained_project.workspace).num_stacks == 0
    assert trained_project.review(trained_project.runs()[0].id).page(PageQuery("duplicates")).cards == []


def test_groups_are_the_connected_components_of_near_pairs() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(3_000, 3)).astype(np.float32)
    radius = 0.08
    groups = connected_groups(vectors, radius)
    near = np.linalg.norm(vectors[:, None] - vectors[None], axis=2) <= radius
    _, number = connected_components(near, directed=False)
    lowest = [int(np.flatnonzero(number == one)[0]) for one in number]
    assert groups.tolist() == lowest
    assert np.bincount(groups).max() > 2


def test_a_pair_that_is_not_confirmed_is_not_joined() -> None:
    vectors = np.zeros((4, 2), dtype=np.float32)
    assert connected_groups(vectors, 0.1).tolist() == [0, 0, 0, 0]
    assert connected_groups(vectors, 0.1, lambda pairs: pairs[:, 0] == 2).tolist() == [0, 1, 2, 2]
    assert connected_groups(vectors[:0], 0.1).tolist() == []


def test_a_read_only_project_is_still_compared(trained_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, arrays: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr("core.similarity.near_duplicates.save_arrays", refuse)
    assert near_duplicates(trained_project.workspace).num_stacks == 0
