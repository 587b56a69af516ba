"""What to start for a user, and what to preselect.

`choose` takes `user_options`, which may be any JSON, and returns an instance type and an
image, or raises `NotStarted`. `preselect` applies the same rules to the remembered options,
for the options form.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from hub_images.catalogue import rules
from hub_images.catalogue.fields import is_name
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.snapshot import Entry, Snapshot
from hub_images.catalogue.user_options import (
    IDENTITY_KEY,
    IMAGE_KEY,
    INSTANCE_TYPE_KEY,
    chosen,
    is_another,
)

_Named = TypeVar("_Named", InstanceType, Entry)


class NotStarted(Exception):
    """Nothing is started; `status` is an HTTP status, and the text is for the user."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Choice:
    """What to start, and which of the keys were filled in."""

    instance_type: InstanceType
    image: Entry
    filled_in: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The container image reference that the spawner gets."""
        return rules.reference(self.image, self.instance_type)


@dataclass(frozen=True)
class Offer:
    """What one user may choose from: instance types and images in the order people see."""

    instance_types: tuple[InstanceType, ...]
    images: tuple[Entry, ...]


@dataclass(frozen=True)
class Preselection:
    """What is selected when the options form opens; None where nothing is offered.

    `notice` says which part of the last choice is lost, and what is selected instead.
    `last_used` says whether the image is the one that was chosen last.
    """

    instance_type: InstanceType | None
    image: Entry | None
    notice: str | None = None
    last_used: bool = False


def offer(
    instance_types: Sequence[InstanceType], snapshot: Snapshot, groups: Collection[str]
) -> Offer:
    """Return what a member of `groups` may choose; each image fits one of the instance types."""
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
            raise NotStarted(HTTPStatus.BAD_REQUEST, f"{key} must be a name (text).")
    usable = [t for t in instance_types if rules.may_use(t, groups)]
    image = _wanted_image(wanted, user_options.get(IDENTITY_KEY), snapshot, groups)
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
    candidates = usable if instance_type is None else [instance_type]
    if pair := _first_pair(candidates, lambda kind: snapshot.first_fitting(groups, kind)):
        return Choice(*pair, filled)
    if not usable:
        raise NotStarted(HTTPStatus.FORBIDDEN, "No instance type is available to you.")
    if instance_type is not None and snapshot.shows_any(groups):
        raise NotStarted(
            HTTPStatus.FORBIDDEN,
            f"No image that fits {instance_type.display_name} is available to you.",
        )
    raise NotStarted(HTTPStatus.FORBIDDEN, "No image is available to you.")


def preselect(
    offered: Offer, saved: Mapping[str, Any], snapshot: Snapshot, groups: Collection[str]
) -> Preselection:
    """Return what to select for a member of `groups` who has the `saved` options.

    `offered` is what they may choose from. A part that cannot be selected is replaced by
    what a start without it would fill in.
    """
    wanted = chosen(saved)
    instance_type = _named(offered.instance_types, wanted.get(INSTANCE_TYPE_KEY))
    image = _named(offered.images, wanted.get(IMAGE_KEY))
    replaced = image is not None and is_another(image, saved.get(IDENTITY_KEY))
    if replaced:
        image = None
    last = image
    problem = _lost(wanted, instance_type, image, replaced, snapshot, groups)
    if not offered.images:
        return Preselection(None, None, problem)
    if image is not None:
        fitting = [t for t in offered.instance_types if rules.fits(image, t)]
        if instance_type is None:
            instance_type = fitting[0]
        elif instance_type not in fitting:
            problem = (
                f"Your last image, {image.display_name}, "
                f"cannot be used with {instance_type.display_name}."
            )
            image = _first_fitting(offered.images, instance_type.type)
    elif instance_type is not None:
        image = _first_fitting(offered.images, instance_type.type)
    if instance_type is not None and image is None:
        problem = f"No image that fits {instance_type.display_name} is available to you."
    if instance_type is None or image is None:
        pair = _first_pair(
            offered.instance_types, lambda kind: _first_fitting(offered.images, kind)
        )
        assert pair is not None  # noqa: S101 (each offered image fits an offered type)
        instance_type, image = pair
    if problem:
        problem += f" {image.display_name} on {instance_type.display_name} is selected instead."
    return Preselection(instance_type, image, problem, last_used=image is last)


def _lost(
    wanted: Mapping[str, Any],
    instance_type: InstanceType | None,
    image: Entry | None,
    replaced: bool,
    snapshot: Snapshot,
    groups: Collection[str],
) -> str | None:
    """Say which part of the last choice can no longer be selected; None if both can.

    Gives the name, because nobody may learn the display name of what they may not use.
    Leaves out text that cannot be a name.
    """
    if replaced:
        return (
            f"Your last image, {wanted[IMAGE_KEY]}, is no longer available to you; "
            "another image has its name now."
        )
    parts = []
    if INSTANCE_TYPE_KEY in wanted and instance_type is None:
        parts.append(("instance type", wanted[INSTANCE_TYPE_KEY]))
    if IMAGE_KEY in wanted and image is None:
        name = wanted[IMAGE_KEY]
        usable = snapshot.named(name) if isinstance(name, str) else None
        if usable is not None and rules.may_use(usable, groups):
            return (
                f"Your last image, {usable.display_name}, does not fit any instance type "
                "that is available to you."
            )
        parts.append(("image", name))
    if not parts:
        return None
    said = " and your last ".join(
        f"{what}, {name}," if is_name(name) else what for what, name in parts
    )
    verb = "is" if len(parts) == 1 else "are"
    return f"Your last {said} {verb} no longer available to you."


def _first_pair(
    instance_types: Iterable[InstanceType], first: Callable[[str], Entry | None]
) -> tuple[InstanceType, Entry] | None:
    """Return what is filled in: the first instance type that an image fits, and the first such.

    `first` finds the first image that fits instance types of a type; it is asked once for each.
    """
    found: dict[str, Entry | None] = {}
    for instance_type in instance_types:
        kind = instance_type.type
        image = found[kind] if kind in found else found.setdefault(kind, first(kind))
        if image is not None:
            return instance_type, image
    return None


def _first_fitting(images: Iterable[Entry], kind: str) -> Entry | None:
    return next((entry for entry in images if kind in rules.fitting_types(entry)), None)


def _named(items: Iterable[_Named], name: object) -> _Named | None:
    return next((item for item in items if item.name == name), None)


def _wanted_image(
    wanted: Mapping[str, str], identity: object, snapshot: Snapshot, groups: Collection[str]
) -> Entry | None:
    if IMAGE_KEY not in wanted:
        return None
    entry = snapshot.named(wanted[IMAGE_KEY])
    # One answer for all, so that nobody learns what exists.
    if entry is None or not rules.may_use(entry, groups) or is_another(entry, identity):
        raise _not_available("image", wanted[IMAGE_KEY])
    return entry


def _wanted_instance_type(
    wanted: Mapping[str, str], usable: Sequence[InstanceType]
) -> InstanceType | None:
    if INSTANCE_TYPE_KEY not in wanted:
        return None
    found = _named(usable, wanted[INSTANCE_TYPE_KEY])
    if found is None:
        raise _not_available("instance type", wanted[INSTANCE_TYPE_KEY])
    return found


def _not_available(what: str, name: str) -> NotStarted:
    # A link can hold any text, and this sentence must not speak for whoever wrote it.
    shown = f"The {what} {name}" if is_name(name) else f"The {what}"
    return NotStarted(HTTPStatus.FORBIDDEN, f"{shown} is not available to you.")
