"""Fixtures that several test modules share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database_fixtures import database_servers, database_url, empty_engine, engine
from tests.support.hub import Hub

__all__ = ["database_servers", "database_url", "empty_engine", "engine"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with hub-images, local-process servers and an empty catalogue in SQLite."""
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder for the files of one hub."""
    return tmp_path
