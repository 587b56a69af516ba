"""The options form with 5,000 images: Start and what is selected are in sight, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bench.catalogue import images, sqlite
from tests.support.browser import expect_in_sight, sign_in
from tests.support.hub import Hub
from tests.support.starts import start, stop

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]

COUNT = 5_000
WIDE, PHONE = (1280, 860), (390, 844)
SELECTED = ".hi-row:has(:checked)"
START = "form#spawn_form [type=submit]"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with 5,000 images for everyone."""
    folder = tmp_path_factory.mktemp("many")
    with Hub(folder, db_url=sqlite(folder, COUNT)) as running:
        yield running


def _open(browser: Browser, hub: Hub, size: tuple[int, int], fragment: str = "") -> Page:
    page = sign_in(browser, hub, "scientist", width=size[0])
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{hub.url}hub/spawn{fragment}")
    expect(page.get_by_text("images fit this instance type")).to_be_visible()
    return page


def _of_type(kind: str) -> list[str]:
    """Return the names of the images of a type, as people see them."""
    found = [spec for spec in images(COUNT) if spec.type == kind]
    return [spec.name for spec in sorted(found, key=lambda spec: spec.display_name.casefold())]


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("place", ["none", "first", "last"])
def test_start_and_the_selection_are_in_sight(
    browser: Browser, hub: Hub, size: tuple[int, int], place: str
) -> None:
    """Without a scroll, whichever image a link selects; and wherever the page is scrolled."""
    name = {"none": None, "first": _of_type("universal")[0], "last": _of_type("universal")[-1]}[
        place
    ]
    page = _open(browser, hub, size, f"#image={name}" if name else "")
    if name:
        expect(page.locator(f"input[value='{name}']")).to_be_checked()
    expect_in_sight(page, START)
    expect_in_sight(page, "#hi-choice")
    expect_in_sight(page, SELECTED)
    page.mouse.wheel(0, 100_000)
    expect_in_sight(page, START)
    page.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_list_scrolls_in_itself(browser: Browser, hub: Hub, size: tuple[int, int]) -> None:
    """To the thousandth image, and what is selected stays in sight."""
    page = _open(browser, hub, size)
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height < 2 * size[1]
    for _more in range(10):
        shown = page.locator("[name=image]").count()
        page.evaluate("document.getElementById('hi-list').scrollTop = 1e9")
        expect(page.locator("[name=image]")).not_to_have_count(shown)
    assert page.locator("[name=image]").count() >= 1_000
    assert page.evaluate("document.documentElement.scrollHeight") == height
    expect_in_sight(page, SELECTED)
    expect_in_sight(page, START)
    page.context.close()


def test_the_last_choice_is_in_sight(browser: Browser, hub: Hub) -> None:
    """It stands first in the list, though there are thousands before it."""
    name = _of_type("gpu")[-1]
    assert start(hub, "scientist", {"instance_type": "gpu-1", "image": name}).status_code == 201
    stop(hub, "scientist")
    page = _open(browser, hub, PHONE)
    first = page.locator("[name=image]").first
    expect(first).to_have_value(name)
    expect(first).to_be_checked()
    expect_in_sight(page, SELECTED)
    expect(page.locator(SELECTED)).to_contain_text("Last used")
    page.context.close()


def test_search_keeps_the_selection_in_sight(browser: Browser, hub: Hub) -> None:
    """Above what is found, and at its place again afterwards."""
    page = _open(browser, hub, PHONE, f"#image={_of_type('cpu')[-1]}")
    page.get_by_role("searchbox", name="Search images").fill("zoology julia")
    found = page.get_by_role("status").filter(has_text="match")
    expect(found).to_be_visible()
    expect(page.locator("[name=image]").first).to_have_value(_of_type("cpu")[-1])
    expect_in_sight(page, SELECTED)
    page.get_by_role("searchbox").fill("")
    expect_in_sight(page, SELECTED)
    page.context.close()
