"""The options form in a browser: what fits, search, keyboard, both themes, narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

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
from tests.support.options_form import expect_notice, open_form
from tests.support.starts import notebook, recording_hub, records, start, stop

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with a recording spawner."""
    with recording_hub(tmp_path_factory.mktemp("spawn")) as running:
        yield running


def _without_script(browser: Browser, page: Page) -> BrowserContext:
    """Return a context that runs no scripts, of whoever is signed in at `page`."""
    state = page.context.storage_state()
    return browser.new_context(java_script_enabled=False, storage_state=state)


def _expect_images(page: Page, names: list[str]) -> None:
    expect_boxes(page, "image", names)


def _forget(hub: Hub, user: str) -> None:
    """Stop the server, and let its user have chosen nothing, for the tests that follow."""
    stop(hub, user)
    assert start(hub, user, {"instance_type": "", "image": ""}).status_code == 201
    stop(hub, user)


def test_only_what_fits_is_shown(browser: Browser, hub: Hub) -> None:
    """Choosing an instance type shows the images that fit it, and keeps one chosen."""
    page = open_form(browser, hub)
    _expect_images(page, ["minimal", "scipy", "torch"])
    page.get_by_label("One GPU").check()
    _expect_images(page, ["cuda", "minimal", "torch"])
    expect(page.get_by_label("Minimal")).to_be_checked()
    page.get_by_label("CUDA").check()
    page.get_by_label("Small").check()
    expect(page.get_by_label("Minimal")).to_be_checked()
    page.context.close()


def test_search_narrows_and_keeps_the_choice(browser: Browser, hub: Hub) -> None:
    """Searching shows what matches, and what is chosen is started whatever is searched."""
    for number in range(12):
        hub.add_image(f"lab-{number:02}", display_name=f"Übung {number}", description="für alle")
    try:
        page = open_form(browser, hub)
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
        _forget(hub, "scientist")
        for number in range(12):
            hub.images("DELETE", f"images/lab-{number:02}")


def test_more_images_than_are_shown_at_once(browser: Browser, hub: Hub) -> None:
    """What is not shown yet is found, can be chosen by link, shown, and is there without script."""
    names = [f"many-{number:03}" for number in range(45)]
    for name in names:
        hub.add_image(name)
    try:
        page = open_form(browser, hub, "#image=many-044")
        expect(page.get_by_label("many-044")).to_be_checked()
        expect(page.locator("[name=image]")).to_have_count(26)
        page.get_by_role("button", name="Show more").click()
        _expect_images(page, ["many-044", *sorted(["minimal", "scipy", "torch", *names[:-1]])])
        page.get_by_role("searchbox", name="Search images").fill("MANY-043")
        _expect_images(page, ["many-044", "many-043"])
        context = _without_script(browser, page)
        plain = context.new_page()
        plain.goto(f"{hub.url}hub/spawn")
        expect(plain.get_by_label("many-044")).to_be_visible()
        _expect_images(plain, sorted(["cuda", "minimal", "scipy", "torch", *names]))
        context.close()
        page.context.close()
    finally:
        for name in names:
            hub.images("DELETE", f"images/{name}")


def test_each_instance_type_remembers_its_image(browser: Browser, hub: Hub) -> None:
    """Going to another type and back gives the image back, and the form says what changed."""
    page = open_form(browser, hub)
    page.get_by_label("SciPy").check()
    page.get_by_label("One GPU").check()
    expect(page.get_by_label("CUDA")).to_be_checked()
    expect_notice(page, "SciPy does not run on One GPU. CUDA is selected instead.")
    page.get_by_label("Torch").check()
    page.get_by_label("Small").check()
    expect(page.get_by_label("SciPy")).to_be_checked()
    expect_notice(page, "SciPy is selected again, as it was with Small.")
    page.get_by_label("Large").check()
    expect(page.get_by_label("SciPy")).to_be_checked()
    expect_notice(page, None)
    page.get_by_label("One GPU").check()
    expect(page.get_by_label("Torch")).to_be_checked()
    page.context.close()


def test_images_of_other_instance_types_are_a_click_away(browser: Browser, hub: Hub) -> None:
    """They are counted behind a button that goes there; with a search, those that match it."""
    for number in range(12):
        hub.add_image(f"wide-{number:02}", type="gpu" if number % 4 == 0 else "cpu")
    try:
        page = open_form(browser, hub)
        page.get_by_label("Large").check()
        page.get_by_role("button", name="4 more with One GPU").click()
        expect(page.get_by_label("One GPU")).to_be_checked()
        expect(page.get_by_label("wide-04")).to_be_visible()
        # SciPy and nine of the twelve; back to the type that was chosen last
        expect(page.get_by_role("button", name="10 more with Large")).to_be_focused()
        page.get_by_role("searchbox").fill("wide")
        page.get_by_role("button", name="9 more with Large").click()
        expect(page.get_by_label("Large")).to_be_checked()
        page.get_by_role("searchbox").fill("torch")
        expect(page.get_by_role("button", name="more with")).to_be_hidden()
        page.context.close()
    finally:
        for number in range(12):
            hub.images("DELETE", f"images/wide-{number:02}")


