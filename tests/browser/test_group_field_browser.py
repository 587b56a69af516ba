"""Edit groups in a browser: chips, and one field to find and add groups, few or thousands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import overflows, sign_in, violations
from tests.support.editor import (
    add_group,
    chips,
    confirm,
    expect_saved,
    group_input,
    group_options,
    open_new,
)
from tests.support.hub import Hub

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]

MANY = [f"course-{number:04}" for number in range(1000)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with a thousand groups, two of which have the same letters in another case."""
    extra = f"""
        c.JupyterHub.load_groups.update({{name: {{"users": []}} for name in {MANY!r}}})
        c.JupyterHub.load_groups["Students"] = {{"users": ["student", "scientist"]}}
    """
    with Hub(tmp_path_factory.mktemp("groups"), extra=extra) as running:
        yield running


def _options(page: Page) -> list[str]:
    return [text.split("\n")[0] for text in group_options(page).all_inner_texts()]


def test_groups_are_found_added_and_kept_while_global(page: Page, hub: Hub) -> None:
    """A part of a name is enough, in any case; ticking Global loses nothing."""
    open_new(page, hub, "grouped")
    page.get_by_label("Global").uncheck()
    warning = page.get_by_text("No group is chosen: nobody may use it.")
    expect(warning).to_be_visible()
    field = group_input(page)
    field.fill("SCIEN")
    expect(group_options(page).filter(has_text="data-science")).to_contain_text("1 member")
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("Enter")
    expect(warning).to_be_hidden()
    expect(field).to_have_value("")
    expect(field).to_have_attribute("aria-expanded", "false")
    # both that have these letters; pointed at and clicked
    field.fill("students")
    assert _options(page) == ["students", "Students"]
    expect(group_options(page).last).to_contain_text("2 members")
    group_options(page).last.click()
    expect(chips(page)).to_have_count(2)
    page.get_by_label("Global").check()
    expect(field).to_be_hidden()
    confirm(page)
    expect_saved(page, hub)
    stored = hub.images("GET", "images/grouped").json()
    assert (stored["global"], stored["groups"]) == (True, ["data-science", "Students"])


def test_arrows_move_and_escape_closes(page: Page, hub: Hub) -> None:
    """As the pattern of a combobox has it; what is chosen is marked in the list."""
    open_new(page, hub, "arrows")
    page.get_by_label("Global").uncheck()
    add_group(page, "editors")
    field = group_input(page)
    field.press("ArrowDown")
    expect(page.get_by_role("listbox", name="Groups")).to_be_visible()
    options = group_options(page)
    expect(options).to_have_count(50)
    expect(page.get_by_text("and 955 more")).to_be_visible()
    active = str(field.get_attribute("aria-activedescendant"))
    expect(page.locator(f"#{active}")).to_have_text(options.first.inner_text().replace("\n", ""))
    field.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == options.last.get_attribute("id")
    field.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_be_focused()
    # Enter on what is chosen, typed again, does not take it away; pointed at, it does
    field.fill("editors")
    expect(
        page.get_by_role("listbox", name="Groups").get_by_role("option", selected=True)
    ).to_have_text("editors1 member")
    field.press("Enter")
    expect(chips(page)).to_have_count(1)
    field.press("ArrowDown")
    field.press("Enter")
    expect(chips(page)).to_have_count(0)


