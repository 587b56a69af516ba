"""Several images at once, without a browser: values, preview, Confirm, conflicts, messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup

from hub_images.catalogue.bulk import ACTIONS
from tests.support.catalogue import fill
from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.starts import start, stop
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.hub

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def three(hub: Hub, admin: Visitor) -> Visitor:
    """Add three images, one of which has no group."""
    for name in "abc":
        groups = [] if name == "c" else ["students"]
        hub.add_image(name, display_name=name.upper(), groups=groups, **{"global": False})
    return admin


def _sent(page: BeautifulSoup, form: str = "form#confirm") -> dict[str, Any]:
    """Return what the form of a preview sends, without its XSRF token."""
    sent: dict[str, list[str]] = {}
    for field in element(page, form).select("input[name]"):
        sent.setdefault(str(field["name"]), []).append(str(field["value"]))
    sent.pop("_xsrf")
    return sent


def _rows(page: BeautifulSoup) -> dict[str, str]:
    """Return what changes, by image."""
    return {
        element(row, "th code").get_text(): element(row, "td").get_text(" ", strip=True)
        for row in page.select("table tbody tr")
    }


def _stored(hub: Hub, field: str) -> list[Any]:
    return [image[field] for image in hub.images("GET", "images?sort=name").json()["items"]]


def test_the_bar_has_every_action(three: Visitor) -> None:
    """By its label; those that ask for something first end in an ellipsis."""
    buttons = three.get().select("#bulk button[name=action]")
    assert {str(button["value"]): button.get_text(strip=True) for button in buttons} == {
        **{name: each.label + ("…" if each.fields else "") for name, each in ACTIONS.items()},
        "delete": "Delete",
    }


def test_values_are_asked_for_then_previewed_then_stored(hub: Hub, three: Visitor) -> None:
    """Nothing is stored before Confirm, and then what was shown."""
    page = three.post("bulk", ask="yes", action="add-groups", names=["a", "c"])
    assert text(page, "h1") == "Add groups to 2 images"
    assert not page.select("#confirm, #summary")
    assert "students (1 of 2)" in text(page, "#values")
    sent = {**_sent(page, "#values"), "groups": ["students"], "more_groups": "x y\r\nlab\r\n"}
    page = three.post("bulk", **sent)
    assert text(page, "#summary") == "2 images will change."
    assert _rows(page) == {
        "a": "Groups + added: x y (not known to the hub) + added: lab (not known to the hub)",
        "c": "Groups + added: students + added: x y (not known to the hub) "
        "+ added: lab (not known to the hub)",
    }
    assert _stored(hub, "groups") == [["students"], ["students"], []]
    page = three.post("bulk?sort=name", 303, **_sent(page))
    assert text(page, "#flash") == "Added groups to 2 images: A and C."
    assert _stored(hub, "groups") == [
        ["students", "x y", "lab"], ["students"], ["students", "x y", "lab"],
    ]  # fmt: skip


def test_what_stays_is_told_apart_from_what_changes(hub: Hub, three: Visitor) -> None:
    """By a number and by name; where nothing changes there is nothing to confirm."""
    hub.images("PATCH", "images/b", json={"enabled": False})
    page = three.post("bulk", ask="yes", action="disable", names=["a", "b"])
    assert text(page, "#summary") == "1 image will change, 1 stays as it is."
    assert _rows(page) == {"a": "Enabled from yes → to no"}
    assert "B" in text(page, "details.hub-images-unchanged")
    assert _stored(hub, "enabled") == [True, False, True]
    assert text(three.post("bulk", 303, **_sent(page)), "#flash") == "Disabled A."
    page = three.post("bulk", ask="yes", action="disable", names=["a", "b"])
    assert text(page, "#summary") == "No images will change, 2 stay as they are."
    assert not page.select("#confirm")
    page = three.post("bulk", 303, action="disable", names=["a", "b"])
    assert text(page, "#flash") == "Nothing had to be changed."


def test_replacing_shows_every_reference_with_the_part_marked(hub: Hub, three: Visitor) -> None:
    """Both URLs, before and after."""
    hub.images(
        "PATCH", "images/a", json={"url": "old.example.org/a:1", "gpu_url": "old.example.org/g"}
    )
    given: dict[str, Any] = {"values": "given", "find": "old.example.org", "put": "quay.io/lab"}
    page = three.post("bulk", action="replace", names=["a", "b"], **given)
    assert text(page, "#summary") == "1 image will change, 1 stays as it is."
    assert [mark.get_text() for mark in page.select("td del mark")] == ["old.example.org"] * 2
    assert [mark.get_text() for mark in page.select("td ins mark")] == ["quay.io/lab"] * 2
    three.post("bulk", 303, **_sent(page))
    image = hub.images("GET", "images/a").json()
    assert (image["url"], image["gpu_url"]) == ("quay.io/lab/a:1", "quay.io/lab/g")


def test_what_would_be_refused_is_told_and_can_be_left_out(hub: Hub, three: Visitor) -> None:
    """All change or none: with one that cannot there is no Confirm, until it is left out."""
    hub.images("PATCH", "images/b", json={"tags": [str(number) for number in range(10)]})
    given: dict[str, Any] = {"values": "given", "tags": "new"}
    page = three.post("bulk", action="add-tags", names=["a", "b", "c"], **given)
    assert text(page, "#summary") == "2 images will change, 1 cannot be changed in this way."
    assert "b : Tags: Give at most 10 entries." in text(page, ".hub-images-refused")
    assert not page.select("#confirm")
    page = three.post("bulk", **_sent(page, ".hub-images-refused form"))
    assert text(page, "#summary") == "2 images will change."
    three.post("bulk", 303, **_sent(page))
    assert [len(tags) for tags in _stored(hub, "tags")] == [1, 10, 1]
    confirmed = {**given, "confirmed": "yes"}
    page = three.post("bulk", 422, action="add-tags", names=["b"], **confirmed | {"tags": "x"})
    assert "Give at most 10 entries." in text(page, ".hub-images-refused")


@pytest.mark.parametrize(
    ("action", "given", "field", "said"),
    [
        ("add-groups", {}, "#values", "Give at least one group."),
        ("remove-tags", {}, "#error-tags", "Give at least one tag."),
        ("set-pull-secret", {"pull_secret": "gone"}, "#error-pull_secret",
         "gone is not in the list of pull secrets."),
        ("set-pull-secret", {"pull_secret": ""}, "#error-pull_secret", "Choose a pull secret."),
        ("replace", {"find": "", "put": "x"}, "#error-find", "Give the text to find."),
    ],
)  # fmt: skip
def test_values_that_cannot_be(
    hub: Hub, three: Visitor, action: str, given: dict[str, Any], field: str, said: str
) -> None:
    """422, at the field, also for what is confirmed; nothing is stored."""
    before = _stored(hub, "version")
    confirmed: dict[str, Any] = {"confirmed": "yes"}
    for more in ({}, confirmed):
        page = three.post("bulk", 422, action=action, names=["a"], values="given", **given, **more)
        assert said in text(page, field)
        assert not page.select("#confirm")
    assert _stored(hub, "version") == before


def test_as_many_groups_as_an_image_may_list(hub: Hub, three: Visitor) -> None:
    """A thousand, in the preview's form too; Tornado takes no more than some 1,000 fields."""
    groups = [f"g-{number:04}" for number in range(1000)]
    page = three.post(
        "bulk", action="add-groups", names=["c"], values="given", groups_json=json.dumps(groups)
    )
    assert text(page, "#summary") == "1 image will change."
    three.post("bulk", 303, **_sent(page))
    assert hub.images("GET", "images/c").json()["groups"] == groups
    three.post("bulk", 400, action="add-groups", names=["c"], values="given", groups_json="{")


