"""The list of images in a browser: finding, choosing several, deleting, keyboard, no script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import (
    Theme,
    expect_boxes,
    overflows,
    sign_in,
    violations,
)
from tests.support.hub import Hub
from tests.support.starts import notebook, recording_hub, records, start, stop

pytestmark = pytest.mark.timeout(240)

MANY = 27  # beside those of `recording_hub`: two pages


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with two pages of images."""
    with recording_hub(tmp_path_factory.mktemp("list")) as running:
        for number in range(MANY):
            running.add_image(f"course-{number:02}", type="gpu" if number % 2 else "cpu")
        yield running


@pytest.fixture(scope="module")
def admin(browser: Browser, hub: Hub) -> Iterator[Page]:
    """Give a page that an admin is signed in to."""
    page = sign_in(browser, hub, "admin")
    yield page
    page.context.close()


def _expect_names(page: Page, names: list[str]) -> None:
    expect_boxes(page, "names", names)


def _doomed(hub: Hub, *names: str) -> None:
    for name in names:
        if hub.images("GET", f"images/{name}").status_code == 404:
            hub.add_image(name, display_name=name.title())


def test_filters_order_and_pages_are_in_the_address(admin: Page, hub: Hub) -> None:
    """A reload and the back button show the same; what is not asked for is not in it."""
    admin.goto(hub.images_url)
    expect(admin.locator("#count")).to_have_text("1–25 of 35")
    admin.get_by_role("searchbox", name="Search").fill("course-")
    admin.keyboard.press("Enter")
    admin.wait_for_url("**/images/?search=course-")
    expect(admin.get_by_role("searchbox", name="Search")).to_be_focused()
    admin.get_by_role("combobox", name="Type").select_option("gpu")
    admin.wait_for_url("**/images/?search=course-&type=gpu")
    expect(admin.get_by_role("combobox", name="Type")).to_be_focused()
    found = [f"course-{n:02}" for n in range(MANY) if n % 2]
    expect(admin.locator("#count")).to_have_text("1–13 of 13 that match; 35 in all")
    admin.get_by_role("link", name="Name", exact=True).click()
    admin.wait_for_url("**/images/?search=course-&type=gpu&sort=name")
    _expect_names(admin, found)
    admin.get_by_role("link", name="Name", exact=True).click()
    admin.wait_for_url("**/images/?search=course-&type=gpu&sort=-name")
    _expect_names(admin, found[::-1])
    admin.reload()
    _expect_names(admin, found[::-1])
    admin.go_back()
    _expect_names(admin, found)
    expect(admin.get_by_role("searchbox", name="Search")).to_have_value("course-")
    admin.get_by_role("link", name="Remove filter Type: gpu").click()
    admin.wait_for_url("**/images/?search=course-&sort=name")
    expect(admin.get_by_role("link", name="Clear filters")).to_have_count(0)
    admin.get_by_role("link", name="Remove filter Search: course-").click()
    admin.get_by_role("link", name="Next").click()
    admin.wait_for_url("**/images/?sort=name&page=2")
    expect(admin.locator("#count")).to_have_text("26–35 of 35")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("access", "groups", ["course", "secret", "torch"]),
        ("group", "data-science", ["torch"]),
        ("enabled", "false", ["off"]),
        ("pull_secret", "lab-registry", ["torch"]),
    ],
)
def test_each_filter(admin: Page, hub: Hub, field: str, value: str, shown: list[str]) -> None:
    """Each by its own select, which applies at once; the later ones are behind a button."""
    admin.goto(hub.images_url)
    if field == "pull_secret":
        admin.get_by_role("button", name="More filters").click()
    admin.locator(f"#filter-{field}").select_option(value)
    admin.wait_for_url(f"**?{field}={value}")
    _expect_names(admin, shown)


def test_what_a_row_says(admin: Page, hub: Hub) -> None:
    """Type and access as badges, whether it is ready and why not, in words."""
    admin.goto(f"{hub.images_url}?search=unready")
    row = admin.get_by_role("row", name="unready")
    expect(row).to_contain_text("Not ready")
    expect(row.locator(".badge.hub-images-universal")).to_have_text("universal")
    expect(row).to_contain_text("Everyone")
    admin.goto(f"{hub.images_url}?search=secret")
    row = admin.get_by_role("row", name="secret")
    expect(row).to_contain_text("staff")
    expect(row).to_contain_text("not known to the hub")


def test_nothing_found(admin: Page, hub: Hub) -> None:
    """The way back shows everything."""
    admin.goto(f"{hub.images_url}?search=no-such-image")
    expect(admin.get_by_role("heading", name="Nothing found")).to_be_visible()
    admin.get_by_role("link", name="Show all images").click()
    expect(admin.locator("#count")).to_have_text("1–25 of 35")


def test_several_at_once(admin: Page, hub: Hub) -> None:
    """Select all on the page, disable, enable; the address stays and a message tells it."""
    admin.goto(f"{hub.images_url}?search=course-0&type=cpu")
    disable = admin.locator("#bulk").get_by_role("button", name="Disable")
    expect(disable).to_have_count(0)
    admin.get_by_label("Choose course-00").check()
    expect(admin.locator("#chosen")).to_have_text("1 chosen")
    admin.get_by_label("Select all on this page").check()
    expect(admin.locator("#chosen")).to_have_text("5 chosen")
    disable.click()
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("status").filter(has_text="Disabled 5 images")).to_be_visible()
    assert "search=course-0&type=cpu" in admin.url
    assert hub.images("GET", "images/course-04").json()["enabled"] is False
    admin.get_by_label("Select all on this page").check()
    admin.locator("#bulk").get_by_role("button", name="Enable").click()
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("row", name="course-04")).to_contain_text("Offered")
    assert hub.images("GET", "images/course-04").json()["enabled"] is True


