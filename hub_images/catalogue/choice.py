"""What is started for a user: the rules of "Starting a server", without a spawner.

`choose` gets what stands in `user_options`, which may be any JSON, and answers with an
instance type, an image and the reference, or raises `NotStarted`. There is no third way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from hub_images.catalogue import rules
from hub_images.catalogue.instance_type import InstanceType
from hub_images.store.snapshots import Entry, Snapshot

INSTANCE_TYPE_KEY = "instance_type"
IMAGE_KEY = "image"
KEYS = (INSTANCE_TYPE_KEY, IMAGE_KEY)

#: Beside the choice it is kept which parts were filled in for the user, so that a later
#: start without a choice fills them in anew instead of holding him to what he never chose.
FILLED_IN_KEY = "hub_images_filled_in"

_SHOWN_LENGTH = 80


class NotStarted(Exception):
    """Nothing is started; `status` is HTTP's and the text is for the user."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Choice:
    """What is started, and which of the keys were filled in."""

    instance_type: InstanceType
    image: Entry
    filled_in: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The container image reference that the spawner gets."""
        return rules.reference(self.image, self.instance_type)


@dataclass(frozen=True)
class Offer:
    """What one user may choose from: instance types in order, images by display name."""

    instance_types: tuple[InstanceType, ...]
    images: tuple[Entry, ...]


def chosen(user_options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that the user himself chose, and their values, unchecked.

    Left-out keys, empty strings and what was filled in last time are not among them.
    """
    filled = user_options.get(FILLED_IN_KEY)
    skip = filled if isinstance(filled, list) else []
    return {
        key: user_options[key]
        for key in KEYS
        if key in user_options and user_options[key] != "" and key not in skip
    }


def offer(
    instance_types: Sequence[InstanceType], snapshot: Snapshot, groups: Collection[str]
) -> Offer:
    """Return what a member of `groups` may choose; only images that fit an instance type of his."""
    usable = tuple(t for t in instance_types if rules.may_use(t, groups))
    types = {t.type for t in usable}
    images = tuple(
        entry
        for entry in snapshot.visible(groups)
        if types and (entry.type == "universal" or entry.type in types)
    )
    return Offer(usable, images)


def choose(
    user_options: Mapping[str, Any],
    instance_types: Sequence[InstanceType],
    snapshot: Snapshot,
    groups: Collection[str],
) -> Choice:
    """Return what to start for a member of `groups`; raises `NotStarted`."""
    wanted = chosen(user_options)
    for key, value in wanted.items():
        if not isinstance(value, str):
            raise NotStarted(HTTPStatus.BAD_REQUEST, f"{key} must be the name of one, as text.")
    usable = [t for t in instance_types if rules.may_use(t, groups)]
    image = _wanted_image(wanted, snapshot, groups)
    instance_type = _wanted_instance_type(wanted, usable)
    if image is not None and instance_type is not None:
        if not rules.fits(image, instance_type):
            raise NotStarted(
                HTTPStatus.BAD_REQUEST,
                f"The image {image.display_name} is for {image.type.upper()} instance types; "
                f"it does not fit {instance_type.display_name}.",
            )
        return Choice(instance_type, image)
    if image is not None:
        for candidate in usable:
            if rules.fits(image, candidate):
                return Choice(candidate, image, (INSTANCE_TYPE_KEY,))
        raise NotStarted(
            HTTPStatus.BAD_REQUEST,
            f"The image {image.display_name} does not fit any instance type "
            "that is available to you.",
        )
    filled = (IMAGE_KEY,) if instance_type is not None else (INSTANCE_TYPE_KEY, IMAGE_KEY)
    for candidate in usable if instance_type is None else [instance_type]:
        for entry in snapshot.each_visible(groups):
            if rules.fits(entry, candidate):
                return Choice(candidate, entry, filled)
    if not usable:
        raise NotStarted(HTTPStatus.FORBIDDEN, "No instance type is available to you.")
    if instance_type is not None and snapshot.visible(groups):
        raise NotStarted(
            HTTPStatus.FORBIDDEN,
            f"No image that fits {instance_type.display_name} is available to you.",
        )
    raise NotStarted(HTTPStatus.FORBIDDEN, "No image is available to you.")


def _wanted_image(
    wanted: Mapping[str, str], snapshot: Snapshot, groups: Collection[str]
) -> Entry | None:
    if IMAGE_KEY not in wanted:
        return None
    entry = snapshot.named(wanted[IMAGE_KEY])
    # One answer for both, so that nobody learns what exists.
    if entry is None or not rules.may_use(entry, groups):
        raise _not_available("image", wanted[IMAGE_KEY])
    return entry


def _wanted_instance_type(
    wanted: Mapping[str, str], usable: Sequence[InstanceType]
) -> InstanceType | None:
    if INSTANCE_TYPE_KEY not in wanted:
        return None
    for candidate in usable:
        if candidate.name == wanted[INSTANCE_TYPE_KEY]:
            return candidate
    raise _not_available("instance type", wanted[INSTANCE_TYPE_KEY])


def _not_available(what: str, name: str) -> NotStarted:
    shown = name if len(name) <= _SHOWN_LENGTH else name[:_SHOWN_LENGTH] + "…"
    shown = "".join(c if c.isprintable() else "?" for c in shown)
    return NotStarted(HTTPStatus.FORBIDDEN, f"The {what} {shown} is not available to you.")
