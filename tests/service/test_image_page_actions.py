"""The page of one image: what can be done there, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.starts import recording_hub
from tests.support.visitor import Visitor, text, words

pytestmark = pytest.mark.hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with some images."""
    with recording_hub(tmp_path_factory.mktemp("image-actions")) as running:
        yield running


def test_readers_get_no_actions(editor: Visitor, reader: Visitor) -> None:
    """But the start link, and everything that is stored."""
    page = reader.get("image/torch")
    buttons = [words(button) for button in page.select(".hub-images-do :is(a, button)")]
    assert buttons == ["Copy start link", "Start link"]
    assert not page.select("form, dialog")
    assert "nvidia-ngc" not in page.get_text()  # another pull secret that could be chosen
    page = editor.get("image/torch?search=x")
    buttons = [words(button) for button in page.select(".hub-images-do :is(a, button)")]
    assert buttons == ["Edit", "Duplicate", "Disable", "Copy start link", "Start link", "Delete"]
    links = [link["href"] for link in page.select(".hub-images-do a")[:2]]
    assert links == [
        "/services/images/edit/torch?search=x", "/services/images/new?from=torch&search=x",
    ]  # fmt: skip


def test_the_start_link(hub: Hub, reader: Visitor) -> None:
    """As people paste it: absolute, with the origin that the browser knows."""
    link = f"{hub.url}hub/spawn#image=torch"
    assert element(reader.get("image/torch"), ".hub-images-do [data-copy]")["data-copy"] == link
    behind_tls = {"X-Forwarded-Proto": "https", "X-Scheme": "https"}
    secure = reader.client.get("services/images/image/torch", headers=behind_tls)
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
