"""The rules of who gets what, and nothing else: no database, no network, no clock.

"May use", "fits" and "which reference" are defined here once, for the form, the
check at start and the pages.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Shared(Protocol):
    """What is for everyone or for the members of some groups."""

    @property
    def is_global(self) -> bool:
        """Whether it is for everyone."""

    @property
    def groups(self) -> Collection[str]:
        """The groups whose members may use it where it is not global."""


class Typed(Protocol):
    """What has a type that decides what fits."""

    @property
    def type(self) -> str:
        """`cpu`, `gpu` or, for images, `universal`."""


class HasReference(Typed, Protocol):
    """An image, as far as its container image reference is concerned."""

    @property
    def url(self) -> str:
        """The reference; blank where the image is not ready."""

    @property
    def gpu_url(self) -> str | None:
        """The reference on GPU instance types, where it differs."""


def may_use(item: Shared, groups: Collection[str]) -> bool:
    """Say whether a member of `groups` may use the instance type or image."""
    return item.is_global or any(group in groups for group in item.groups)


def fits(image: Typed, instance_type: Typed) -> bool:
    """Say whether `image` runs on `instance_type`."""
    return image.type in ("universal", instance_type.type)


def reference(image: HasReference, instance_type: Typed) -> str:
    """Return the container image reference that is started."""
    if image.type == "universal" and instance_type.type == "gpu" and image.gpu_url:
        return image.gpu_url
    return image.url
