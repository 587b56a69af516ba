"""The servers that run an image, in a browser: choosing, keyboard, no script, narrow, dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Theme, expect_boxes, overflows, sign_in, violations
from tests.support.hub import Hub
from tests.support.starts import recording_hub, start

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub whose servers are recorded."""
    with recording_hub(tmp_path_factory.mktemp("running")) as running:
        yield running


def _start(hub: Hub) -> None:
    for user, server in [("scientist", ""), ("student", ""), ("student", "two")]:
        if server not in hub.api("GET", f"users/{user}").json()["servers"]:
            assert start(hub, user, {"image": "scipy"}, server=server).status_code == 201


def test_stopping_chosen_servers_by_keyboard(browser: Browser, hub: Hub) -> None:
    """From the list; all are ticked, Escape stops nothing, the dialog stops what it lists."""
    _start(hub)
    page = sign_in(browser, hub, "admin")
    page.goto(f"{hub.images_url}?search=scipy")
    page.get_by_role("link", name="3 servers of SciPy").click()
    expect_boxes(page, "servers", ["scientist/", "student/", "student/two"])
    expect(page.get_by_label("Select all")).to_be_checked()
    page.get_by_label("Choose scientist’s server", exact=True).uncheck()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    button = page.get_by_role("button", name="Stop these servers")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Stop 2 servers?")
    expect(dialog.get_by_role("listitem")).to_have_text(["student", "student two"])
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert len(hub.api("GET", "users/student").json()["servers"]) == 2
    button.focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Stopped 2 running")).to_be_visible()
    expect(page.get_by_label("Choose scientist’s server", exact=True)).to_be_checked()
    assert hub.api("GET", "users/student").json()["servers"] == {}
    page.context.close()


def test_without_a_script(browser: Browser, hub: Hub) -> None:
    """The server puts the question."""
    _start(hub)
    page = sign_in(browser, hub, "admin", java_script_enabled=False)
    page.goto(f"{hub.images_url}running/scipy")
    page.get_by_label("Choose student’s server two").uncheck()
    page.get_by_role("button", name="Stop these servers").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Stop 2 servers?")
    dialog.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status").filter(has_text="Stopped 2 running")).to_be_visible()
    expect(page.get_by_role("row", name="student")).to_have_count(1)
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_accessible(browser: Browser, hub: Hub, theme: Theme, width: int) -> None:
    """axe-core finds nothing in page, dialog and empty page; nothing scrolls sideways."""
    _start(hub)
    page = sign_in(browser, hub, "admin", theme=theme, width=width)
    for path in ("running/scipy", "running/torch"):
        page.goto(hub.images_url + path)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        assert violations(page, "main") == []
        assert not overflows(page)
    page.goto(f"{hub.images_url}running/scipy")
    page.get_by_role("button", name="Stop these servers").click()
    expect(page.get_by_role("dialog")).to_contain_text("what they have not saved")
    # the focused button fades into its colours
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    assert violations(page, "dialog") == []
    page.context.close()
