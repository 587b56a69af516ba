"""The database's revision: reads it, checks that it is the code's, and upgrades to that."""

from __future__ import annotations

import contextlib
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub_images.store.engine import TIMEOUT_SECONDS
from hub_images.store.seal import seal_anew
from hub_images.store.sqlite_file import create_file, file_of

VERSION_TABLE = "hub_images_alembic_version"
_UPGRADE_LOCK = 0x68756269  # "hubi"; a PostgreSQL advisory lock's number


class DatabaseNotReady(Exception):
    """The database does not suit this version of the code; the text says why."""


def alembic_config(engine: Engine | None = None) -> Config:
    """Return Alembic's configuration for running this package's migrations over `engine`."""
    config = Config()
    config.set_main_option("script_location", "hub_images:store/migrations")
    config.attributes["engine"] = engine
    return config


@cache
def head_revision() -> str:
    """Return the revision that this version of the code works with."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None  # noqa: S101 (the package ships its migrations)
    return head


def current_revision(connection: Connection) -> str | None:
    """Return the database's revision; None if it holds no catalogue yet."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def check_revision(connection: Connection) -> None:
    """Raise `DatabaseNotReady` unless the database has the code's revision."""
    _check(current_revision(connection))


def _check(revision: str | None) -> None:
    if revision == head_revision():
        return
    if revision is None:
        raise DatabaseNotReady(
            "The database holds no catalogue of images yet: "
            "start the service or run `hub-images upgrade-db`."
        )
    if revision in _known_revisions():
        raise DatabaseNotReady(
            f"The database is at the older revision {revision}: restart the service "
            "or run `hub-images upgrade-db`."
        )
    raise DatabaseNotReady(
        f"The database is at revision {revision}, which this version of hub-images does "
        "not know: it was upgraded by a newer one. Install that version again, "
        "or restore the backup made before the upgrade."
    )


def _known_revisions() -> set[str]:
    scripts = ScriptDirectory.from_config(alembic_config())
    return {script.revision for script in scripts.walk_revisions()}


def upgrade(engine: Engine) -> bool:
    """Upgrade an empty or older database to the code's revision; return whether it changed.

    Of two processes that upgrade at once, the second waits, then finds nothing to do.
    Hubs read the catalogue again afterwards. SQLite's file is made here if it is missing, and
    nowhere else. Raises `DatabaseNotReady` for a newer database, `SQLAlchemyError` if it does
    not answer.
    """
    if engine.dialect.name == "sqlite":
        _create_file(engine)
    with engine.connect() as connection:
        # First without the lock, which a read-only database does not grant.
        if current_revision(connection) == head_revision():
            return False
    with engine.connect() as connection:
        _lock_for_upgrade(connection)
        try:
            before = current_revision(connection)
            if before == head_revision():
                return False
            if before is not None and before not in _known_revisions():
                _check(before)
            config = alembic_config(engine)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(text("UPDATE hub_images_catalogue SET revision = revision + 1"))
            with Session(connection) as session:  # in the connection's transaction
                seal_anew(session)
            connection.commit()
        finally:
            # A connection that broke has lost its lock, and must not hide why it broke.
            if connection.dialect.name in ("mysql", "mariadb") and not connection.invalidated:
                with contextlib.suppress(SQLAlchemyError):
                    connection.execute(text("SELECT RELEASE_LOCK('hub_images_upgrade')"))
        return True


def _create_file(engine: Engine) -> None:
    try:
        create_file(engine.url)
    except OSError as error:
        raise DatabaseNotReady(
            f"Cannot make the database's file {file_of(engine.url)}: {error.strerror}."
        ) from None


def _lock_for_upgrade(connection: Connection) -> None:
    backend = connection.dialect.name
    if backend == "sqlite":
        connection.exec_driver_sql("ROLLBACK")  # the deferred BEGIN that SQLAlchemy emitted
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif backend == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
    else:
        got = connection.execute(
            text("SELECT GET_LOCK('hub_images_upgrade', :seconds)"), {"seconds": TIMEOUT_SECONDS}
        ).scalar()
        if got != 1:
            raise DatabaseNotReady("Another process is upgrading the database; try again.")
        # The server gives up before we do: a change of a table that goes on without us would
        # come in between the next try's.
        connection.execute(text(f"SET SESSION lock_wait_timeout = {TIMEOUT_SECONDS - 1}"))
