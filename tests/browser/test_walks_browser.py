"""Four tasks of a day, each by keyboard alone and by mouse, with the keys and clicks they take.

Each begins at the address that a person opens. The bounds are what a task took when they were
written, and a few more: a page that gets worse by ten keys, or by two clicks, fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import expect_in_sight, sign_in
from tests.support.editor import chips, group_input, group_options
from tests.support.hub import Hub
from tests.support.starts import notebook, recording_hub, records, stop
from tests.support.university import GROUPS_CONFIG, UNIVERSITY
from tests.support.walk import KeyboardWalk, MouseWalk

pytestmark = pytest.mark.timeout(240)

Record = Callable[[str, object], None]

OLD = "registry.old.example.org:5000"
NEW = "quay.io/example-university"
MOVED = sorted(name for name, image in UNIVERSITY.items() if image["url"].startswith(OLD))
TAG, NEXT_TAG = "2025-12-31", "2026-06-30"
TWO_GROUPS = ["chemistry", "physics-101"]
RETIRED = "phys-next"  # on the third page of the list
STARTED = "julia"


@pytest.fixture(scope="module")
def university_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub that records its servers, with the university's groups."""
    with recording_hub(tmp_path_factory.mktemp("walks"), extra=GROUPS_CONFIG) as running:
        yield running


def _open(browser: Browser, address: str, hub: Hub, user: str = "admin") -> Page:
    page = sign_in(browser, hub, user, permissions=["clipboard-read", "clipboard-write"])
    page.goto(address)
    return page


def _tell(record: Record, **counts: int) -> None:
    """Print what a walk took, and keep it in the report of the tests."""
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    for what, count in counts.items():
        record(what, count)


