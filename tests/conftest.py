"""Fixtures that several test modules share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import SCRIPT_ERRORS, chromium_browser
from tests.support.database_fixtures import database_servers, database_url, empty_engine, engine
from tests.support.hub import Hub
from tests.support.requirements import chromium_missing, require
from tests.support.services import Services

__all__ = ["database_servers", "database_url", "empty_engine", "engine"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with hub-images, local-process servers and an empty catalogue in SQLite."""
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def services(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Start services beside a hub, which says who asks."""
    with Services(hub, tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder for the files of one hub."""
    return tmp_path


@pytest.fixture(autouse=True)
def no_script_fails() -> Iterator[None]:
    """Fail a test during which a script of a page throws."""
    SCRIPT_ERRORS.clear()
    yield
    assert not SCRIPT_ERRORS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium.

    Not for the whole session: Playwright's synchronous interface keeps an event loop running
    in this thread, and no asynchronous test can run as long as it does.
    """
    require(chromium_missing())
    with chromium_browser() as running:
        yield running
