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
    StrictInt,
    ValidationError,
    model_validator,
)

from hub_images.catalogue.fields import (
    DESCRIPTION_MAX_LENGTH,
    DISPLAY_NAME_MAX_LENGTH,
    NAME_MAX_LENGTH,
    NAME_PATTERN,
    AbsolutePath,
    Group,
    InvalidFields,
    Line,
    LocalAddress,
    Reference,
    SecretName,
    Tag,
    Text,
    VariableName,
    Verbatim,
    WebAddress,
    blank_is_none,
    check_name,
    empty_is_none,
    field_errors,
    none_is_blank,
    strip,
    unique,
    unique_but_for_case,
)

ImageType = Literal["cpu", "gpu", "universal"]
IMAGE_TYPES: tuple[ImageType, ...] = ("cpu", "gpu", "universal")
PullPolicy = Literal["Always", "IfNotPresent", "Never"]
PULL_POLICIES: tuple[PullPolicy, ...] = ("Always", "IfNotPresent", "Never")

GROUPS_MAX = 1000
TAGS_MAX = 10
VARIABLES_MAX = 50
ARGUMENTS_MAX = 100
ORDER_MAX = 1000
UNKNOWN_NAMED = 20  # unknown fields in an error, at most; a body could hold 100,000


class Searched:
    """Marks a field that a search looks in."""


class AtStart:
    """Marks a field that a start sets on the spawner, and that may be left to the deployer."""


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
    tags: Annotated[
        list[Tag],
        Field(
            title="Tags",
            max_length=TAGS_MAX,
            strict=True,
            description="Words to find it by; two that are alike but for case become the first.",
        ),
        AfterValidator(unique_but_for_case),
        Searched,
    ] = Field(default_factory=list)
    documentation_url: Annotated[
        Annotated[WebAddress, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        Field(title="Documentation URL", description="An http or https URL."),
    ] = None
    type: Annotated[ImageType, Searched, Field(title="Type")] = "universal"
    url: Annotated[
        Reference,
        BeforeValidator(none_is_blank),
        Searched,
        Field(
            title="Container image URL",
            description="Container image reference; while it is blank, the image is not ready.",
        ),
    ] = ""
    gpu_url: Annotated[
        Annotated[Reference, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        Searched,
        Field(
            title="Specific container image URL for GPU",
            description="Reference on GPU instance types; null means the same as url.",
        ),
    ] = None
    pull_secret: Annotated[
        Annotated[SecretName, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        Field(title="Use Image Pull Secret", description="Name of an image pull secret."),
    ] = None
    order: Annotated[
        StrictInt,
        Field(
            title="Order",
            ge=-ORDER_MAX,
            le=ORDER_MAX,
            description="People see images by order, then by display name.",
        ),
    ] = 0
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
    default_url: Annotated[
        Annotated[LocalAddress, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        AtStart,
        Field(title="Default URL", description="What opens in the server, such as /lab."),
    ] = None
    environment: Annotated[
        dict[VariableName, Verbatim],
        AtStart,
        Field(
            title="Environment",
            max_length=VARIABLES_MAX,
            description="Environment variables of the server. No place for secrets: every reader "
            "sees them. What the hub sets itself (JUPYTERHUB_*, JPY_*, JUPYTER_IMAGE*) is refused.",
        ),
    ] = Field(default_factory=dict)
    command: Annotated[
        Annotated[list[Verbatim], Field(strict=True, max_length=ARGUMENTS_MAX)] | None,
        BeforeValidator(empty_is_none),
        AtStart,
        Field(
            title="Command",
            description="The command in the container, instead of the spawner's; empty means null.",
        ),
    ] = None
    working_dir: Annotated[
        Annotated[AbsolutePath, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        AtStart,
        Field(
            title="Working directory",
            description="An absolute path: where the server's process starts.",
        ),
    ] = None
    image_pull_policy: Annotated[
        PullPolicy | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
        AtStart,
        Field(title="Image pull policy", description="Null means the spawner's."),
    ] = None

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
#: The JSON names of the fields that a start sets.
AT_START = tuple(
    json_name
    for json_name, name in ATTRIBUTES.items()
    if AtStart in ImageSpec.model_fields[name].metadata
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
