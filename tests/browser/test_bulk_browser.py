"""Several images at once in a browser: the bar, ticks across pages, what is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import expect_in_sight, sign_in
from tests.support.hub import Hub
from tests.support.university import UNIVERSITY

pytestmark = pytest.mark.timeout(240)

OLD = "registry.old.example.org:5000"


@pytest.fixture
def admin(browser: Browser, university: Hub) -> Iterator[Page]:
    """Give the list, as an admin sees it who has chosen nothing yet."""
    page = sign_in(browser, university, "admin")
    page.goto(university.images_url)
    yield page
    page.context.close()


def _urls(hub: Hub) -> dict[str, str]:
    items = hub.images("GET", "images?limit=200").json()["items"]
    return {image["name"]: image["url"] for image in items}


def _tick(page: Page, name: str) -> None:
    page.get_by_label(f"Choose {UNIVERSITY[name]['display_name']}", exact=True).check()


def _reset(page: Page, hub: Hub, search: str = "") -> None:
    page.goto(f"{hub.images_url}{f'?search={search}' if search else ''}")


def test_the_bar_by_keyboard(admin: Page, university: Hub) -> None:
    """Space ticks, Shift and Space a range, Enter leads to the bar and Escape back."""
    _reset(admin, university, OLD)
    everything = admin.get_by_label("Select all on this page")
    boxes = admin.get_by_role("checkbox", name="Choose ")
    keys = admin.keyboard
    boxes.first.focus()
    keys.press("Space")
    boxes.last.focus()
    keys.press("Shift+Space")
    expect(admin.locator("#chosen")).to_have_text("12 chosen")
    for start in (boxes.last, everything):
        start.focus()
        expect(admin.get_by_text("Enter leads to the actions.")).to_be_visible()
        keys.press("Enter")
        expect(admin.get_by_role("button", name="Enable")).to_be_focused()
        expect(admin.get_by_text("Enter leads to the actions.")).to_be_hidden()
        keys.press("Escape")
        expect(start).to_be_focused()


def test_the_menu_of_the_bar(admin: Page, university: Hub) -> None:
    """Arrows move in it; Escape, Tab beyond its end and a click elsewhere close it."""
    _reset(admin, university, OLD)
    admin.get_by_label("Select all on this page").check()
    opener = admin.locator("#more-actions > summary")
    first = admin.get_by_role("button", name="Make global")
    last = admin.get_by_role("button", name="Replace in references")
    opener.focus()
    admin.keyboard.press("Enter")
    expect_in_sight(admin, "#more-actions > .hub-images-panel")
    admin.keyboard.press("ArrowUp")
    expect(last).to_be_focused()
    admin.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    admin.keyboard.press("Escape")
    expect(last).to_be_hidden()
    expect(opener).to_be_focused()
    admin.keyboard.press("Enter")
    admin.keyboard.press("ArrowUp")
    admin.keyboard.press("Tab")
    expect(last).to_be_hidden()
    opener.click()
    expect(last).to_be_visible()
    admin.locator("#count").click()
    expect(last).to_be_hidden()


def test_ticks_last_across_pages(admin: Page, university: Hub) -> None:
    """The bar says how many are on other pages; all of them are changed, then none is chosen."""
    chosen = ["astro-lab", "astro-gpu"]
    for name in chosen:
        _tick(admin, name)
    admin.get_by_role("link", name="Next", exact=True).click()
    expect(admin.locator("#chosen")).to_have_text("2 chosen, 2 on other pages")
    _tick(admin, "geo-lab")
    expect(admin.locator("#chosen")).to_have_text("3 chosen, 2 on other pages")
    admin.get_by_role("link", name="Previous", exact=True).click()
    expect(admin.locator("#chosen")).to_have_text("3 chosen, 1 on another page")
    expect(admin.get_by_label("Choose Astronomy, lab")).to_be_checked()
    admin.get_by_role("button", name="Disable").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Disable 3 images")
    expect(admin.get_by_role("status").filter(has_text="3 images will change.")).to_be_focused()
    admin.get_by_role("link", name="Cancel").click()
    expect(admin.locator("#chosen")).to_have_text("3 chosen, 1 on another page")
    admin.get_by_role("button", name="Disable").click()
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("status").filter(has_text="Disabled 3 images")).to_be_visible()
    expect(admin.locator("#chosen")).to_have_text("")
    for name in [*chosen, "geo-lab"]:
        assert university.images("GET", f"images/{name}").json()["enabled"] is False


def test_a_conflict_loses_no_tick(admin: Page, university: Hub) -> None:
    """Nothing is done, the page shows what is there now, and Cancel leads back to the ticks."""
    _tick(admin, "astro-lab")
    _tick(admin, "bio-lab")
    admin.get_by_role("button", name="Disable").click()
    expect(admin.get_by_role("button", name="Confirm")).to_be_visible()
    university.images("PATCH", "images/bio-lab", json={"description": "new"})
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("alert")).to_contain_text("So nothing was done")
    expect(admin.get_by_role("alert")).to_be_focused()
    admin.get_by_role("link", name="Cancel").click()
    expect(admin.locator("#chosen")).to_have_text("2 chosen")
    assert university.images("GET", "images/astro-lab").json()["enabled"] is True


def test_all_that_match_are_changed(admin: Page, university: Hub) -> None:
    """Offered once the page is ticked; the server finds the images of all pages."""
    everything = admin.get_by_label("Select all 74 that match")
    _tick(admin, "astro-lab")
    expect(everything).to_be_hidden()
    admin.get_by_label("Select all on this page").check()
    everything.check()
    expect(admin.locator("#chosen")).to_have_text("All 74 that match chosen")
    admin.get_by_role("link", name="Next", exact=True).click()
    expect(admin.locator("#chosen")).to_have_text("All 74 that match chosen")
    admin.get_by_text("More actions").click()
    admin.get_by_role("button", name="Add tags").click()
    admin.get_by_label("Tags").fill("2026, all")
    admin.get_by_role("button", name="Preview").click()
    expect(admin.get_by_text("74 images will change.")).to_be_visible()
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("status").filter(has_text="Added tags to 74 images")).to_be_visible()
    found = university.images("GET", "images?tag=2026&limit=1").json()["_pagination"]["total"]
    assert found == 74
    expect(admin.locator("#chosen")).to_have_text("")


def test_what_ends_all_that_match(admin: Page, university: Hub) -> None:
    """Unticking one, another search, and Clear, which takes all ticks away."""
    admin.get_by_label("Select all on this page").check()
    admin.get_by_label("Select all 74 that match").check()
    admin.get_by_label("Choose Astronomy, lab").uncheck()
    expect(admin.locator("#chosen")).to_have_text("24 chosen")
    admin.get_by_label("Select all on this page").check()
    admin.get_by_label("Select all 74 that match").check()
    _reset(admin, university, "no-such-image")
    _reset(admin, university, "geo")
    expect(admin.locator("#chosen")).to_have_text("25 chosen, 25 on other pages")
    admin.get_by_role("button", name="Clear").click()
    expect(admin.locator("#chosen")).to_have_text("")
    expect(admin.get_by_label("Select all on this page")).to_be_focused()
    _reset(admin, university)
    expect(admin.locator("#chosen")).to_have_text("")


def test_shift_and_a_click_tick_a_range(admin: Page) -> None:
    """From the last tick to this one, in both directions, and unticking likewise."""
    boxes = admin.get_by_role("checkbox", name="Choose ")
    boxes.nth(6).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(admin.locator("#chosen")).to_have_text("5 chosen")
    boxes.nth(4).click(modifiers=["Shift"])
    expect(admin.locator("#chosen")).to_have_text("2 chosen")
    for number, ticked in enumerate([False, False, False, False, False, True, True, False]):
        expect(boxes.nth(number)).to_be_checked(checked=ticked)


def test_many_are_deleted_on_a_page_of_its_own(admin: Page, university: Hub) -> None:
    """Where all that match are chosen, the server asks, with who runs them."""
    admin.get_by_label("Select all on this page").check()
    admin.get_by_label("Select all 74 that match").check()
    admin.locator("#bulk").get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Delete 74 images")
    expect(admin.get_by_text("No running server uses them.")).to_be_visible()
    admin.get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("status").filter(has_text="Deleted 74 images")).to_be_visible()
    assert _urls(university) == {}
    university.add_image("after")
    _reset(admin, university)
    expect(admin.locator("#chosen")).to_have_text("")


def test_the_dialog_deletes_what_is_chosen_on_other_pages(admin: Page, university: Hub) -> None:
    """It names all of them."""
    _tick(admin, "astro-lab")
    admin.get_by_role("link", name="Next", exact=True).click()
    _tick(admin, "geo-lab")
    admin.locator("#bulk").get_by_role("button", name="Delete").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_contain_text(["Astronomy, lab", "Geospatial, lab"])
    dialog.get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("status").filter(has_text="Deleted 2 images")).to_be_visible()
    assert set(UNIVERSITY) - set(_urls(university)) == {"astro-lab", "geo-lab"}
    expect(admin.locator("#chosen")).to_have_text("")


def test_groups_are_added_by_typing(admin: Page, university: Hub) -> None:
    """Chosen ones are chips, known to the hub or not; what was chosen is still there after it."""
    _tick(admin, "astro-lab")
    _tick(admin, "bio-lab")
    admin.get_by_text("More actions").click()
    admin.get_by_role("button", name="Add groups").click()
    field = admin.get_by_label("Add a group")
    expect(field).to_be_focused()
    for typed in ("ge", "new one"):
        field.fill(typed)
        field.press("Enter")
    chips = admin.get_by_role("list", name="Chosen groups").get_by_role("button")
    expect(chips).to_contain_text(["geo", "new one"])
    admin.get_by_role("button", name="Preview").click()
    admin.get_by_text("Choose other groups").click()
    expect(chips).to_contain_text(["geo", "new one"])
    chips.filter(has_text="new one").click()
    admin.get_by_role("button", name="Preview again").click()
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("status").filter(has_text="Added groups to 2")).to_be_visible()
    for name in ("astro-lab", "bio-lab"):
        groups = university.images("GET", f"images/{name}").json()["groups"]
        assert groups == [*UNIVERSITY[name]["groups"], "geo"]


def test_without_a_script(browser: Browser, university: Hub) -> None:
    """The bar is always there, also for all that match, and each step is a page."""
    page = sign_in(browser, university, "admin", java_script_enabled=False)
    page.goto(university.images_url)
    _tick(page, "astro-lab")
    page.get_by_text("More actions").click()
    page.get_by_role("button", name="Add groups").click()
    page.get_by_label("geo").check()
    page.get_by_label("Other groups").fill("lab")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status").filter(has_text="Added groups to")).to_be_visible()
    groups = university.images("GET", "images/astro-lab").json()["groups"]
    assert groups == [*UNIVERSITY["astro-lab"]["groups"], "geo", "lab"]
    page.get_by_label("Select all 74 that match").check()
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enable 74 images")
    page.context.close()
