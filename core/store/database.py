"""The database of decisions: opened with the settings under which SQLite loses nothing, brought up to date on opening.

isolation_level None and an explicit BEGIN IMMEDIATE keep two writers from losing each other's updates; WAL lets
readers go on; synchronous FULL puts a commit on the disk before it returns.
"""

from importlib import resources
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Column, Engine, Float, Integer, LargeBinary, MetaData, String, Table, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from core.base.errors import DataError

metadata = MetaData()
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("command_id", String, nullable=False, unique=True),
    Column("time", String, nullable=False),
    Column("reviewer", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("image_id", Integer, index=True),
    Column("suggestion", Integer),
    Column("label", Integer),
    Column("score", Float),
    Column("params", String, nullable=False),
    Column("num_images", Integer, nullable=False),
    Column("ids_hash", String),
    Column("undo_of", Integer),
    sqlite_autoincrement=True,
)
id_sets = Table(
    "id_sets", metadata, Column("hash", String, primary_key=True), Column("data", LargeBinary, nullable=False)
)


def open_database(path: Path) -> Engine:
    """Open the file, making or migrating it where needed; DataError says why it cannot be used."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        _upgrade(engine)
    except CommandError as error:
        raise DataError(f"{path} was written by a newer version of Winnow: update Winnow to open it.") from error
    except DBAPIError as error:
        raise database_error(path, error) from error
    return engine


def database_error(path: Path, error: DBAPIError) -> DataError:
    """The sentence for a database that cannot be read or written."""
    return DataError(
        f"{path} cannot be used ({error.orig}). Nothing that was acknowledged is lost: free some space or make the "
        "file writable, and try again."
    )


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout = 15000", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("core.store") / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(text("SELECT 1 FROM decisions LIMIT 1"))
