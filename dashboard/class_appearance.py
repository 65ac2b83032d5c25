"""Appearance of the classes for the Review page: order, colors, descriptions and groups."""

from typing import Any

from core import Project


def class_appearance(project: Project) -> dict[str, Any]:
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
