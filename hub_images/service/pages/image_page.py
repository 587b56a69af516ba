"""The page of one image: what it is, what starts, for whom, and who runs it now.

Readers see everything that is stored; only writers get actions. The page is true without the
hub: it then says what it does not know.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub_images.catalogue import rules
from hub_images.catalogue.audience import (
    EVERYONE,
    NOBODY,
    Members,
    People,
    audience,
    deciding_groups,
)
from hub_images.catalogue.image import AT_START, LABELS, image_fields
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.markdown import rendered
from hub_images.catalogue.obstacles import Obstacle, obstacles
from hub_images.catalogue.reference import ReferenceParts, reference_parts
from hub_images.service.pages.audience_sentence import audience_sentence
from hub_images.service.pages.images_page import ImagesPage, image_address
from hub_images.service.pages.phrases import people_text
from hub_images.service.pages.status import Status, status_of
from hub_images.service.pages.times import time_since
from hub_images.service.pages.usage import Usage
from hub_images.store.images import get_image
from hub_images.store.orm import Image
from hub_images.transfer.document import document


@dataclass(frozen=True)
class StartedReference:
    """A container image reference of an image, and the instance types on which it starts."""

    text: str
    parts: ReferenceParts
    instance_types: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """What one field says: text, a list or a mapping."""

    label: str
    value: Any


class ImagePage(ImagesPage):
    """Shows one image."""

    expensive = True  # it asks the hub for all groups and servers, and the cluster

    async def get(self, name: str) -> None:
        """Show the image; without scripts, `?confirm=` asks whether to delete it."""
        image = await self.context.database.read(lambda session: get_image(session, name))
        asked = self.caller.may_write and bool(self.get_query_arguments("confirm"))
        deciding = deciding_groups([image, *self.context.instance_types])
        members, users, secrets, running = await asyncio.gather(
            self.context.hub.members({*deciding, *image.groups}),
            self.context.hub.user_count(),
            self.context.pull_secrets.known(),
            self.context.hub.running_servers(now=asked),
        )
        types, policy, now = self.context.instance_types, self.context.policy, datetime.now(UTC)
        why = obstacles(image, types, policy)
        status = status_of(image, secrets, policy, types)
        usage = Usage.of({image.name: image.identity}, running)
        self.render_page(
            "image.html",
            image=image,
            description=rendered(image.description),
            image_status=status,
            reason=reason_beside(status, why),
            audience=audience_sentence(image, types, policy, members, users),
            people=[] if why else people_by_type(image, types, members, users),
            groups=groups_of(image, members),
            references=started_references(image, types),
            at_start=facts_at_start(image),
            usage=usage,
            servers=usage.total,
            asked=asked,
            document=document([image]),
            pieces=pieces,
            since=lambda then: time_since(then, now),
            state=self.state,
            here_address=self.root + image_address(name),
            flash=self.take_flash(),
        )


def reason_beside(status: Status, why: Sequence[Obstacle]) -> str:
    """Return the reasons of a status, without the one that `audience_sentence` gives already.

    `why` are the image's obstacles, of which that sentence tells the first, without its advice.
    """
    told = why[0].sentence if why and not why[0].advice else None
    return " ".join(reason for reason in status.reasons if reason != told)


def started_references(
    image: Image, instance_types: Sequence[InstanceType]
) -> list[StartedReference]:
    """Return the references of an image; each once, with the instance types that start it."""
    found: dict[str, list[str]] = {}
    for instance_type in instance_types:
        if rules.fits(image, instance_type):
            found.setdefault(rules.reference(image, instance_type), []).append(
                instance_type.display_name
            )
    for reference in (image.url, image.gpu_url):  # also what no instance type of today starts
        found.setdefault(reference or "", [])
    return [
        StartedReference(text, reference_parts(text), tuple(types))
        for text, types in found.items()
        if text
    ]


def pieces(reference: str) -> list[str]:
    """Return a reference in the pieces between which a line may break."""
    return re.split(r"(?<=[/:@])", reference)


def people_by_type(
    image: Image, instance_types: Sequence[InstanceType], members: Members | None, users: int | None
) -> list[tuple[str, str]]:
    """Return, for each instance type that the image fits, who is offered it, in words."""
    found = audience(image, instance_types, members or {})
    known = members is not None
    return [
        (instance_type.display_name, _who(people, users) if known else "unknown")
        for instance_type, people in found.by_instance_type
    ]


def _who(people: People, users: int | None) -> str:
    if people == EVERYONE:
        return "everyone" if users is None else f"everyone ({people_text(users)})"
    return "nobody" if people == NOBODY else people_text(people.count(users) or 0)


def groups_of(
    image: Image, members: Mapping[str, Collection[str]] | None
) -> list[tuple[str, str, bool]]:
    """Return the groups of an image: name, members in words, and whether the hub knows it."""
    found = []
    for group in image.groups:
        known = members is None or group in members
        count = len(members[group]) if members and group in members else 0
        words = "1 member" if count == 1 else f"{count:,} members"
        found.append((group, "members unknown" if members is None else words, known))
    return found


def facts_at_start(image: Image) -> list[Fact]:
    """Return the fields that a start sets and that are not left to the deployer."""
    fields = image_fields(image)
    return [Fact(LABELS[name], fields[name]) for name in AT_START if fields[name]]
