"""A disk that is full and a database that takes no writes: sentences, and nothing lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from hub_images.store.database import Database, DatabaseUnavailable
from hub_images.store.engine import parse_url
from hub_images.store.upgrade import upgrade
from tests.support.catalogue import open_engine
from tests.support.databases import DatabaseServer, Kind, missing_reason
from tests.support.read_only import expect_read_only
from tests.support.requirements import require
from tests.support.services import Service, Services

ROOM = 400_000


def _fill(service: Service) -> tuple[list[str], str]:
    """Add images until there is no room; return those acknowledged, and the sentence."""
    added: list[str] = []
    for number in range(1000):
        name = f"image-{number}"
        body = {"name": name, "url": "a/b:1", "description": "x" * 2000}
        answer = service.api("POST", json=body)
        if answer.status_code != 201:
            assert answer.status_code == 503, answer.text
            return added, str(answer.json()["message"])
        added.append(name)
    raise AssertionError("there was room for everything")


def _names(service: Service) -> list[str]:
    items = service.api("GET", "images?limit=200").json()["items"]
    return sorted(item["name"] for item in items)


def test_a_full_disk(services: Services, tmp_path: Path) -> None:
    """Reading goes on, what was acknowledged stays, and with room writing works again.

    A limit on the size of the process's files stands for the disk; the system refuses the
    write in the same call.
    """
    url = f"sqlite:///{tmp_path / 'images.sqlite'}"
    small = services.start(url, file_size=ROOM)
    added, sentence = _fill(small)
    assert len(added) > 5
    assert "cannot be used at the moment" in sentence or "no room for this" in sentence
    assert _names(small) == sorted(added)
    assert small.health() == 200
    answer = small.api("PATCH", f"images/{added[0]}", json={"description": "y" * 2000})
    assert answer.status_code in (200, 503)
    small.kill()
    roomy = services.start(url)
    assert _names(roomy) == sorted(added)
    assert roomy.api("POST", json={"name": "after", "url": "a/b:1"}).status_code == 201
    log = services.log.read_text()
    assert "Database error:" in log
    # what was added is logged, shortened; what the database refused is not
    assert "x" * 200 not in log


async def test_no_room_is_said_to_be_so(tmp_path: Path) -> None:
    """SQLite's own word for it, from a database that may not grow."""
    database = Database(parse_url(f"sqlite:///{tmp_path / 'images.sqlite'}"))
    upgrade(database.engine)

    def fill(session: Session) -> None:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        session.execute(text("CREATE TABLE more (filler TEXT)"))
        session.execute(text("INSERT INTO more VALUES (:text)"), {"text": "x" * 100_000})

    with pytest.raises(DatabaseUnavailable, match="no space left; nothing was changed"):
        await database.write(fill)
    database.close()


def test_postgresql_that_takes_no_writes(
    services: Services, database_servers: dict[Kind, DatabaseServer]
) -> None:
    """As on a standby: reading works, writing gets a sentence, afterwards both work."""
    require(missing_reason("postgresql"))
    url = database_servers["postgresql"].create_database()
    service = services.start(url)
    assert service.api("POST", json={"name": "before", "url": "a/b:1"}).status_code == 201
    name = url.rsplit("/", 1)[1]
    engine = open_engine(url)

    def allow(writing: str) -> None:
        with engine.connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.commit()
            connection.execute(
                text(f"ALTER DATABASE {name} SET default_transaction_read_only = {writing}")
            )
            connection.commit()
        engine.dispose()

    allow("on")
    service.kill()
    service = services.start(url)
    _check_read_only(service)
    allow("off")
    service.kill()
    service = services.start(url)
    assert service.api("DELETE", "images/before").status_code == 204


def test_mariadb_that_takes_no_writes(
    services: Services, database_servers: dict[Kind, DatabaseServer]
) -> None:
    """With `read_only`, which binds every account but the administrator's."""
    require(missing_reason("mariadb"))
    server = database_servers["mariadb"]
    url = server.create_database()
    service = services.start(url)
    assert service.api("POST", json={"name": "before", "url": "a/b:1"}).status_code == 201

    def allow(read_only: int) -> None:
        with closing(server._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"SET GLOBAL read_only = {read_only}")

    allow(1)
    try:
        _check_read_only(service)
    finally:
        allow(0)
    assert service.api("DELETE", "images/before").status_code == 204


def _check_read_only(service: Service) -> None:
    assert _names(service) == ["before"]
    assert service.health() == 200
    expect_read_only(service.api, "before")
