"""Refused starts do not take the hub down."""

from __future__ import annotations

import pytest

from tests.support.hub_app import StartHubApp

pytestmark = pytest.mark.hub


async def test_refused_starts_are_no_broken_hub(
    start_hub_app: StartHubApp, caplog: pytest.LogCaptureFixture
) -> None:
    """More refusals than `consecutive_failure_limit` leave the hub running."""
    hub = await start_hub_app(extra="c.Spawner.consecutive_failure_limit = 3\n")
    for _attempt in range(6):
        assert (await hub.start("student", {"image": "secret"})).status_code == 403
    assert (await hub.start("student", {"image": "scipy"})).status_code == 201
    assert "is not available to you" in caplog.text
    assert "Aborting" not in caplog.text