def test_search_finds_the_tag_that_would_start(browser: Browser, hub: Hub) -> None:
    """That of the GPU reference on GPU instance types, and not elsewhere."""
    for number in range(12):
        hub.add_image(f"wide-{number:02}", type="gpu" if number % 4 == 0 else "cpu")
    try:
        page = open_form(browser, hub)
        page.get_by_role("searchbox").fill("torch gpu")
        found = page.locator("#hi-count")
        expect(found).to_contain_text("0 of")
        page.get_by_label("One GPU").check()
        expect(found).to_contain_text("1 of")
        page.get_by_role("searchbox").fill("torch 1")
        expect(found).to_contain_text("0 of")
        page.context.close()
    finally:
        for number in range(12):
            hub.images("DELETE", f"images/wide-{number:02}")


def test_the_form_says_what_it_will_start(browser: Browser, hub: Hub) -> None:
    """Instance type, image and the tag of what starts there, beside the button."""
    page = open_form(browser, hub, "#image=torch")
    line = page.locator("#hi-choice")
    expect(line).to_have_text("Small · Torch 1")
    expect(page.get_by_role("button", name="Start")).to_have_accessible_description(
        "Small · Torch 1"
    )
    row = page.locator(".hi-row", has_text="Torch")
    expect(row.get_by_text("gpu", exact=True)).to_be_hidden()
    page.get_by_label("One GPU").check()
    expect(line).to_have_text("One GPU · Torch gpu")
    expect(row.get_by_text("gpu", exact=True)).to_be_visible()
    expect(row.get_by_text("1", exact=True)).to_be_hidden()
    page.get_by_label("CUDA").check()
    expect(line).to_have_text("One GPU · CUDA 1")
    page.context.close()


def test_one_choice_is_a_sentence_and_starts(browser: Browser, hub: Hub) -> None:
    """With one instance type and one image there is only Start."""
    for name in ("course", "scipy", "torch"):
        hub.images("PATCH", f"images/{name}", json={"enabled": False})
    try:
        page = sign_in(browser, hub, "student")
        page.goto(f"{hub.url}hub/spawn")
        expect(page.get_by_text("Your server starts on Small")).to_be_visible()
        expect(page.get_by_text("The image is Minimal 1.")).to_be_visible()
        expect(page.get_by_role("radio")).to_have_count(0)
        expect(page.locator("#hi-choice")).to_have_text("Small · Minimal 1")
        assert violations(page, "#hub-images") == []
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(lambda url: "/hub/spawn" not in url or "pending" in url)
        assert notebook(records(hub)[-1])["image"] == f"{REG}minimal:1"
        page.context.close()
    finally:
        _forget(hub, "student")
        for name in ("course", "scipy", "torch"):
            hub.images("PATCH", f"images/{name}", json={"enabled": True})


def test_few_tab_stops(browser: Browser, hub: Hub) -> None:
    """From the instance types to Start: one for each group of radio buttons, and the buttons."""
    page = open_form(browser, hub, "#instance_type=small&image=minimal")
    page.get_by_label("Small").focus()
    stops: list[str] = []
    while not stops or stops[-1] != "Start":
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText")
        )
        assert len(stops) < 10
    assert stops == ["image", "1 more with One GPU", "Copy link to this choice", "Start"]
    page.context.close()


def test_by_keyboard_alone(browser: Browser, hub: Hub) -> None:
    """Tab from the top of the page, arrows and Enter choose and start."""
    page = open_form(browser, hub, "#instance_type=small&image=minimal")
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
    _forget(hub, "scientist")
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
    page = open_form(browser, hub, theme=theme, width=width)
    _expect_no_violations(page)
    page.get_by_label("SciPy").check()
    page.get_by_label("One GPU").check()
    expect(page.locator("#hub-images .alert")).to_be_visible()
    _expect_no_violations(page)
    assert not overflows(page)
    page.context.close()


def _expect_no_violations(page: Page) -> None:
    # the bar without the hub's own button, whose contrast is the hub's
    for within in ("#hub-images", "#hi-choice", "#hi-copy"):
        assert violations(page, within) == []
