"""The page of one image."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from hub_images.service.pages.image_page import pieces
from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.starts import recording_hub, start, stop
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.hub

WAIT_SECONDS = 20
DIGEST = "sha256:" + "0123456789abcdef" * 4
FULL = {
    "display_name": "Everything",
    "description": "**All** [of it](https://example.org)\n\n<b>raw</b>",
    "tags": ["python", "c++ & c"],
    "documentation_url": "https://docs.example.org/?a=1&b=2",
    "url": f"registry.example.org/team/full:1@{DIGEST}",
    "gpu_url": "registry.example.org/team/full:cuda",
    "pull_secret": "lab-registry",
    "order": -1000,
    "global": False,
    "groups": ["data-science", "students", "not-there"],
    "default_url": "/lab",
    "environment": {"A": "1", "LONG": "x" * 4096, "BLANK": ""},
    "command": ["start.sh", "--flag"],
    "working_dir": "/home/work",
    "image_pull_policy": "Always",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with six users, whose servers are recorded."""
    with recording_hub(tmp_path_factory.mktemp("image")) as running:
        running.add_image("full", **FULL)
        yield running


@pytest.fixture
def editor(hub: Hub) -> Iterator[Visitor]:
    """Sign in an editor."""
    visitor = Visitor.sign_in(hub, "editor")
    with closing(visitor.client):
        yield visitor


@pytest.fixture
def reader(hub: Hub) -> Iterator[Visitor]:
    """Sign in someone who may only look."""
    visitor = Visitor.sign_in(hub, "reader")
    with closing(visitor.client):
        yield visitor


def _facts(page: BeautifulSoup, section: str) -> dict[str, str]:
    """Return what a section's definition list says, by its terms."""
    facts = element(page, f"section[aria-labelledby={section}] > dl")
    found: dict[str, str] = {}
    for term in facts.find_all("dt", recursive=False):
        value = term.find_next_sibling("dd")
        assert isinstance(value, Tag)
        found[_words(term)] = _words(value)
    return found


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ", strip=True).split())


def test_it_says_what_an_image_is(reader: Visitor) -> None:
    """Name, description as Markdown, tags that filter the list, documentation."""
    page = reader.get("image/full?search=x&page=2")
    assert text(page, "h1") == "Everything"
    description = element(page, ".hub-images-description")
    assert element(description, "strong").get_text() == "All"
    assert element(description, "a")["rel"] == ["noopener", "noreferrer", "nofollow"]
    assert "<b>raw</b>" in description.get_text()
    tags = page.select("a.hub-images-tag")
    assert [tag["href"] for tag in tags] == [
        "/services/images/?tag=python", "/services/images/?tag=c%2B%2B%20%26%20c",
    ]  # fmt: skip
    link = element(page, "a[href^='https://docs']")
    assert link["href"] == FULL["documentation_url"]
    assert link["rel"] == ["noopener", "noreferrer", "nofollow"]
    back = element(page, ".hub-images-back a")
    assert back["href"] == "/services/images/?search=x&page=2"


def test_it_says_what_starts(reader: Visitor) -> None:
    """Each reference with its parts, and the instance types that start it."""
    facts = _facts(reader.get("image/full"), "starts")
    assert list(facts) == ["On Small, Large", "On One GPU", "Type", "Pull secret"]
    assert facts["On Small, Large"].endswith(
        "Repository registry.example.org/ team/ full Tag 1 Digest sha256:0123456789ab… "
        "Copy the digest"
    )
    assert "Tag cuda Digest none" in facts["On One GPU"]
    assert (facts["Type"], facts["Pull secret"]) == ("universal", "lab-registry")
    copied = [str(button["data-copy"]) for button in reader.get("image/full").select("dl button")]
    assert copied == [FULL["url"], DIGEST, FULL["gpu_url"]]
    facts = _facts(reader.get("image/unready"), "starts")
    assert facts["Container image URL"] == "none yet"


def test_it_says_what_a_start_sets(reader: Visitor) -> None:
    """Only fields that are set; variables as a table, the command one argument a line."""
    page = reader.get("image/full")
    facts = _facts(page, "at-start")
    assert facts["Default URL"] == "/lab"
    assert facts["Command"] == "start.sh --flag"
    assert facts["Working directory"] == "/home/work"
    assert facts["Image pull policy"] == "Always"
    rows = [_words(row) for row in page.select(".hub-images-variables tbody tr")]
    assert rows == ["A 1", f"LONG {'x' * 4096}", "BLANK blank"]
    assert not reader.get("image/scipy").select("#at-start")


