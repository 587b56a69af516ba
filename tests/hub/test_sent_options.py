"""What else comes with a start: unknown keys, too much of them, and text that is no name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.hub_app import HubApp, StartHubApp

pytestmark = pytest.mark.hub

LURE = "Your session expired, see https://evil.example"
JUNK = {"junk": "x" * 200_000, "more": {"deep": [1, 2, 3]}}
TAKES = "c.Spawner.apply_user_options = {'size': 'mem_limit'}\n"


async def _saved(hub: HubApp) -> dict[str, Any]:
    answer = await hub.api("GET", "users/student?include_stopped_servers=1")
    return dict(answer.json()["servers"][""]["user_options"])


async def test_unknown_keys_are_dropped(hub: HubApp) -> None:
    """Without a hook of the deployer's nobody wants them, and they slow every list."""
    assert (await hub.start("student", {"image": "scipy", **JUNK})).status_code == 201
    assert set(await _saved(hub)) <= {
        "image", "instance_type", "hub_images_identity", "hub_images_filled_in",
        "hub_images_tag",
    }  # fmt: skip


@pytest.mark.parametrize(
    "extra",
    [
        TAKES,
        "c.Spawner.pre_spawn_hook = lambda spawner: None\n",
        "c.KubeSpawner.modify_pod_hook = lambda spawner, pod: pod\n",
        "c.Spawner.server_token_scopes = lambda spawner: []\n",
    ],
)
async def test_keys_for_the_deployers_hook_are_kept(start_hub_app: StartHubApp, extra: str) -> None:
    """Where a hook may read options, it gets them all, and they are there the next time."""
    hub = await start_hub_app(extra=extra)
    options = {"image": "scipy", "size": "3G", "other": [1]}
    assert (await hub.start("student", options)).status_code == 201
    saved = await _saved(hub)
    assert (saved["size"], saved["other"]) == ("3G", [1])


@pytest.mark.parametrize(
    "junk",
    [
        {"junk": "x" * 70_000},
        {"junk": ["x"] * 70_000},
        {"junk": {f"k{number}": number for number in range(20_000)}},
        {f"k{number}": "x" for number in range(40_000)},
        {"junk": json.loads("[" * 500 + "]" * 500), "more": "x" * 65_536},
    ],
)
async def test_too_much_is_refused(start_hub_app: StartHubApp, junk: dict[str, Any]) -> None:
    """And what was remembered stays."""
    hub = await start_hub_app(extra=TAKES)
    assert (await hub.start("student", {"image": "scipy", "size": "3G"})).status_code == 201
    await hub.stop("student")
    assert (await hub.start("student", {"image": "minimal", **junk})).status_code == 413
    saved = await _saved(hub)
    assert (saved["image"], saved["size"], "junk" in saved) == ("scipy", "3G", False)


@pytest.mark.parametrize("key", ["image", "instance_type"])
@pytest.mark.parametrize(
    "text", [LURE, "x" * 100_000, "<b>bold</b>", "Bad-Name", "a\nb", "log-in-at.evil.example"]
)
async def test_what_is_no_name_is_not_repeated(hub: HubApp, key: str, text: str) -> None:
    """A link cannot put its own words into the sentence, the form or what is remembered."""
    answer = await hub.start("student", {key: text})
    assert answer.status_code == 403
    what = key.replace("_", " ")
    assert answer.json()["message"] == f"The {what} is not available to you."
    assert text not in (await hub.visit("student", "hub/spawn")).text


@pytest.mark.parametrize("key", ["opt-image", "opt-instance_type", "opt-hub_images_identity"])
async def test_a_link_speaks_for_nobody(hub: HubApp, key: str) -> None:
    """Neither the answer to it nor any later form shows its text."""
    browser = await hub.browser("student")
    await browser.get("hub/spawn", params={key: LURE})
    for _ in range(2):
        page = (await browser.get("hub/spawn")).text
        assert "evil.example" not in page
