"""The form of an image: what was typed, and what it means.

`ImageForm` holds the fields exactly as typed, so that a rejected form comes back whole; only a
scheme that was copied in front of a reference is taken off. `parse` reads them by the same rules
as REST. The form's fields and their controls are derived from `ImageSpec`; `controls` has a
control for each type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from tornado.web import RequestHandler

from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import (
    AT_START,
    ATTRIBUTES,
    ImageSpec,
    image_fields,
    parse_image,
)
from hub_images.catalogue.reference import without_scheme
from hub_images.service.hub_client import Group
from hub_images.service.pages.controls import control, text, ticked
from hub_images.service.pages.reference_notes import reference_notes
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.service.web.answers import ErrorAnswer
from hub_images.store.orm import Image

CONTROLS = {
    name: control(name, ImageSpec.model_fields[attribute].annotation)
    for name, attribute in ATTRIBUTES.items()
}


@dataclass(frozen=True)
class BehindBox:
    """A box before a field; the field counts only while the box is ticked."""

    box: str
    missing: str
    """What to say if the box is ticked and the field is blank."""


BEHIND_BOX = {
    "gpu_url": BehindBox("gpu_url_differs", "Give the URL for GPU, or untick the box."),
    "pull_secret": BehindBox("use_pull_secret", "Choose a pull secret, or untick the box."),
}

#: The fields as the form shows them: what the image is, who may use it, what a start sets.
IN_ORDER = (
    *("name", "display_name", "description", "type", "url", "gpu_url", "tags"),
    *("documentation_url", "global", "groups", "enabled", "order", "pull_secret"),
    *AT_START,
)
#: What a message calls the references.
_REFERENCES = {"url": "URL", "gpu_url": "URL for GPU"}

#: What the form of a new image holds: Global is ticked.
_NEW = {**image_fields(ImageSpec.model_construct(name="")), "global": True}


@dataclass(frozen=True)
class ImageForm:
    """What the form holds; `version` is None for an image that is not stored."""

    typed: Mapping[str, Any] = field(default_factory=lambda: _shown(_NEW))
    """By the fields' JSON names."""
    ticked: frozenset[str] = frozenset()
    """The boxes of `BEHIND_BOX` that are ticked."""
    version: int | None = None
    base: str = ""
    """The image's fields as JSON when the form was opened."""
    schemes: Mapping[str, str] = field(default_factory=dict)
    """What was taken off the references, by field."""

    @classmethod
    def from_request(cls, request: RequestHandler, **fixed: str) -> Self:
        """Read the body of a POST; `fixed` fields override what was sent.

        Raises `ErrorAnswer` if the version is not a number.
        """
        version = text(request, "version")
        if version and not (version.isascii() and version.isdigit() and len(version) < 10):
            raise ErrorAnswer(400, "The form's version is not a number.")
        typed = {name: control.sent(request, name) for name, control in CONTROLS.items()}
        found = {name: without_scheme(typed[name].strip()) for name in _REFERENCES}
        bare = {name: reference for name, (reference, scheme) in found.items() if scheme}
        return cls(
            typed={**typed, **bare, **fixed},
            schemes={name: found[name][1] for name in bare},
            ticked=frozenset(
                boxed.box for boxed in BEHIND_BOX.values() if ticked(request, boxed.box)
            ),
            version=int(version) if version else None,
            base=text(request, "base"),
        )

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], version: int, base: Mapping[str, Any]) -> Self:
        """Fill the form with an image's JSON fields; `base` are those that are stored now."""
        return cls(
            typed=_shown(fields),
            ticked=frozenset(
                boxed.box for name, boxed in BEHIND_BOX.items() if fields[name] is not None
            ),
            version=version,
            base=json.dumps(dict(base), ensure_ascii=False),
        )

    @classmethod
    def from_image(cls, image: Image) -> Self:
        """Fill the form with a stored image."""
        fields = image_fields(image)
        return cls.from_fields(fields, image.version, fields)

    @classmethod
    def copy_of(cls, image: Image) -> Self:
        """Fill the form of a new image with a stored one; what was made of its name is blank."""
        fields = image_fields(image)
        shown = "" if image.display_name == image.name else image.display_name
        form = cls.from_fields({**fields, "name": "", "display_name": shown}, 0, fields)
        return form.as_new()

    def as_new(self) -> Self:
        """Return the same form for an image that is not stored."""
        return replace(self, version=None, base="")

    def parse(self) -> ImageSpec:
        """Return the spec to store; raises `InvalidFields`, in the form's order."""
        errors: dict[str, list[str]] = {}
        sent: dict[str, Any] = {}
        for name, of in CONTROLS.items():
            try:
                sent[name] = of.meant(self.typed[name])
            except ValueError as error:
                errors[name] = [str(error)]
        for name, boxed in BEHIND_BOX.items():
            if boxed.box not in self.ticked or (name == "gpu_url" and sent["type"] != "universal"):
                sent[name] = None
            elif not sent[name].strip():
                errors[name] = [boxed.missing]
        try:
            spec = parse_image(sent)
        except InvalidFields as error:
            errors |= error.errors
        if errors:
            raise InvalidFields(
                {name: errors[name] for name in (*IN_ORDER, *errors) if name in errors}
            )
        return spec

    def notes(self) -> dict[str, list[str]]:
        """Return the notes on the references, by field."""
        return {
            name: reference_notes(self.typed[name], self.schemes.get(name, ""))
            for name in _REFERENCES
        }

    def taken_off(self, spec: ImageSpec) -> str:
        """Say for the message after saving what was taken off the references of `spec`."""
        return "".join(
            f" We removed {scheme} from its {_REFERENCES[name]}."
            for name, scheme in self.schemes.items()
            if getattr(spec, name)
        )

    def opens_start(self, errors: Iterable[str]) -> bool:
        """Say whether a field that a start sets is filled in, or among `errors`."""
        return any(self.typed[name] or name in errors for name in AT_START)

    @property
    def base_fields(self) -> dict[str, Any]:
        """The image's fields when the form was opened; empty if unknown.

        The browser sends them back, so trust them no more than what was typed.
        """
        try:
            value = json.loads(self.base)
            return image_fields(parse_image(value)) if isinstance(value, dict) else {}
        except (ValueError, RecursionError):  # InvalidFields among them
            return {}


