"""Descriptions, tags and documentation in the options form: read, clicked, tabbed, found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Theme, overflows, sign_in, violations
from tests.support.hub import Hub
from tests.support.starts import recording_hub

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub whose images say more of themselves, enough of them for a search."""
    with recording_hub(tmp_path_factory.mktemp("descriptions")) as running:
        page = f"{running.url}hub/token"
        text = {
            "description": f"For **all** of [the course]({page}?a=course).\n\n- umbrellas\n\n"
            + "Many words that say the same again. " * 30,
            "documentation_url": f"{page}?a=documentation",
            "tags": ["python", "first term"],
        }
        for number in range(10):
            running.add_image(f"lab-{number}", display_name=f"Lab {number}", **text)
        running.images("PATCH", "images/scipy", json={**text, "description": "## Short\n`code`"})
        yield running


def _open(browser: Browser, hub: Hub, fragment: str = "#image=minimal", width: int = 1280) -> Page:
    page = sign_in(browser, hub, "nobody", width=width)
    page.goto(f"{hub.url}hub/spawn{fragment}")
    return page


@pytest.mark.parametrize("link", ["the course", "Documentation of Lab 0"])
def test_a_link_opens_a_tab_and_selects_nothing(browser: Browser, hub: Hub, link: str) -> None:
    """Though a click anywhere else in the row selects it."""
    page = _open(browser, hub)
    row = page.locator(".hi-row", has_text="Lab 0")
    with page.context.expect_page() as opened:
        row.get_by_role("link", name=link).click()
    assert "?a=" in opened.value.url or opened.value.url == "about:blank"
    opened.value.wait_for_url("**?a=**")
    expect(page.get_by_label("Minimal")).to_be_checked()
    row.get_by_text("umbrellas").click(force=True)  # the label covers the row
    expect(page.get_by_role("radio", name="Lab 0")).to_be_checked()
    page.context.close()


def test_without_a_script_too(browser: Browser, hub: Hub) -> None:
    """The style alone makes the row a target."""
    page = _open(browser, hub)
    context = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    plain = context.new_page()
    plain.goto(f"{hub.url}hub/spawn")
    row = plain.locator(".hi-row", has_text="Lab 0")
    row.get_by_text("umbrellas").click(force=True)
    expect(plain.get_by_role("radio", name="Lab 0")).to_be_checked()
    with context.expect_page() as opened:
        row.get_by_role("link", name="the course").click()
    opened.value.wait_for_url("**?a=course")
    context.close()
    page.context.close()


def test_links_are_tab_stops_in_the_selected_row_only(browser: Browser, hub: Hub) -> None:
    """Start is not as many stops away as there are links in the list."""
    page = _open(browser, hub)
    assert _stops(page) == ["Copy link to this choice", "Start"]
    page.get_by_role("radio", name="Lab 1").check()
    course = ["Documentation", "the course", "Copy link to this choice", "Start"]
    assert _stops(page) == course
    page.get_by_role("searchbox").fill("umbrellas")
    page.get_by_role("radio", name="Lab 2").check()
    assert _stops(page) == course
    page.context.close()


def _stops(page: Page) -> list[str]:
    """Tab from the selected radio button to Start, and return what is between."""
    page.locator("[name=image]:checked").focus()
    stops: list[str] = []
    while not stops or stops[-1] != "Start":
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.innerText"))
        assert len(stops) < 20
    return stops


def test_the_description_is_told_with_the_radio_button(browser: Browser, hub: Hub) -> None:
    """The name is not the whole text; tags and description follow it."""
    page = _open(browser, hub)
    scipy = page.get_by_role("radio", name="SciPy 1 CPU", exact=True)
    expect(scipy).to_have_accessible_description("python first term Short code")
    expect(page.get_by_label("Minimal")).to_have_accessible_description("")
    page.context.close()


def test_search_finds_words_of_descriptions_and_tags(browser: Browser, hub: Hub) -> None:
    """As they are shown: neither addresses nor the link that says the same in every row."""
    page = _open(browser, hub)
    count = page.locator("#hi-count")
    for text, found in (
        ("umbrellas ALL", 10), ("first term", 11), ("short code", 1),
        ("documentation", 0), ("hub/token", 0), ("**all", 0),
    ):  # fmt: skip
        page.get_by_role("searchbox").fill(text)
        expect(count).to_have_text(f"{found} of 12 images match{'es' if found == 1 else ''}")
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_only_the_selected_row_shows_a_long_description_whole(
    browser: Browser, hub: Hub, width: int
) -> None:
    """The others show two lines of it."""
    page = _open(browser, hub, width=width)
    row = page.locator(".hi-row", has_text="Lab 0")
    short = row.bounding_box()
    page.get_by_role("radio", name="Lab 0").check()
    whole = row.bounding_box()
    assert short is not None
    assert whole is not None
    assert short["height"] < (90 if width == 1280 else 130)
    assert whole["height"] > 2 * short["height"]
    page.context.close()


def test_a_long_description_leaves_the_page_at_its_top(browser: Browser, hub: Hub) -> None:
    """The name of what is selected is in sight there, and so is the instance type."""
    page = sign_in(browser, hub, "scientist", width=390)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{hub.url}hub/spawn#image=lab-0")
    expect(page.get_by_role("radio", name="Lab 0")).to_be_checked()
    expect(page.get_by_role("radio", name="Lab 0")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
    page.context.close()


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing, selected or not, and nothing runs over the edge."""
    page = sign_in(browser, hub, "nobody", theme=theme, width=width)
    page.goto(f"{hub.url}hub/spawn#image=lab-3")
    expect(page.get_by_role("radio", name="Lab 3")).to_be_checked()
    assert violations(page, "#hub-images") == []
    assert not overflows(page)
    page.context.close()
