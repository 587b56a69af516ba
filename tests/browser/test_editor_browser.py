"""The form of an image in a browser: what shows when, mistakes, two admins."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import get_args

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.support.browser import Theme, overflows, sign_in, violations
from tests.support.editor import (
    confirm,
    expect_saved,
    group_input,
    group_options,
    open_new,
    stored_image,
)
from tests.support.hub import Hub

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]


def test_the_gpu_url_is_there_for_universal_only(page: Page, hub: Hub) -> None:
    """Unticked means the same URL; another type has none."""
    open_new(page, hub, "gpu-url")
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
    confirm(page)
    expect_saved(page, hub)
    assert stored_image(hub, "gpu-url")["gpu_url"] == "quay.io/jupyter/base:cuda"
    page.goto(f"{hub.images_url}edit/gpu-url")
    expect(gpu_url).to_have_value("quay.io/jupyter/base:cuda")
    differs.uncheck()
    confirm(page)
    expect_saved(page, hub)
    assert stored_image(hub, "gpu-url")["gpu_url"] is None


def test_a_secret_that_is_gone_stays_and_is_marked(page: Page, hub: Hub) -> None:
    """What is no longer in the list is kept until somebody takes it away."""
    hub.add_image("kept")
    # as a change of the configuration leaves it; over REST a name has to be in the list
    with closing(sqlite3.connect(hub.db_url.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE hub_images_image SET pull_secret = 'gone' WHERE name = 'kept'")
    page.goto(f"{hub.images_url}edit/kept")
    secret = page.get_by_role("combobox", name="Image pull secret")
    expect(secret).to_have_value("gone")
    expect(secret.get_by_role("option", name="gone (not in the list)")).to_have_count(1)
    page.get_by_label("Display name").fill("Kept")
    confirm(page)
    expect_saved(page, hub)
    stored = stored_image(hub, "kept")
    assert (stored["display_name"], stored["pull_secret"]) == ("Kept", "gone")


def test_mistakes_are_named_and_nothing_is_lost(page: Page, hub: Hub) -> None:
    """A summary whose links focus the fields; the sentences beside them; what was typed."""
    open_new(page, hub, "Wrong Name")
    page.get_by_label("Description").fill("Typed with care")
    page.get_by_label("Container image URL", exact=True).fill("https://quay.io/Base")
    confirm(page)
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
    open_new(page, hub, "unsaved")
    page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    page.wait_for_function("document.querySelector('#name').value === 'unsaved'")
    expect(page.get_by_label("Name", exact=True)).to_have_value("unsaved")
    assert asked == ["beforeunload"]
    confirm(page)
    expect_saved(page, hub)
    page.goto(f"{hub.images_url}edit/unsaved")
    page.get_by_role("link", name="Cancel").click()
    expect_saved(page, hub)
    assert asked == ["beforeunload"]


def test_two_admins_at_once(browser: Browser, page: Page, hub: Hub) -> None:
    """The second sees what changed in between, and saves or discards; nothing is lost."""
    hub.add_image("shared", display_name="Before", description="Before")
    page.goto(f"{hub.images_url}edit/shared")
    page.get_by_label("Display name").fill("Mine")
    hub.images("PATCH", "images/shared", json={"description": "Theirs"})
    confirm(page)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("tester changed this image while you were editing")
    expect(notice.get_by_role("row", name="Description")).to_contain_text("Theirs")
    expect(notice.get_by_role("row", name="Display name")).to_contain_text("Mine")
    expect(page.get_by_label("Description")).to_have_value("Theirs")
    page.get_by_role("button", name="Save mine").click()
    expect_saved(page, hub)
    stored = stored_image(hub, "shared")
    assert (stored["display_name"], stored["description"]) == ("Mine", "Theirs")

    page.goto(f"{hub.images_url}edit/shared")
    page.get_by_label("Display name").fill("Lost on purpose")
    hub.images("PATCH", "images/shared", json={"display_name": "Theirs, too"})
    confirm(page)
    page.get_by_role("link", name="Discard mine").click()
    expect(page.get_by_label("Display name")).to_have_value("Theirs, too")
    assert stored_image(hub, "shared")["display_name"] == "Theirs, too"


def test_deleted_meanwhile(page: Page, hub: Hub) -> None:
    """What was typed can become the image again."""
    hub.add_image("vanishing")
    page.goto(f"{hub.images_url}edit/vanishing")
    page.get_by_label("Description").fill("Typed with care")
    assert hub.images("DELETE", "images/vanishing").status_code == 204
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("was deleted while you were editing")
    page.get_by_role("button", name="Create it again").click()
    expect_saved(page, hub)
    assert stored_image(hub, "vanishing")["description"] == "Typed with care"


def test_a_copied_scheme_goes_and_a_moving_tag_is_noted(page: Page, hub: Hub) -> None:
    """As somebody types, and beside the field; a typed scheme goes when they leave the field."""
    open_new(page, hub, "noted")
    url = page.get_by_label("Container image URL", exact=True)
    note = page.locator("#note-url")
    expect(note).to_be_hidden()
    url.fill("quay.io/jupyter/base")
    expect(note).to_have_text("Without a tag, latest is pulled, which may change at any time.")
    url.fill("quay.io/jupyter/base:latest")
    expect(note).to_contain_text("The tag latest may change at any time.")
    url.fill("https://quay.io/jupyter/base:2")
    page.keyboard.press("Tab")
    expect(url).to_have_value("quay.io/jupyter/base:2")
    expect(note).to_have_text(
        "We removed https://: a container image URL begins with the registry."
    )
    assert "note-url" in str(url.get_attribute("aria-describedby"))
    url.fill("https://quay.io/jupyter/base?tab=tags")  # another image, without its end
    page.keyboard.press("Tab")
    expect(url).to_have_value("https://quay.io/jupyter/base?tab=tags")
    expect(note).to_be_hidden()
    url.fill("http://quay.io/jupyter/base:2")
    confirm(page)
    expect_saved(page, hub)
    assert stored_image(hub, "noted")["url"] == "quay.io/jupyter/base:2"


def test_a_taken_name_leads_to_the_image(page: Page, hub: Hub) -> None:
    """With all other errors; the page asks before what was typed is lost."""
    hub.add_image("taken")
    open_new(page, hub, "taken")
    page.get_by_label("Order").fill("first")
    confirm(page)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("2 fields need correcting")
    page.once("dialog", lambda dialog: dialog.accept())
    summary.get_by_role("link", name="Edit the existing image").click()
    page.wait_for_url(f"{hub.images_url}edit/taken")


def test_what_is_not_saved_is_said(page: Page, hub: Hub) -> None:
    """In the bar, as long as something differs from what was opened."""
    hub.add_image("changing", display_name="Before")
    page.goto(f"{hub.images_url}edit/changing")
    said = page.get_by_role("status").filter(has_text="Unsaved changes")
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    expect(said).to_have_count(0)
    page.get_by_label("Display name").fill("After")
    expect(said).to_be_visible()
    page.get_by_label("Display name").fill("Before")
    expect(said).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 1024, 390])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing in the form, with everything open, with errors, in a conflict."""
    name = f"axe-{theme}-{width}"
    hub.add_image(name)
    page = sign_in(browser, hub, "admin", theme=theme, width=width)
    page.goto(f"{hub.images_url}edit/{name}")
    page.get_by_label("Specific container image URL for GPU").check()
    page.get_by_label("Use Image Pull Secret").check()
    page.get_by_label("Global").uncheck()
    group_input(page).fill("e")
    expect(group_options(page).first).to_be_visible()
    assert violations(page, "main") == []
    group_input(page).press("Enter")
    group_input(page).fill("nobody-knows-it")
    group_input(page).press("Enter")
    page.get_by_text("When it starts").click()
    page.get_by_label("Environment").fill("NAME=" + "a-long-value-without-blanks-" * 10)
    assert violations(page, "main") == []
    assert not overflows(page)
    page.get_by_label("Environment").fill("no variable")
    page.get_by_label("Container image URL", exact=True).fill("no reference")
    confirm(page)
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page, "main") == []
    expect(page.get_by_label("Environment")).to_be_visible()
    page.get_by_label("Environment").fill("")
    page.get_by_label("Container image URL", exact=True).fill("a/b:1")
    page.get_by_label("Specific container image URL for GPU").uncheck()
    page.get_by_label("Use Image Pull Secret").uncheck()
    page.get_by_label("Global").check()
    hub.images("PATCH", f"images/{name}", json={"description": "Changed in between"})
    confirm(page)
    expect(page.get_by_role("button", name="Save mine")).to_be_visible()
    assert violations(page, "main") == []
    assert not overflows(page)
    page.context.close()
