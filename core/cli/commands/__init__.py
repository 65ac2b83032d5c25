"""The commands, a file per topic: each opens a project, calls it, and prints text or one JSON object."""