def test_all_that_match_are_found_by_the_server(hub: Hub, three: Visitor) -> None:
    """By the list's filters, whatever names a browser sends, and more than one page."""
    for number in range(30):
        hub.add_image(f"many-{number:02}")
    page = three.post(
        "bulk?search=many", ask="yes", action="disable", all_matching="yes", names=["a"]
    )
    assert text(page, "h1") == "Disable 30 images"
    assert "many-29" not in str(element(page, "#confirm"))
    page = three.post("bulk?search=many", 303, **_sent(page))
    assert text(page, "#flash") == (
        "Disabled 30 images: many-00, many-01, many-02, many-03, many-04, many-05, many-06, "
        "many-07 and 22 more."
    )
    assert _stored(hub, "enabled") == [True] * 3 + [False] * 30


def test_all_that_a_quick_filter_finds(hub: Hub, three: Visitor) -> None:
    """What the hub and the cluster say counts too, in the preview and when it is confirmed."""
    page = three.post("bulk?show=attention", ask="yes", action="make-global", all_matching="yes")
    assert text(page, "h1") == "Make 1 image global"
    page = three.post("bulk?show=attention", 303, **_sent(page))
    assert text(page, "#flash") == "Made C global."
    assert start(hub, "student", {"image": "c"}).status_code == 201
    page = three.post("bulk?show=in-use", action="delete", all_matching="yes")
    stop(hub, "student")
    assert text(page, "h1") == "Delete 1 image"
    assert [row.get_text(" ", strip=True) for row in page.select("main b")] == ["C"]


