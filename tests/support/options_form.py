"""The options form, used in a browser as a person does."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import sign_in
from tests.support.hub import Hub


def open_form(browser: Browser, hub: Hub, fragment: str = "", **rest: Any) -> Page:
    """Sign in somebody who may use some of the images, and open their form."""
    page = sign_in(browser, hub, "scientist", **rest)
    page.goto(f"{hub.url}hub/spawn{fragment}")
    return page


def expect_notice(page: Page, sentence: str | None) -> None:
    """See the one notice of the form, or none."""
    notices = page.locator("#hub-images .alert")
    expect(notices).to_have_text([] if sentence is None else [sentence])
