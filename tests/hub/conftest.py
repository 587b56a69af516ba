"""The hub of the tests in this folder: in their own process, for each test its own."""

from __future__ import annotations

import pytest

from tests.support.hub_app import (
    HubApp,
    StartHubApp,
    filled_catalogue,
    shared_hub_app,
    start_hub_app,
)

__all__ = ["filled_catalogue", "shared_hub_app", "start_hub_app"]


@pytest.fixture
async def hub(start_hub_app: StartHubApp) -> HubApp:
    """Run a hub with the images of `tests.support.starts` and a spawner that records."""
    return await start_hub_app()
