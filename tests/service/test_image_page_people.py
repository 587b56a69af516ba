"""The page of one image: who is offered it, why nobody is, and who runs it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.starts import recording_hub, start, stop
from tests.support.visitor import Visitor, facts, text, words

pytestmark = pytest.mark.hub

WAIT_SECONDS = 20


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with six users, whose servers are recorded."""
    with recording_hub(tmp_path_factory.mktemp("image-people")) as running:
        groups = ["data-science", "students", "not-there"]
        running.add_image("shared", order=-1000, groups=groups, **{"global": False})
        blank = {"url": "", "global": False}
        running.add_image("new", enabled=False, **blank)
        running.add_image("odd", **blank)
        yield running


def test_it_says_who_may_use_it(reader: Visitor) -> None:
    """With each group's members, and a mark where the hub does not know the group."""
    page = reader.get("image/shared")
    groups = [words(entry) for entry in page.select(".hub-images-groups li")]
    assert groups == [
        "data-science 1 member",
        "students 1 member",
        "not-there not known to the hub",
    ]
    assert text(page, "#audience") == (
        "✓ Offered Members of data-science, students and not-there (2 people) are offered it with "
        "Small; 1 of them also with Large and One GPU."
    )
    said = facts(page, "access")
    assert said["Offered"] == "Small: 2 people Large: 1 person One GPU: 1 person"
    assert (said["Enabled"], said["Order"]) == ("Yes", "−1,000")


def test_people_are_those_whom_the_hub_has(hub: Hub, reader: Visitor) -> None:
    """Everyone is all its users; somebody in two groups is one person."""
    assert "Everyone (6 people) is offered it with Small" in text(
        reader.get("image/scipy"), "#audience"
    )
    hub.member("POST", "students", "scientist")
    hub.member("POST", "students", "nobody")
    expected = "(3 people) are offered it with Small; 1 of them also with"
    deadline = time.monotonic() + WAIT_SECONDS  # the hub is not asked again at once
    while expected not in text(reader.get("image/shared"), "#audience"):
        assert time.monotonic() < deadline
    hub.member("DELETE", "students", "scientist")
    hub.member("DELETE", "students", "nobody")


@pytest.mark.parametrize(
    ("name", "said", "reason"),
    [
        ("off", "– Disabled Nobody is offered it: it is disabled.", ""),
        ("unready", "! Not ready Nobody is offered it: it has no container image URL yet.", ""),
        ("new", "– Disabled Nobody is offered it: it is disabled.",
         "It has no container image URL yet. It is not global, and has no group."),
        ("odd", "! Not ready Nobody is offered it: it has no container image URL yet.",
         "It is not global, and has no group."),
        ("secret", "✓ Offered Nobody is offered it: staff has no members.", ""),
        ("cuda", "✓ Offered Members of data-science (1 person) are offered it with One GPU.", ""),
    ],
)  # fmt: skip
def test_the_status_and_the_sentence(reader: Visitor, name: str, said: str, reason: str) -> None:
    """A word, who is offered it, and the reasons that this sentence does not give."""
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
