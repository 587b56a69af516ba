"""What was typed outlives a service that does not answer."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.editor import add_group, chips, confirm, expect_saved, group_input, open_new
from tests.support.hub import Hub
from tests.support.hub_config import PASSWORD
from tests.support.processes import descendants

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]

HERE_AGAIN = "We have filled in again what you typed."


def _service(hub: Hub) -> int:
    """Return the process of the service that the hub runs."""
    for process in descendants(hub.pid):
        if b"JUPYTERHUB_SERVICE_PREFIX=/services/images/" in _environment(process):
            return process
    raise AssertionError("the service is not running")


def _environment(process: int) -> bytes:
    return Path(f"/proc/{process}/environ").read_bytes()


def _wait_until_up(hub: Hub) -> None:
    deadline = time.monotonic() + 120
    while hub.client.get(f"{hub.images_url}health").status_code != httpx.codes.OK:
        assert time.monotonic() < deadline, "the hub did not start its service again"
        time.sleep(0.2)


def _send_into_the_void(page: Page) -> None:
    """Send the form to a proxy that does not reach the service."""

    def away(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, body="503 Service Unavailable", content_type="text/html")
        else:
            route.continue_()

    page.route("**/services/images/**", away)
    confirm(page)
    expect(page.get_by_text("503 Service Unavailable")).to_be_visible()
    page.unroute("**/services/images/**")


def _expect_fresh(page: Page, label: str, value: str) -> None:
    """See a form with nothing given back, after its script has run."""
    page.get_by_label("Global").uncheck()
    expect(group_input(page)).to_be_visible()
    page.get_by_label("Global").check()
    expect(page.get_by_label(label, exact=True)).to_have_value(value)
    expect(page.get_by_text(HERE_AGAIN)).to_be_hidden()


def test_a_service_that_is_killed_loses_nothing(page: Page, hub: Hub) -> None:
    """The proxy answers 503; when people come back, everything is there and can be sent."""
    open_new(page, hub, "kept")
    page.get_by_label("Description").fill("Typed\nwith care")
    page.get_by_role("radio", name="cpu").check()
    page.get_by_label("Use Image Pull Secret").check()
    page.get_by_role("combobox", name="Image pull secret").select_option("nvidia-ngc")
    page.get_by_label("Global").uncheck()
    add_group(page, "students")
    add_group(page, "next-term")
    page.get_by_text("When it starts").click()
    page.get_by_label("Environment").fill("A=1")
    os.kill(_service(hub), signal.SIGKILL)
    confirm(page)
    expect(page.get_by_role("heading", name="503")).to_be_visible()
    _wait_until_up(hub)
    page.goto(f"{hub.images_url}new")
    expect(page.get_by_role("status").filter(has_text=HERE_AGAIN)).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Unsaved changes")).to_be_visible()
    expect(page.get_by_label("Environment")).to_be_visible()
    expect(chips(page)).to_have_count(2)
    confirm(page)
    expect_saved(page, hub)
    stored = hub.images("GET", "images/kept").json()
    assert {name: stored[name] for name in ("description", "type", "pull_secret", "groups")} == {
        "description": "Typed\nwith care",
        "type": "cpu",
        "pull_secret": "nvidia-ngc",
        "groups": ["students", "next-term"],
    }
    assert (stored["global"], stored["environment"]) == (False, {"A": "1"})


def test_back_brings_it_too_and_it_is_held_to_its_version(page: Page, hub: Hub) -> None:
    """An edit that got no answer meets what was changed in between."""
    hub.add_image("shared", display_name="Before")
    page.goto(f"{hub.images_url}edit/shared")
    page.get_by_label("Display name").fill("Mine")
    _send_into_the_void(page)
    hub.images("PATCH", "images/shared", json={"description": "Theirs"})
    page.go_back()
    expect(page.get_by_text(HERE_AGAIN)).to_be_visible()
    expect(page.get_by_label("Display name")).to_have_value("Mine")
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("changed this image while you were editing")
    expect(page.get_by_label("Description")).to_have_value("Theirs")


def test_it_can_be_discarded(page: Page, hub: Hub) -> None:
    """The form is as stored then, and stays so."""
    hub.add_image("discarded", display_name="Before")
    page.goto(f"{hub.images_url}edit/discarded")
    page.get_by_label("Display name").fill("Mine")
    _send_into_the_void(page)
    page.goto(f"{hub.images_url}edit/discarded")
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Display name")).to_have_value("Before")
    page.reload()
    _expect_fresh(page, "Display name", "Before")


def test_an_answer_ends_it(page: Page, hub: Hub) -> None:
    """Neither a saved form nor one that came back comes again; nor does that of another image."""
    hub.add_image("original")
    open_new(page, hub, "answered")
    confirm(page)
    expect_saved(page, hub)
    page.goto(f"{hub.images_url}new")
    _expect_fresh(page, "Name", "")
    open_new(page, hub, "Not Valid")
    confirm(page)
    expect(page.get_by_role("alert")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(f"{hub.images_url}new")
    _expect_fresh(page, "Name", "")
    open_new(page, hub, "void")
    _send_into_the_void(page)
    page.goto(f"{hub.images_url}new?from=original")
    expect(page.get_by_text("A copy of original")).to_be_visible()
    _expect_fresh(page, "Name", "")
    page.goto(f"{hub.images_url}new")
    expect(page.get_by_label("Name", exact=True)).to_have_value("void")


def test_answers_to_other_forms_end_only_their_own(page: Page, hub: Hub) -> None:
    """Whatever is saved afterwards, in another tab too, what has arrived does not come again."""
    for name in ("one", "two"):
        hub.add_image(name, display_name=name)
    other = page.context.new_page()
    steps = ((page, "one"), (other, "two"), (page, "one"), (page, "two"))
    for number, (tab, name) in enumerate(steps):
        tab.goto(f"{hub.images_url}edit/{name}")
        before = hub.images("GET", f"images/{name}").json()["display_name"]
        _expect_fresh(tab, "Display name", before)
        tab.get_by_label("Display name").fill(f"Typed {number}")
        confirm(tab)
        expect_saved(tab, hub)
    hub.images("PATCH", "images/two", json={"display_name": "Theirs"})
    other.goto(f"{hub.images_url}edit/two")
    _expect_fresh(other, "Display name", "Theirs")
    page.goto(f"{hub.images_url}new")
    _expect_fresh(page, "Name", "")
    names = [cookie["name"] for cookie in page.context.cookies()]
    assert not [name for name in names if name.startswith("hub-images-answered")]


def test_it_is_of_one_user(page: Page, hub: Hub) -> None:
    """Whoever signs in afterwards in the same tab does not find it; who typed it does."""
    open_new(page, hub, "of-admin")
    _send_into_the_void(page)
    for user in ("editor", "admin"):
        page.context.clear_cookies()
        page.goto(f"{hub.images_url}new")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        if user == "editor":
            _expect_fresh(page, "Name", "")
    expect(page.get_by_label("Name", exact=True)).to_have_value("of-admin")
