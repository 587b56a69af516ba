"""What a valid image is, with sentences that a person understands.

One schema serves the form and the REST API: both turn what they got into a plain
mapping and hand it to `parse_image`. What comes out is trimmed and consistent
(`gpu_url` only on universal images, no group twice); what cannot be right raises
`InvalidFields` with the sentences by field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    model_validator,
)

from hub_images.catalogue.reference import MAX_LENGTH as REFERENCE_MAX_LENGTH
from hub_images.catalogue.reference import reference_problem

ImageType = Literal["cpu", "gpu", "universal"]
IMAGE_TYPES: tuple[ImageType, ...] = ("cpu", "gpu", "universal")

NAME_MAX_LENGTH = 63  # of a label value: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
DISPLAY_NAME_MAX_LENGTH = 200
DESCRIPTION_MAX_LENGTH = 2000
GROUP_MAX_LENGTH = 255  # of `groups.name` in JupyterHub's database
GROUPS_MAX = 1000
UNKNOWN_NAMED = 20  # of the fields that do not exist; a body could hold 100,000
PULL_SECRET_MAX_LENGTH = 253  # of an object name: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/

#: Fields of the JSON model that the server writes; sent back they are ignored.
READ_ONLY_FIELDS = frozenset(
    {"ready", "version", "created_at", "updated_at", "created_by", "updated_by"}
)

NAME_PATTERN = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
INSTANCE_TYPE_NAME_PATTERN = r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?"
SECRET_NAME_PATTERN = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"  # noqa: S105 (a pattern, no secret)


class InvalidFields(ValueError):
    """What was sent cannot be stored; `errors` holds sentences by field name."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = {field: list(sentences) for field, sentences in errors.items()}
        super().__init__("; ".join(f"{k}: {' '.join(v)}" for k, v in self.errors.items()))


def check_name(value: str, pattern: str = NAME_PATTERN, extra: str = "") -> str:
    """Return `value` if it is a valid name; raise ValueError with a sentence if not."""
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


