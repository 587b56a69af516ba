"""A person who does a task by keyboard alone, or by mouse, while their keys and clicks are counted.

Guarantees: a `KeyboardWalk` sends keys to the page and nothing else, so whatever it reaches can
be reached. Each key counts, a typed word as its letters, and keys held together as one.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

#: Who has not come to a control by then would have given up.
MOST_TABS = 150


@dataclass
class KeyboardWalk:
    """Someone who has no mouse."""

    page: Page
    keys: int = 0

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.page.keyboard.type(text)
        self.keys += len(text)

    def tab_to(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab, or another `key`, until `target` has the focus."""
        passed: list[str] = []
        while not target.evaluate("(element) => element === document.activeElement"):
            passed.append(_focused(self.page))
            assert len(passed) <= MOST_TABS, passed
            self.press(key)


def _focused(page: Page) -> str:
    """Name what has the focus, for a test that does not get where it wants."""
    return str(
        page.evaluate(
            "(({ localName, id, ariaLabel, textContent }) =>"
            " `${localName}#${id} ${ariaLabel ?? textContent.trim().slice(0, 30)}`)"
            "(document.activeElement)"
        )
    )


@dataclass
class MouseWalk:
    """Someone who points, clicks, and types only into fields."""

    page: Page
    clicks: int = 0
    keys: int = 0

    def click(self, target: Locator) -> None:
        """Click at what can be seen."""
        target.click()
        self.clicks += 1

    def type(self, text: str, *, into: Locator) -> None:
        """Click into a field, mark what stands in it, and type."""
        into.click(click_count=3)
        self.page.keyboard.type(text)
        self.clicks += 1
        self.keys += len(text)

    def press(self, key: str) -> None:
        """Press a key in the field that has the focus."""
        self.page.keyboard.press(key)
        self.keys += 1
