"""What a page's markup holds, as a parser sees it."""

from __future__ import annotations

from bs4 import Tag


def element(within: Tag, selector: str) -> Tag:
    """Return the one element that `selector` finds there; fails for none and for several."""
    found = within.select(selector)
    assert len(found) == 1, f"{len(found)} elements are {selector}"
    return found[0]
