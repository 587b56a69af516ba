"""The hub's own pages name a server's image, tag and instance type."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bs4 import BeautifulSoup

from hub_images.catalogue.instance_type import parse_instance_types
from hub_images.catalogue.snapshot import Snapshot
from hub_images.hub.server_pages import Started, started
from tests.support.catalogue import entry
from tests.support.hub_app import HubApp, StartHubApp
from tests.support.slow_hook import WAIT_SECONDS, new_gate

TYPES = parse_instance_types([{"name": "small", "display_name": "Small"}])
SNAPSHOT = Snapshot((entry("scipy", display_name="SciPy"),))
_SCIPY = {"image": "scipy", "instance_type": "small", "hub_images_tag": "2025-12-31"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (_SCIPY, Started("SciPy", "2025-12-31", "Small")),
        ({"image": "scipy"}, Started("SciPy", None, None)),
        ({"image": "scipy", "hub_images_identity": "another"}, Started("scipy", None, None)),
        ({"image": "gone", "instance_type": "gone-too"}, Started("gone", None, "gone-too")),
        ({"image": "<b>", "instance_type": "small"}, None),
        ({"image": ["scipy"]}, None),
        ({**_SCIPY, "hub_images_tag": "<b>", "instance_type": 5}, Started("SciPy", None, None)),
        ({}, None),
    ],
)  # fmt: skip
def test_what_is_known(options: dict[str, Any], says: Started | None) -> None:
    """Display names where the catalogue has them; what cannot be a name or a tag is left out."""
    assert started(options, SNAPSHOT, TYPES) == says


def test_before_the_catalogue_was_read() -> None:
    """Names stand in for display names."""
    assert started(_SCIPY, None, TYPES) == Started("scipy", "2025-12-31", "Small")


async def _page(hub: HubApp, path: str) -> BeautifulSoup:
    answer = await hub.visit("scientist", path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def _text(page: BeautifulSoup, selector: str) -> str:
    found = page.select_one(selector)
    return " ".join(found.get_text().split()) if found else ""


@pytest.mark.hub
async def test_while_it_starts(start_hub_app: StartHubApp) -> None:
    """The page that waits says what starts."""
    hub = await start_hub_app(
        extra="import tests.support.slow_hook as slow\nc.Spawner.pre_spawn_hook = slow.slow_hook\n"
    )
    hub.change_image("scipy", display_name="SciPy & <friends>")
    gate = new_gate()
    starting = asyncio.ensure_future(hub.start("scientist", {"image": "scipy"}))
    await asyncio.wait_for(gate.reached.wait(), WAIT_SECONDS)
    page = await _page(hub, "hub/spawn-pending/scientist")
    gate.opened.set()
    await starting
    said = _text(page, "#hub-images-started")
    assert said == "Starting SciPy & <friends> (1) on Small."
    assert page.select_one("#progress-bar") is not None


@pytest.mark.hub
async def test_the_home_page(start_hub_app: StartHubApp) -> None:
    """It says what the default server and each named one runs."""
    hub = await start_hub_app(extra="c.JupyterHub.allow_named_servers = True\n")
    assert _text(await _page(hub, "hub/home"), "#hub-images-started") == ""
    await hub.start("scientist", {"image": "scipy"})
    await hub.start("scientist", {"image": "minimal"}, server="lab")
    page = await _page(hub, "hub/home")
    assert _text(page, "#hub-images-started") == "Your server: SciPy (1) on Small"
    assert _text(page, "#hub-images-servers") == "lab: Minimal (1) on Small"
    await hub.stop("scientist")
    page = await _page(hub, "hub/home")
    assert _text(page, "#hub-images-started") == "Your server was last: SciPy (1) on Small"


@pytest.mark.hub
async def test_a_template_of_the_deployers_wins(start_hub_app: StartHubApp, tmp_path: Any) -> None:
    """And it need not have our blocks."""
    (tmp_path / "home.html").write_text("ours: {{ user.name }}")
    hub = await start_hub_app(extra=f"c.JupyterHub.template_paths = [{str(tmp_path)!r}]\n")
    assert (await hub.visit("scientist", "hub/home")).text == "ours: scientist"
