"""What a valid image is: each field, named once.

`ImageSpec` is the one list of an image's fields. The row, the form, the JSON model, the
OpenAPI document, the hub's snapshot and every difference that people see are derived from
it; `docs/design.md` says what a new field needs besides its line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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

from hub_images.catalogue.fields import (
    DESCRIPTION_MAX_LENGTH,
    DISPLAY_NAME_MAX_LENGTH,
    NAME_MAX_LENGTH,
    NAME_PATTERN,
    Group,
    InvalidFields,
    Line,
    Reference,
    SecretName,
    Text,
    blank_is_none,
    check_name,
    field_errors,
    none_is_blank,
    strip,
    unique,
)

ImageType = Literal["cpu", "gpu", "universal"]
IMAGE_TYPES: tuple[ImageType, ...] = ("cpu", "gpu", "universal")

GROUPS_MAX = 1000
UNKNOWN_NAMED = 20  # unknown fields in an error, at most; a body could hold 100,000


class Searched:
    """Marks a field that a search looks in."""


class ImageSpec(BaseModel):
    """The writable fields of an image, valid and trimmed, in the order in which people see them.

    A field's title is its label. `display_name` is never blank: without one, it is the name.
    `gpu_url` is None if the GPU reference is the same as `url`.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, title="ImageSpec")

    name: Annotated[
        Line,
        AfterValidator(check_name),
        Searched,
        Field(
            title="Name",
            description="Unique; cannot be changed later. It becomes a Kubernetes label value.",
            json_schema_extra={
                "pattern": f"^{NAME_PATTERN}$",
                "minLength": 1,
                "maxLength": NAME_MAX_LENGTH,
            },
        ),
    ]
    display_name: Annotated[
        Line,
        Searched,
        Field(
            title="Display name",
            max_length=DISPLAY_NAME_MAX_LENGTH,
            description="What people see; blank means the name.",
        ),
    ] = ""
    description: Annotated[
        Text, Searched, Field(title="Description", max_length=DESCRIPTION_MAX_LENGTH)
    ] = ""
    type: Annotated[ImageType, Searched, Field(title="Type")] = "universal"
    url: Annotated[
        Reference,
        BeforeValidator(none_is_blank),
        Field(
            title="Container image URL",
            description="Container image reference; while it is blank, the image is not ready.",
        ),
    ] = ""
    gpu_url: Annotated[
        Annotated[Reference, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        Field(
            title="Specific container image URL for GPU",
            description="Reference on GPU instance types; null means the same as url.",
        ),
    ] = None
    pull_secret: Annotated[
        Annotated[SecretName, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        Field(title="Use image pull secret", description="Name of an image pull secret."),
    ] = None
    enabled: Annotated[
        StrictBool,
        Field(title="Enabled", description="Nobody is offered a disabled image."),
    ] = True
    is_global: Annotated[
        StrictBool,
        Field(title="Global", alias="global", description="Whether everyone may use the image."),
    ] = False
    groups: Annotated[
        list[Group],
        Field(
            title="Edit groups",
            max_length=GROUPS_MAX,
            strict=True,
            description="Groups that may use the image; ignored while it is global.",
        ),
        AfterValidator(unique),
    ] = Field(default_factory=list)

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
            raise ValueError("gpu_url: Only universal images can have a separate URL for GPU.")
        return self


class ImageRecord(BaseModel):
    """The fields of an image that the service itself writes; it ignores them in requests."""

    ready: bool = Field(description="Whether url is not blank.")
    version: int = Field(ge=1, description="Grows with every change.")
    created_at: datetime
    updated_at: datetime
    created_by: str
    updated_by: str


#: The attributes of a spec, by the fields' names in JSON, in forms and in documents.
ATTRIBUTES = {field.alias or name: name for name, field in ImageSpec.model_fields.items()}
#: What people call the fields, by those names.
LABELS = {
    json_name: str(ImageSpec.model_fields[name].title) for json_name, name in ATTRIBUTES.items()
}
#: The attributes that a search looks through.
SEARCHED = tuple(
    name for name, field in ImageSpec.model_fields.items() if Searched in field.metadata
)
READ_ONLY_FIELDS = frozenset(ImageRecord.model_fields)


def parse_image(data: Mapping[str, Any]) -> ImageSpec:
    """Turn the JSON fields of an image into a spec.

    Ignores read-only fields, so that callers can send back what GET answered.
    Raises `InvalidFields`.
    """
    writable = {key: value for key, value in data.items() if key in ATTRIBUTES}
    unknown = (key for key in data if key not in ATTRIBUTES and key not in READ_ONLY_FIELDS)
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


def patched(spec: ImageSpec, data: Mapping[str, Any]) -> ImageSpec:
    """Return `spec` with just the JSON fields of `data` changed; raises `InvalidFields`.

    A type other than universal clears the URL for GPU.
    """
    fields = {**image_fields(spec), **data}
    if "gpu_url" not in data and fields["type"] != "universal":
        fields["gpu_url"] = None
    return parse_image(fields)


def image_fields(image: object) -> dict[str, Any]:
    """Return the JSON fields of a spec, or of what has its attributes, as a row does."""
    return {json_name: getattr(image, name) for json_name, name in ATTRIBUTES.items()}
