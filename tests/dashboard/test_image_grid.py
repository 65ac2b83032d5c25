"""Image grids: samples of a split, escaped names."""

import numpy as np

from core import Project
from dashboard import image_grid


def test_a_sample_is_of_the_class_and_part_that_was_asked_for(trained_project: Project) -> None:
    ids = image_grid.sample_ids(trained_project, "labeled", 1, 3)
    assert len(ids) == 3
    assert np.isin(ids, trained_project.splits.labeled).all()
    assert (trained_project.images.labels[ids] == 1).all()


def test_names_in_pictures_are_escaped(trained_project: Project) -> None:
    html = image_grid.cards_html("key", trained_project, [(0, ["<b>bold</b>"])])
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