def test_chips_are_one_tab_stop(page: Page, hub: Hub) -> None:
    """Arrows move among them; Delete and Backspace remove, and the focus stays with them."""
    hub.add_image("chips", **{"global": False}, groups=["a", "b", "c", "d"])
    page.goto(f"{hub.images_url}edit/chips")
    page.get_by_label("Global").focus()
    keys = page.keyboard
    keys.press("Tab")
    expect(chips(page).nth(0)).to_be_focused()
    keys.press("End")
    keys.press("ArrowLeft")
    expect(chips(page).nth(2)).to_be_focused()
    expect(chips(page).nth(2)).to_have_accessible_name("Remove c, not known to the hub")
    keys.press("Delete")
    expect(chips(page).nth(2)).to_be_focused()
    expect(chips(page).nth(2)).to_contain_text("d")
    keys.press("Tab")
    expect(group_input(page)).to_be_focused()
    keys.press("Shift+Tab")
    expect(chips(page).nth(2)).to_be_focused()
    keys.press("Tab")
    keys.press("Backspace")  # in the empty field: goes there, and removes nothing
    expect(chips(page)).to_have_count(3)
    for count in (2, 1, 0):
        keys.press("Backspace")
        expect(chips(page)).to_have_count(count)
    expect(group_input(page)).to_be_focused()
    expect(page.get_by_text("No group is chosen: nobody may use it.")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Unsaved changes")).to_be_visible()
    confirm(page)
    expect_saved(page, hub)
    assert hub.images("GET", "images/chips").json()["groups"] == []


def test_a_group_that_the_hub_does_not_know(page: Page, hub: Hub) -> None:
    """It can be typed, is marked, and stays; people may bring it when they sign in."""
    open_new(page, hub, "unknown")
    page.get_by_label("Global").uncheck()
    group_input(page).fill(" next term ")
    expect(group_options(page)).to_have_text("Add “next term”not known to the hub")
    group_input(page).press("Enter")
    expect(chips(page)).to_have_accessible_name("Remove next term, not known to the hub")
    confirm(page)
    expect_saved(page, hub)
    page.goto(f"{hub.images_url}edit/unknown")
    expect(chips(page)).to_contain_text("not known to the hub")
    page.get_by_label("Display name").fill("Unknown")
    confirm(page)
    expect_saved(page, hub)
    stored = hub.images("GET", "images/unknown").json()
    assert (stored["display_name"], stored["groups"]) == ("Unknown", ["next term"])


def test_what_is_typed_and_not_added_is_said(page: Page, hub: Hub) -> None:
    """A whole name is added when the field is left; of a part nobody knows what it means."""
    open_new(page, hub, "left")
    page.get_by_label("Global").uncheck()
    group_input(page).fill("students")
    page.get_by_label("Order").focus()
    expect(chips(page)).to_have_text("students")
    group_input(page).fill("stud")
    page.get_by_label("Order").focus()
    expect(page.get_by_text("“stud” was not added.")).to_be_visible()
    expect(chips(page)).to_have_count(1)


def test_a_thousand_groups_take_few_tab_stops(page: Page, hub: Hub) -> None:
    """With everything open and all of them chosen; one is found among them and taken away."""
    hub.add_image(
        "many", **{"global": False}, groups=MANY, gpu_url="a/b:1", pull_secret="nvidia-ngc"
    )
    page.goto(f"{hub.images_url}edit/many")
    expect(chips(page)).to_have_count(1000)
    expect(page.locator("input[type=checkbox][name=groups]")).to_have_count(0)
    page.get_by_text("When it starts").click()
    page.get_by_label("Name", exact=True).focus()
    stops = 0
    button = page.get_by_role("button", name="Confirm")
    while not button.evaluate("of => of === document.activeElement"):
        page.keyboard.press("Tab")
        stops += 1
        assert stops <= 25
    field = group_input(page)
    field.fill("course-0500")
    expect(
        page.get_by_role("listbox", name="Groups").get_by_role("option", selected=True)
    ).to_have_count(1)
    field.press("ArrowDown")
    field.press("Enter")
    expect(chips(page)).to_have_count(999)
    confirm(page)
    expect_saved(page, hub)
    groups = hub.images("GET", "images/many").json()["groups"]
    assert groups == [name for name in MANY if name != "course-0500"]


@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_with_a_thousand_groups(browser: Browser, hub: Hub, width: int) -> None:
    """axe-core finds nothing, with the list closed and open."""
    name = f"axe-{width}"
    hub.add_image(name, **{"global": False}, groups=[*MANY[:500], "x" * 200])
    page = sign_in(browser, hub, "admin", width=width, theme="dark")
    page.goto(f"{hub.images_url}edit/{name}")
    expect(chips(page)).to_have_count(501)
    assert violations(page, "main") == []
    group_input(page).fill("course")
    expect(group_options(page)).to_have_count(51)
    assert violations(page, "main") == []
    assert not overflows(page)
    page.context.close()


def test_boxes_without_scripts(browser: Browser, hub: Hub) -> None:
    """A box for each group, the chosen ones first."""
    hub.add_image("plain", **{"global": False}, groups=["students"])
    signed_in = sign_in(browser, hub, "admin")
    context = browser.new_context(
        java_script_enabled=False, storage_state=signed_in.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{hub.images_url}edit/plain")
    expect(group_input(page)).to_have_count(0)
    boxes = page.get_by_role("group", name="Groups", exact=True).get_by_role("checkbox")
    expect(boxes.first).to_be_checked()
    boxes.first.uncheck()
    page.get_by_label("data-science").check()
    confirm(page)
    expect_saved(page, hub)
    assert hub.images("GET", "images/plain").json()["groups"] == ["data-science"]
    context.close()
    signed_in.context.close()
