"""How the pages' sentences name things and count them."""

from __future__ import annotations

from collections.abc import Iterable


def people_text(count: int) -> str:
    """Return a number of people in words."""
    return "1 person" if count == 1 else f"{count:,} people"


def images_text(count: int) -> str:
    """Return the number of images in words: `1 image`, `no images`."""
    return "1 image" if count == 1 else f"{count:,} images" if count else "no images"


def listed(names: Iterable[str], most: int) -> str:
    """Return names as a sentence lists them; beyond `most`, how many more there are.

    One more is named rather than counted.
    """
    shown = list(names)
    if len(shown) > most + 1:
        shown[most:] = [f"{len(shown) - most:,} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
