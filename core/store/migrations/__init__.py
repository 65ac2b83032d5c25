"""Numbered changes of the database's shape; alembic runs them when a project is opened."""