def test_it_says_who_may_use_it(hub: Hub, reader: Visitor) -> None:
    """With each group's members, and a mark where the hub does not know the group."""
    page = reader.get("image/full")
    groups = [_words(entry) for entry in page.select(".hub-images-groups li")]
    assert groups == [
        "data-science 1 member",
        "students 1 member",
        "not-there not known to the hub",
    ]
    assert text(page, "#audience") == (
        "✓ Offered Members of data-science, students and not-there (2 people) are offered it with "
        "Small; 1 of them also with Large and One GPU."
    )
    facts = _facts(page, "access")
    assert facts["Offered"] == "Small: 2 people Large: 1 person One GPU: 1 person"
    assert (facts["Enabled"], facts["Order"]) == ("Yes", "−1,000")


def test_people_are_those_whom_the_hub_has(hub: Hub, reader: Visitor) -> None:
    """Everyone is all its users; somebody in two groups is one person."""
    assert "Everyone (6 people) is offered it with Small" in text(
        reader.get("image/scipy"), "#audience"
    )
    hub.member("POST", "students", "scientist")
    hub.member("POST", "students", "nobody")
    expected = "(3 people) are offered it with Small; 1 of them also with"
    deadline = time.monotonic() + WAIT_SECONDS  # the hub is not asked again at once
    while expected not in text(reader.get("image/full"), "#audience"):
        assert time.monotonic() < deadline
    hub.member("DELETE", "students", "scientist")
    hub.member("DELETE", "students", "nobody")


@pytest.mark.parametrize(
    ("name", "said", "reason"),
    [
        ("off", "– Disabled Nobody is offered it: it is disabled.", ""),
        ("unready", "! Not ready Nobody is offered it: it is not ready.",
         "It has no container image URL yet."),
        ("secret", "✓ Offered Nobody is offered it: staff has no members.", ""),
        ("cuda", "✓ Offered Members of data-science (1 person) are offered it with One GPU.", ""),
    ],
)  # fmt: skip
def test_the_status_and_the_sentence(reader: Visitor, name: str, said: str, reason: str) -> None:
    """A word, its reason, and who is offered it."""
    page = reader.get(f"image/{name}")
    assert text(page, "#audience") == said
    assert text(page, ".hub-images-reason") == reason


@pytest.mark.parametrize("name", ["off", "unready", "cuda"])
def test_the_badge_is_that_of_the_list(reader: Visitor, name: str) -> None:
    """The same sign, word and kind, which decides the colour."""
    badge = element(reader.get(f"image/{name}"), ".hub-images-status")
    listed = element(reader.get(f"?search={name}"), f"#image-{name} .hub-images-status")
    assert badge["data-kind"] == listed["data-kind"]
    assert badge.get_text() == listed.get_text()


def test_how_many_run_it(hub: Hub, editor: Visitor, reader: Visitor) -> None:
    """A link to them for those who may stop them, the number for others."""
    assert text(reader.get("image/torch"), "#servers") == "No server runs it now."
    assert start(hub, "student", {"image": "scipy"}).status_code == 201
    deadline = time.monotonic() + WAIT_SECONDS  # the hub is not asked again at once
    while text(reader.get("image/scipy"), "#servers") != "1 server runs it now.":
        assert time.monotonic() < deadline
    assert not reader.get("image/scipy").select("#servers a")
    link = element(editor.get("image/scipy?type=cpu"), "#servers a")
    assert link["href"] == "/services/images/running/scipy?type=cpu"
    heading = element(editor.get("running/scipy?type=cpu"), "h1 a")
    assert heading["href"] == "/services/images/image/scipy?type=cpu"
    stop(hub, "student")


def test_when_and_by_whom(hub: Hub, reader: Visitor) -> None:
    """Relative, with the exact time; one that nobody has changed was just added."""
    hub.add_image("dated")
    facts = _facts(reader.get("image/dated"), "changes")
    assert facts == {"Added": "just now by tester", "Version": "1"}
    hub.images("PATCH", "images/dated", json={"order": 1})
    page = reader.get("image/dated")
    assert list(_facts(page, "changes")) == ["Added", "Changed", "Version"]
    stored = hub.images("GET", "images/dated").json()
    times = page.select("section[aria-labelledby=changes] time")
    assert str(times[1]["title"])[:16] == stored["updated_at"][:16].replace("T", " ")
    assert str(times[1]["title"]).endswith(" UTC")


def test_as_yaml(reader: Visitor) -> None:
    """What can stand in a document: every field that is not its default, and no other."""
    page = reader.get("image/full")
    shown = element(page, ".hub-images-yaml").get_text()
    assert yaml.safe_load(shown) == {
        "apiVersion": "hub-images/v1",
        "images": [{"name": "full", **{k: v for k, v in FULL.items() if k != "global"}}],
    }
    assert shown in [button["data-copy"] for button in page.select("button[data-copy]")]


