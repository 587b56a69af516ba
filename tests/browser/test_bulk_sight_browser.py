"""Several images at once in a browser: the bar stays in sight, and everybody can use it."""

from __future__ import annotations

from typing import get_args

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import (
    Theme,
    broken_words,
    expect_in_sight,
    overflows,
    sign_in,
    violations,
)
from tests.support.hub import Hub

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_bar_stays_in_sight_and_moves_nothing(
    browser: Browser, university: Hub, width: int
) -> None:
    """Nothing can be pressed before a tick; afterwards the bar is there, wherever one scrolls."""
    page = sign_in(browser, university, "admin", width=width)
    page.goto(university.images_url)
    expect(page.get_by_role("button", name="Disable")).to_have_count(0)
    box = page.get_by_role("checkbox", name="Choose ").nth(3)
    box.scroll_into_view_if_needed()
    place = "(box) => box.getBoundingClientRect().top + scrollY"
    before, height = box.evaluate(place), page.evaluate("document.body.scrollHeight")
    box.check()
    expect(page.get_by_role("button", name="Disable")).to_be_enabled()
    expect_in_sight(page, "#bulk")
    assert box.evaluate(place) == before
    if width == 1280:
        assert page.evaluate("document.body.scrollHeight") == height
    page.evaluate("scrollTo(0, 600)")
    expect_in_sight(page, "#bulk")
    page.context.close()


def test_references_break_between_their_parts(browser: Browser, university: Hub) -> None:
    """On a phone they do not fit into a line; a change is easier to see in whole words."""
    page = sign_in(browser, university, "admin", width=390)
    page.goto(f"{university.images_url}?search=registry.old.example.org")
    page.get_by_label("Select all on this page").check()
    page.get_by_text("More actions").click()
    page.get_by_role("button", name="Replace in references").click()
    page.get_by_label("Find").fill("registry.old.example.org:5000/jupyter")
    page.get_by_label("Replace with").fill("quay.io/example-university")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    assert broken_words(page) == []
    assert not overflows(page)
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_accessible(browser: Browser, university: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing in the bar, its menu, values, errors and previews."""
    page = sign_in(browser, university, "admin", theme=theme, width=width)
    page.goto(university.images_url)
    page.get_by_label("Select all on this page").check()
    page.get_by_text("More actions").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    # the pressed button fades into its colours
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    assert violations(page, "main") == []
    page.get_by_role("button", name="Replace in references").click()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Give the text to find.")).to_be_visible()
    assert violations(page, "main") == []
    page.get_by_label("Find").fill("quay.io")
    page.get_by_label("Replace with").fill("Not Valid")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="These cannot be changed in this way")).to_be_visible()
    assert violations(page, "main") == []
    for action, control in [("Add groups", "geo"), ("Remove groups", "geo"), ("Add tags", "")]:
        page.goto(university.images_url)
        page.get_by_text("More actions").click()
        page.get_by_role("button", name=action).click()
        if action == "Add groups":
            page.get_by_label("Add a group").fill(control)
            page.keyboard.press("Enter")
        elif control:
            page.get_by_role("checkbox", name=control).first.check()
        else:
            page.get_by_label("Tags").fill("new")
        assert violations(page, "main") == []
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_role("button", name="Confirm")).to_be_visible()
        assert violations(page, "main") == []
        assert not overflows(page)
    page.context.close()
