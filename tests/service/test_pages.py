"""The list, deleting, several at once, and who may see what, on a real hub."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from bs4 import BeautifulSoup
from bs4.formatter import HTMLFormatter

from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.visitor import Visitor, cell, form_fields, names, text

pytestmark = pytest.mark.hub

EVIL = "<script>alert(1)</script>\"'&{{ 7 * 7 }}"


def test_an_empty_catalogue_says_so(admin: Visitor) -> None:
    """It invites whoever may to add the first image."""
    page = admin.get()
    assert text(page, "h1") == "Images"
    assert "There are no images yet" in page.get_text()
    assert page.select_one("a[href='/services/images/new']")


def test_the_list_shows_what_the_catalogue_holds(hub: Hub, admin: Visitor) -> None:
    """Columns, badges, reasons, counts."""
    hub.add_image("one", display_name="One", type="cpu")
    hub.add_image("two", **{"global": False}, groups=["students", "gone"], url="", enabled=False)
    page = admin.get()
    assert names(page) == ["one", "two"]
    assert text(page, "#count") == "1–2 of 2"
    assert cell(page, "one", "Name") == "One one"
    assert cell(page, "one", "Reference") == "registry.example.org/ one :1"
    assert cell(page, "one", "Type") == "cpu"
    assert cell(page, "one", "Access") == "Everyone"
    assert cell(page, "one", "Status") == "✓ Offered"
    assert cell(page, "one", "In use") == "No"
    assert cell(page, "two", "Access") == "students gone ? (not known to the hub)"
    assert cell(page, "two", "Reference") == "none yet"
    assert cell(page, "two", "Status") == (
        "– Disabled Nobody is offered it. It has no container image URL yet."
    )
    assert cell(page, "two", "Updated") == "just now by tester"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?search=SECOND", ["b"]),
        ("?search=%25", []),
        ("?type=cpu", ["a"]),
        ("?access=global", ["a"]),
        ("?access=groups", ["c", "b"]),
        ("?group=students", ["b"]),
        ("?enabled=false", ["c"]),
        ("?tag=R", ["b"]),
        (f"?tag={'r' * 51_000}", []),
        ("?pull_secret=lab-registry", ["a"]),
        ("?registry=https://quay.io", []),
        ("?registry=QUAY.io", ["b"]),
        ("?show=attention", ["a"]),
        ("?show=in-use", []),
        ("?sort=name", ["a", "b", "c"]),
        ("?sort=-name", ["c", "b", "a"]),
        ("?type=nonsense&sort=nonsense&page=nonsense", ["c", "a", "b"]),
        ("?page=99", ["c", "a", "b"]),
    ],
)
def test_the_address_filters_and_sorts(
    hub: Hub, admin: Visitor, query: str, expected: list[str]
) -> None:
    """Every filter stands in the address; what cannot be is left out."""
    hub.add_image("a", display_name="Middle", type="cpu", pull_secret="lab-registry", url="")
    second = {"global": False, "url": "quay.io/b:1", "tags": ["r"]}
    hub.add_image("b", display_name="Second", **second, groups=["students"])
    hub.add_image("c", display_name="First", **{"global": False}, enabled=False)
    assert names(admin.get(query)) == expected


def test_nothing_found_offers_the_way_back(hub: Hub, admin: Visitor) -> None:
    """The count says how many there are at all."""
    hub.add_image("a")
    page = admin.get("?search=zzz")
    assert text(page, "#count") == "0 that match; 1 in all"
    assert "Nothing found" in page.get_text()


def test_pages_of_the_list(hub: Hub, admin: Visitor) -> None:
    """25 a page; links keep the filters."""
    for number in range(27):
        hub.add_image(f"i{number:02}", type="cpu")
    page = admin.get("?type=cpu&page=2")
    assert names(page) == ["i25", "i26"]
    assert text(page, "#count") == "26–27 of 27 that match; 27 in all"
    links = {link.get_text(strip=True): link["href"] for link in page.select(".pagination a")}
    assert links["Previous"] == "/services/images/?type=cpu"
    assert text(page, ".pagination [aria-current=page]") == "2"


def test_sorted_columns_say_so(hub: Hub, admin: Visitor) -> None:
    """The header of the sorted column has aria-sort, and its link reverses."""
    hub.add_image("a")
    page = admin.get("?sort=name&type=universal")
    header = element(page, "th[aria-sort]")
    assert header["aria-sort"] == "ascending"
    links = {link.get_text(strip=True): link["href"] for link in header.select("a")}
    assert links == {
        "Display name": "/services/images/?type=universal",
        "Name▲": "/services/images/?type=universal&sort=-name",
    }


def test_deleting_asks_first_without_a_script_too(hub: Hub, admin: Visitor) -> None:
    """GET deletes nothing; the open dialog names the image and its servers, and posts."""
    hub.add_image("a", display_name="Alpha", type="cpu", **{"global": False}, groups=["students"])
    page = admin.get("?type=cpu&confirm=a")
    assert "Delete Alpha? Alpha a No running server uses it." in text(page, "dialog[open]")
    assert element(page, "dialog[open] form")["action"] == "/services/images/delete/a?type=cpu"
    assert hub.images("GET", "images/a").status_code == 200
    page = admin.post("delete/a?type=cpu", 303)
    assert text(page, "#flash") == "Deleted Alpha."
    assert hub.images("GET", "images/a").status_code == 404


def test_images_with_groups_can_be_deleted_and_lose_groups(hub: Hub, admin: Visitor) -> None:
    """JupyterHub listens to every session of the process, which once broke both now and then."""
    for _ in range(8):
        hub.add_image("a", groups=["x", "y", "z"])
        assert hub.images("PATCH", "images/a", json={"groups": ["z"]}).json()["groups"] == ["z"]
        admin.post("delete/a", 303)


def test_many_are_deleted_at_once(hub: Hub, admin: Visitor) -> None:
    """Sixty delete pages at once on SQLite: nobody is told that the database does not answer."""
    paths = [f"delete/i-{number}" for number in range(60)]
    for path in paths:
        hub.add_image(path.removeprefix("delete/"))

    def delete(path: str) -> int:
        answer = admin.client.post(
            f"services/images/{path}", data={"_xsrf": admin.xsrf}, follow_redirects=False
        )
        return answer.status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(delete, paths)) == {303}
    assert hub.images("GET").json()["items"] == []


@pytest.mark.parametrize("path", ["delete/a", "bulk"])
def test_nothing_is_changed_by_get(admin: Visitor, path: str) -> None:
    """These addresses take POST only."""
    assert admin.client.get(f"services/images/{path}").status_code == 405


def test_bulk(hub: Hub, admin: Visitor) -> None:
    """Enable, disable and delete what is ticked; deleting asks first."""
    for name in "abc":
        hub.add_image(name)
    page = admin.post("bulk", 303, names=["a", "b"], action="disable")
    assert text(page, "#flash") == "Disabled 2 images: a and b."
    page = admin.post("bulk?enabled=false", 303, names=["a", "b", "c"], action="enable")
    assert text(page, "#flash") == "Enabled 2 images: a and b."
    page = admin.post("bulk", 200, names=["a", "b"], action="delete")
    assert "Delete 2 images?" in text(page, "dialog[open]")
    assert len(hub.images("GET").json()["items"]) == 3
    page = admin.post("bulk", 303, names=["a", "b"], action="delete", confirmed="yes")
    assert text(page, "#flash") == "Deleted 2 images: a and b."
    assert names(page) == ["c"]
    assert text(admin.post("bulk", 303, action="enable"), "#flash") == "No image was chosen."
    admin.post("bulk", 400, names=["c"], action="format-disk")


def test_usage_needs_the_xsrf_token_like_any_fetch(hub: Hub, admin: Visitor) -> None:
    """The dialog asks for fresh numbers; a stranger's fetch is told nothing."""
    hub.add_image("a")
    answer = admin.client.get("services/images/usage?names=a")
    assert answer.json()["sentence"] == "No running server uses it."
    fetch = {"Sec-Fetch-Mode": "cors"}
    assert admin.client.get("services/images/usage?names=a", headers=fetch).status_code == 403


