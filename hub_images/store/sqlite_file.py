"""The file of a SQLite database: who makes it, and what happens when it is another one.

Somebody may delete or replace the file while connections to it are open. They go on with the
file that they opened, which has no name any more. Guarantees: a connection that leaves the
pool belongs to the file that has the name now, and a write is not committed into any other; no
connection makes a file, only `create_file` does; the `-wal` and `-shm` of a file that was
replaced are set aside, because SQLite would write what they hold into the new one.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import weakref
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

log = logging.getLogger("hub_images")

_COMPANIONS = ("-wal", "-shm")
_IDENTITY, _PINNED = "hub_images_file_identity", "hub_images_file_pinned"
_OPEN_ATTEMPTS = 3


class FileProblem(sqlite3.OperationalError):
    """The file cannot be used as it is; the text is a sentence for people."""


class Identity(NamedTuple):
    """What a file is, whatever its name; no other has it while the file is open."""

    device: int
    number: int


def url_of_existing(url: URL) -> URL:
    """Return the URL with which SQLite opens the file and never makes one."""
    if url.query.get("mode") == "ro":
        return url
    path = file_of(url)
    return url.set(database=f"file:{quote(str(path))}").update_query_dict(
        {"mode": "rw", "uri": "true"}
    )


def file_of(url: URL) -> Path:
    """Return the file's path, which the URL may hold as a `file:` URI."""
    database = url.database or ""
    return Path(unquote(urlsplit(database).path) if database.startswith("file:") else database)


def create_file(url: URL) -> None:
    """Make the file if it is missing, for its owner alone; `-wal` and `-shm` get its mode.

    Raises OSError.
    """
    if url.query.get("mode") == "ro":
        return
    try:
        file = os.path.realpath(file_of(url))  # O_EXCL follows no link
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return


def watch_file(engine: Engine) -> None:
    """Keep every connection of `engine` to the file that has the name now."""
    file = _WatchedFile(file_of(engine.url))
    event.listen(engine, "do_connect", file.connect)
    event.listen(engine, "checkout", file.check_out)
    event.listen(engine, "checkin", file.check_in)
    event.listen(engine, "commit", file.before_commit)


class _Pin:
    """Holds a file's number, so that no other file can get it, as long as it is referred to.

    SQLite's locks are not touched: a file that was opened by O_PATH alone may be closed without
    ending them. Where the system has no O_PATH, a number may come again.
    """

    def __init__(self, path: Path) -> None:
        if hasattr(os, "O_PATH"):
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            weakref.finalize(self, os.close, descriptor)
            status = os.fstat(descriptor)
        else:
            status = path.stat()
        self.identity = _identity_of(status)


@dataclass(frozen=True)
class _Files:
    """A database's file and its companions by their suffixes, all pinned."""

    main: _Pin
    companions: dict[str, _Pin]


class _WatchedFile:
    """The file at one path, as the pool's connections see it; thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._present: _Files | None = None
        self._former: _Files | None = None

    @property
    def _companions(self) -> dict[str, Path]:
        """The files beside the database's own, by their suffixes; SQLite follows links."""
        file = Path(os.path.realpath(self.path))
        return {suffix: file.with_name(file.name + suffix) for suffix in _COMPANIONS}

    def connect(
        self, dialect: Dialect, record: ConnectionPoolEntry, args: Any, kwargs: Any
    ) -> DBAPIConnection:
        """Open the file; raises `FileProblem` if that is not possible now."""
        for _attempt in range(_OPEN_ATTEMPTS):
            before = self._require_file()
            self._set_companions_of_former_aside(before)
            connection = dialect.connect(*args, **kwargs)
            if _identity(self.path) == before:
                record.info[_IDENTITY] = before
                return connection
            connection.close()
        raise FileProblem(f"The database's file {self.path.name} is being replaced. Try again.")

    def check_out(
        self,
        _connection: sqlite3.Connection,
        record: ConnectionPoolEntry,
        _proxy: PoolProxiedConnection,
    ) -> None:
        """Have the pool open all its connections again if the file is another one."""
        if _identity(self.path) != record.info[_IDENTITY]:
            raise InvalidatePoolError("The database's file is missing or another one.")

    def check_in(self, _connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
        """Pin the file and its companions, which SQLite makes at the first use.

        They stay the same as long as a connection is open, so once is enough.
        """
        identity = record.info.get(_IDENTITY)
        if identity is None or _PINNED in record.info:
            return
        try:
            companions = {suffix: _Pin(path) for suffix, path in self._companions.items()}
            main = _Pin(self.path)
        except OSError:
            return  # not all are there yet, or no longer
        # The file was opened last. If it is still the same, so was it when they were opened.
        if main.identity == identity:
            with self._lock:
                self._present = _Files(main, companions)
            record.info[_PINNED] = True

    def before_commit(self, connection: Connection) -> None:
        """Refuse to commit into a file that has lost its name."""
        if _identity(self.path) != connection.connection.info.get(_IDENTITY):
            problem = FileProblem(
                f"The database's file {self.path.name} was replaced or deleted in the meantime; "
                "nothing was changed."
            )
            raise OperationalError("COMMIT", None, problem)

    def _require_file(self) -> Identity:
        try:
            return _identity_of(self.path.stat())
        except FileNotFoundError:
            raise FileProblem(
                f"The database's file {self.path.name} is missing. Restore it from a backup. "
                "If there never was one, start the service or run `hub-images upgrade-db`."
            ) from None
        except OSError as error:
            raise FileProblem(
                f"The database's file {self.path.name} cannot be opened: {error.strerror}."
            ) from None

    def _set_companions_of_former_aside(self, now: Identity) -> None:
        """Rename what belongs to the file that had the name before; raises `FileProblem`.

        It is not deleted: it may hold the last changes of a file that was only moved.
        """
        with self._lock:
            if self._present is not None and self._present.main.identity != now:
                self._former, self._present = self._present, None
            former = self._former
            if former is None or former.main.identity == now:  # moved away and back
                self._former = None
                return
            for suffix, path in self._companions.items():
                if _identity(path) == former.companions[suffix].identity:
                    _set_aside(path, former.companions[suffix].identity)
            self._former = None  # only now: a connection after one that failed tries again


def _set_aside(path: Path, former: Identity) -> None:
    aside = path.with_name(f"{path.name}.{former.number}")
    try:
        path.rename(aside)
        if _identity(aside) != former:  # the other of hub and service was faster, and uses this
            aside.rename(path)
            return
    except FileNotFoundError:
        return  # the other of hub and service was faster
    except OSError as error:
        raise FileProblem(
            f"The database's file was replaced, but not {path.name}, which belongs to the file "
            f"before it and cannot be renamed: {error.strerror}. Delete it."
        ) from None
    log.warning(
        "The database's file was replaced; renamed %s, which belonged to the file before it, to %s",
        path.name, aside.name,
    )  # fmt: skip


def _identity(path: Path) -> Identity | None:
    try:
        return _identity_of(os.stat(path))
    except OSError:
        return None


def _identity_of(status: os.stat_result) -> Identity:
    return Identity(status.st_dev, status.st_ino)
