"""The form of an image by keyboard: what stays in sight, and how many keys it takes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import expect_in_sight, sign_in
from tests.support.editor import group_input, stored_image
from tests.support.hub import Hub

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_the_bar_stays_in_sight_and_covers_no_focus(browser: Browser, hub: Hub, width: int) -> None:
    """Two columns while there is room; whatever Tab reaches can be seen whole."""
    page = sign_in(browser, hub, "admin", width=width)
    page.set_viewport_size({"width": width, "height": 600})
    page.goto(f"{hub.images_url}new")
    what, who = (
        page.get_by_role("region", name=name).bounding_box()
        for name in ("What it is", "Who may use it")
    )
    assert what is not None
    assert who is not None
    assert (who["x"] > what["x"]) == (width >= 992)
    page.get_by_label("Global").uncheck()
    page.get_by_text("When it starts").click()
    page.get_by_label("Name", exact=True).focus()
    for _field in range(25):
        expect_in_sight(page, ".hub-images-bar")
        if page.get_by_role("button", name="Confirm").evaluate(
            "of => of === document.activeElement"
        ):
            break
        expect_in_sight(page, ":focus")
        page.keyboard.press("Tab")
    else:
        pytest.fail("Confirm was not reached")
    page.context.close()


def test_by_keyboard_alone(page: Page, hub: Hub) -> None:
    """From the first field to the message, with Tab, Space, arrows and Enter."""
    page.goto(f"{hub.images_url}new")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    keys = page.keyboard
    keys.type("keyboard")
    for text in ("By keyboard", "Typed"):
        keys.press("Tab")
        keys.type(text)
    keys.press("Tab")  # the type, universal
    expect(page.get_by_role("radio", name="universal")).to_be_focused()
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    keys.press("Tab")
    keys.type("quay.io/jupyter/base:1")
    for field in ("Tags", "Documentation URL", "Global"):
        keys.press("Tab")
        expect(page.get_by_label(field)).to_be_focused()
    keys.press("Space")
    keys.press("Tab")
    expect(group_input(page)).to_be_focused()
    keys.type("stud")
    keys.press("Enter")  # adds, and does not send the form
    for field in ("Enabled", "Order", "Use Image Pull Secret"):
        keys.press("Tab")
        expect(page.get_by_label(field)).to_be_focused()
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
    stored = stored_image(hub, "keyboard")
    assert (stored["type"], stored["groups"], stored["global"]) == ("cpu", ["students"], False)
    assert stored["image_pull_policy"] == "Always"
