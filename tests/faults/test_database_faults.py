"""A database server that hangs or goes away costs a caller its deadline, and comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from hub_images.store.database import DEADLINE_SECONDS, Database, DatabaseUnavailable
from hub_images.store.engine import parse_url
from hub_images.store.upgrade import upgrade
from tests.support.databases import DatabaseServer, make_server, missing_reason
from tests.support.requirements import require


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """Run a database server of its own."""
    require(missing_reason(request.param))
    with make_server(request.param) as running:
        yield running


def _one(session: Session) -> int:
    return int(session.execute(text("SELECT 1")).scalar_one())


async def test_a_server_that_hangs_costs_the_deadline(server: DatabaseServer) -> None:
    """Everybody who asks meanwhile gets an answer in time, the loop is free, and it recovers."""
    database = Database(parse_url(server.create_database()))
    assert await database.read(_one) == 1
    server.pause()
    try:
        began = time.monotonic()
        asked = [asyncio.ensure_future(database.read(_one)) for _ in range(12)]
        late = 0.0
        while not all(task.done() for task in asked):
            before = time.monotonic()
            await asyncio.sleep(0.01)
            late = max(late, time.monotonic() - before)
        assert time.monotonic() - began < DEADLINE_SECONDS + 2
        assert late < 1
        for task in asked:
            with pytest.raises(DatabaseUnavailable):
                task.result()
    finally:
        server.resume()
    deadline = time.monotonic() + 20
    while True:
        try:
            assert await database.read(_one) == 1
            break
        except DatabaseUnavailable:
            assert time.monotonic() < deadline
    database.close()


async def test_a_restarted_server_is_found_again(server: DatabaseServer) -> None:
    """Connections that died with the server are replaced without anybody noticing."""
    database = Database(parse_url(server.create_database()))
    upgrade(database.engine)
    assert await database.read(_one) == 1
    server.stop()
    with pytest.raises(DatabaseUnavailable):
        await database.read(_one)
    server.start()
    assert await database.read(_one) == 1
    server.stop()
    server.start()
    assert await database.write(_one) == 1
    database.close()
