"""Alembic's entry: it runs the migrations on the caller's open connection."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
