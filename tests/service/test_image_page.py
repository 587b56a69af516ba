"""The page of one image: what it is, and what starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from hub_images.service.pages.image_page import pieces
from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.starts import recording_hub
from tests.support.visitor import Visitor, facts, text, words

pytestmark = pytest.mark.hub

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
    """Run a hub with an image that has everything."""
    with recording_hub(tmp_path_factory.mktemp("image")) as running:
        running.add_image("full", **FULL)
        yield running


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
    said = facts(reader.get("image/full"), "starts")
    assert list(said) == ["On Small, Large", "On One GPU", "Type", "Pull secret"]
    assert said["On Small, Large"].endswith(
        "Repository registry.example.org/ team/ full Tag 1 Digest sha256:0123456789ab… "
        "Copy the digest"
    )
    assert "Tag cuda Digest none" in said["On One GPU"]
    assert (said["Type"], said["Pull secret"]) == ("universal", "lab-registry")
    copied = [str(button["data-copy"]) for button in reader.get("image/full").select("dl button")]
    assert copied == [FULL["url"], DIGEST, FULL["gpu_url"]]
    said = facts(reader.get("image/unready"), "starts")
    assert said["Container image URL"] == "none yet"


def test_it_says_what_a_start_sets(reader: Visitor) -> None:
    """Only fields that are set; variables as a table, the command one argument a line."""
    page = reader.get("image/full")
    said = facts(page, "at-start")
    assert said["Default URL"] == "/lab"
    assert said["Command"] == "start.sh --flag"
    assert said["Working directory"] == "/home/work"
    assert said["Image pull policy"] == "Always"
    rows = [words(row) for row in page.select(".hub-images-variables tbody tr")]
    assert rows == ["A 1", f"LONG {'x' * 4096}", "BLANK blank"]
    assert not reader.get("image/scipy").select("#at-start")


def test_when_and_by_whom(hub: Hub, reader: Visitor) -> None:
    """Relative, with the exact time; one that nobody has changed was just added."""
    hub.add_image("dated")
    said = facts(reader.get("image/dated"), "changes")
    assert said == {"Added": "just now by tester", "Version": "1"}
    hub.images("PATCH", "images/dated", json={"order": 1})
    page = reader.get("image/dated")
    assert list(facts(page, "changes")) == ["Added", "Changed", "Version"]
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