def _search(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search")


def _find(walk: KeyboardWalk, text: str) -> None:
    """Search the list by keyboard, past the hub's navigation."""
    walk.press("Tab", "Enter")  # Skip to content
    walk.tab_to(_search(walk.page))
    walk.type(text)
    walk.press("Enter")
    expect(walk.page.locator("#count")).to_contain_text("that match")


def _find_by_mouse(walk: MouseWalk, text: str) -> None:
    walk.type(text, into=_search(walk.page))
    walk.press("Enter")
    expect(walk.page.locator("#count")).to_contain_text("that match")


def _expect_moved(hub: Hub, page: Page) -> None:
    """See what was done, why the search finds nothing now, and that no other reference changed."""
    expect(
        page.get_by_role("status").filter(has_text="Changed the references of 12")
    ).to_be_visible()
    expect(page.get_by_text("After this change no image matches the search")).to_be_visible()
    items = hub.images("GET", "images?limit=200").json()["items"]
    assert {image["name"]: image["url"] for image in items} == {
        name: image["url"].replace(f"{OLD}/jupyter", NEW) for name, image in UNIVERSITY.items()
    }


def test_moving_a_registry_by_keyboard(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """Search, choose all, replace, look at the preview, confirm."""
    page = _open(browser, university.images_url, university)
    walk = KeyboardWalk(page)
    _find(walk, OLD)
    walk.tab_to(page.get_by_label("Select all on this page"))
    walk.press("Space")
    expect(page.locator("#chosen")).to_have_text(f"{len(MOVED)} chosen")
    expect(page.get_by_text("Enter leads to the actions.")).to_be_visible()
    walk.press("Enter")
    walk.tab_to(page.locator("#more-actions > summary"))
    walk.press("Enter", "ArrowUp")
    expect(page.get_by_role("button", name="Replace in references")).to_be_focused()
    walk.press("Enter")
    expect(page.get_by_label("Find")).to_be_focused()
    walk.type(f"{OLD}/jupyter")
    walk.press("Tab")
    walk.type(NEW)
    walk.press("Enter")
    summary = page.get_by_role("status").filter(has_text="12 images will change.")
    expect(summary).to_be_focused()
    walk.tab_to(page.get_by_role("button", name="Confirm"))
    walk.press("Enter")
    _expect_moved(university, page)
    _tell(record_property, keys=walk.keys)
    assert walk.keys < 128
    page.context.close()


def test_moving_a_registry_by_mouse(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """The same, with every change in sight before it is made."""
    page = _open(browser, university.images_url, university)
    walk = MouseWalk(page)
    _find_by_mouse(walk, OLD)
    walk.click(page.get_by_label("Select all on this page"))
    expect(page.locator("#chosen")).to_have_text(f"{len(MOVED)} chosen")
    walk.click(page.get_by_text("More actions", exact=True))
    walk.click(page.get_by_role("button", name="Replace in references"))
    walk.type(f"{OLD}/jupyter", into=page.get_by_label("Find"))
    walk.type(NEW, into=page.get_by_label("Replace with"))
    walk.click(page.get_by_role("button", name="Preview"))
    expect(page.get_by_role("status").filter(has_text="12 images will change.")).to_be_visible()
    rows = page.get_by_role("table", name="What changes").get_by_role("row")
    expect(rows).to_have_count(1 + len(MOVED))
    expect(rows.nth(1)).to_contain_text(UNIVERSITY[MOVED[0]]["url"])
    expect(rows.nth(1).locator("mark")).to_have_text([f"{OLD}/jupyter", NEW])
    still = university.images("GET", f"images/{MOVED[0]}").json()["url"]
    assert still == UNIVERSITY[MOVED[0]]["url"]
    expect_in_sight(page, "#confirm")
    walk.click(page.get_by_role("button", name="Confirm"))
    _expect_moved(university, page)
    _tell(record_property, clicks=walk.clicks, keys=walk.keys)
    assert walk.clicks < 10
    page.context.close()


def _expect_handed_over(hub: Hub, page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Added SciPy.")).to_be_visible()
    stored = hub.images("GET", "images/scipy-2").json()
    assert stored["url"] == UNIVERSITY["scipy"]["url"].replace(TAG, NEXT_TAG)
    assert (stored["global"], stored["groups"]) == (False, TWO_GROUPS)


def test_a_copy_for_two_groups_by_keyboard(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """Duplicate in the row's menu, a new name and tag, two groups, confirm."""
    page = _open(browser, university.images_url, university)
    walk = KeyboardWalk(page)
    _find(walk, "scipy")
    walk.tab_to(page.get_by_label("More actions for SciPy", exact=True))
    walk.press("Enter", "ArrowDown", "Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    walk.type("scipy-2")
    walk.tab_to(page.get_by_label("Container image URL", exact=True))
    walk.press("End", *["Backspace"] * len(TAG))
    walk.type(NEXT_TAG)
    walk.tab_to(page.get_by_label("Global"))
    walk.press("Space")
    walk.tab_to(group_input(page))
    for group in TWO_GROUPS:
        walk.type(group[:4])
        expect(group_options(page).first).to_contain_text(group)
        walk.press("Enter")
    walk.tab_to(page.get_by_role("button", name="Confirm"))
    walk.press("Enter")
    _expect_handed_over(university, page)
    _tell(record_property, keys=walk.keys)
    assert walk.keys < 96
    page.context.close()


def test_a_copy_for_two_groups_by_mouse(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """The groups are clicked in the list that opens below the field."""
    page = _open(browser, university.images_url, university)
    walk = MouseWalk(page)
    _find_by_mouse(walk, "scipy")
    walk.click(page.get_by_label("More actions for SciPy", exact=True))
    walk.click(page.get_by_role("link", name="Duplicate").locator("visible=true"))
    walk.type("scipy-2", into=page.get_by_label("Name", exact=True))
    url = page.get_by_label("Container image URL", exact=True)
    walk.type(UNIVERSITY["scipy"]["url"].replace(TAG, NEXT_TAG), into=url)
    walk.click(page.get_by_label("Global"))
    for group in TWO_GROUPS:
        walk.click(group_input(page))
        walk.click(group_options(page).filter(has_text=group))
    expect(chips(page)).to_have_count(2)
    walk.click(page.get_by_role("button", name="Confirm"))
    _expect_handed_over(university, page)
    _tell(record_property, clicks=walk.clicks, keys=walk.keys)
    assert walk.clicks < 13
    page.context.close()


def _expect_retired(hub: Hub, page: Page) -> None:
    """Read what was done, and see the row and that nobody is offered the image."""
    shown = UNIVERSITY[RETIRED]["display_name"]
    expect(page.locator("#flash")).to_have_text(f"Disabled {shown}.")
    expect_in_sight(page, "#message .alert")
    expect_in_sight(page, f"#image-{RETIRED}")
    expect(page.locator(f"#image-{RETIRED} [data-column=status]")).to_contain_text("Disabled")
    assert hub.images("GET", f"images/{RETIRED}").json()["enabled"] is False


def test_retiring_an_image_by_keyboard(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """Its switch, in the row that the search finds."""
    page = _open(browser, university.images_url, university)
    walk = KeyboardWalk(page)
    _find(walk, RETIRED)
    walk.tab_to(page.get_by_role("switch"))
    walk.press("Space")
    _expect_retired(university, page)
    _tell(record_property, keys=walk.keys)
    assert walk.keys < 43
    page.context.close()


def test_retiring_an_image_by_mouse(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """Its switch, on the page of the list where it stands."""
    page = _open(browser, university.images_url, university)
    walk = MouseWalk(page)
    walk.click(page.get_by_role("link", name="Next", exact=True))
    walk.click(page.get_by_role("link", name="Next", exact=True))
    row = page.locator(f"#image-{RETIRED}")
    walk.click(row.get_by_role("switch"))
    _expect_retired(university, page)
    _tell(record_property, clicks=walk.clicks, keys=walk.keys)
    assert walk.clicks < 5
    page.context.close()


def _expect_started(hub: Hub, page: Page, before: int) -> None:
    page.wait_for_url(lambda url: "/hub/spawn" not in url)
    (record,) = records(hub)[before:]
    assert notebook(record)["image"] == UNIVERSITY[STARTED]["url"]
    stop(hub, "student")
    page.context.close()


def test_starting_from_a_link_by_keyboard(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """An admin copies the link in the row's menu; someone else opens it and starts."""
    before = len(records(university))
    page = _open(browser, university.images_url, university)
    walk = KeyboardWalk(page)
    _find(walk, STARTED)
    walk.tab_to(page.get_by_label("More actions for Julia", exact=True))
    walk.press("Enter", "ArrowDown", "ArrowDown", "Enter")
    expect(page.locator("#copied")).to_have_text("Copied the start link of Julia.")
    link = page.evaluate("navigator.clipboard.readText()")
    page.context.close()
    walk.page = _open(browser, link, university, "student")
    expect(walk.page.get_by_role("radio", name=re.compile("^Julia "))).to_be_checked()
    walk.tab_to(walk.page.get_by_role("button", name="Start", exact=True))
    walk.press("Enter")
    _expect_started(university, walk.page, before)
    _tell(record_property, keys=walk.keys)
    assert walk.keys < 62


def test_starting_from_a_link_by_mouse(
    browser: Browser, university: Hub, record_property: Record
) -> None:
    """The admin copies it on the page of the image."""
    before = len(records(university))
    page = _open(browser, university.images_url, university)
    walk = MouseWalk(page)
    _find_by_mouse(walk, STARTED)
    walk.click(page.get_by_role("link", name="Julia", exact=True))
    walk.click(page.get_by_role("button", name="Copy start link"))
    expect(page.locator("#copied")).to_have_text("Copied the start link.")
    link = page.evaluate("navigator.clipboard.readText()")
    page.context.close()
    walk.page = _open(browser, link, university, "student")
    expect(walk.page.get_by_role("radio", name=re.compile("^Julia "))).to_be_checked()
    walk.click(walk.page.get_by_role("button", name="Start", exact=True))
    _expect_started(university, walk.page, before)
    _tell(record_property, clicks=walk.clicks, keys=walk.keys)
    assert walk.clicks < 6
