"""What differs between two states of an image, as a part of one line in a log.

Guarantees: one line, whatever the values are: control characters, separators of lines and
characters that turn the direction of text are escaped. Each value takes at most
`VALUE_LENGTH` characters, and so do the elements of a list together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub_images.catalogue.difference import FieldChange

VALUE_LENGTH = 200
_WORD = re.compile(r"[\w.-]{1,100}")


def difference_line(changes: Mapping[str, FieldChange]) -> str:
    """Return `url: "a:1" → "a:2"; groups: +ds -ml`, in the order of `changes`."""
    return "; ".join(f"{name}: {_difference(change)}" for name, change in changes.items())


def _difference(change: FieldChange) -> str:
    before, after = change.before, change.after
    if isinstance(before, list) and isinstance(after, list):
        return _elements(before, after)
    return f"{_value(before)} → {_value(after)}"


def _elements(before: Sequence[Any], after: Sequence[Any]) -> str:
    """Return what came (`+`) and went (`-`), as far as there is room."""
    had, has = set(before), set(after)  # an image lists up to 1,000 groups
    changes = [f"+{_element(item)}" for item in after if item not in had]
    changes += [f"-{_element(item)}" for item in before if item not in has]
    if not changes:
        return "in another order"
    shown, length = 0, 0
    while shown < len(changes) and (length := length + len(changes[shown]) + 1) <= VALUE_LENGTH:
        shown += 1
    shown = max(shown, 1)
    more = f" and {len(changes) - shown} more" if shown < len(changes) else ""
    return " ".join(changes[:shown]) + more


def _element(item: Any) -> str:
    return item if isinstance(item, str) and _WORD.fullmatch(item) else _value(item)


def _value(value: Any) -> str:
    """Return a value in JSON, on one line, and shortened."""
    text = ""
    for character in json.dumps(value, ensure_ascii=False):
        escaped = (
            character
            if character.isprintable()
            else character.encode("unicode_escape").decode("ascii")
        )
        if len(text) + len(escaped) > VALUE_LENGTH - 1:
            return f"{text}…"
        text += escaped
    return text
