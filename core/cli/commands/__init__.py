"""The commands, one file per topic.

Each opens a project, calls it, and prints text or one JSON object.
"""
