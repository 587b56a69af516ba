"""An empty, upgraded database of each kind, for tests that take `engine`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub_images.store.sqlite_file import create_file
from hub_images.store.upgrade import upgrade
from tests.support.catalogue import open_engine
from tests.support.databases import (
    SERVER_KINDS,
    DatabaseServer,
    Kind,
    make_server,
    missing_reason,
)
from tests.support.requirements import require

KINDS = ("sqlite", *SERVER_KINDS)


@pytest.fixture(scope="session")
def database_servers() -> Iterator[dict[Kind, DatabaseServer]]:
    """Hold the servers that tests asked for; each is started once."""
    with ExitStack() as stack:

        class Started(dict[Kind, DatabaseServer]):
            def __missing__(self, kind: Kind) -> DatabaseServer:
                self[kind] = stack.enter_context(make_server(kind))
                return self[kind]

        yield Started()


@pytest.fixture(params=KINDS)
def database_url(
    request: pytest.FixtureRequest,
    database_servers: dict[Kind, DatabaseServer],
    tmp_path: Path,
) -> str:
    """Give the URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'images.sqlite'}"
    require(missing_reason(request.param))
    return database_servers[request.param].create_database()


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[Engine]:
    """Give an engine over an empty database."""
    made = open_engine(database_url)
    if made.dialect.name == "sqlite":
        create_file(made.url)
    yield made
    made.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """Give an engine over a database with the catalogue's tables."""
    upgrade(empty_engine)
    return empty_engine
