"""The database's URL and engine, and what its errors mean.

Guarantees: SQLite runs in WAL mode with foreign keys on, on the file that has the name now
(`sqlite_file`); a transaction begins where SQLAlchemy says so, DDL included; every wait is
bounded by `TIMEOUT_SECONDS`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from hub_images.store.sqlite_file import FileProblem, url_of_existing, watch_file

SUPPORTED = ("sqlite", "postgresql", "mysql", "mariadb")
TIMEOUT_SECONDS = 5
POOL_SIZE = 5


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
                "The hub and the service are two processes and must share a file. "
                "Give one, such as sqlite:///hub_images.sqlite."
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
            f"The driver of {url.drivername}:// is not installed. For PostgreSQL, use "
            "postgresql+psycopg2:// and install 'hub-images[postgresql]'; for MySQL/MariaDB, "
            "mysql+pymysql:// and 'hub-images[mysql]'."
        ) from None
    if dialect.is_async:
        raise ValueError(f"{url.drivername}:// is asynchronous. Use a synchronous driver.")


def make_engine(url: URL) -> Engine:
    """Make an engine whose every wait is bounded; it connects on first use."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        engine = create_engine(url_of_existing(url), connect_args={"timeout": TIMEOUT_SECONDS})
        watch_file(engine)
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
    # When the driver itself decides where a transaction begins, it leaves DDL outside:
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#serializable-isolation-savepoints-transactional-ddl
    connection.isolation_level = None
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        # The default, 2 MB a connection, is more than the whole catalogue; the system caches
        # the file's pages anyway.
        cursor.execute("PRAGMA cache_size = -256")
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged write survives a power cut


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


#: The drivers' codes for what an administrator can mend: SQLite's primary result codes,
#: PostgreSQL's SQLSTATE, MySQL's and MariaDB's error numbers.
_FULL = {sqlite3.SQLITE_FULL, "53100", 1021, 1114}
_READ_ONLY = {sqlite3.SQLITE_READONLY, "25006", 1290, 1792, 1836}


def problem(error: Exception) -> str | None:
    """Return a sentence if this is what an administrator can mend, else None."""
    original = getattr(error, "orig", None) if isinstance(error, DBAPIError) else None
    if isinstance(original, FileProblem):
        return str(original)
    if isinstance(original, sqlite3.Error):
        code: object = getattr(original, "sqlite_errorcode", 0) & 0xFF
    else:
        code = getattr(original, "pgcode", None) or next(iter(getattr(original, "args", ())), None)
    if code in _FULL:
        return "The database has no space left; nothing was changed."
    if code in _READ_ONLY:
        return "The database is read-only at the moment; nothing was changed."
    return None