def test_stored_text_is_text(hub: Hub, admin: Visitor) -> None:
    """Markup in every text field comes out as what it is."""
    hub.add_image("a", display_name=EVIL, description=EVIL, **{"global": False}, groups=[EVIL])
    for path in ("", f"?search={EVIL}&group={EVIL}", "?confirm=a", "edit/a"):
        page = admin.get(path)
        assert not [s for s in page.select("script") if "alert(1)" in s.get_text()], path
        assert EVIL in page.decode(formatter=HTMLFormatter()), path
    assert form_fields(admin.get("edit/a"))["description"] == EVIL


def test_content_security_policy(admin: Visitor) -> None:
    """Pages allow the service's own scripts and the hub's inline ones by hash."""
    policy = admin.client.get("services/images/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_reader_sees_the_list_and_nothing_to_change_it(
    hub: Hub, admin: Visitor, reader: Visitor
) -> None:
    """No Add, Edit, Delete or boxes; the addresses behind them are 403."""
    hub.add_image("a")
    page = reader.get()
    assert names(page) == ["a"]
    words = {item.get_text(strip=True) for item in page.select("main a, main button")}
    assert not words & {"Add", "Edit", "Delete", "Enable", "Disable"}
    assert not page.select("main tbody input, main form[method=post]")
    assert {"Copy start link"} == {
        button.get_text(strip=True) for button in page.select("[data-column=actions] button")
    }
    for path in ("new", "edit/a", "delete/a", "bulk"):
        reader.get(path, 403)
    for path in ("new", "edit/a", "delete/a", "bulk"):
        reader.post(path, 403, name="b", version="1", action="enable", names="a")
    assert not reader.get("?confirm=a").select("dialog")


