"""Numbered schema changes; alembic runs them when a project is opened."""
