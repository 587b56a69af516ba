"""Instance types: the sizes of server that the deployer offers.

They come from `c.HubImages.instance_types`, in the order in which people see them. An
invalid one raises ValueError, which names the setting.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    INSTANCE_TYPE_NAME_PATTERN,
    Group,
    Line,
    Text,
    check_name,
    field_errors,
)

DEFAULT_GPU_RESOURCE = "nvidia.com/gpu"

# https://kubernetes.io/docs/tasks/administer-cluster/extended-resource-node/
_RESOURCE_PATTERN = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?"

#: What no override may set, because the image or the instance type decides it.
_RESERVED_OVERRIDES = frozenset({"image", "image_spec", "profile_list"})


def _check_name(value: str) -> str:
    return check_name(value, INSTANCE_TYPE_NAME_PATTERN, extra=".")


_HOW_MUCH = "Write a number of bytes, or a number with K, M, G or T, such as 2G."
_MORE_THAN_ANY_MACHINE = 2**60  # a number without bound does not fit into a float


def _check_bytes(value: object) -> object:
    """Accept what `jupyterhub.traitlets.ByteSpecification` accepts, except zero and less."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(_HOW_MUCH)
    if isinstance(value, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?[KMGT]?", value):
        raise ValueError(_HOW_MUCH)
    number = float(value.rstrip("KMGT")) if isinstance(value, str) else value
    if number <= 0:
        raise ValueError("This must be more than 0.")
    if not number < _MORE_THAN_ANY_MACHINE:
        raise ValueError("This is more than any machine has.")
    return int(number) if isinstance(value, str) and value[-1].isdigit() else value


def in_bytes(value: str | float) -> float:
    """Return a valid amount of memory in bytes.

    The suffixes are powers of 1024 (`jupyterhub.traitlets.ByteSpecification`).
    """
    if isinstance(value, str) and value[-1] in "KMGT":
        return float(value[:-1]) * 1024.0 ** ("KMGT".index(value[-1]) + 1)
    return float(value)


def _refuse_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("This must be a number.")
    return value


Bytes = Annotated[str | int | float, BeforeValidator(_check_bytes)]
Cores = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(_refuse_bool)]


class InstanceType(BaseModel):
    """A size of server, as configured.

    `cpu_*` are cores; `mem_*` are bytes as a number or with KubeSpawner's suffixes
    (K, M, G, T are powers of 1024). A guarantee defaults to its limit.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    name: Annotated[Line, AfterValidator(_check_name)]
    display_name: Annotated[Line, Field(max_length=DISPLAY_NAME_MAX_LENGTH)] = ""
    description: Annotated[Text, Field(max_length=DESCRIPTION_MAX_LENGTH)] = ""
    cpu_limit: Cores | None = None
    cpu_guarantee: Cores | None = None
    mem_limit: Bytes | None = None
    mem_guarantee: Bytes | None = None
    gpu_limit: Annotated[int, Field(ge=0), BeforeValidator(_refuse_bool)] = 0
    gpu_resource: Annotated[str, Field(pattern=f"^{_RESOURCE_PATTERN}$")] = DEFAULT_GPU_RESOURCE
    node_selector: dict[str, str] = Field(default_factory=dict)
    tolerations: list[dict[str, Any]] = Field(default_factory=list)
    kubespawner_override: dict[str, Any] = Field(default_factory=dict)
    is_global: Annotated[StrictBool, Field(alias="global")] = True
    groups: list[Group] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        filled = dict(data)
        if isinstance(filled.get("name"), str) and not str(filled.get("display_name", "")).strip():
            filled["display_name"] = filled["name"]
        for resource in ("cpu", "mem"):
            if filled.get(f"{resource}_guarantee") is None:
                filled[f"{resource}_guarantee"] = filled.get(f"{resource}_limit")
        return filled

    @model_validator(mode="after")
    def _check_override(self) -> Self:
        reserved = sorted(_RESERVED_OVERRIDES & self.kubespawner_override.keys())
        if reserved:
            raise ValueError(
                f"kubespawner_override: Leave out {reserved[0]}; "
                "the image and the instance type decide it."
            )
        return self

    @model_validator(mode="after")
    def _check_guarantees(self) -> Self:
        if self.cpu_limit and self.cpu_guarantee and self.cpu_guarantee > self.cpu_limit:
            raise ValueError("cpu_guarantee: Use at most cpu_limit; Kubernetes refuses more.")
        limit, guarantee = self.mem_limit, self.mem_guarantee
        if limit and guarantee and in_bytes(guarantee) > in_bytes(limit):
            raise ValueError("mem_guarantee: Use at most mem_limit; Kubernetes refuses more.")
        return self

    @property
    def type(self) -> Literal["cpu", "gpu"]:
        """`gpu` if it has GPUs, else `cpu`."""
        return "gpu" if self.gpu_limit > 0 else "cpu"


def parse_instance_types(
    value: Sequence[Any], setting: str = "c.HubImages.instance_types"
) -> tuple[InstanceType, ...]:
    """Turn the configured list into instance types, in its order.

    Raises ValueError, or TypeError for an entry that is no mapping; both name `setting`,
    the entry and the field.
    """
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError(f"{setting} must be a list of at least one instance type.")
    parsed: list[InstanceType] = []
    for index, entry in enumerate(value):
        where = f"{setting}[{index}]"
        if not isinstance(entry, dict):
            raise TypeError(f"{where} must be a mapping with at least a name.")
        if "is_global" in entry:
            raise ValueError(f"{where}.is_global: There is no such field.")
        try:
            instance_type = InstanceType.model_validate(entry)
        except ValidationError as error:
            problems = "; ".join(
                f"{where}.{field}: {' '.join(sentences)}" if field else " ".join(sentences)
                for field, sentences in field_errors(error).items()
            )
            raise ValueError(problems) from None
        if any(other.name == instance_type.name for other in parsed):
            raise ValueError(f"{where}.name: Another one is already named {instance_type.name}.")
        parsed.append(instance_type)
    return tuple(parsed)


def instance_type_model(instance_type: InstanceType) -> dict[str, Any]:
    """Return the JSON model, without `kubespawner_override`.

    That may hold environment variables and other values that not every reader of the
    catalogue may see.
    """
    fields = instance_type.model_dump(by_alias=True, exclude={"kubespawner_override"})
    return {**fields, "type": instance_type.type}