def _shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: control.shown(fields[name]) for name, control in CONTROLS.items()}


def in_order(chosen: Iterable[str], stored: Iterable[str]) -> list[str]:
    """Return the chosen groups: first the stored ones, in their stored order.

    The form's boxes have another order; saving an untouched form must change nothing.
    """
    chosen = dict.fromkeys(chosen)
    first = dict.fromkeys(group for group in stored if group in chosen)
    return list(first | chosen)


@dataclass(frozen=True)
class GroupBox:
    """A group in "Edit groups"; `members` is None where the hub does not know the group."""

    name: str
    chosen: bool
    members: int | None
    unknown: bool


def group_boxes(chosen: Iterable[str], known: Iterable[Group] | None) -> list[GroupBox]:
    """Return a box for each of the hub's groups and of `chosen`; the chosen ones come first."""
    ticked = set(chosen)
    groups = {group.name: group for group in known or []}
    boxes = [GroupBox(g.name, g.name in ticked, g.members, unknown=False) for g in groups.values()]
    boxes += [
        GroupBox(name, chosen=True, members=None, unknown=known is not None)
        for name in ticked - set(groups)
    ]
    return sorted(boxes, key=lambda box: (not box.chosen, box.name.casefold(), box.name))


def secret_choices(chosen: str, known: KnownSecrets) -> list[tuple[str, bool]]:
    """Return the pull secrets to choose from, each with whether it is in the list."""
    choices = [(name, True) for name in known.names]
    if chosen and chosen not in known.names:
        choices.append((chosen, False))
    return choices


def shown_value(name: str, value: Any) -> str:
    """Return a field's value as tables show it: of a conflict, and of a bulk action."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    if isinstance(value, dict):
        return CONTROLS[name].shown(value) or "none"
    if value is None:
        return "the same URL" if name == "gpu_url" else "none"
    return str(value) or "blank"
