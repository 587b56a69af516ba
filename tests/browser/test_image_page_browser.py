"""The page of one image, in a browser: copying, deleting, keyboard, no script, narrow, dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Theme, overflows, sign_in, violations
from tests.support.hub import Hub
from tests.support.starts import recording_hub, start
from tests.support.university import UNIVERSITY

pytestmark = pytest.mark.timeout(240)

LONG = "a-name-that-is-as-long-as-a-kubernetes-label-may-be-63-letters"
PINNED = "climate-lab"
FULL = {
    "display_name": "W" * 200,
    "description": "# A heading\n\n### Another\n\n" + "word " * 300 + "x" * 400,
    "tags": ["t" * 32, "python"],
    "url": "registry.example.org/" + "/".join(["component-of-a-path"] * 8) + ":" + "1" * 128,
    "groups": [f"group-{number}-{'g' * 200}" for number in range(30)],
    "environment": {
        "LONG": "x" * 4096,
        "LINES": "\n".join(map(str, range(40))),
        "A_" * 60 + "NAME": "1",
    },
    "command": ["start.sh", "y" * 500],
    "default_url": "/" + "z" * 300,
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub whose servers are recorded."""
    with recording_hub(tmp_path_factory.mktemp("image")) as running:
        for name in (LONG, PINNED, "ml-next"):
            running.add_image(name, **UNIVERSITY[name])
        running.add_image("full", **{**FULL, "global": False})
        yield running


def _copied(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_copying(browser: Browser, hub: Hub) -> None:
    """The whole reference, and a link that preselects the image for whoever opens it."""
    page = sign_in(browser, hub, "reader", permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{hub.images_url}image/{PINNED}")
    page.get_by_role("button", name="Copy the reference on Small, Large").click()
    told = page.get_by_role("status").filter(has_text="Copied")
    expect(told).to_have_text("Copied the reference on Small, Large.")
    assert _copied(page) == UNIVERSITY[PINNED]["url"]
    page.goto(f"{hub.images_url}image/scipy")
    page.get_by_role("button", name="Copy start link").click()
    expect(told).to_have_text("Copied the start link.")
    page.goto(_copied(page))
    expect(page.get_by_role("radio", name="SciPy")).to_be_checked()
    page.context.close()


def test_deleting_by_keyboard(browser: Browser, hub: Hub) -> None:
    """It asks with a fresh number; Escape deletes nothing and leads back to the button."""
    hub.add_image("doomed", display_name="Doomed")
    page = sign_in(browser, hub, "editor")
    page.goto(f"{hub.images_url}image/doomed")
    assert start(hub, "student", {"image": "doomed"}).status_code == 201
    button = page.get_by_role("button", name="Delete", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Delete Doomed?")
    expect(dialog).to_contain_text("1 running server uses it now")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").filter(has_text="Deleted Doomed; 1 running")).to_be_visible()
    page.context.close()


def test_without_a_script(browser: Browser, hub: Hub) -> None:
    """Disabling, the start link and the question before a deletion."""
    page = sign_in(browser, hub, "editor", java_script_enabled=False)
    page.goto(f"{hub.images_url}image/minimal")
    expect(page.get_by_role("button", name="Copy start link")).to_be_hidden()
    link = page.get_by_role("link", name="Start link")
    assert link.get_attribute("href") == f"{hub.url}hub/spawn#image=minimal"
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Nobody is offered it: it is disabled.")).to_be_visible()
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Minimal")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete Minimal?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert hub.images("GET", "images/minimal").status_code == 200
    page.context.close()


@pytest.mark.parametrize("width", [1280, 1024, 390])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing, nothing scrolls sideways, whatever is in the fields."""
    page = sign_in(browser, hub, "admin", theme=theme, width=width)
    for name in ("scipy", LONG, PINNED, "ml-next", "full"):
        page.goto(f"{hub.images_url}image/{name}")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        page.get_by_text("Show this image as YAML").click()
        assert violations(page, "main") == []
        assert not overflows(page), name
    page.goto(f"{hub.images_url}image/scipy")
    page.get_by_role("button", name="Copy start link").click()
    page.get_by_role("status").filter(has_text="start link").wait_for()
    # the focused button fades into its colours
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    assert violations(page, "main") == []
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_words_stay_whole(browser: Browser, hub: Hub, width: int) -> None:
    """Each piece of a reference is on one line, as long as the line has room for it."""
    page = sign_in(browser, hub, "reader", width=width)
    page.goto(f"{hub.images_url}image/{PINNED}")
    found = page.locator("dd > .hub-images-line .hub-images-piece")
    heights = found.evaluate_all(
        "pieces => pieces.map(piece => [piece.textContent, piece.getClientRects().length,"
        " piece.offsetHeight < 2 * parseFloat(getComputedStyle(piece).fontSize)])"
    )
    assert len(heights) >= 8
    assert all(rectangles == 1 and one_line for _text, rectangles, one_line in heights), heights
    page.context.close()
