"""Turns the list's query parameters into an `ImageQuery`, with a sentence for each wrong one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hub_images.catalogue.fields import TAG_MAX_LENGTH, InvalidFields, Tag, is_secret_name
from hub_images.catalogue.image import IMAGE_TYPES
from hub_images.catalogue.reference import normalised_registry
from hub_images.store.search import MAX_SEARCH_LENGTH, SORTS, ImageQuery

DEFAULT_LIMIT = 50
MAX_LIMIT = 200  # more is cut, as the hub does (`JupyterHub.api_page_max_limit`)
MAX_OFFSET = 2**31 - 1

_TAG: TypeAdapter[str] = TypeAdapter(Tag)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def parse_query(arguments: Mapping[str, Sequence[bytes]]) -> ImageQuery:
    """Return the query that the parameters ask for; raises `InvalidFields` by parameter."""
    errors: dict[str, list[str]] = {}
    fields: dict[str, Any] = {"limit": DEFAULT_LIMIT}
    for name, parse in _PARSERS.items():
        if name not in arguments:
            continue
        try:
            fields.update(parse(arguments[name][-1].decode("utf8")))
        except UnicodeDecodeError:
            errors[name] = ["This is not valid Unicode text."]
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise InvalidFields(errors)
    return ImageQuery(**fields)


def _search(value: str) -> dict[str, Any]:
    if "\0" in value:
        raise ValueError("Leave out control characters.")
    if len(value) > MAX_SEARCH_LENGTH:
        raise ValueError(f"Use at most {MAX_SEARCH_LENGTH} characters.")
    return {"search": value}


def _group(value: str) -> dict[str, Any]:
    if "\0" in value:
        raise ValueError("Leave out control characters.")
    return {"group": value}


def _tag(value: str) -> dict[str, Any]:
    try:
        return {"tag": _TAG.validate_python(value)}
    except ValidationError:
        raise ValueError(f"Give a tag: 1 to {TAG_MAX_LENGTH} characters on one line.") from None


def _pull_secret(value: str) -> dict[str, Any]:
    if not is_secret_name(value):
        raise ValueError("Give the name of a Kubernetes secret.")
    return {"pull_secret": value}


def _type(value: str) -> dict[str, Any]:
    if value not in IMAGE_TYPES:
        raise ValueError("Choose cpu, gpu or universal.")
    return {"type": value}


def _boolean(field: str, value: str) -> dict[str, Any]:
    if value.lower() not in _BOOLEANS:
        raise ValueError("This must be true or false.")
    return {field: _BOOLEANS[value.lower()]}


def _sort(value: str) -> dict[str, Any]:
    descending = value.startswith("-")
    name = value.removeprefix("-")
    if name not in SORTS:
        raise ValueError(f"Sort by one of {', '.join(SORTS)}; put - before it to reverse.")
    return {"sort": name, "descending": descending}


def _whole_number(value: str, lowest: int) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 12) or int(value) < lowest:
        raise ValueError(f"This must be a whole number of at least {lowest}.")
    return int(value)


_PARSERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "search": _search,
    "type": _type,
    "group": _group,
    "global": lambda value: _boolean("is_global", value),
    "tag": _tag,
    "pull_secret": _pull_secret,
    "registry": lambda value: {"registry": normalised_registry(value)},
    "enabled": lambda value: _boolean("enabled", value),
    "sort": _sort,
    "limit": lambda value: {"limit": min(_whole_number(value, 1), MAX_LIMIT)},
    "offset": lambda value: {"offset": min(_whole_number(value, 0), MAX_OFFSET)},
}