def _strip(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


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
    if len(value) > PULL_SECRET_MAX_LENGTH or not re.fullmatch(SECRET_NAME_PATTERN, value):
        raise ValueError(
            "Give the name of a Kubernetes secret: lower-case letters, digits, - and ., "
            "beginning and ending with a letter or digit."
        )
    return value


def _check_group(value: str) -> str:
    if not value:
        raise ValueError("A group has a name.")
    return value


def _unique(value: list[str]) -> list[str]:
    return list(dict.fromkeys(value))


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _none_is_blank(value: object) -> object:
    return "" if value is None else value


# Strict: a number or a boolean is not text.
Text = Annotated[str, Field(strict=True), BeforeValidator(_strip), AfterValidator(_check_storable)]
Line = Annotated[Text, AfterValidator(_check_one_line)]
Reference = Annotated[
    Line,
    Field(max_length=REFERENCE_MAX_LENGTH),
    AfterValidator(_check_reference),
]
Group = Annotated[Line, Field(max_length=GROUP_MAX_LENGTH), AfterValidator(_check_group)]


class ImageSpec(BaseModel):
    """The writable fields of an image, valid and trimmed.

    `display_name` is never blank: where none was given it is the name.
    `gpu_url` is None where the GPU reference is the same as `url`.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, title="ImageSpec")

    name: Annotated[
        Line,
        AfterValidator(check_name),
        Field(
            description="Unique, fixed after creation; it becomes a Kubernetes label value.",
            json_schema_extra={
                "pattern": f"^{NAME_PATTERN}$",
                "minLength": 1,
                "maxLength": NAME_MAX_LENGTH,
            },
        ),
    ]
    display_name: Annotated[
        Line,
        Field(max_length=DISPLAY_NAME_MAX_LENGTH, description="What people see; blank means name."),
    ] = ""
    description: Annotated[Text, Field(max_length=DESCRIPTION_MAX_LENGTH)] = ""
    type: ImageType = "universal"
    url: Annotated[
        Reference,
        BeforeValidator(_none_is_blank),
        Field(description="Container image reference; blank means not ready."),
    ] = ""
    gpu_url: Annotated[
        Annotated[Reference, Field()] | None,
        BeforeValidator(_blank_is_none),
        BeforeValidator(_strip),
        Field(description="Reference on GPU instance types; null means the same as url."),
    ] = None
    pull_secret: Annotated[
        Annotated[Line, AfterValidator(_check_secret_name)] | None,
        BeforeValidator(_blank_is_none),
        BeforeValidator(_strip),
        Field(description="Name of an image pull secret."),
    ] = None
    is_global: Annotated[
        StrictBool, Field(alias="global", description="Whether everyone may use the image.")
    ] = False
    groups: Annotated[
        list[Group],
        Field(max_length=GROUPS_MAX, strict=True, description="Without effect while global."),
        AfterValidator(_unique),
    ] = Field(default_factory=list)
    enabled: StrictBool = True

    @model_validator(mode="before")
    @classmethod
    def _fill_display_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("name"), str):
            shown = data.get("display_name", "")
            if isinstance(shown, str) and not shown.strip():
                return {**data, "display_name": data["name"].strip()}
        return data

    @model_validator(mode="after")
    def _check_gpu_url(self) -> Self:
        if self.gpu_url is not None and self.type != "universal":
            # pydantic puts this under no field; `field_errors` moves it
            raise ValueError("gpu_url: Only universal images have a URL of their own for GPU.")
        return self


def parse_image(data: Mapping[str, Any]) -> ImageSpec:
    """Turn the JSON fields of an image into a spec.

    Read-only fields are dropped first, so that what GET answered can be sent back.
    Raises `InvalidFields`.
    """
    # `is_global` is our attribute's name, not the field's
    fields = {field.alias or name for name, field in ImageSpec.model_fields.items()}
    writable = {key: value for key, value in data.items() if key in fields}
    unknown = (key for key in data if key not in fields and key not in READ_ONLY_FIELDS)
    errors = {
        key.encode("utf8", "replace").decode(): ["There is no such field."]
        for key in islice(unknown, UNKNOWN_NAMED)
    }
    try:
        spec = ImageSpec.model_validate(writable)
    except ValidationError as error:
        raise InvalidFields({**field_errors(error), **errors}) from None
    if errors:
        raise InvalidFields(errors)
    return spec


def image_fields(spec: ImageSpec) -> dict[str, Any]:
    """Return the spec as JSON fields, `global` under its own name."""
    return spec.model_dump(by_alias=True)


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


def field_errors(error: ValidationError) -> dict[str, list[str]]:
    """Turn pydantic's errors into sentences by top-level field name."""
    found: dict[str, list[str]] = {}
    for item in error.errors(include_url=False):
        sentence = _sentence(item)
        field = str(item["loc"][0]) if item["loc"] else ""
        if not field and ": " in sentence:  # raised by a check over several fields
            field, sentence = sentence.split(": ", 1)
        inside = [str(part + 1) for part in item["loc"][1:] if isinstance(part, int)]
        if inside:
            sentence = f"Entry {inside[0]}: {sentence}"
        if sentence not in found.setdefault(field, []):
            found[field].append(sentence)
    return found


def _sentence(item: Any) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"Choose one of {context['expected'].replace(chr(39), '')}."
    if kind == "string_too_long" or (kind == "too_long" and isinstance(item["input"], str)):
        return f"Use at most {context['max_length']:,} characters."
    if kind == "too_long":
        return f"Give at most {context['max_length']:,}."
    if kind in {"greater_than", "greater_than_equal"}:
        bound = context.get("gt", context.get("ge"))
        return f"This must be {'more than' if 'gt' in context else 'at least'} {bound}."
    return _SENTENCES.get(kind, str(item["msg"]).rstrip(".") + ".")
