"""Data page: leaks are mended with a click, a rule is previewed before it is used."""

from core import Project
from tests.dashboard.page_helpers import open_page, press, texts


def test_a_rule_is_previewed_used_and_its_leaks_are_mended(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    test.selectbox(key="project-group-kind").set_value("pattern").run()
    test.text_input(key="project-group-value-pattern").set_value(r"/(\d)").run()
    assert not test.exception
    assert "10 groups of two or more images" in texts(test)
    assert Project.open(untrained_project.path).groups.current is None
    press(test, "Group the images so")
    assert not test.exception
    leaks = Project.open(untrained_project.path).groups.leaks()
    assert leaks.num_images
    press(test, "Leave them out")
    assert not test.exception
    mended = Project.open(untrained_project.path)
    assert not mended.groups.leaks().num_images
    assert mended.groups.num_fixed == leaks.num_images