@pytest.mark.parametrize("action", ["make-global", "delete"])
@pytest.mark.parametrize("change", ["changed", "came", "went"])
def test_what_changed_since_the_preview_is_shown_anew(
    hub: Hub, three: Visitor, action: str, change: str
) -> None:
    """412 with the present state, and its Confirm works."""
    page = three.post("bulk?access=groups", ask="yes", action=action, all_matching="yes")
    if change == "changed":
        hub.images("PATCH", "images/b", json={"description": "new"})
    elif change == "came":
        hub.add_image("d", **{"global": False})
    else:
        hub.images("DELETE", "images/b")
    page = three.post("bulk?access=groups", 412, **_sent(page))
    said = "The chosen images have changed in the meantime. So nothing was done."
    assert said in text(page, "#problem")
    assert set(_stored(hub, "global")) == {False}
    count = {"changed": 3, "came": 4, "went": 2}[change]
    assert f"{count} images" in text(page, "h1")
    page = three.post("bulk?access=groups", 303, **_sent(page))
    assert f"{count} images" in text(page, "#flash")


def test_named_images_are_held_to_what_the_preview_showed(hub: Hub, three: Visitor) -> None:
    """One that has moved on, or gone, is told by name; what was chosen stays chosen."""
    a, b, c = _stored(hub, "version")
    page = three.post(
        "bulk", ask="yes", action="make-global", names=["a"], versions=f"a={a}",
        chosen=f"b={b} c={c - 1}",
    )  # fmt: skip
    assert "Somebody has changed C since you chose it." in text(page, "#moved")
    sent = _sent(page)
    hub.images("PATCH", "images/b", json={"description": "new"})
    page = three.post("bulk", 412, **sent)
    assert text(page, "h1") == "Make 3 images global"
    hub.images("DELETE", "images/b")
    page = three.post("bulk", 412, **sent)
    assert "1 chosen image no longer exists: b." in text(page, "#gone")
    assert _stored(hub, "global") == [False, False]
    assert (
        text(three.post("bulk", 303, **_sent(page)), "#flash") == "Made 2 images global: A and C."
    )


@pytest.mark.parametrize("entries", ["groups", "tags"])
def test_where_there_is_nothing_to_remove_the_page_says_so(three: Visitor, entries: str) -> None:
    """By the name of what is missing."""
    page = three.post("bulk", ask="yes", action=f"remove-{entries}", names=["c"])
    assert f"These images have no {entries}." in text(page, "#values")


def test_deleting_several_says_who_runs_them(hub: Hub, three: Visitor) -> None:
    """On a page of its own where there are too many for the dialog."""
    assert start(hub, "student", {"image": "a"}).status_code == 201
    page = three.post("bulk", ask="yes", action="delete", chosen="a=1 c=1")
    assert text(page, "#summary") == "1 running server uses them now; it keeps running."
    assert "A a 1 running server C c no running servers" in text(page, "main ul")
    assert _stored(hub, "name") == ["a", "b", "c"]
    page = three.post("bulk", 303, **_sent(page))
    assert text(page, "#flash") == "Deleted 2 images: A and C; 1 running server keeps running."
    assert _stored(hub, "name") == ["b"]
    stop(hub, "student")


