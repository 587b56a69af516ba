"""What is taken away between the check and the spawner's own start is not started."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.hub_app import HubApp, StartHubApp
from tests.support.slow_hook import WAIT_SECONDS, new_gate
from tests.support.starts import notebook

pytestmark = pytest.mark.hub


@pytest.fixture
async def hub(start_hub_app: StartHubApp) -> HubApp:
    """Run a hub whose deployer has a slow hook."""
    return await start_hub_app(
        extra="import tests.support.slow_hook as slow\nc.Spawner.pre_spawn_hook = slow.slow_hook\n"
    )


async def _start_while(
    hub: HubApp, options: dict[str, Any], change: Callable[[], Awaitable[None] | None]
) -> int:
    gate = new_gate()
    starting = asyncio.ensure_future(hub.start("scientist", options))
    await asyncio.wait_for(gate.reached.wait(), WAIT_SECONDS)
    result = change()
    if result is not None:
        await result
    gate.opened.set()
    return (await starting).status_code


async def test_a_group_taken_away_meanwhile(hub: HubApp) -> None:
    """The image was for that group only."""
    status = await _start_while(
        hub, {"image": "torch"}, lambda: hub.member("DELETE", "data-science", "scientist")
    )
    assert (status, hub.starts) == (403, [])


@pytest.mark.parametrize("fields", [{"enabled": False}, {"url": ""}])
async def test_an_image_withdrawn_meanwhile(hub: HubApp, fields: dict[str, Any]) -> None:
    """Disabled, or no longer ready."""
    status = await _start_while(
        hub, {"image": "minimal"}, lambda: hub.change_image("minimal", **fields)
    )
    assert (status, hub.starts) == (403, [])
    answer = await hub.api("GET", "users/scientist?include_stopped_servers=1")
    assert "image" not in answer.json()["servers"][""]["user_options"]


@pytest.mark.parametrize(
    "fields", [{"url": "other/image:2"}, {"command": ["other"]}, {"environment": {"A": "1"}}]
)
async def test_another_start_meanwhile(hub: HubApp, fields: dict[str, Any]) -> None:
    """Neither what was checked and is no longer so nor what nobody checked is started."""
    status = await _start_while(
        hub, {"image": "minimal"}, lambda: hub.change_image("minimal", **fields)
    )
    assert (status, hub.starts) == (409, [])


async def test_what_does_not_matter_meanwhile(hub: HubApp) -> None:
    """Another description keeps nobody from starting."""
    status = await _start_while(
        hub, {"image": "minimal"}, lambda: hub.change_image("minimal", description="new words")
    )
    assert status == 201
    assert notebook(hub.starts[-1])["image"] == "registry.example.org/minimal:1"
