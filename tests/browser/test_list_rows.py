"""A row of the list: its menu, its switch, what it opens and copies, and the message about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import expect_in_sight, sign_in
from tests.support.hub import Hub
from tests.support.starts import recording_hub, start, stop

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with two pages of images, one with many groups."""
    with recording_hub(tmp_path_factory.mktemp("rows")) as running:
        for number in range(30):
            running.add_image(f"course-{number:02}", display_name=f"Course {number:02}")
        groups = {"global": False, "groups": ["students", "data-science", "b", "c"]}
        running.add_image("shared", display_name="Shared", **groups)
        yield running


@pytest.fixture
def admin(browser: Browser, hub: Hub) -> Iterator[Page]:
    """Give a page of its own that an admin is signed in to, with a clipboard."""
    page = sign_in(browser, hub, "admin")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(hub.images_url)
    yield page
    page.context.close()


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=name)


def test_the_menu_by_keyboard(admin: Page) -> None:
    """Enter opens it, arrows go round in it, Escape closes it and gives the focus back."""
    opener = _row(admin, "course-03").get_by_label("More actions")
    duplicate = _row(admin, "course-03").get_by_role("link", name="Duplicate")
    delete = _row(admin, "course-03").get_by_role("button", name="Delete")
    expect(duplicate).to_be_hidden()
    opener.focus()
    admin.keyboard.press("Enter")
    admin.keyboard.press("ArrowDown")
    expect(duplicate).to_be_focused()
    admin.keyboard.press("ArrowUp")
    expect(delete).to_be_focused()
    admin.keyboard.press("ArrowDown")
    expect(duplicate).to_be_focused()
    admin.keyboard.press("Escape")
    expect(duplicate).to_be_hidden()
    expect(opener).to_be_focused()


def test_one_menu_is_open_and_none_is_cut(admin: Page) -> None:
    """Of the last row too all is in sight; another menu, or a click elsewhere, closes it."""
    last = admin.locator("tbody tr").last
    last.get_by_label("More actions").click()
    expect_in_sight(admin, "details[open] > .hub-images-panel")
    admin.locator("tbody tr").nth(10).get_by_label("More actions").click()
    expect(last.get_by_role("button", name="Delete")).to_be_hidden()
    admin.locator("#count").click()
    expect(admin.locator("details[open]")).to_have_count(0)


def test_where_the_actions_lead(admin: Page, hub: Hub) -> None:
    """Name, Edit and Duplicate keep the list's address."""
    admin.goto(f"{hub.images_url}?search=course-03&sort=name")
    row = _row(admin, "course-03")
    kept = "search=course-03&sort=name"
    for link, path in [
        (row.get_by_role("link", name="Course 03", exact=True), f"image/course-03?{kept}"),
        (row.get_by_role("link", name="Edit"), f"edit/course-03?{kept}"),
        (row.locator("a", has_text="Duplicate"), f"new?from=course-03&{kept}"),
    ]:
        expect(link).to_have_attribute("href", f"/services/images/{path}")


def test_copies(admin: Page, hub: Hub) -> None:
    """The whole reference, and a link that anybody can open."""
    row = _row(admin, "course-03")
    row.get_by_role("button", name="Copy the reference").click()
    expect(admin.get_by_role("status").filter(has_text="Copied the reference")).to_be_visible()
    clipboard = "navigator.clipboard.readText()"
    assert admin.evaluate(clipboard) == "registry.example.org/course-03:1"
    row.get_by_label("More actions").click()
    row.get_by_role("button", name="Copy start link").click()
    expect(admin.get_by_role("status").filter(has_text="start link of Course 03")).to_be_visible()
    assert admin.evaluate(clipboard) == f"{hub.url}hub/spawn#image=course-03"


def test_what_was_copied_is_said_for_a_while(admin: Page) -> None:
    """The sentence goes away, and a second one stays as long as the first."""
    said = admin.get_by_role("status").filter(has_text="Copied the reference")
    copy = admin.get_by_role("button", name="Copy the reference of Course 0")
    admin.clock.install()
    for number in range(2):
        copy.nth(number).click()
        expect(said).to_have_text(f"Copied the reference of Course 0{number}.")
        admin.clock.run_for(4000)
    expect(said).to_be_visible()
    admin.clock.run_for(2000)
    expect(said).to_have_count(0)


def test_a_reader_copies_the_start_link(browser: Browser, hub: Hub) -> None:
    """Their menu has that and nothing else, and they see no switch."""
    page = sign_in(browser, hub, "reader")
    page.goto(f"{hub.images_url}?search=course-03")
    _row(page, "course-03").get_by_label("More actions").click()
    actions = page.get_by_role("group", name="Actions for Course 03")
    expect(actions.get_by_role("button")).to_have_text(["Copy start link"])
    expect(actions.get_by_role("link")).to_have_count(0)
    expect(page.get_by_role("switch")).to_have_count(0)
    page.context.close()


