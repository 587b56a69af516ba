"""The field types of images and instance types, and their error sentences.

A field's type trims what was sent, and raises ValueError with a sentence for people if that is
invalid. It does not trim the names of groups, which are the hub's, nor arguments and the values of
variables, in which blanks count. `field_errors` collects these sentences by field, pydantic's own
ones included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from hub_images.catalogue.reference import MAX_LENGTH as REFERENCE_MAX_LENGTH
from hub_images.catalogue.reference import reference_problem

NAME_MAX_LENGTH = 63  # of a label value: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
DISPLAY_NAME_MAX_LENGTH = 200
DESCRIPTION_MAX_LENGTH = 2000
GROUP_MAX_LENGTH = 255  # of `groups.name` in JupyterHub's database
TAG_MAX_LENGTH = 32
ADDRESS_MAX_LENGTH = 2000
PATH_MAX_LENGTH = 4096  # PATH_MAX of Linux
VERBATIM_MAX_LENGTH = 4096
PULL_SECRET_MAX_LENGTH = 253  # of an object name: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/

NAME_PATTERN = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
INSTANCE_TYPE_NAME_PATTERN = r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?"
SECRET_NAME_PATTERN = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"  # noqa: S105 (a pattern, no secret)
VARIABLE_NAME_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"

#: Environment variables that the hub sets itself begin with these.
RESERVED_VARIABLES = ("JUPYTERHUB_", "JPY_", "JUPYTER_IMAGE")


class InvalidFields(ValueError):
    """Some fields are invalid; `errors` holds sentences by field name."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = {field: list(sentences) for field, sentences in errors.items()}
        super().__init__("; ".join(f"{k}: {' '.join(v)}" for k, v in self.errors.items()))


def check_name(value: str, pattern: str = NAME_PATTERN, extra: str = "") -> str:
    """Return `value` if it is a valid name; raise ValueError with a sentence if not.

    `extra` is the one further character that `pattern` allows inside a name.
    """
    if not value:
        raise ValueError("Give a name.")
    if len(value) > NAME_MAX_LENGTH:
        raise ValueError(f"Use at most {NAME_MAX_LENGTH} characters.")
    if not re.fullmatch(pattern, value):
        if re.fullmatch(rf"[a-z0-9_{re.escape(extra)}-]+", value):
            raise ValueError("Begin and end with a letter or digit.")
        listed = f"{extra}, -" if extra else "-"
        raise ValueError(f"Use only lower-case letters, digits, {listed} and _.")
    return value


def is_name(value: object) -> bool:
    """Say whether an image can have this name.

    Instance types can have others too, with dots, but these can also be addresses.
    """
    return (
        isinstance(value, str)
        and len(value) <= NAME_MAX_LENGTH
        and bool(re.fullmatch(NAME_PATTERN, value))
    )


def is_secret_name(value: str) -> bool:
    """Say whether a Kubernetes secret can have this name."""
    return len(value) <= PULL_SECRET_MAX_LENGTH and bool(re.fullmatch(SECRET_NAME_PATTERN, value))


def strip(value: object) -> object:
    """Trim text; leave anything else to the field's type."""
    return value.strip() if isinstance(value, str) else value


def blank_is_none(value: object) -> object:
    """Turn blank text into null."""
    return None if value == "" else value


def none_is_blank(value: object) -> object:
    """Turn null into blank text."""
    return "" if value is None else value


def empty_is_none(value: object) -> object:
    """Turn an empty list into null."""
    return None if value == [] else value


def unique_but_for_case(value: list[str]) -> list[str]:
    """Return the first of entries that are alike but for case, in order."""
    first: dict[str, str] = {}
    for entry in value:
        first.setdefault(entry.casefold(), entry)
    return list(first.values())


def unique(value: list[str]) -> list[str]:
    """Return each entry once, in order of first appearance."""
    return list(dict.fromkeys(value))


def _check_storable(value: str) -> str:
    # PostgreSQL stores no NUL, and no database stores half a surrogate pair.
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value):
        raise ValueError("Leave out control characters.")
    if re.search(r"[\ud800-\udfff]", value):
        raise ValueError("This is not valid Unicode text.")
    return value


def _check_one_line(value: str) -> str:
    if re.search(r"[\n\r\t\x0b\x0c\x85\u2028\u2029]", value):
        raise ValueError("Write it on one line.")
    return value


def _check_reference(value: str) -> str:
    problem = reference_problem(value) if value else None
    if problem:
        raise ValueError(problem)
    return value


def _check_secret_name(value: str) -> str:
    if not is_secret_name(value):
        raise ValueError(
            "Give the name of a Kubernetes secret: use lower-case letters, digits, - and ., "
            "and begin and end with a letter or digit."
        )
    return value


def _check_group(value: str) -> str:
    if not value:
        raise ValueError("Give the group's name.")
    return value  # as it is: the hub may have "ds " beside "ds"


