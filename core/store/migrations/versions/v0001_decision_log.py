"""Tables of the append-only log and of bulk image lists.

Triggers make SQLite itself refuse changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables and the triggers that keep them append-only."""
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("command_id", sa.String, nullable=False, unique=True),
        sa.Column("time", sa.String, nullable=False),
        sa.Column("reviewer", sa.String, nullable=False),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("image_id", sa.Integer, index=True),
        sa.Column("suggestion", sa.Integer),
        sa.Column("label", sa.Integer),
        sa.Column("score", sa.Float),
        sa.Column("params", sa.String, nullable=False),
        sa.Column("num_images", sa.Integer, nullable=False),
        sa.Column("ids_hash", sa.String),
        sa.Column("undo_of", sa.Integer),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "id_sets",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in ("decisions", "id_sets"):
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
                )
