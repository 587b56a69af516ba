"""Pages and hubs that several of the tests in this folder need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import sign_in
from tests.support.catalogue import fill
from tests.support.hub import Hub
from tests.support.university import GROUPS_CONFIG, UNIVERSITY


@pytest.fixture
def page(browser: Browser, hub: Hub) -> Iterator[Page]:
    """Give a page that an admin is signed in to."""
    page = sign_in(browser, hub, "admin")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def university_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with the university's groups."""
    with Hub(tmp_path_factory.mktemp("university"), extra=GROUPS_CONFIG) as running:
        yield running


@pytest.fixture
def university(university_hub: Hub) -> Hub:
    """Make the catalogue of that hub the university's."""
    fill(university_hub.db_url, UNIVERSITY)
    return university_hub