def test_deleting_several_names_them(admin: Page, hub: Hub) -> None:
    """The dialog lists the images, and deletes those and no others."""
    _doomed(hub, "doomed-1", "doomed-2", "doomed-3")
    admin.goto(f"{hub.images_url}?search=doomed")
    admin.get_by_label("Choose Doomed-1").check()
    admin.get_by_label("Choose Doomed-3").check()
    admin.locator("#bulk").get_by_role("button", name="Delete").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Delete 2 images?")
    expect(dialog.get_by_role("listitem")).to_contain_text(["doomed-1", "doomed-3"])
    dialog.get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("row", name="doomed-2")).to_be_visible()
    _expect_names(admin, ["doomed-2"])


def test_the_dialog_says_that_it_does_not_know_who_runs_them(admin: Page, hub: Hub) -> None:
    """Of one image or several, where the service does not answer."""
    page = admin.context.new_page()
    page.goto(hub.images_url)
    page.route("**/usage?*", lambda route: route.abort())
    boxes = page.get_by_role("checkbox", name="Choose ")
    dialog = page.get_by_role("dialog")
    for number, (which, them) in enumerate([("this image", "it"), ("these images", "them")]):
        boxes.nth(number).check()
        page.locator("#bulk").get_by_role("button", name="Delete").click()
        said = f"Could not find out whether running servers use {which}."
        expect(dialog.get_by_role("status")).to_have_text(said)
        expect(dialog).to_contain_text(f"Afterwards nobody can start a server with {them}.")
        dialog.get_by_role("button", name="Cancel").click()
    page.close()


def test_deleting_by_keyboard(admin: Page, hub: Hub) -> None:
    """Focus goes into the dialog, Escape closes it and brings it back; servers run on."""
    _doomed(hub, "by-keyboard")
    assert start(hub, "student", {"image": "by-keyboard"}).status_code == 201
    admin.goto(f"{hub.images_url}?search=by-keyboard")
    row = admin.get_by_role("row", name="by-keyboard")
    opener = row.get_by_label("More actions")

    def ask() -> None:
        opener.focus()
        admin.keyboard.press("Enter")
        row.get_by_role("button", name="Delete").focus()
        admin.keyboard.press("Enter")

    ask()
    dialog = admin.get_by_role("dialog")
    expect(dialog).to_contain_text("By-Keyboard")
    expect(dialog).to_contain_text("1 running server uses it now")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    admin.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    ask()
    admin.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Delete")).to_be_focused()
    admin.keyboard.press("Enter")
    flash = admin.get_by_role("status").filter(has_text="Deleted By-Keyboard")
    expect(flash).to_contain_text("1 running server keeps running")
    assert hub.images("GET", "images/by-keyboard").status_code == 404
    assert hub.api("GET", "users/student").json()["servers"][""]["ready"]
    assert notebook(records(hub)[-1])["image"].endswith("by-keyboard:1")
    stop(hub, "student")


def test_without_a_script(browser: Browser, hub: Hub) -> None:
    """Filtering, and deleting after a question that the server puts."""
    _doomed(hub, "no-script")
    page = sign_in(browser, hub, "admin", java_script_enabled=False)
    page.goto(hub.images_url)
    page.get_by_role("searchbox", name="Search").fill("no-script")
    page.get_by_role("button", name="Apply").click()
    _expect_names(page, ["no-script"])
    page.get_by_role("row", name="no-script").get_by_label("More actions").click()
    page.get_by_role("row", name="no-script").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete No-Script?")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert hub.images("GET", "images/no-script").status_code == 404
    page.context.close()


def test_a_reader_may_look(browser: Browser, hub: Hub) -> None:
    """Nothing to add, edit, choose or delete."""
    page = sign_in(browser, hub, "reader")
    page.goto(f"{hub.images_url}?search=torch")
    expect(page.get_by_role("row", name="torch")).to_be_visible()
    expect(page.get_by_role("link", name="Add", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    expect(page.get_by_role("table").get_by_role("checkbox")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing in list, empty search, error and dialogs; nothing scrolls sideways."""
    _doomed(hub, "for-axe")
    page = sign_in(browser, hub, "admin", theme=theme, width=width)
    for path in ("", "?search=no-such-image", "edit/no-such-image"):
        page.goto(hub.images_url + path)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        assert violations(page, "main") == []
        assert not overflows(page)
    page.goto(f"{hub.images_url}?search=for-axe")
    page.get_by_role("row", name="for-axe").get_by_label("More actions").click()
    page.get_by_role("row", name="for-axe").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("running server")
    assert violations(page, "dialog") == []
    page.keyboard.press("Escape")
    page.get_by_label("Choose For-Axe").check()
    page.locator("#bulk").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("running server")
    assert violations(page, "dialog") == []
    page.context.close()
