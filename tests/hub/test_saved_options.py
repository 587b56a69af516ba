"""A refused start changes nothing of what is remembered, on every way to start."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from tests.support.hub_app import HubApp, StartHubApp
from tests.support.markup import element
from tests.support.slow_hook import WAIT_SECONDS, new_gate
from tests.support.starts import recording_hub, spawn_form_action, start, stop

pytestmark = pytest.mark.hub

CHOICE = {"instance_type": "large", "image": "scipy"}
EXTRA = """
async def veto(spawner):
    if spawner.user_options.get("replace"):
        spawner.user_options = {**spawner.user_options, "seen": 1}
    if spawner.user_options.get("veto"):
        raise RuntimeError("the deployer's own hook says no")
c.Spawner.pre_spawn_hook = veto
c.Spawner.apply_user_options = {"none": "image"}
"""


@pytest.fixture
async def hub(start_hub_app: StartHubApp) -> HubApp:
    """Run a hub whose deployer has a hook that refuses starts too.

    The scientist has chosen SciPy on a large server, once.
    """
    hub = await start_hub_app(extra=EXTRA)
    assert (await hub.start("scientist", CHOICE)).status_code == 201
    await hub.stop("scientist")
    return hub


async def _saved(hub: HubApp, user: str = "scientist") -> dict[str, Any]:
    answer = await hub.api("GET", f"users/{user}?include_stopped_servers=1")
    return dict(answer.json()["servers"][""]["user_options"])


async def _form(hub: HubApp, user: str = "scientist") -> Tag:
    return _form_of((await hub.visit(user, "hub/spawn")).text)


def _form_of(page: str) -> Tag:
    return element(BeautifulSoup(page, "html.parser"), "#hub-images")


def _selected(form: Tag) -> list[str]:
    return [str(box["value"]) for box in form.select("input[type=hidden], input[checked]")]


async def _expect_the_choice(hub: HubApp) -> None:
    saved = await _saved(hub)
    assert {key: saved[key] for key in CHOICE} == CHOICE
    form = await _form(hub)
    assert _selected(form) == ["large", "scipy"]
    assert "no longer available" not in form.get_text()


@pytest.mark.parametrize(
    "options",
    [
        {"image": "secret"},
        {"image": "absent", "instance_type": "absent"},
        {"image": ["scipy"]},
        {"image": "cuda", "instance_type": "small"},
        {"image": "minimal", "veto": True},
        {"image": "minimal", "veto": True, "replace": True},
        {"image": "minimal", "sent": {"by": "nobody"}, "instance_type": "none"},
    ],
)
async def test_a_refused_start_over_rest(hub: HubApp, options: dict[str, Any]) -> None:
    """Neither what was refused nor what else was sent with it is remembered."""
    assert (await hub.start("scientist", options)).status_code >= 400
    await _expect_the_choice(hub)
    assert not {"veto", "sent", "seen"} & set(await _saved(hub))


@pytest.mark.parametrize("query", ["opt-image=secret", "opt-instance_type=none", "opt-image=<b>"])
async def test_a_refused_link(hub: HubApp, query: str) -> None:
    """A link can make nobody forget their choice."""
    page = (await hub.visit("scientist", f"hub/spawn?{query}")).text
    assert "is not available to you" in page
    await _expect_the_choice(hub)


async def test_a_refused_form(hub: HubApp) -> None:
    """Nor can a form that was open for too long."""
    browser = await hub.browser("scientist")
    action = spawn_form_action((await browser.get("hub/spawn")).text)
    answer = await browser.post(action, data={"image": "secret"})
    assert "is not available to you" in answer.text
    await _expect_the_choice(hub)


async def test_a_refused_first_start_is_no_choice(hub: HubApp) -> None:
    """Someone who never started anything is told of nothing that is gone."""
    assert (await hub.start("student", {"image": "secret"})).status_code == 403
    form = await _form(hub, "student")
    assert "no longer available" not in form.get_text()
    assert _selected(form) == ["small", "course"]


async def test_an_allowed_start_after_a_refused_one_is_remembered(hub: HubApp) -> None:
    """The next choice counts, and a start without one uses it."""
    assert (await hub.start("scientist", {"image": "secret"})).status_code == 403
    assert (await hub.start("scientist", {"image": "minimal"})).status_code == 201
    await hub.stop("scientist")
    assert (await hub.start("scientist", {"image": "secret"})).status_code == 403
    assert (await hub.start("scientist")).status_code == 201
    assert (await _saved(hub))["image"] == "minimal"


async def test_a_saved_choice_that_is_refused_stays(hub: HubApp) -> None:
    """A start without options that is refused keeps the choice, for when it is allowed again."""
    hub.change_image("scipy", enabled=False)
    assert (await hub.start("scientist")).status_code == 403
    assert (await _saved(hub))["image"] == "scipy"
    told = (await _form(hub)).get_text()
    assert "Your last image, scipy, is no longer available to you." in told
    hub.change_image("scipy", enabled=True)
    await _expect_the_choice(hub)


async def test_the_notice_says_what_is_selected_instead(hub: HubApp) -> None:
    """One notice, with the display names of what is selected."""
    hub.delete_image("scipy")
    await hub.member("DELETE", "data-science", "scientist")
    form = await _form(hub)
    (notice,) = form.select("[role=status] .alert")
    assert notice.get_text() == (
        "Your last instance type, large, and your last image, scipy, are no longer available "
        "to you. Minimal on Small is selected instead."
    )
    assert _selected(form) == ["small", "minimal"]


async def test_who_has_nothing_that_fits_reads_one_true_thing(hub: HubApp) -> None:
    """Their instance type is still there, and no sentence says that it is not; in one notice."""
    for name in list(hub.images):
        hub.change_image(name, enabled=False)
    form = await _form(hub)
    assert len(form.select(".alert")) == 1
    told = form.get_text(" ", strip=True)
    assert "Your last image, scipy, is no longer available to you." in told
    assert told.count("no longer available") == 1
    assert "No image that fits Small or Large or One GPU is available to you." in told
    hub.change_image("scipy", enabled=True, type="gpu")
    await hub.member("DELETE", "data-science", "scientist")
    told = (await _form(hub)).get_text(" ", strip=True)
    assert "Your last image, SciPy, does not fit any instance type" in told
    assert "no longer available" not in told


def test_it_outlives_a_restart_of_the_hub(tmp_path: Path) -> None:
    """What is remembered is in the hub's database, not in its memory."""
    with recording_hub(tmp_path) as hub:
        assert start(hub, "scientist", CHOICE).status_code == 201
        stop(hub, "scientist")
        for _restart in range(2):
            assert start(hub, "scientist", {"image": "secret"}).status_code == 403
            hub.stop()
            hub.start()
            form = _form_of(hub.browser("scientist").get("hub/spawn").text)
            assert _selected(form) == ["large", "scipy"]


