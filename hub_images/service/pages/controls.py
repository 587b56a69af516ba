r"""How the image's form shows, reads and understands a value of each type.

The page of a bulk action shows and reads tags with `COMMAS` too.

Guarantees: what a control shows for a value means that value again, whatever it holds, so that
saving an untouched form changes nothing.

A list with one entry a line, and variables with one `NAME=value` a line, need a way to write what
does not fit on a line. A text that begins with a quotation mark is read as JSON: `"two\nlines"`,
`""`. It is shown so where it would be misread otherwise, or where blanks at an end would be missed.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Field, StrictStr, TypeAdapter
from tornado.web import RequestHandler

from hub_images.catalogue.image import GROUPS_MAX
from hub_images.service.web.answers import ErrorAnswer

#: In one field of JSON; an image may list fewer, which is told beside the field.
MOST_ENTRIES = 2 * GROUPS_MAX
#: pydantic refuses text that is not valid Unicode, too.
_ENTRIES = TypeAdapter(Annotated[list[StrictStr], Field(max_length=MOST_ENTRIES)])


def _as_typed(typed: Any) -> Any:
    return typed


@dataclass(frozen=True)
class Control:
    """How the form shows and reads values of one type."""

    shown: Callable[[Any], Any]
    """Turns a field's value into what the form shows."""
    sent: Callable[[RequestHandler, str], Any]
    """Reads what was sent under a field's name, exactly as it was typed."""
    meant: Callable[[Any], Any] = _as_typed
    """Turns what was typed into a value; raises ValueError with a sentence if it cannot."""


def text(request: RequestHandler, name: str) -> str:
    """Read what was sent under `name`, with the line breaks that people mean."""
    return request.get_body_argument(name, "", strip=False).replace("\r\n", "\n")


def ticked(request: RequestHandler, name: str) -> bool:
    """Say whether the box was ticked."""
    return request.get_body_argument(name, None) is not None


def _several(request: RequestHandler, name: str) -> list[str]:
    """Read a list from one field per entry, as without scripts, or from one field of JSON.

    Tornado accepts some 1,000 fields, and an image may list as many groups. A browser with
    scripts shows no boxes. If it could not load ours either, nobody could choose anything, and
    the list stays as the page held it.
    """
    sent = request.get_body_arguments(name, strip=False)
    source = f"{name}_json"
    if not (sent or ticked(request, source) or ticked(request, f"{name}_boxes")):
        source = f"{name}_kept"
    try:
        entries = _ENTRIES.validate_json(request.get_body_argument(source, "") or "[]")
    except ValueError:
        raise ErrorAnswer(
            400, f"{source} must be a list of at most {MOST_ENTRIES:,} texts, in JSON."
        ) from None
    return list(dict.fromkeys([*sent, *entries]))


def _number(typed: str) -> Any:
    number = typed.strip()
    if not number:
        return 0
    return int(number) if re.fullmatch(r"[+-]?[0-9]{1,9}", number) else typed


def _with_commas(entries: Iterable[str]) -> str:
    return ", ".join(
        '"{}"'.format(entry.replace('"', '""')) if re.search('[,"]', entry) else entry
        for entry in entries
    )


def _between_commas(typed: str) -> list[str]:
    try:
        rows = list(csv.reader(typed.splitlines(), skipinitialspace=True))
    except csv.Error:  # an entry of more than 128 KiB: the field's own limit says so
        return [typed]
    return [entry for row in rows for entry in row if entry.strip()]


def _line(value: str) -> str:
    """Return `value` so that `_value` reads it again from one line."""
    plain = value and value == value.strip() and not re.search(r'^"|[\r\n]', value)
    return value if plain else json.dumps(value, ensure_ascii=False)


def _value(line: str, number: int) -> str:
    if not line.startswith('"'):
        return line
    try:
        value = json.loads(line, strict=False)
    except ValueError:
        value = None
    if not isinstance(value, str):
        raise ValueError(
            f'Line {number}: What begins with " must end with ", and have \\" for each " inside.'
        )
    return value


def _lines(values: Iterable[str]) -> str:
    return "\n".join(map(_line, values))


def _from_lines(typed: str) -> list[str]:
    return [_value(line.strip(), number) for number, line in _numbered(typed)]


def _variables(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name}={_line(value) if value else ''}" for name, value in values.items())


def _from_variables(typed: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in _numbered(typed):
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals:
            raise ValueError(f"Line {number}: Write NAME=value.")
        if name in found:
            raise ValueError(f"Line {number}: {name} is there twice.")
        found[name] = _value(value, number)
    return found


def _numbered(typed: str) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers."""
    lines = enumerate(typed.split("\n"), start=1)
    return [(number, line) for number, line in lines if line.strip()]


TEXT = Control(lambda value: "" if value is None else str(value), text)
BOX = Control(bool, ticked)
BOXES = Control(list, _several)
NUMBER = Control(str, text, _number)
COMMAS = Control(_with_commas, text, _between_commas)
LINES = Control(lambda value: _lines(value or []), text, _from_lines)
VARIABLES = Control(_variables, text, _from_variables)

#: Fields with another control than others of their type.
_OWN = {"groups": BOXES, "tags": COMMAS}
_BY_TYPE: dict[Any, Control] = {bool: BOX, int: NUMBER, list: LINES, dict: VARIABLES}


def control(name: str, annotation: Any) -> Control:
    """Return the control of a field, by its JSON name and the type in `ImageSpec`."""
    if get_origin(annotation) in (Union, UnionType):  # what may be null
        annotation = get_args(annotation)[0]
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return _OWN.get(name) or _BY_TYPE.get(get_origin(annotation) or annotation, TEXT)