def test_the_switch_changes_the_row_in_place(admin: Page, hub: Hub) -> None:
    """Without loading the page: ticks and focus stay, and the row that changed last is marked."""
    admin.evaluate("window.same = true")
    admin.get_by_label("Choose Course 04").check()
    row, other = _row(admin, "course-04"), _row(admin, "course-05")
    switch = row.get_by_role("switch")
    expect(switch).to_be_checked()
    switch.click()
    expect(row).to_contain_text("Disabled")
    expect(row.get_by_role("switch")).not_to_be_checked()
    expect(row.get_by_role("switch")).to_be_focused()
    expect(admin.get_by_role("status").filter(has_text="Disabled Course 04.")).to_be_visible()
    assert hub.images("GET", "images/course-04").json()["enabled"] is False
    row.get_by_label("More actions").click()
    row.get_by_role("button", name="Enable", exact=True).click()
    expect(row).to_contain_text("Offered")
    assert hub.images("GET", "images/course-04").json()["enabled"] is True
    expect(other).to_contain_text("Offered")
    expect(admin.get_by_label("Choose Course 04")).to_be_checked()
    expect(admin.get_by_label("Choose Course 04")).to_have_attribute("data-version", "3")
    expect(row).to_have_attribute("aria-current", "true")
    other.get_by_role("switch").click()
    expect(other).to_have_attribute("aria-current", "true")
    expect(admin.locator("tbody tr[aria-current]")).to_have_count(1)
    assert admin.evaluate("window.same")
    hub.images("PATCH", "images/course-05", json={"enabled": True})


def test_the_switch_tells_of_a_change_in_the_meantime(admin: Page, hub: Hub) -> None:
    """Nothing is changed that nobody has seen; the row is then up to date."""
    hub.images("PATCH", "images/course-06", json={"display_name": "Renamed 06"})
    row = _row(admin, "course-06")
    row.get_by_role("switch").click()
    expect(row).to_contain_text("Renamed 06")
    expect(admin.locator("#flash")).to_contain_text("has changed in the meantime")
    assert hub.images("GET", "images/course-06").json()["enabled"] is True
    hub.images("PATCH", "images/course-06", json={"display_name": "Course 06"})


def test_the_switch_where_the_filter_hides_the_image_then(admin: Page, hub: Hub) -> None:
    """The list is loaded again, and the message leads to the image."""
    admin.goto(f"{hub.images_url}?search=course-07&enabled=true")
    _row(admin, "course-07").get_by_role("switch").click()
    expect(admin.get_by_role("heading", name="Nothing found")).to_be_visible()
    expect(
        admin.get_by_role("status").filter(has_text="search and filters hide it")
    ).to_be_visible()
    admin.get_by_role("link", name="Show it").click()
    expect(_row(admin, "course-07")).to_have_attribute("aria-current", "true")
    hub.images("PATCH", "images/course-07", json={"enabled": True})


def test_without_a_script_the_switch_leads_back_to_the_row(browser: Browser, hub: Hub) -> None:
    """To its page of the list, where it is marked."""
    page = sign_in(browser, hub, "admin", java_script_enabled=False)
    page.goto(f"{hub.images_url}?page=2")
    name = (page.locator("tbody tr").nth(5).get_attribute("id") or "").removeprefix("image-")
    page.locator(f"#image-{name}").get_by_role("switch").click()
    page.wait_for_url(re.compile(f"shown={name}&page=2#image-{name}$"))
    expect(page.locator(f"#image-{name}")).to_have_attribute("aria-current", "true")
    expect(page.locator("#flash")).to_contain_text(re.compile(r"(Dis|En)abled \S"))
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#flash")).to_have_count(0)
    page.context.close()


def test_all_groups_open(admin: Page, hub: Hub) -> None:
    """Two are in the row; the others, and which the hub does not know, open by keyboard."""
    admin.goto(f"{hub.images_url}?search=shared")
    row = _row(admin, "shared")
    expect(row.locator(".hub-images-groupname")).to_have_text(["students", "data-science"])
    more = row.get_by_label("2 more groups of Shared")
    more.focus()
    admin.keyboard.press("Enter")
    groups = row.get_by_role("list", name="Groups of Shared").get_by_role("listitem")
    expect(groups).to_have_count(4)
    expect(groups.nth(3)).to_contain_text("not known to the hub")
    admin.keyboard.press("Escape")
    expect(more).to_be_focused()


