"""The form of an image in a browser: what shows when, mistakes, two admins, keyboard."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import get_args

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.support.browser import Theme, overflows, sign_in, violations
from tests.support.hub import Hub

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]


@pytest.fixture
def page(browser: Browser, hub: Hub) -> Iterator[Page]:
    """Give a page that an admin is signed in to."""
    page = sign_in(browser, hub, "admin")
    yield page
    page.context.close()


def _new(page: Page, hub: Hub, name: str) -> None:
    page.goto(f"{hub.images_url}new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Container image URL", exact=True).fill("quay.io/jupyter/base:1")


def _confirm(page: Page) -> None:
    page.get_by_role("button", name="Confirm").click()


def _stored(hub: Hub, name: str) -> dict[str, object]:
    return dict(hub.images("GET", f"images/{name}").json())


def test_the_gpu_url_is_there_for_universal_only(page: Page, hub: Hub) -> None:
    """Unticked means the same URL; another type has none."""
    _new(page, hub, "gpu-url")
    differs = page.get_by_label("Specific container image URL for GPU")
    gpu_url = page.get_by_label("URL for GPU", exact=True)
    for kind in ("cpu", "gpu"):
        page.get_by_role("radio", name=kind, exact=True).check()
        expect(differs).to_be_hidden()
    page.get_by_role("radio", name="universal").check()
    expect(differs).to_be_visible()
    expect(gpu_url).to_be_hidden()
    differs.check()
    gpu_url.fill("quay.io/jupyter/base:cuda")
    _confirm(page)
    page.wait_for_url(hub.images_url)
    assert _stored(hub, "gpu-url")["gpu_url"] == "quay.io/jupyter/base:cuda"
    page.goto(f"{hub.images_url}edit/gpu-url")
    expect(gpu_url).to_have_value("quay.io/jupyter/base:cuda")
    differs.uncheck()
    _confirm(page)
    page.wait_for_url(hub.images_url)
    assert _stored(hub, "gpu-url")["gpu_url"] is None


def test_secrets_and_groups_that_are_gone_stay_and_are_marked(page: Page, hub: Hub) -> None:
    """What the hub no longer knows is kept until somebody takes it away."""
    hub.add_image("kept", groups=["data-science", "left-the-hub"], **{"global": False})
    # as a change of the configuration leaves it; over REST a name has to be in the list
    with closing(sqlite3.connect(hub.db_url.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE hub_images_image SET pull_secret = 'gone' WHERE name = 'kept'")
    page.goto(f"{hub.images_url}edit/kept")
    gone = page.get_by_label("left-the-hub")
    expect(gone).to_be_checked()
    expect(page.locator("#group-list")).to_contain_text("not known to the hub")
    expect(page.get_by_label(re.compile("^data-science"))).to_be_checked()
    expect(page.locator("#group-list")).to_contain_text("1 member")
    expect(page.get_by_role("combobox")).to_have_value("gone")
    expect(page.locator("select[name=pull_secret] option[value=gone]")).not_to_have_text("gone")
    page.get_by_label("Display name").fill("Kept")
    _confirm(page)
    page.wait_for_url(hub.images_url)
    stored = _stored(hub, "kept")
    assert (stored["display_name"], stored["pull_secret"]) == ("Kept", "gone")
    assert stored["groups"] == ["data-science", "left-the-hub"]


def test_groups_are_found_and_kept_while_global(page: Page, hub: Hub) -> None:
    """Search and "chosen only" narrow what is shown; ticking Global loses nothing."""
    _new(page, hub, "grouped")
    page.get_by_label("Global").uncheck()
    page.get_by_label("Find a group").fill("SCIEN")
    expect(page.locator("#group-count")).to_contain_text("1 shown")
    page.get_by_label(re.compile("^data-science")).check()
    page.get_by_label("Find a group").fill("")
    page.get_by_label(re.compile("^students")).check()
    expect(page.locator("#group-count")).to_contain_text("2 of")
    page.get_by_label("Chosen only").check()
    expect(page.locator("#group-count")).to_contain_text("2 shown")
    expect(page.get_by_label(re.compile("^editors"))).to_be_hidden()
    page.get_by_label("Global").check()
    expect(page.locator("#groups")).to_be_hidden()
    _confirm(page)
    page.wait_for_url(hub.images_url)
    stored = _stored(hub, "grouped")
    assert stored["global"] is True
    assert stored["groups"] == ["data-science", "students"]


def test_mistakes_are_named_and_nothing_is_lost(page: Page, hub: Hub) -> None:
    """A summary whose links focus the fields; the sentences beside them; what was typed."""
    _new(page, hub, "Wrong Name")
    page.get_by_label("Description").fill("Typed with care")
    page.get_by_label("Container image URL", exact=True).fill("https://quay.io/base")
    _confirm(page)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("2 fields need correcting")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_value("Wrong Name")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Description")).to_have_value("Typed with care")
    summary.get_by_role("link", name="Container image URL").click()
    url = page.get_by_label("Container image URL", exact=True)
    expect(url).to_be_focused()
    described = str(url.get_attribute("aria-describedby"))
    sentences = " ".join(page.locator(f"#{each}").inner_text() for each in described.split())
    assert "scheme" in sentences or "https://" in sentences
    assert hub.images("GET", "images/Wrong%20Name").status_code in (404, 422)


def test_leaving_with_unsaved_changes_asks(page: Page, hub: Hub) -> None:
    """Dismissed, the page and what was typed stay; after saving nothing asks."""
    asked: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", dismiss)
    _new(page, hub, "unsaved")
    page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    page.wait_for_function("document.querySelector('#name').value === 'unsaved'")
    expect(page.get_by_label("Name", exact=True)).to_have_value("unsaved")
    assert asked == ["beforeunload"]
    _confirm(page)
    page.wait_for_url(hub.images_url)
    page.goto(f"{hub.images_url}edit/unsaved")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(hub.images_url)
    assert asked == ["beforeunload"]


def test_two_admins_at_once(browser: Browser, page: Page, hub: Hub) -> None:
    """The second sees what changed in between, and saves or discards; nothing is lost."""
    hub.add_image("shared", display_name="Before", description="Before")
    page.goto(f"{hub.images_url}edit/shared")
    page.get_by_label("Display name").fill("Mine")
    hub.images("PATCH", "images/shared", json={"description": "Theirs"})
    _confirm(page)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("tester changed this image while you were editing")
    expect(notice.get_by_role("row", name="Description")).to_contain_text("Theirs")
    expect(notice.get_by_role("row", name="Display name")).to_contain_text("Mine")
    expect(page.get_by_label("Description")).to_have_value("Theirs")
    page.get_by_role("button", name="Save mine").click()
    page.wait_for_url(hub.images_url)
    stored = _stored(hub, "shared")
    assert (stored["display_name"], stored["description"]) == ("Mine", "Theirs")

    page.goto(f"{hub.images_url}edit/shared")
    page.get_by_label("Display name").fill("Lost on purpose")
    hub.images("PATCH", "images/shared", json={"display_name": "Theirs, too"})
    _confirm(page)
    page.get_by_role("link", name="Discard mine").click()
    expect(page.get_by_label("Display name")).to_have_value("Theirs, too")
    assert _stored(hub, "shared")["display_name"] == "Theirs, too"


def test_deleted_meanwhile(page: Page, hub: Hub) -> None:
    """What was typed can become the image again."""
    hub.add_image("vanishing")
    page.goto(f"{hub.images_url}edit/vanishing")
    page.get_by_label("Description").fill("Typed with care")
    assert hub.images("DELETE", "images/vanishing").status_code == 204
    _confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("was deleted while you were editing")
    page.get_by_role("button", name="Create it again").click()
    page.wait_for_url(hub.images_url)
    assert _stored(hub, "vanishing")["description"] == "Typed with care"


def test_by_keyboard_alone(page: Page, hub: Hub) -> None:
    """From the first field to the message, with Tab, Space, arrows and Enter."""
    page.goto(f"{hub.images_url}new")
    page.get_by_label("Name", exact=True).focus()
    keys = page.keyboard
    keys.type("keyboard")
    for text in ("By keyboard", "Typed"):
        keys.press("Tab")
        keys.type(text)
    for field in ("Tags", "Documentation URL"):
        keys.press("Tab")
        expect(page.get_by_label(field)).to_be_focused()
    keys.press("Tab")  # the type, universal
    expect(page.get_by_role("radio", name="universal")).to_be_focused()
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    keys.press("Tab")
    keys.type("quay.io/jupyter/base:1")
    for field in ("Use image pull secret", "Order", "Enabled", "Global"):
        keys.press("Tab")
        expect(page.get_by_label(field)).to_be_focused()
    keys.press("Space")
    keys.press("Tab")
    expect(page.get_by_label("Find a group")).to_be_focused()
    keys.type("students")
    keys.press("Enter")  # finds, and does not send the form
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Tab")
    expect(page.get_by_label(re.compile("^students"))).to_be_focused()
    keys.press("Space")
    keys.press("Tab")
    keys.press("Space")  # opens what is folded
    for field in ("Default URL", "Environment", "Command", "Working directory"):
        keys.press("Tab")
        expect(page.get_by_label(field, exact=True)).to_be_focused()
    keys.press("Tab")
    keys.press("A")  # chooses Always
    keys.press("Tab")
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Added By keyboard")).to_be_visible()
    stored = _stored(hub, "keyboard")
    assert (stored["type"], stored["groups"], stored["global"]) == ("cpu", ["students"], False)
    assert stored["image_pull_policy"] == "Always"


def test_a_thousand_groups_are_saved(page: Page, hub: Hub) -> None:
    """The page sends them as one field: as many as they are, no proxy would let them through."""
    groups = [f"g-{number:04}" for number in range(1000)]
    hub.add_image("many", **{"global": False}, groups=groups)
    page.goto(f"{hub.images_url}edit/many")
    page.get_by_role("checkbox", name="g-0500", exact=False).uncheck()
    _confirm(page)
    page.wait_for_url(hub.images_url)
    assert _stored(hub, "many")["groups"] == [g for g in groups if g != "g-0500"]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing in the form, with everything open, with errors, in a conflict."""
    name = f"axe-{theme}-{width}"
    hub.add_image(name)
    page = sign_in(browser, hub, "admin", theme=theme, width=width)
    page.goto(f"{hub.images_url}edit/{name}")
    page.get_by_label("Specific container image URL for GPU").check()
    page.get_by_label("Use image pull secret").check()
    page.get_by_label("Global").uncheck()
    page.get_by_text("When it starts").click()
    page.get_by_label("Environment").fill("NAME=" + "a-long-value-without-blanks-" * 10)
    assert violations(page, "main") == []
    assert not overflows(page)
    page.get_by_label("Environment").fill("no variable")
    page.get_by_label("Container image URL", exact=True).fill("no reference")
    _confirm(page)
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page, "main") == []
    expect(page.get_by_label("Environment")).to_be_visible()
    page.get_by_label("Environment").fill("")
    page.get_by_label("Container image URL", exact=True).fill("a/b:1")
    page.get_by_label("Specific container image URL for GPU").uncheck()
    page.get_by_label("Use image pull secret").uncheck()
    page.get_by_label("Global").check()
    hub.images("PATCH", f"images/{name}", json={"description": "Changed in between"})
    _confirm(page)
    expect(page.get_by_role("button", name="Save mine")).to_be_visible()
    assert violations(page, "main") == []
    assert not overflows(page)
    page.context.close()
