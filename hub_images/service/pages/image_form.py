"""The form of an image: what was typed, and what it means.

`FormFields` keeps what was typed as it was typed, so that a form that is refused comes
back whole; `parse` gives the fields the meaning that REST has for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from tornado.web import RequestHandler

from hub_images.catalogue.image import ImageSpec, InvalidFields, image_fields, parse_image
from hub_images.service.hub_client import Group
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.service.web.identity import Refused

#: The form's labels, in its order.
LABELS = {
    "name": "Name",
    "display_name": "Display name",
    "description": "Description",
    "type": "Type",
    "url": "Container image URL",
    "gpu_url": "Specific container image URL for GPU",
    "pull_secret": "Use image pull secret",
    "enabled": "Enabled",
    "global": "Global",
    "groups": "Edit groups",
}


@dataclass(frozen=True)
class FormFields:
    """What stands in the form; `version` is None for an image that is not stored."""

    name: str = ""
    display_name: str = ""
    description: str = ""
    type: str = "universal"
    url: str = ""
    gpu_url_differs: bool = False
    gpu_url: str = ""
    use_pull_secret: bool = False
    pull_secret: str = ""
    enabled: bool = True
    is_global: bool = True
    groups: list[str] = field(default_factory=list)
    version: int | None = None
    base: str = ""  # the image's fields as JSON when the form was opened

    @classmethod
    def from_request(cls, request: RequestHandler) -> Self:
        """Read the body of a POST; raises `Refused` for a version that is no number."""

        def text(name: str) -> str:
            return request.get_body_argument(name, "", strip=False).replace("\r\n", "\n")

        def ticked(name: str) -> bool:
            return request.get_body_argument(name, None) is not None

        version = text("version")
        if version and not (version.isascii() and version.isdigit() and len(version) < 10):
            raise Refused(400, "The form's version is not a number.")
        return cls(
            name=text("name"),
            display_name=text("display_name"),
            description=text("description"),
            type=text("type"),
            url=text("url"),
            gpu_url_differs=ticked("gpu_url_differs"),
            gpu_url=text("gpu_url"),
            use_pull_secret=ticked("use_pull_secret"),
            pull_secret=text("pull_secret"),
            enabled=ticked("enabled"),
            is_global=ticked("global"),
            groups=list(dict.fromkeys(request.get_body_arguments("groups", strip=False))),
            version=int(version) if version else None,
            base=text("base"),
        )

    @classmethod
    def from_image(cls, fields: Mapping[str, Any], version: int | None, base: str) -> Self:
        """Fill the form with an image's JSON fields."""
        return cls(
            name=fields["name"],
            display_name=fields["display_name"],
            description=fields["description"],
            type=fields["type"],
            url=fields["url"],
            gpu_url_differs=fields["gpu_url"] is not None,
            gpu_url=fields["gpu_url"] or "",
            use_pull_secret=fields["pull_secret"] is not None,
            pull_secret=fields["pull_secret"] or "",
            enabled=fields["enabled"],
            is_global=fields["global"],
            groups=list(fields["groups"]),
            version=version,
            base=base,
        )

    def parse(self) -> ImageSpec:
        """Return what is to be stored; raises `InvalidFields`."""
        errors: dict[str, list[str]] = {}
        own_gpu_url = self.type == "universal" and self.gpu_url_differs
        if own_gpu_url and not self.gpu_url.strip():
            errors["gpu_url"] = ["Give the URL for GPU, or untick the box."]
        if self.use_pull_secret and not self.pull_secret.strip():
            errors["pull_secret"] = ["Choose a pull secret, or untick the box."]
        try:
            spec = parse_image(
                {
                    "name": self.name,
                    "display_name": self.display_name,
                    "description": self.description,
                    "type": self.type,
                    "url": self.url,
                    "gpu_url": self.gpu_url if own_gpu_url else None,
                    "pull_secret": self.pull_secret if self.use_pull_secret else None,
                    "enabled": self.enabled,
                    "global": self.is_global,
                    "groups": self.groups,
                }
            )
        except InvalidFields as error:
            raise InvalidFields(_in_form_order({**errors, **error.errors})) from None
        if errors:
            raise InvalidFields(_in_form_order(errors))
        return spec

    @property
    def base_fields(self) -> dict[str, Any]:
        """The image's fields when the form was opened; empty where that is not known.

        The browser sends them back, so they are no more to be trusted than what is typed.
        """
        try:
            value = json.loads(self.base)
            return image_fields(parse_image(value)) if isinstance(value, dict) else {}
        except (ValueError, RecursionError):  # InvalidFields among them
            return {}


def _in_form_order(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {name: errors[name] for name in (*LABELS, *errors) if name in errors}


def in_order(chosen: Iterable[str], stored: Iterable[str]) -> list[str]:
    """Return the chosen groups, those that are stored first and in their order.

    The boxes of the form stand in the hub's order; ticking none must change nothing.
    """
    chosen = list(chosen)
    kept = [group for group in stored if group in set(chosen)]
    return [*kept, *(group for group in chosen if group not in set(kept))]


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


def secret_choices(fields: FormFields, known: KnownSecrets) -> list[tuple[str, bool]]:
    """Return the pull secrets to choose from, each with whether it is in the list."""
    choices = [(name, True) for name in known.names]
    if fields.pull_secret and fields.pull_secret not in known.names:
        choices.append((fields.pull_secret, False))
    return choices


@dataclass(frozen=True)
class Difference:
    """A field in which base, present and typed value are not all the same."""

    label: str
    base: str
    now: str
    mine: str
    touched: bool  # whether it was changed in the form


def differences(
    base: Mapping[str, Any], now: Mapping[str, Any], mine: Mapping[str, Any]
) -> list[Difference]:
    """Compare an image when the form was opened, as it is now, and as it was typed."""
    return [
        Difference(
            label=LABELS[name],
            base=_shown(name, base[name]) if name in base else "not known",
            now=_shown(name, now[name]),
            mine=_shown(name, mine[name]),
            touched=mine[name] != base.get(name),
        )
        for name in LABELS
        if not (mine[name] == now[name] == base.get(name, now[name]))
    ]


def merged(
    base: Mapping[str, Any], now: Mapping[str, Any], mine: Mapping[str, Any]
) -> dict[str, Any]:
    """Return `mine` with what was not touched in the form as it is now."""
    return {
        name: now[name] if name in base and mine[name] == base[name] else mine[name]
        for name in LABELS
    }


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    if value is None:
        return "the same URL" if name == "gpu_url" else "none"
    return str(value) or "blank"