async def test_another_image_of_that_name_is_not_the_choice(hub: HubApp) -> None:
    """Deleted and added anew it is another image: the choice is gone, and the form says so."""
    hub.delete_image("scipy")
    hub.add_image("scipy", display_name="Another", url="other/image:1")
    refused = await hub.start("scientist")
    assert refused.status_code == 403
    assert "The image scipy is not available to you." in refused.text
    told = (await _form(hub)).get_text()
    assert "Your last image, scipy, is no longer available to you; another image has its name" in (
        told
    )
    assert (await hub.start("scientist", {"image": "scipy"})).status_code == 201
    await hub.stop("scientist")
    assert "no longer" not in (await _form(hub)).get_text()
    assert (await hub.start("scientist")).status_code == 201


async def test_a_visit_during_the_start_rolls_nothing_back(start_hub_app: StartHubApp) -> None:
    """The end of any request rolls back what the hub has not committed; a hook may take long."""
    hub = await start_hub_app(
        extra="import tests.support.slow_hook as slow\nc.Spawner.pre_spawn_hook = slow.slow_hook\n"
    )
    gate = new_gate()
    starting = asyncio.ensure_future(hub.start("scientist", {"image": "scipy"}))
    await asyncio.wait_for(gate.reached.wait(), WAIT_SECONDS)
    # A request that asks the database nothing, as every probe of the hub's health.
    assert (await (await hub.client()).get("hub/health")).status_code == 200
    gate.opened.set()
    assert (await starting).status_code == 201
    # While the server runs, the hub's API tells what is in memory; the next start reads this.
    stored = hub.app.users["scientist"].spawners[""].orm_spawner.user_options
    assert {"hub_images_identity", "hub_images_filled_in"} <= set(stored)