def test_the_reason_of_a_status_opens(admin: Page, hub: Hub) -> None:
    """By keyboard; a pointer finds it in the title."""
    admin.goto(f"{hub.images_url}?search=unready")
    badge = _row(admin, "unready").locator("summary", has_text="Not ready")
    expect(badge).to_have_attribute("title", "It has no container image URL yet.")
    badge.focus()
    admin.keyboard.press("Space")
    expect(admin.get_by_text("It has no container image URL yet.")).to_be_visible()


def test_columns_can_be_chosen_and_are_kept(admin: Page) -> None:
    """In this browser; the names always stay."""
    updated = admin.locator("thead [data-column=updated]")
    admin.locator("summary", has_text="Columns").click()
    expect(admin.get_by_role("checkbox", name="Display name")).to_have_count(0)
    admin.get_by_role("checkbox", name="Updated").uncheck()
    expect(updated).to_be_hidden()
    admin.reload()
    expect(updated).to_be_hidden()
    expect(admin.locator("thead [data-column=type]")).to_be_visible()
    admin.locator("summary", has_text="Columns").click()
    admin.get_by_role("checkbox", name="Updated").check()
    expect(updated).to_be_visible()


def test_what_was_saved_is_in_sight_and_marked(admin: Page, hub: Hub) -> None:
    """On its page of the list; closing the message moves no row, and its link leads there."""
    admin.goto(f"{hub.images_url}edit/secret")
    admin.get_by_role("button", name="Confirm").click()
    admin.wait_for_url(re.compile("shown=secret"))
    row = admin.locator("#image-secret")
    expect(row).to_have_attribute("aria-current", "true")
    expect_in_sight(admin, "#image-secret [data-column=name]")
    expect(admin.locator("#count")).to_contain_text("26–")
    link = admin.get_by_role("link", name="Open secret")
    path = urlsplit(link.get_attribute("href") or "").path
    assert path == "/services/images/image/secret"
    top = "document.querySelector('tbody tr').getBoundingClientRect().top + scrollY"
    before = admin.evaluate(top)
    admin.get_by_role("button", name="Close").click()
    expect(admin.locator("#flash")).to_have_count(0)
    assert admin.evaluate(top) == before
    admin.reload()
    assert admin.evaluate(top) == before


def test_in_use(admin: Page, hub: Hub) -> None:
    """The quick filter shows what a server runs now, of this identity, and how many images."""
    assert start(hub, "student", {"image": "course-08"}).status_code == 201
    assert start(hub, "scientist", {"image": "course-09"}).status_code == 201
    hub.images("DELETE", "images/course-09")
    hub.add_image("course-09", display_name="Course 09")
    admin.goto(f"{hub.images_url}?confirm=course-08")  # asks the hub anew
    expect(admin.get_by_role("dialog")).to_contain_text("1 running server")
    admin.goto(f"{hub.images_url}?show=in-use")
    expect(admin.get_by_role("link", name="In use 1")).to_have_attribute("aria-current", "true")
    expect(admin.locator("#count")).to_contain_text("1–1 of 1")
    expect(_row(admin, "course-08").get_by_role("link", name="1 server")).to_be_visible()
    for user in ("student", "scientist"):
        stop(hub, user)


def test_with_many_groups_the_filter_is_typed(browser: Browser, hub: Hub) -> None:
    """A thousand groups are no menu of a thousand; what is not offered can be typed too."""
    names = [f"term-{number:04}" for number in range(1000)]
    hub.add_image("terms", groups=names, **{"global": False})
    page = sign_in(browser, hub, "admin")
    page.goto(hub.images_url)
    expect(page.locator("#choices-group option")).to_have_count(200)
    page.get_by_label("Group", exact=True).fill("term-0999")
    page.keyboard.press("Enter")
    page.wait_for_url("**/images/?group=term-0999")
    expect(_row(page, "terms")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.context.close()
    hub.images("DELETE", "images/terms")


def test_a_question_about_one_after_one_about_several(admin: Page, hub: Hub) -> None:
    """The dialog deletes what it names, whatever it asked before."""
    for name in ("doomed-1", "doomed-2", "doomed-3"):
        hub.add_image(name)
    admin.goto(f"{hub.images_url}?search=doomed")
    for name in ("doomed-1", "doomed-2"):
        admin.get_by_label(f"Choose {name}").check()
    admin.locator("#bulk").get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("dialog")).to_contain_text("Delete 2 images?")
    admin.keyboard.press("Escape")
    row = _row(admin, "doomed-3")
    row.get_by_label("More actions").click()
    row.get_by_role("button", name="Delete").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    left = [i["name"] for i in hub.images("GET", "images?search=doomed").json()["items"]]
    assert left == ["doomed-1", "doomed-2"]
