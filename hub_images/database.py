"""The database as asynchronous code sees it: threads, a deadline, plain errors.

No event loop ever waits for the database: every call runs in one of a few threads,
and a database that hangs costs a caller `DEADLINE_SECONDS`, then `DatabaseUnavailable`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from hub_images import db

DEADLINE_SECONDS = db.TIMEOUT_SECONDS + 1

T = TypeVar("T")

log = logging.getLogger("hub_images")


class DatabaseUnavailable(Exception):
    """The database did not answer, or not with what was needed; the text is for a person."""


class Database:
    """An engine with its threads; made without connecting."""

    def __init__(self, url: str | URL) -> None:
        self.engine = db.make_engine(url)
        self._threads = ThreadPoolExecutor(db.POOL_SIZE, thread_name_prefix="hub-images-db")

    async def read(self, function: Callable[[Session], T]) -> T:
        """Run `function` over a session in a thread; a dropped connection is tried once more.

        Raises `DatabaseUnavailable`, and what `function` raises.
        """
        return await self._run(lambda: self._read(function), "The database does not answer.")

    async def write(self, function: Callable[[Session], T]) -> T:
        """Run `function` over a session in a thread, once: what may be applied is not repeated.

        Raises `DatabaseUnavailable`, and what `function` raises.
        """
        return await self._run(
            lambda: self._once(function),
            "The database did not answer in time; "
            "look whether the change was made before you try again.",
        )

    async def run(self, function: Callable[[], T]) -> T:
        """Run `function`, which uses the engine itself, in a thread."""
        return await self._run(function, "The database does not answer.")

    def close(self) -> None:
        """Close the connections; threads that still wait are left to their timeouts."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()

    def _once(self, function: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as session:
            return function(session)

    def _read(self, function: Callable[[Session], T]) -> T:
        try:
            return self._once(function)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return self._once(function)

    async def _run(self, function: Callable[[], T], late: str) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(
                loop.run_in_executor(self._threads, function), DEADLINE_SECONDS
            )
        except TimeoutError:
            log.error("The database did not answer within %s s", DEADLINE_SECONDS)
            raise DatabaseUnavailable(late) from None
        except PoolTimeoutError:
            log.error("No database connection was free within %s s", db.TIMEOUT_SECONDS)
            raise DatabaseUnavailable("The database does not answer.") from None
        except db.DatabaseNotReady as error:
            log.error("%s", error)
            raise DatabaseUnavailable(str(error)) from None
        except SQLAlchemyError as error:
            # `error.orig` has neither the statement nor its parameters
            log.error("Database error: %s", getattr(error, "orig", None) or type(error).__name__)
            raise DatabaseUnavailable(
                "The database cannot be used at the moment; the log of hub-images says why."
            ) from error