def _check_tag(value: str) -> str:
    if not value:
        raise ValueError("Give the tag.")
    return value


def _check_web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is no number
        complete = False
    if not complete:
        raise ValueError("Write an address that begins with http:// or https:// and names a host.")
    if re.search(r"[\s\\]", value):
        raise ValueError("Leave out blanks and backslashes.")
    return value


def _check_local_address(value: str) -> str:
    # What a browser or server could read as the address of another host is refused.
    if not value.startswith("/"):
        raise ValueError("Begin with /, and leave out scheme and host: for example, /lab.")
    if "//" in re.split("[?#]", value)[0]:
        raise ValueError("Leave out //.")
    if re.search(r"[\s\\\x80-\x9f]", value):
        raise ValueError("Leave out blanks, backslashes and control characters.")
    return value


def _check_absolute_path(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("Write an absolute path, which begins with /.")
    return value


def _check_variable_name(value: str) -> str:
    if not re.fullmatch(VARIABLE_NAME_PATTERN, value):
        raise ValueError("Use only letters, digits and _ in a name, and no digit at its beginning.")
    for prefix in RESERVED_VARIABLES:
        if value.startswith(prefix):
            raise ValueError(f"The hub itself sets the variables that begin with {prefix}.")
    return value


# Strict: a number or a boolean is not text.
Text = Annotated[str, Field(strict=True), BeforeValidator(strip), AfterValidator(_check_storable)]
Line = Annotated[Text, AfterValidator(_check_one_line)]
Reference = Annotated[
    Line,
    Field(max_length=REFERENCE_MAX_LENGTH),
    AfterValidator(_check_reference),
]
SecretName = Annotated[Line, AfterValidator(_check_secret_name)]
Group = Annotated[
    str,
    Field(strict=True, max_length=GROUP_MAX_LENGTH),
    AfterValidator(_check_storable),
    AfterValidator(_check_one_line),
    AfterValidator(_check_group),
]
Tag = Annotated[
    Line,
    Field(max_length=TAG_MAX_LENGTH, json_schema_extra={"minLength": 1}),
    AfterValidator(_check_tag),
]
WebAddress = Annotated[
    Line, Field(max_length=ADDRESS_MAX_LENGTH), AfterValidator(_check_web_address)
]
LocalAddress = Annotated[
    Line,
    Field(max_length=ADDRESS_MAX_LENGTH, json_schema_extra={"pattern": "^/(?!/)"}),
    AfterValidator(_check_local_address),
]
AbsolutePath = Annotated[
    Line,
    Field(max_length=PATH_MAX_LENGTH, json_schema_extra={"pattern": "^/"}),
    AfterValidator(_check_absolute_path),
]
Verbatim = Annotated[
    str,
    Field(strict=True, max_length=VERBATIM_MAX_LENGTH),
    AfterValidator(_check_storable),
]
VariableName = Annotated[
    str,
    Field(
        strict=True,
        max_length=VERBATIM_MAX_LENGTH,
        json_schema_extra={"pattern": f"^{VARIABLE_NAME_PATTERN}$"},
    ),
    AfterValidator(_check_variable_name),
]


_SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This must be text.",
    "string_sub_type": "This must be text.",
    "string_unicode": "This is not valid Unicode text.",
    "bool_type": "This must be true or false.",
    "list_type": "This must be a list.",
    "dict_type": "This must be a mapping.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "float_type": "This must be a number.",
    "float_parsing": "This must be a number.",
    "finite_number": "This must be a finite number.",
}


KEY_NAMED = 60  # characters of a key in an error, at most

_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def field_errors(error: ValidationError) -> dict[str, list[str]]:
    """Turn pydantic's errors into sentences by top-level field name."""
    found: dict[str, list[str]] = {}
    for item in error.errors(include_url=False):
        sentence = _sentence(item)
        field = str(item["loc"][0]) if item["loc"] else ""
        if not field and ": " in sentence:  # raised by a check over several fields
            field, sentence = sentence.split(": ", 1)
        if len(item["loc"]) > 1:
            sentence = f"{_entry(item['loc'][1])}: {sentence}"
        if sentence not in found.setdefault(field, []):
            found[field].append(sentence)
    return found


def _entry(place: int | str) -> str:
    """Name an entry of a list by its number, one of a mapping by its key."""
    if isinstance(place, int):
        return f"Entry {place + 1}"
    key = place.encode("utf8", "replace").decode()
    return key if len(key) <= KEY_NAMED else f"{key[:KEY_NAMED]}…"


def _sentence(item: Any) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"Choose one of {context['expected'].replace(chr(39), '')}."
    if kind == "string_too_long" or (kind == "too_long" and isinstance(item["input"], str)):
        return f"Use at most {context['max_length']:,} characters."
    if kind == "too_long":
        return f"Give at most {context['max_length']:,} entries."
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"This must be {words} {context[bound]}."
    return _SENTENCES.get(kind, str(item["msg"]).rstrip(".") + ".")
