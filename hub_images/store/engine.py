"""The database: its engine, the upgrade, and whether its revision is the code's.

Guarantees: SQLite runs in WAL mode with foreign keys on; a transaction begins where
SQLAlchemy says so, DDL included; every wait is bounded by `TIMEOUT_SECONDS`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

VERSION_TABLE = "hub_images_alembic_version"
SUPPORTED = ("sqlite", "postgresql", "mysql", "mariadb")
TIMEOUT_SECONDS = 5
POOL_SIZE = 5
_UPGRADE_LOCK = 0x68756269  # "hubi"; a PostgreSQL advisory lock's number


class DatabaseNotReady(Exception):
    """The database does not hold what this version of the code works with; the text says why."""


def parse_url(value: str) -> URL:
    """Return the parsed SQLAlchemy URL, a relative SQLite path made absolute.

    The hub and the service must mean the same file whatever their working folder.
    Raises ValueError with a sentence (never with the URL, which may hold a password).
    """
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError(
            "This is not an SQLAlchemy URL, such as sqlite:///hub_images.sqlite "
            "or postgresql+psycopg2://user:password@host/database."
        ) from None
    if url.get_backend_name() not in SUPPORTED:
        raise ValueError("Only SQLite, PostgreSQL and MySQL/MariaDB are supported.")
    _check_driver(url)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:" or "memory" in url.query.get("mode", ""):
            raise ValueError(
                "The hub and the service are two processes; give a file, "
                "such as sqlite:///hub_images.sqlite."
            )
        if not url.database.startswith("file:"):
            url = url.set(database=str(Path(url.database).absolute()))
    return url


def _check_driver(url: URL) -> None:
    try:
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except (ArgumentError, ImportError):  # NoSuchModuleError is an ArgumentError
        raise ValueError(
            f"The driver of {url.drivername}:// is not installed. For PostgreSQL use "
            "postgresql+psycopg2:// and pip install 'hub-images[postgresql]', for MySQL/MariaDB "
            "mysql+pymysql:// and 'hub-images[mysql]'."
        ) from None
    if dialect.is_async:
        raise ValueError(f"{url.drivername}:// is asynchronous; use a driver that is not.")


def make_engine(value: str | URL) -> Engine:
    """Make an engine whose every wait is bounded; no connection is opened yet."""
    url = parse_url(value) if isinstance(value, str) else value
    backend = url.get_backend_name()
    if backend == "sqlite":
        engine = create_engine(url, connect_args={"timeout": TIMEOUT_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments: dict[str, Any] = {"connect_timeout": TIMEOUT_SECONDS}
    if backend == "postgresql":
        arguments["options"] = f"-c statement_timeout={TIMEOUT_SECONDS * 1000}"
        arguments["tcp_user_timeout"] = TIMEOUT_SECONDS * 1000
        arguments["application_name"] = "hub-images"
    else:
        arguments["read_timeout"] = arguments["write_timeout"] = TIMEOUT_SECONDS
    return create_engine(
        url,
        connect_args=arguments,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_timeout=TIMEOUT_SECONDS,
        pool_recycle=1800,
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    # The driver's own idea of when a transaction begins leaves DDL outside of it:
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#serializable-isolation-savepoints-transactional-ddl
    connection.isolation_level = None
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        # Two megabytes for each of the pool's connections is more than the catalogue is;
        # the system keeps the file's pages anyway.
        cursor.execute("PRAGMA cache_size = -256")
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged write outlives a power cut


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


#: What the drivers call what an administrator can mend: SQLite's primary result codes,
#: PostgreSQL's SQLSTATE, MySQL's and MariaDB's error numbers.
_FULL = {sqlite3.SQLITE_FULL, "53100", 1021, 1114}
_READ_ONLY = {sqlite3.SQLITE_READONLY, "25006", 1290, 1792, 1836}


def refusal(error: Exception) -> str | None:
    """Return a sentence where the database refused to write at all, else None."""
    original = getattr(error, "orig", None) if isinstance(error, DBAPIError) else None
    if isinstance(original, sqlite3.Error):
        code: object = getattr(original, "sqlite_errorcode", 0) & 0xFF
    else:
        code = getattr(original, "pgcode", None) or next(iter(getattr(original, "args", ())), None)
    if code in _FULL:
        return "The database has no room for this; nothing was changed."
    if code in _READ_ONLY:
        return "The database can only be read at the moment; nothing was changed."
    return None


def alembic_config(engine: Engine) -> Config:
    """Return Alembic's configuration for this package's migrations."""
    config = Config()
    config.set_main_option("script_location", "hub_images.store:migrations")
    config.attributes["engine"] = engine
    return config


@cache
def head_revision() -> str:
    """Return the revision that this version of the code works with."""
    head = ScriptDirectory.from_config(_scripts()).get_current_head()
    assert head is not None  # noqa: S101 (the package ships its migrations)
    return head


def _scripts() -> Config:
    config = Config()
    config.set_main_option("script_location", "hub_images.store:migrations")
    return config


def current_revision(connection: Connection) -> str | None:
    """Return the database's revision, None where it holds no catalogue yet."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def check_revision(engine: Engine) -> None:
    """Raise `DatabaseNotReady`, with a sentence, unless the revision is the code's own."""
    with engine.connect() as connection:
        explain_revision(current_revision(connection))


def explain_revision(revision: str | None) -> None:
    """Raise `DatabaseNotReady` unless `revision` is the code's own."""
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
    scripts = ScriptDirectory.from_config(_scripts())
    return {script.revision for script in scripts.walk_revisions()}


def upgrade(engine: Engine) -> bool:
    """Bring an empty or older database up to the code's revision; say whether it changed.

    Two that upgrade at once do it once: the second waits, then finds nothing to do.
    A hub that remembers the catalogue looks at it again afterwards.
    Raises `DatabaseNotReady` for a newer database, `SQLAlchemyError` where it does
    not answer.
    """
    with engine.connect() as connection:
        # First without the lock, which a database that can only be read does not give.
        if current_revision(connection) == head_revision():
            return False
    with engine.connect() as connection:
        _lock_for_upgrade(connection)
        try:
            before = current_revision(connection)
            if before == head_revision():
                return False
            if before is not None and before not in _known_revisions():
                explain_revision(before)
            config = alembic_config(engine)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(text("UPDATE hub_images_catalogue SET revision = revision + 1"))
            connection.commit()
        finally:
            if connection.dialect.name in ("mysql", "mariadb"):
                connection.execute(text("SELECT RELEASE_LOCK('hub_images_upgrade')"))
        return True


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
