"""The rules of who gets what, and nothing else: no database, no network, no clock.

They say once, for the form, the check at start and the pages, who may use what, what fits,
and which reference starts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Shared(Protocol):
    """Something that everyone, or the members of some groups, may use."""

    @property
    def is_global(self) -> bool:
        """Whether everyone may use it."""

    @property
    def groups(self) -> Collection[str]:
        """The groups whose members may use it if it is not global."""


class Typed(Protocol):
    """Something with a type, which decides what fits."""

    @property
    def type(self) -> str:
        """`cpu`, `gpu` or, for images, `universal`."""


class HasReference(Typed, Protocol):
    """The parts of an image that decide its container image reference."""

    @property
    def url(self) -> str:
        """The reference; blank if the image is not ready."""

    @property
    def gpu_url(self) -> str | None:
        """The reference on GPU instance types, if it differs."""


def may_use(item: Shared, groups: Collection[str]) -> bool:
    """Say whether a member of `groups` may use the instance type or image."""
    return item.is_global or any(group in groups for group in item.groups)


def fits(image: Typed, instance_type: Typed) -> bool:
    """Say whether `image` runs on `instance_type`."""
    return instance_type.type in fitting_types(image)


def fitting_types(image: Typed) -> tuple[str, ...]:
    """Return the types of the instance types that `image` runs on."""
    return ("cpu", "gpu") if image.type == "universal" else (image.type,)


def reference(image: HasReference, instance_type: Typed) -> str:
    """Return the container image reference to start."""
    return _reference_on(image, instance_type.type)


def references(image: HasReference) -> dict[str, str]:
    """Return the references to start, by the types of the instance types that `image` runs on."""
    return {kind: _reference_on(image, kind) for kind in fitting_types(image)}


def _reference_on(image: HasReference, kind: str) -> str:
    if image.type == "universal" and kind == "gpu" and image.gpu_url:
        return image.gpu_url
    return image.url