def test_an_action_has_a_bound(hub: Hub, admin: Visitor) -> None:
    """2,000 images can be changed in one action, more cannot, and nothing is left out silently."""
    fill(hub.db_url, {f"i-{number:04}": {"url": "a/b:1"} for number in range(2_001)})
    lines = [f"i-{number:04}=1" for number in range(2_001)]
    junk = " ".join(f"not-there-{number}" for number in range(10))
    matching = {"all_matching": "yes"}
    for asked in ({"chosen": " ".join(lines)}, matching, {**matching, "without": junk}):
        page = admin.post("bulk", 400, ask="yes", action="disable", **asked)
        assert "Choose at most 2,000 images at once; these are 2,001." in text(page, "main")
    page = admin.post("bulk", ask="yes", action="disable", chosen=" ".join(lines[1:]))
    assert text(page, "#summary") == "2,000 images will change."
    assert len(page.select("tbody tr")) == 300
    assert "and 1,700 more" in text(page, "main")
    assert len(page.select("#confirm input")) < 10
    page = admin.post("bulk", 303, **_sent(page))
    assert text(page, "#flash").startswith("Disabled 2,000 images: i-0001, ")
    assert hub.images("GET", "images?enabled=false&limit=1").json()["_pagination"]["total"] == 2_000
    fill(hub.db_url, {})


def test_the_longest_names_fit_the_message(hub: Hub, admin: Visitor) -> None:
    """A browser drops a cookie of more than 4,096 bytes."""
    for number in range(12):
        hub.add_image(f"i-{number}", display_name=f"{number}" + "🧪" * 198)
    answer = admin.client.post(
        "services/images/bulk",
        data={"_xsrf": admin.xsrf, "action": "disable", "names": [f"i-{n}" for n in range(12)]},
        follow_redirects=False,
    )
    assert len(answer.headers["Set-Cookie"].partition(";")[0]) < 4096
    assert text(admin.get(), "#flash").endswith(" and 11 more.")
    page = admin.post("bulk", 303, action="enable", names=["i-0", "i-1"])
    assert text(page, "#flash") == "Enabled 2 images."


def test_markup_is_text(hub: Hub, admin: Visitor) -> None:
    """In stored names, groups and tags, in what is typed, and in what was chosen."""
    hub.add_image("a", display_name=EVIL, tags=[EVIL], groups=[EVIL])
    actions: list[tuple[str, dict[str, Any]]] = [
        ("add-groups", {"more_groups": f"{EVIL}\n<b>"}),
        ("remove-groups", {"groups": EVIL}),
        ("add-tags", {"tags": "<b>"}),
        ("remove-tags", {"tags": EVIL}),
        ("replace", {"find": "a", "put": EVIL}),
        ("replace", {"find": EVIL, "put": ""}),
        ("make-global", {}),
        ("delete", {}),
    ]
    for action, given in actions:
        chosen = f"a=1 {EVIL}=1"
        page = admin.post("bulk", ask="yes", values="given", action=action, chosen=chosen, **given)
        assert not page.select("main script, main b b"), action
        assert EVIL in page.get_text()


def test_what_is_sent_is_not_trusted(hub: Hub, three: Visitor) -> None:
    """Unknown actions are a sentence; malformed names and versions are no images."""
    page = three.post("bulk", 400, names=["a"], action="format-disk")
    assert "Choose what to do with the images" in text(page, "main")
    malformed: list[dict[str, Any]] = [
        {},
        {"chosen": "nonsense =1 a= a=x"},
        {"names": ["x\0"], "chosen": " "},
    ]
    for given in malformed:
        three.post("bulk", 303, action="disable", **given)
    three.post("bulk", 412, action="disable", confirmed="yes", names=["a"], digest="nonsense")
    assert _stored(hub, "enabled") == [True, True, True]


@pytest.fixture(autouse=True)
def _emptied(hub: Hub) -> Iterator[None]:
    yield
    fill(hub.db_url, {})
