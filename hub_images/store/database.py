"""The database as asynchronous code sees it: threads, a deadline, plain errors.

No event loop ever waits for the database: every call runs in one of a few threads. If the
database hangs, the caller gets `DatabaseUnavailable` after `DEADLINE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from hub_images.store.engine import POOL_SIZE, TIMEOUT_SECONDS, make_engine, problem
from hub_images.store.transaction import WriteSession, write_in
from hub_images.store.upgrade import DatabaseNotReady

DEADLINE_SECONDS = TIMEOUT_SECONDS + 1

T = TypeVar("T")
R = TypeVar("R", Session, Connection)

_SILENT = "The database does not answer."

log = logging.getLogger("hub_images")


class DatabaseUnavailable(Exception):
    """The database did not answer, or not with what we needed; the text is for people."""


class _Call:
    """One use of the database in a thread, which another thread can end."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.late = False

    def interrupt(self) -> None:
        """End a wait for a server that says nothing.

        psycopg2 waits without limit for an answer on an open connection: only the server,
        which hangs, knows the statement timeout, and its kernel still acknowledges packets.
        Shutting down the socket ends the wait with an error. The other drivers have their
        own timeouts and show no socket.
        """
        self.late = True
        fileno = getattr(self.connection, "fileno", None)
        if fileno is None:
            return
        try:
            with socket.socket(fileno=os.dup(fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)
        except Exception as error:  # noqa: BLE001 (the driver's own error types; it is closed then)
            log.debug("The connection was closed already: %s", type(error).__name__)


class Database:
    """An engine with its threads; it connects on first use."""

    closed_because: str | None = None
    """Why nobody may use the database now, as before its upgrade; None if they may."""

    def __init__(self, url: URL) -> None:
        self.engine = make_engine(url)
        self._threads = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="hub-images-db")

    async def read(self, function: Callable[[Session], T]) -> T:
        """Run `function` over a session in a thread; if the connection drops, run it once more.

        Raises `DatabaseUnavailable`, and what `function` raises.
        """
        return await self._run(self._read, function, _SILENT)

    async def query(self, function: Callable[[Connection], T]) -> T:
        """As `read`, over a plain connection, and without checking it first.

        For what every options form and start asks: session and check would take twice as
        long as the query. A dead connection is replaced all the same, because a query can
        run again.
        """
        return await self._run(self._query, function, _SILENT)

    async def write(self, function: Callable[[Session], T]) -> T:
        """Run `function` in a thread, in a transaction under the write lock.

        See `transaction.write`. It never runs twice: the first write may have been applied.
        Raises `DatabaseUnavailable`, and what `function` raises.
        """
        return await self._run(
            self._write,
            function,
            "The database did not answer in time. "
            "Check whether the change was saved before you try again.",
        )

    def close(self) -> None:
        """Close the connections; threads that still wait end with their timeouts."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()

    def _read_once(self, function: Callable[[Session], T], call: _Call) -> T:
        return self._use(Session(self.engine, expire_on_commit=False), function, call)

    def _write(self, function: Callable[[Session], T], call: _Call) -> T:
        session = WriteSession(self.engine, expire_on_commit=False)
        return self._use(session, lambda _session: write_in(session, function), call)

    def _use(self, session: Session, function: Callable[[Session], T], call: _Call) -> T:
        with session:
            self._connect(session, call)
            try:
                return function(session)
            finally:
                call.connection = None

    def _connect(self, session: Session, call: _Call) -> None:
        """Get a connection that answers; replace one that died since its last use."""
        for _attempt in range(2):
            connection = session.connection()
            call.connection = connection.connection.dbapi_connection
            if connection.dialect.name == "sqlite":
                return
            try:
                connection.execute(text("SELECT 1"))
            except DBAPIError as error:
                if not error.connection_invalidated or call.late:
                    raise
                session.rollback()
            else:
                return
        session.connection()

    def _read(self, function: Callable[[Session], T], call: _Call) -> T:
        try:
            return self._read_once(function, call)
        except DBAPIError as error:
            if not error.connection_invalidated or call.late:
                raise
        return self._read_once(function, call)

    def _query(self, function: Callable[[Connection], T], call: _Call) -> T:
        try:
            return self._query_once(function, call)
        except DBAPIError as error:
            if not error.connection_invalidated or call.late:
                raise
        return self._query_once(function, call)

    def _query_once(self, function: Callable[[Connection], T], call: _Call) -> T:
        with self.engine.connect() as connection:
            call.connection = connection.connection.dbapi_connection
            try:
                return function(connection)
            finally:
                call.connection = None

    async def _run(
        self,
        use: Callable[[Callable[[R], T], _Call], T],
        function: Callable[[R], T],
        late: str,
    ) -> T:
        if self.closed_because is not None:
            raise DatabaseUnavailable(self.closed_because)
        call = _Call()
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(
                loop.run_in_executor(self._threads, use, function, call), DEADLINE_SECONDS
            )
        except TimeoutError:
            call.interrupt()
            log.error("The database did not answer within %s s", DEADLINE_SECONDS)
            raise DatabaseUnavailable(late) from None
        except PoolTimeoutError:
            log.error("No database connection was free within %s s", TIMEOUT_SECONDS)
            raise DatabaseUnavailable(_SILENT) from None
        except DatabaseNotReady as error:
            log.error("%s", error)
            raise DatabaseUnavailable(str(error)) from None
        except SQLAlchemyError as error:
            # `error.orig` has neither the statement nor its parameters
            log.error("Database error: %s", getattr(error, "orig", None) or type(error).__name__)
            raise DatabaseUnavailable(
                problem(error)
                or "The database cannot be used at the moment; the log of hub-images says why."
            ) from error
