"""The options form in a browser: what fits, search, links, keyboard, both themes, narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import (
    Theme,
    expect_boxes,
    overflows,
    sign_in,
    violations,
)
from tests.support.hub import Hub
from tests.support.hub_config import REG
from tests.support.starts import notebook, recording_hub, records

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with a recording spawner."""
    with recording_hub(tmp_path_factory.mktemp("spawn")) as running:
        yield running


def _open(browser: Browser, hub: Hub, fragment: str = "", **rest: Any) -> Page:
    page = sign_in(browser, hub, "scientist", **rest)
    page.goto(f"{hub.url}hub/spawn{fragment}")
    return page


def _without_script(browser: Browser, page: Page) -> BrowserContext:
    """Return a context that runs no scripts, of whoever is signed in at `page`."""
    state = page.context.storage_state()
    return browser.new_context(java_script_enabled=False, storage_state=state)


def _expect_images(page: Page, names: list[str]) -> None:
    expect_boxes(page, "image", names)


def test_only_what_fits_is_shown(browser: Browser, hub: Hub) -> None:
    """Choosing an instance type shows the images that fit it, and keeps one chosen."""
    page = _open(browser, hub)
    _expect_images(page, ["minimal", "scipy", "torch"])
    page.get_by_label("One GPU").check()
    _expect_images(page, ["cuda", "minimal", "torch"])
    expect(page.get_by_label("Minimal")).to_be_checked()
    page.get_by_label("CUDA").check()
    page.get_by_label("Small").check()
    expect(page.get_by_label("Minimal")).to_be_checked()
    page.context.close()


def test_fragment_preselects_without_starting(browser: Browser, hub: Hub) -> None:
    """`#instance_type=…&image=…` preselects, and starts nothing."""
    before = len(records(hub))
    page = _open(browser, hub, "#instance_type=gpu-1&image=torch")
    expect(page.get_by_label("One GPU")).to_be_checked()
    expect(page.get_by_label("Torch")).to_be_checked()
    assert len(records(hub)) == before
    page.context.close()


def test_search_narrows_and_keeps_the_choice(browser: Browser, hub: Hub) -> None:
    """Searching shows what matches, and what is chosen is started whatever is searched."""
    for number in range(12):
        hub.add_image(f"lab-{number:02}", display_name=f"Übung {number}", description="für alle")
    try:
        page = _open(browser, hub)
        page.get_by_label("Torch").check()
        page.get_by_role("searchbox", name="Search images").fill("ÜBUNG 11")
        _expect_images(page, ["torch", "lab-11"])
        expect(page.get_by_role("status").filter(has_text="match")).to_contain_text("1 of")
        page.get_by_role("searchbox").press("Enter")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(lambda url: "/hub/spawn" not in url or "pending" in url)
        assert notebook(records(hub)[-1])["image"] == f"{REG}torch:1"
        page.context.close()
    finally:
        hub.api("DELETE", "users/scientist/server")
        for number in range(12):
            hub.images("DELETE", f"images/lab-{number:02}")


def test_more_images_than_are_shown_at_once(browser: Browser, hub: Hub) -> None:
    """What is not shown yet is found, can be chosen by link, shown, and is there without script."""
    names = [f"many-{number:03}" for number in range(105)]
    for name in names:
        hub.add_image(name)
    try:
        page = _open(browser, hub, "#image=many-104")
        expect(page.get_by_label("many-104")).to_be_checked()
        expect(page.locator("[name=image]")).to_have_count(101)
        page.get_by_role("button", name="Show more").click()
        _expect_images(page, sorted(["minimal", "scipy", "torch", *names]))
        page.get_by_role("searchbox", name="Search images").fill("MANY-103")
        _expect_images(page, ["many-104", "many-103"])
        context = _without_script(browser, page)
        plain = context.new_page()
        plain.goto(f"{hub.url}hub/spawn")
        expect(plain.get_by_label("many-104")).to_be_visible()
        _expect_images(plain, sorted(["cuda", "minimal", "scipy", "torch", *names]))
        context.close()
        page.context.close()
    finally:
        for name in names:
            hub.images("DELETE", f"images/{name}")


def test_by_keyboard_alone(browser: Browser, hub: Hub) -> None:
    """Tab from the top of the page, arrows and Enter choose and start."""
    page = _open(browser, hub, "#instance_type=small&image=minimal")
    expect(page.get_by_label("Minimal")).to_be_checked()
    for _key in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "instance_type":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("One GPU")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/hub/spawn" not in url or "pending" in url)
    record = records(hub)[-1]
    assert notebook(record)["image"] == f"{REG}torch:gpu"
    assert record["manifest"]["metadata"]["labels"]["hub-images/instance-type"] == "gpu-1"
    hub.api("DELETE", "users/scientist/server")
    page.context.close()


def test_without_javascript(browser: Browser, hub: Hub) -> None:
    """The plain form has everything; the server refuses what does not fit."""
    with_script = sign_in(browser, hub, "scientist")
    context = _without_script(browser, with_script)
    page = context.new_page()
    page.goto(f"{hub.url}hub/spawn")
    _expect_images(page, ["cuda", "minimal", "scipy", "torch"])
    page.get_by_label("Small").check()
    page.get_by_label("CUDA").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("does not fit")).to_be_visible()
    context.close()
    with_script.context.close()


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing, and nothing runs over the edge."""
    page = _open(browser, hub, theme=theme, width=width)
    assert violations(page, "#hub-images") == []
    assert not overflows(page)
    page.context.close()
