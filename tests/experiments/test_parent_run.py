"""A run shows its changes and scores beside its parent's."""

import json
import shutil

import numpy as np
import pytest

from core import PageQuery, Project, QueueFilter

CHILD, NUM_FLIPPED = "002-supervised-mlp", 7


@pytest.fixture
def flipped(trained_project: Project) -> tuple[Project, list[int]]:
    """Return a project whose second run changes the class of seven pool images."""
    runs = trained_project.path / "runs"
    parent, child = next(runs.iterdir()), runs / CHILD
    shutil.copytree(parent, child)
    facts = json.loads((child / "run.json").read_text())
    facts |= {"run_id": CHILD, "parent": parent.name}
    (child / "run.json").write_text(json.dumps(facts))
    file = child / "predictions" / "logits.npy"
    logits = np.load(file)
    ids = trained_project.splits.pool[3 : 3 + NUM_FLIPPED]
    turned = np.roll(logits[ids], 1, axis=1)
    logits[:, 0] += logits.std()  # the histogram has moved, too
    logits[ids] = turned
    np.save(file, logits)
    return Project.open(trained_project.path), ids.tolist()


def changed(project: Project) -> list[int]:
    """Return the pool images whose class differs between two runs' logits."""
    first, second = (
        np.asarray(project.run(run.id).folder.logits())[project.splits.pool].argmax(1) for run in project.runs()
    )
    return list(project.splits.pool[first != second].tolist())


def test_the_flip_inbox_holds_just_the_images_that_the_parent_called_otherwise(
    flipped: tuple[Project, list[int]],
) -> None:
    project, ids = flipped
    expected = changed(project)
    assert set(ids) <= set(expected)
    assert len(expected) < len(project.splits.pool)
    page = project.review(CHILD).page(PageQuery(count=400, wanted=QueueFilter(is_changed=True)))
    assert sorted(card.id for card in page.cards) == expected
    assert page.matching == len(expected)
    of_parent = project.review(project.runs()[0].id).page(PageQuery(wanted=QueueFilter(is_changed=True)))
    assert of_parent.matching == 0


def test_a_card_says_what_the_parent_called_it_where_that_has_changed_and_nowhere_else(
    flipped: tuple[Project, list[int]],
) -> None:
    project, _ = flipped
    parent = project.runs()[0].id
    before = np.asarray(project.run(parent).folder.logits()).argmax(1)
    expected = set(changed(project))
    for card in project.review(CHILD).page(PageQuery(count=400)).cards:
        was = f"was {project.class_names[before[card.id]]} in {parent}"
        assert (was in card.why) == (card.id in expected), card.why


@pytest.mark.parametrize("score", ["confidence", "entropy", "margin"])
def test_the_ghost_counts_the_same_pool_under_the_parent(flipped: tuple[Project, list[int]], score: str) -> None:
    project, _ = flipped
    parent = project.runs()[0].id
    ghost = project.review(CHILD).histogram.counts(score)["ghost"]
    own = np.sum(project.review(CHILD).histogram.counts(score)["counts"], axis=0).tolist()
    of_parent = np.sum(project.review(parent).histogram.counts(score)["counts"], axis=0).tolist()
    assert ghost == of_parent
    assert ghost != own
    assert sum(ghost) == len(project.splits.pool)