@pytest.mark.parametrize("path", ["", "new", "edit/a"])
def test_a_browser_without_a_session_is_sent_to_the_login(hub: Hub, path: str) -> None:
    """The hub signs in and sends back."""
    answer = httpx.get(hub.images_url + path)
    assert answer.status_code == 302
    assert "/hub/api/oauth2/authorize" in answer.headers["Location"]


def test_a_post_without_a_session_keeps_what_was_typed(hub: Hub) -> None:
    """Our own form comes back to be sent again; another site's does not."""
    sent = {"name": "a", "description": "\n kept", "groups": ["x", "y"], "_xsrf": "old"}
    answer = httpx.post(
        hub.images_url + "new", data=sent, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 403
    page = BeautifulSoup(answer.text, "html.parser")
    kept = [(str(a["name"]), a.get_text()) for a in page.select("form textarea")]
    assert kept == [
        ("name", "\na"), ("description", "\n\n kept"), ("groups", "\nx"), ("groups", "\ny"),
    ]  # fmt: skip
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://example.org"}, {}):
        answer = httpx.post(hub.images_url + "new", data=sent, headers=headers)
        assert answer.status_code == 403
        assert "kept" not in answer.text


def test_a_post_without_the_xsrf_token_changes_nothing(hub: Hub, admin: Visitor) -> None:
    """The cookie alone is not enough."""
    hub.add_image("a")
    for path in ("new", "edit/a", "delete/a", "bulk"):
        answer = admin.client.post(
            f"services/images/{path}", data={"names": "a", "action": "delete", "confirmed": "yes"}
        )
        assert answer.status_code == 403, path
    assert hub.images("GET", "images/a").status_code == 200


def test_unknown_images_and_addresses(hub: Hub, admin: Visitor) -> None:
    """404 as a page for browsers, with the way back."""
    assert "There is no image named nope." in admin.get("edit/nope", 404).get_text()
    admin.post("delete/nope", 404)
    page = admin.client.get("services/images/no/such", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "Back to the images" in page.text
    assert json.loads(httpx.get(hub.images_url + "no/such").text)["status"] == 404


def test_deleting_is_held_to_the_version_that_was_seen(hub: Hub, admin: Visitor) -> None:
    """What has changed since, or was added anew under the name, stays."""
    hub.add_image("held", display_name="Alpha")
    page = admin.get("?confirm=held")
    seen = str(element(page, "dialog[open] input[name=versions]")["value"])
    assert seen == "held=1"
    hub.images("PATCH", "images/held", json={"display_name": "Beta"})
    page = admin.post("delete/held", 412, versions=seen)
    told = "held has changed in the meantime; it is now at version 2. So nothing was done."
    assert told in text(page, "#flash")
    hub.images("DELETE", "images/held")
    hub.add_image("held", display_name="Another")
    admin.post("delete/held", 412, versions=seen)
    assert hub.images("GET", "images/held").json()["display_name"] == "Another"
    admin.post("delete/held", 303, versions="held=3")
    assert hub.images("GET", "images/held").status_code == 404


@pytest.mark.parametrize(
    "fields", [{"action": "disable"}, {"action": "delete", "confirmed": "yes"}]
)
def test_several_are_held_to_the_versions_that_were_seen(
    hub: Hub, admin: Visitor, fields: dict[str, str]
) -> None:
    """If one of them has moved on, all stay as they are."""
    first, second = (f"{fields['action']}-{letter}" for letter in "ab")
    hub.add_image(first)
    hub.add_image(second)
    page = admin.get("")
    seen = [str(field["value"]) for field in page.select("input[name=versions][form=bulk]")]
    assert seen == [f"{first}=1", f"{second}=1"]
    hub.images("PATCH", f"images/{second}", json={"description": "changed"})
    page = admin.post("bulk", 412, names=[first, second], versions=seen, **fields)
    assert f"{second} has changed in the meantime" in text(page, "#flash")
    assert [(i["name"], i["enabled"]) for i in hub.images("GET").json()["items"]] == [
        (first, True), (second, True),
    ]  # fmt: skip
    admin.post(
        "bulk", 303, names=[first], versions=[f"{first}=1", "nonsense", f"{first}=x"], **fields
    )
