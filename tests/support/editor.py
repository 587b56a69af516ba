"""The form of an image, used in a browser as a person does."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.hub import Hub


def stored_image(hub: Hub, name: str) -> dict[str, object]:
    """Return an image as it is stored."""
    return dict(hub.images("GET", f"images/{name}").json())


def open_new(page: Page, hub: Hub, name: str) -> None:
    """Open the form of a new image, and type what it needs."""
    page.goto(f"{hub.images_url}new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Container image URL", exact=True).fill("quay.io/jupyter/base:1")


def confirm(page: Page) -> None:
    """Send the form."""
    page.get_by_role("button", name="Confirm").click()


def expect_saved(page: Page, hub: Hub) -> None:
    """Wait for the list, where a saved form leads."""
    page.wait_for_url(re.compile(rf"^{re.escape(hub.images_url)}(\?.*)?$"))


def group_input(page: Page) -> Locator:
    """Find the field that adds groups."""
    return page.get_by_role("combobox", name="Add a group")


def group_options(page: Page) -> Locator:
    """Find the groups that the field offers."""
    return page.get_by_role("listbox", name="Groups").get_by_role("option")


def chips(page: Page) -> Locator:
    """Find the chosen groups."""
    return page.get_by_role("list", name="Chosen groups").get_by_role("button")


def add_group(page: Page, name: str) -> None:
    """Choose a group by its whole name."""
    group_input(page).fill(name)
    group_input(page).press("Enter")
    expect(chips(page).filter(has_text=name)).to_be_visible()
