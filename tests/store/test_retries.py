"""A connection that drops in the middle: reads are asked again once, writes never."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session

from hub_images.catalogue.image import parse_image
from hub_images.store import images as store
from hub_images.store.database import Database, DatabaseUnavailable
from hub_images.store.engine import POOL_SIZE, parse_url
from hub_images.store.upgrade import upgrade
from tests.support.databases import DatabaseServer, Kind, missing_reason
from tests.support.requirements import require

_OWN_ID = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
_KILL = {"postgresql": "SELECT pg_terminate_backend({}, 5000)", "mysql": "KILL {}"}
_SLEEP = {"postgresql": "SELECT pg_sleep(0.2)", "mysql": "SELECT SLEEP(0.2)"}


class Dropping:
    """A database whose connections the server ends when told to."""

    def __init__(self, url: str) -> None:
        self.database = Database(parse_url(url))
        self.other: Engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self.kind = self.other.dialect.name
        self.attempts = 0
        upgrade(self.other)

    def own_id(self, reader: Session | Connection) -> int:
        """Return the server's number of the connection."""
        return int(reader.execute(text(_OWN_ID[self.kind])).scalar_one())

    def drop(self, reader: Session | Connection) -> None:
        """End the connection from the server's side."""
        number = self.own_id(reader)
        with self.other.connect() as connection:
            connection.execute(text(_KILL[self.kind].format(number)))

    def ask(self, reader: Session | Connection) -> int:
        """Read something; the first time the connection ends before the question."""
        self.attempts += 1
        if self.attempts == 1:
            self.drop(reader)
        return int(reader.execute(text("SELECT 42")).scalar_one())

    def names(self) -> list[str]:
        """Return the names of the images that are stored."""
        with self.other.connect() as connection:
            return list(connection.execute(text("SELECT name FROM hub_images_image")).scalars())


@pytest.fixture(params=["postgresql", "mariadb"])
def dropping(
    request: pytest.FixtureRequest, database_servers: dict[Kind, DatabaseServer]
) -> Iterator[Dropping]:
    """Give an upgraded database."""
    require(missing_reason(request.param))
    made = Dropping(database_servers[request.param].create_database())
    yield made
    made.database.close()
    made.other.dispose()


async def test_a_read_is_asked_again(dropping: Dropping) -> None:
    """Over a new connection, without a word to the caller."""
    assert await dropping.database.read(dropping.ask) == 42
    assert dropping.attempts == 2


async def test_a_look_is_asked_again(dropping: Dropping) -> None:
    """As forms and starts ask."""
    assert await dropping.database.query(dropping.ask) == 42
    assert dropping.attempts == 2


async def test_a_read_is_asked_again_only_once(dropping: Dropping) -> None:
    """Where each connection drops, the caller hears of it."""

    def ask(session: Session) -> int:
        dropping.attempts = 0
        asked.append(1)
        return dropping.ask(session)

    asked: list[int] = []
    with pytest.raises(DatabaseUnavailable):
        await dropping.database.read(ask)
    assert len(asked) == 2


@pytest.mark.parametrize("committed", [False, True])
async def test_a_write_is_never_made_again(dropping: Dropping, committed: bool) -> None:
    """Neither one that was lost nor one that is stored and whose answer was lost."""

    def write(session: Session) -> None:
        dropping.attempts += 1
        if not committed:
            dropping.drop(session)
        store.create_image(session, parse_image({"name": "new"}), actor="x")
        if committed:
            session.commit()
        dropping.drop(session)
        session.execute(text("SELECT 42"))

    with pytest.raises(DatabaseUnavailable):
        await dropping.database.write(write)
    assert dropping.attempts == 1
    assert dropping.names() == (["new"] if committed else [])


async def test_the_pool_is_bounded(dropping: Dropping) -> None:
    """However many ask at once, the server sees so many connections and no more."""

    def slow(session: Session) -> int:
        session.execute(text(_SLEEP[dropping.kind]))
        return dropping.own_id(session)

    used = await asyncio.gather(*(dropping.database.read(slow) for _ in range(4 * POOL_SIZE)))
    assert 1 < len(set(used)) <= POOL_SIZE
