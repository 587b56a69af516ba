"""A real browser for tests: Debian's Chromium, driven by Playwright, with axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.support.hub import Hub
from tests.support.hub_config import PASSWORD
from tests.support.requirements import chromium

Theme = Literal["light", "dark"]

WAIT_MILLISECONDS = 20_000
expect.set_options(timeout=WAIT_MILLISECONDS)

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


#: What scripts of pages have thrown since the last test; `tests/conftest.py` lets it fail.
SCRIPT_ERRORS: list[str] = []


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    """Run a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield browser
        browser.close()


def sign_in(
    browser: Browser, hub: Hub, user: str, *, theme: Theme = "light", width: int = 1280, **rest: Any
) -> Page:
    """Open a page of a new context and sign in through the hub's login form."""
    page = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, **rest
    ).new_page()
    page.on("pageerror", lambda error: _note(page, error))
    page.set_default_timeout(WAIT_MILLISECONDS)
    fill_in_login(page, hub.url, user, PASSWORD)
    return page


def fill_in_login(page: Page, url: str, user: str, password: str) -> None:
    """Sign in at the hub whose address is `url`, with a slash at its end."""
    page.goto(f"{url}hub/login")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/hub/login" not in address)


def _note(page: Page, error: Error) -> None:
    if "/user/" not in page.url:  # a server's own pages are not ours
        SCRIPT_ERRORS.append(f"{page.url}: {error}")


def expect_boxes(page: Page, name: str, values: list[str]) -> None:
    """See the radio buttons or checkboxes called `name`, these and in this order."""
    boxes = page.locator(f"input[name={name}]")
    expect(boxes).to_have_count(len(values))
    for number, value in enumerate(values):
        expect(boxes.nth(number)).to_have_attribute("value", value)


def violations(page: Page, within: str) -> list[str]:
    """Return what axe-core finds wrong inside of the element `within`.

    Not the whole page: JupyterHub's own navigation bar and Start button have violations
    of their own (contrast, landmarks), on every page of every hub.
    """
    results = Axe().run(page, context=within, options={"resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['target']}: {node['html'][:120]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


def expect_in_sight(page: Page, selector: str) -> None:
    """See what `selector` finds within the window, whole and with nothing in front of it."""
    page.wait_for_function(
        """(selector) => {
          const shown = document.querySelector(selector);
          const { left, right, top, bottom } = shown.getBoundingClientRect();
          const inside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
          const corners = [[left + 9, top + 9], [right - 9, bottom - 9]];
          return inside && corners.every(([x, y]) => {
            const there = document.elementFromPoint(x, y);
            return shown.contains(there);
          });
        }""",
        arg=selector,
    )


def broken_words(page: Page) -> list[str]:
    """Return the words of the page that are on more than one line."""
    words: list[str] = page.evaluate(
        """() => {
          const broken = [];
          const texts = document.createTreeWalker(
            document.getElementById("main"), NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const text = texts.currentNode;
            if (text.parentElement.closest(".visually-hidden, details:not([open]) > :not(summary)"))
              continue;
            for (const word of text.data.matchAll(/[^\\s-]+/g)) {
              const range = document.createRange();
              range.setStart(text, word.index);
              range.setEnd(text, word.index + word[0].length);
              const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
              if (lines.size > 1) broken.push(word[0]);
            }
          }
          return broken;
        }"""
    )
    return words


def overflows(page: Page) -> bool:
    """Say whether the page scrolls sideways."""
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )
