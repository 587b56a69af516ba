"""What differs between two states of an image, as a part of one line in a log.

Guarantees: one line, whatever the values are: control characters, separators of lines and
characters that turn the direction of text are escaped. Each value takes at most
`VALUE_LENGTH` characters, and so do the elements of a list or a mapping together.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hub_images.catalogue.difference import FieldChange

VALUE_LENGTH = 200
# of a mapping, so that one key and two values have room
_KEY_LENGTH = 100
_SHORT_VALUE_LENGTH = 48
_WORD = re.compile(r"[\w.-]{1,100}")


def difference_line(changes: Mapping[str, FieldChange]) -> str:
    """Return `url: "a:1" → "a:2"; groups: +ds -ml`, in the order of `changes`."""
    return "; ".join(f"{name}: {_difference(change)}" for name, change in changes.items())


def _difference(change: FieldChange) -> str:
    before, after = change.before, change.after
    if isinstance(before, list) and isinstance(after, list):
        return _elements(before, after)
    if isinstance(before, dict) and isinstance(after, dict):
        return _entries(before, after)
    return f"{_value(before)} → {_value(after)}"


def _elements(before: Sequence[Any], after: Sequence[Any]) -> str:
    """Return what came (`+`) and went (`-`); a command may have an argument several times."""
    had, has = Counter(before), Counter(after)
    changes = [f"+{_element(item)}" for item in (has - had).elements()]
    changes += [f"-{_element(item)}" for item in (had - has).elements()]
    return _joined(changes) if changes else "in another order"


def _entries(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return which keys came (`+`), which have another value, and which went (`-`)."""
    changes = []
    for key, value in after.items():
        shown = f"{_element(key, _KEY_LENGTH)}={_value(value, _SHORT_VALUE_LENGTH)}"
        if key not in before:
            changes.append(f"+{shown}")
        elif before[key] != value:
            old = _value(before[key], _SHORT_VALUE_LENGTH)
            changes.append(f"{shown} (was {old})")
    changes += [f"-{_element(key, _KEY_LENGTH)}" for key in before if key not in after]
    return _joined(changes)


def _joined(changes: Sequence[str]) -> str:
    """Return the changes as far as there is room, at least one, and how many more there are."""
    shown, length = 0, 0
    while shown < len(changes) and (length := length + len(changes[shown]) + 1) <= VALUE_LENGTH:
        shown += 1
    shown = max(shown, 1)
    more = f" and {len(changes) - shown} more" if shown < len(changes) else ""
    return " ".join(changes[:shown]) + more


def _element(item: Any, length: int = VALUE_LENGTH) -> str:
    return item if isinstance(item, str) and _WORD.fullmatch(item) else _value(item, length)


def _value(value: Any, length: int = VALUE_LENGTH) -> str:
    """Return a value in JSON, on one line, and shortened to `length` characters."""
    text = ""
    for character in json.dumps(value, ensure_ascii=False):
        escaped = (
            character
            if character.isprintable()
            else character.encode("unicode_escape").decode("ascii")
        )
        if len(text) + len(escaped) > length - 1:
            return f"{text}…"
        text += escaped
    return text
