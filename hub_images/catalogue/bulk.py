"""Changes of several images at once: each is a pure function from an image to an image.

Guarantees: what comes out is valid by the rules of a save, or `InvalidFields` says by field why
it cannot be; an image that an action does not concern comes out as it went in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from hub_images.catalogue.difference import FieldChange, differences
from hub_images.catalogue.fields import (
    Group,
    InvalidFields,
    Line,
    SecretName,
    Tag,
    blank_is_none,
    field_errors,
    strip,
    unique,
    unique_but_for_case,
)
from hub_images.catalogue.image import GROUPS_MAX, TAGS_MAX, ImageSpec, image_fields, patched
from hub_images.catalogue.policy import REFERENCE_FIELDS
from hub_images.catalogue.reference import MAX_LENGTH as REFERENCE_MAX_LENGTH

Make = Callable[[ImageSpec], ImageSpec]


@dataclass(frozen=True)
class Action:
    """What can be done to several images; `{}` in its sentences is which images."""

    label: str
    """What the list's bar calls it."""
    doing: str
    done: str
    fields: tuple[str, ...] = ()
    """The values that it needs."""


#: Those that change images.
ACTIONS: Mapping[str, Action] = {
    "enable": Action("Enable", "Enable {}", "Enabled {}"),
    "disable": Action("Disable", "Disable {}", "Disabled {}"),
    "make-global": Action("Make global", "Make {} global", "Made {} global"),
    "add-groups": Action("Add groups", "Add groups to {}", "Added groups to {}", ("groups",)),
    "remove-groups": Action(
        "Remove groups", "Remove groups from {}", "Removed groups from {}", ("groups",)
    ),
    "set-pull-secret": Action(
        "Set pull secret",
        "Set the pull secret of {}",
        "Set the pull secret of {}",
        ("pull_secret",),
    ),
    "remove-pull-secret": Action(
        "Remove pull secret", "Remove the pull secret from {}", "Removed the pull secret from {}"
    ),
    "add-tags": Action("Add tags", "Add tags to {}", "Added tags to {}", ("tags",)),
    "remove-tags": Action("Remove tags", "Remove tags from {}", "Removed tags from {}", ("tags",)),
    "replace": Action(
        "Replace in references",
        "Replace in the references of {}",
        "Changed the references of {}",
        ("find", "put"),
    ),
}

DELETE = Action("Delete", "Delete {}", "Deleted {}")

_REQUIRED = {
    "groups": "Give at least one group.",
    "tags": "Give at least one tag.",
    "pull_secret": "Choose a pull secret.",
    "find": "Give the text to find.",
}

_Part = Annotated[Line, Field(max_length=REFERENCE_MAX_LENGTH)]


class Values(BaseModel):
    """The values of all actions, valid and trimmed; each action has some of them."""

    groups: Annotated[list[Group], Field(max_length=GROUPS_MAX), AfterValidator(unique)] = Field(
        default_factory=list
    )
    tags: Annotated[list[Tag], Field(max_length=TAGS_MAX), AfterValidator(unique_but_for_case)] = (
        Field(default_factory=list)
    )
    pull_secret: Annotated[
        Annotated[SecretName, Field()] | None,
        BeforeValidator(blank_is_none),
        BeforeValidator(strip),
    ] = None
    find: _Part = ""
    put: _Part = ""


@dataclass(frozen=True)
class BulkChange:
    """An action with its values."""

    action: str
    values: Values
    make: Make


def parse_bulk_change(action: str, values: Mapping[str, Any]) -> BulkChange:
    """Read an action of `ACTIONS` and its values; raises `InvalidFields` by value."""
    fields = ACTIONS[action].fields
    try:
        valid = Values.model_validate({name: values[name] for name in fields if name in values})
    except ValidationError as error:
        raise InvalidFields(field_errors(error)) from None
    missing = {
        name: [_REQUIRED[name]] for name in fields if name in _REQUIRED and not getattr(valid, name)
    }
    if missing:
        raise InvalidFields(missing)
    return BulkChange(action, valid, _MAKERS[action](valid))


def _enabled(to: bool) -> Make:
    # not checked again: an image that was saved under other rules can still be disabled
    return lambda image: image.model_copy(update={"enabled": to})


def _global(_values: Values) -> Make:
    return lambda image: image.model_copy(update={"is_global": True})


def _add_groups(values: Values) -> Make:
    return lambda image: _with(image, groups=unique([*image.groups, *values.groups]))


def _remove_groups(values: Values) -> Make:
    gone = set(values.groups)
    return lambda image: _with(image, groups=[name for name in image.groups if name not in gone])


def _add_tags(values: Values) -> Make:
    return lambda image: _with(image, tags=unique_but_for_case([*image.tags, *values.tags]))


def _remove_tags(values: Values) -> Make:
    gone = {tag.casefold() for tag in values.tags}
    return lambda image: _with(
        image, tags=[tag for tag in image.tags if tag.casefold() not in gone]
    )


def _pull_secret(values: Values) -> Make:
    return lambda image: _with(image, pull_secret=values.pull_secret)


def _replace(values: Values) -> Make:
    def make(image: ImageSpec) -> ImageSpec:
        stored = {name: getattr(image, name) for name in REFERENCE_FIELDS}
        return _with(
            image,
            **{
                name: reference.replace(values.find, values.put)
                for name, reference in stored.items()
                if reference
            },
        )

    return make


_MAKERS: Mapping[str, Callable[[Values], Make]] = {
    "enable": lambda _values: _enabled(True),
    "disable": lambda _values: _enabled(False),
    "make-global": _global,
    "add-groups": _add_groups,
    "remove-groups": _remove_groups,
    "set-pull-secret": _pull_secret,
    "remove-pull-secret": _pull_secret,
    "add-tags": _add_tags,
    "remove-tags": _remove_tags,
    "replace": _replace,
}


def _with(image: ImageSpec, **fields: Any) -> ImageSpec:
    """Return the image with these JSON fields, checked as in a save; itself if none differs."""
    if all(getattr(image, name) == value for name, value in fields.items()):
        return image
    return patched(image, fields)


@dataclass(frozen=True)
class Outcome:
    """What an action makes of one image; `after` is None if it would be refused."""

    before: ImageSpec
    after: ImageSpec | None
    refused: Mapping[str, list[str]] = field(default_factory=dict)
    """Sentences by field."""

    @classmethod
    def of(cls, before: ImageSpec, make: Make) -> Outcome:
        """Apply `make`."""
        try:
            return cls(before, make(before))
        except InvalidFields as error:
            return cls(before, None, error.errors)

    @property
    def fields(self) -> dict[str, FieldChange]:
        """The fields that change, by their JSON names."""
        if self.after is None:
            return {}
        return differences(image_fields(self.before), image_fields(self.after))


def marked(text: str, part: str) -> list[tuple[str, bool]]:
    """Cut `text` into pieces, each with whether it is `part`, for a page that marks these."""
    if not part:
        return [(text, False)]
    pieces: list[tuple[str, bool]] = []
    for number, between in enumerate(text.split(part)):
        pieces += [(part, True)] if number else []
        pieces += [(between, False)] if between else []
    return pieces
