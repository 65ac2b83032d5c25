"""Look of the classes: names with their groups; order, colors, descriptions and groups for the Review page."""

from typing import Any

from core import Project


def class_look(project: Project) -> dict[str, Any]:
    """Return how classes are shown, by class number.

    Args:
        project: The project.

    Returns:
        order without merged classes, merged, colors, descriptions, groups, and the version of all of these.
    """
    version, table = project.workspace.classes_version, project.workspace.classes
    return {
        "order": [number for number in table.order if number not in table.merged],
        "merged": list(table.merged),
        "colors": table.colors,
        "descriptions": table.descriptions,
        "groups": table.groups,
        "version": version,
    }


def class_label(project: Project, number: int) -> str:
    """Return the name of a class with its group in front, such as animals / cat, as menus show it."""
    return project.workspace.classes.isolated_label(number)
