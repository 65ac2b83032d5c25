"""Ingest: images of a source become the arrays of a project."""
