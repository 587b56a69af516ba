"""The list at a glance, with a university's 74 images: how much fits, and that nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Theme, broken_words, overflows, sign_in, violations
from tests.support.catalogue import fill
from tests.support.hub import Hub
from tests.support.starts import recording_hub
from tests.support.university import GROUPS, UNIVERSITY

pytestmark = pytest.mark.timeout(240)

HEIGHT = 860


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with the images, of whose groups it knows all but three."""
    with recording_hub(tmp_path_factory.mktemp("look")) as running:
        fill(running.db_url, UNIVERSITY)
        for group in GROUPS[3:]:
            running.api("POST", f"groups/{group}")
        yield running


def _open(browser: Browser, hub: Hub, width: int, path: str = "", **rest: Any) -> Page:
    page = sign_in(browser, hub, "admin", width=width, **rest)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(hub.images_url + path)
    return page


def _rows(page: Page) -> list[dict[str, float]]:
    """Return where the rows are."""
    rows: list[dict[str, float]] = page.evaluate(
        """[...document.querySelectorAll("tbody tr")].map((row) => row.getBoundingClientRect())"""
    )
    return rows


def _visible_columns(page: Page) -> list[str]:
    headings = page.locator("thead th:visible")
    columns = [headings.nth(at).get_attribute("data-column") for at in range(headings.count())]
    return [column for column in columns if column]


def test_a_screen_of_rows(browser: Browser, hub: Hub) -> None:
    """At 1280 × 860 a row is 44 to 52 px high, and 13 of them are in sight."""
    page = _open(browser, hub, 1280, "?size=100")
    rows = _rows(page)
    assert len(rows) == 74
    assert all(44 <= row["height"] <= 52 for row in rows)
    assert sum(row["bottom"] <= HEIGHT for row in rows) >= 13
    assert _visible_columns(page) == [
        "choose", "name", "reference", "type", "access", "status", "enabled", "in-use",
        "updated", "actions",
    ]  # fmt: skip
    page.context.close()


@pytest.mark.parametrize(
    ("column", "longest"), [("in-use", "100 servers"), ("updated", "59 minutes ago")]
)
def test_columns_have_room_for_what_they_may_say(
    browser: Browser, hub: Hub, column: str, longest: str
) -> None:
    """Times, and numbers of servers, end before the next column."""
    page = _open(browser, hub, 1280)
    rights: list[float] = page.locator(f"tbody td[data-column={column}]").first.evaluate(
        """(cell, text) => {
          cell.querySelector(":scope > :not(.visually-hidden)").textContent = text;
          const range = document.createRange();
          range.selectNodeContents(cell.querySelector(":scope > :not(.visually-hidden)"));
          const padding = parseFloat(getComputedStyle(cell).paddingRight);
          const { right } = cell.getBoundingClientRect();
          return [range.getBoundingClientRect().right, right - padding];
        }""",
        longest,
    )
    assert rights[0] <= rights[1]
    page.context.close()


def test_in_a_smaller_window_columns_drop(browser: Browser, hub: Hub) -> None:
    """At 1024 px the rows are as high as before, with fewer columns."""
    page = _open(browser, hub, 1024, "?size=100")
    assert all(44 <= row["height"] <= 52 for row in _rows(page))
    assert _visible_columns(page) == [
        "choose", "name", "reference", "access", "status", "enabled", "actions",
    ]  # fmt: skip
    page.context.close()


def test_a_phone_has_cards_of_three_lines(browser: Browser, hub: Hub) -> None:
    """At most 110 px each, with all filters behind one button that says how many are set."""
    page = _open(browser, hub, 390, "?size=100&type=universal&tag=lab")
    rows = _rows(page)
    assert len(rows) == 12
    assert all(row["height"] <= 110 for row in rows)
    button = page.get_by_role("button", name="Filters (2 set)")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("combobox", name="Type")).to_be_hidden()
    button.click()
    expect(page.get_by_role("combobox", name="Type")).to_have_value("universal")
    expect(page.get_by_role("combobox", name="Registry")).to_be_visible()
    assert not overflows(page)
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.get_by_role("combobox", name="Type")).to_be_hidden()
    page.context.close()


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_nothing_breaks_inside_a_word(browser: Browser, hub: Hub, width: int) -> None:
    """Nor does anything scroll sideways, or a heading cover its neighbour."""
    page = _open(browser, hub, width, "?size=100")
    assert broken_words(page) == []
    assert not overflows(page)
    covered = page.evaluate(
        """[...document.querySelectorAll("thead th")].filter(
             (heading) => innerWidth > 768 && heading.scrollWidth > heading.clientWidth
           ).map((heading) => heading.textContent.trim())"""
    )
    assert covered == []
    page.context.close()


def test_references(browser: Browser, hub: Hub) -> None:
    """The tag is whole, of a digest twelve digits; what is cut stands in the title."""
    page = _open(browser, hub, 1280, "?size=100")
    cut = page.evaluate(
        """[...document.querySelectorAll(".hub-images-tag")].filter(
             (tag) => tag.scrollWidth > tag.clientWidth).length"""
    )
    assert cut == 0
    cell = page.get_by_role("row", name="climate-lab").locator("[data-column=reference]")
    expect(cell.get_by_text("@sha256:5f0c8a1e5f0c", exact=True)).to_be_visible()
    whole = UNIVERSITY["climate-lab"]["url"]
    assert cell.locator("[title]").first.get_attribute("title").startswith(whole)  # type: ignore[union-attr]
    page.context.close()


@pytest.mark.parametrize("width", [1280, 1024, 390])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing, with what opens open and a row marked."""
    page = _open(browser, hub, width, "?size=100&shown=med-lab&search=e", theme=theme)
    assert violations(page, "main") == []
    row = page.get_by_role("row", name="med-lab")
    row.get_by_text("Pull secret missing").click()
    assert violations(page, "main") == []
    row.get_by_label("More actions").click()
    assert violations(page, "main") == []
    page.locator("#unfold").click()
    # the button fades into its colours
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    assert violations(page, "main") == []
    page.context.close()


def test_needs_attention(browser: Browser, hub: Hub) -> None:
    """The quick filter counts what it shows, stays beside other filters, and can be taken away."""
    page = _open(browser, hub, 1280)
    page.get_by_role("link", name="Needs attention 3").click()
    expect(page.locator("#count")).to_have_text("1–3 of 3 that match; 74 in all")
    for word in ("Not ready", "Nobody may use it", "Pull secret missing"):
        expect(page.get_by_role("row").filter(has_text=word)).to_have_count(1)
    page.get_by_role("combobox", name="Type").select_option("universal")
    expect(page.get_by_label("Remove filter Type: universal")).to_be_visible()
    expect(page.get_by_role("link", name="Needs attention")).to_have_attribute(
        "aria-current", "true"
    )
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#count")).to_have_text("1–25 of 74")
    page.context.close()


def test_rows_of_a_page(browser: Browser, hub: Hub) -> None:
    """25, 50 or 100, and which they are; the size stays with a filter."""
    page = _open(browser, hub, 1280)
    sizes = page.get_by_role("navigation", name="Rows per page")
    expect(sizes.get_by_role("link")).to_have_text(["25", "50", "100"])
    sizes.get_by_role("link", name="50").click()
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator("#count")).to_have_text("51–74 of 74")
    page.get_by_role("combobox", name="Type").select_option("cpu")
    page.wait_for_url("**/images/?type=cpu&size=50")
    page.context.close()
