"""Classes of a project: edits, and their undo."""