def test_readers_get_no_actions(editor: Visitor, reader: Visitor) -> None:
    """But the start link, and everything that is stored."""
    page = reader.get("image/full")
    buttons = [_words(button) for button in page.select(".hub-images-do :is(a, button)")]
    assert buttons == ["Copy start link", "Start link"]
    assert not page.select("form, dialog")
    assert "nvidia-ngc" not in page.get_text()  # another pull secret that could be chosen
    page = editor.get("image/full?search=x")
    buttons = [_words(button) for button in page.select(".hub-images-do :is(a, button)")]
    assert buttons == ["Edit", "Duplicate", "Disable", "Copy start link", "Start link", "Delete"]
    links = [link["href"] for link in page.select(".hub-images-do a")[:2]]
    assert links == [
        "/services/images/edit/full?search=x", "/services/images/new?from=full&search=x",
    ]  # fmt: skip


def test_the_start_link(hub: Hub, reader: Visitor) -> None:
    """As people paste it: absolute, with the origin that the browser knows."""
    link = f"{hub.url}hub/spawn#image=full"
    assert element(reader.get("image/full"), ".hub-images-do [data-copy]")["data-copy"] == link
    behind_tls = {"X-Forwarded-Proto": "https", "X-Scheme": "https"}
    secure = reader.client.get("services/images/image/full", headers=behind_tls)
    page = BeautifulSoup(secure.text, "html.parser")
    copied = element(page, ".hub-images-do [data-copy]")["data-copy"]
    assert copied == link.replace("http:", "https:")


def test_enabling_and_disabling_comes_back(hub: Hub, editor: Visitor) -> None:
    """To the page that it was done on; a version that has moved on changes nothing."""
    hub.add_image("switched")
    page = editor.get("image/switched")
    sent = {
        str(field["name"]): str(field["value"])
        for field in page.select(".hub-images-do form[method=post] :is(input, button)")
    }
    assert sent["action"] == "disable"
    answer = editor.client.post(
        "services/images/bulk?search=x",
        data={**sent, "_xsrf": editor.xsrf},
        follow_redirects=False,
    )
    assert answer.headers["Location"] == "/services/images/image/switched?search=x"
    page = editor.get("image/switched")
    assert text(page, "#flash") == "Disabled switched."
    assert element(page, "button[name=action]").get_text() == "Enable"
    editor.post("bulk", 412, **{k: v for k, v in sent.items() if k != "_xsrf"})
    odd = {"action": "enable", "names": "switched", "image_page": "//elsewhere.example"}
    answer = editor.client.post(
        "services/images/bulk", data={**odd, "_xsrf": editor.xsrf}, follow_redirects=False
    )
    assert answer.headers["Location"] == "/services/images/image/%2F%2Felsewhere.example"


def test_deleting_asks_first(hub: Hub, editor: Visitor, reader: Visitor) -> None:
    """Without scripts, the server opens the dialog; what was seen is what is deleted."""
    hub.add_image("doomed")
    assert not editor.get("image/doomed").select("dialog[open]")
    form = element(editor.get("image/doomed?search=x"), "form#ask")
    assert form["action"] == "/services/images/image/doomed"
    assert element(form, "input")["value"] == "x"
    assert not reader.get("image/doomed?confirm=doomed").select("dialog")
    page = editor.get("image/doomed?confirm=doomed")
    assert text(page, "dialog[open] h2") == "Delete doomed?"
    assert text(page, "#delete-usage") == "No running server uses it."
    assert element(page, "dialog form")["action"] == "/services/images/delete/doomed"
    hub.images("PATCH", "images/doomed", json={"order": 1})
    editor.post("delete/doomed", 412, versions="doomed=1")
    page = editor.post("delete/doomed", 303, versions="doomed=2")
    assert text(page, "#flash") == "Deleted doomed."


@pytest.mark.parametrize("name", ["absent", "a%00b", "%C3%A9", "full%20"])
def test_an_unknown_image(reader: Visitor, name: str) -> None:
    """404, with a way back to the list."""
    page = reader.get(f"image/{name}", 404)
    assert element(page, "main a")["href"] == "/services/images/"


def test_lines_break_where_a_reference_has_parts() -> None:
    """After a slash, a colon or an at sign, and nowhere else."""
    reference = f"registry.example.org:5000/a-b/c_d:1.0-rc@{DIGEST}"
    assert pieces(reference) == [
        "registry.example.org:", "5000/", "a-b/", "c_d:", "1.0-rc@", "sha256:", DIGEST[7:],
    ]  # fmt: skip
