"""The one status of an image that pages show: the worst of what is true of it, with its reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from hub_images.catalogue import rules
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.store.orm import Image

Kind = Literal["good", "quiet", "warning", "bad"]


@dataclass(frozen=True)
class Status:
    """What an image's badge says; `kind` decides its colour and its sign."""

    word: str
    kind: Kind
    reason: str


def status_of(
    image: Image,
    secrets: KnownSecrets,
    policy: ReferencePolicy,
    instance_types: Sequence[InstanceType],
) -> Status:
    """Return the worst of what is true of an image.

    A disabled image is only that: whoever disabled it knows that nobody is offered it.
    """
    found = _problems(image, secrets, policy, instance_types)
    if not image.enabled:
        return Status("Disabled", "quiet", " ".join(["Nobody is offered it.", *_reasons(found)]))
    if found:
        return Status(found[0].word, found[0].kind, " ".join(_reasons(found)))
    return Status("Offered", "good", "")


def _reasons(found: Collection[Status]) -> list[str]:
    return [status.reason for status in found]


def _problems(
    image: Image,
    secrets: KnownSecrets,
    policy: ReferencePolicy,
    instance_types: Sequence[InstanceType],
) -> list[Status]:
    """Return what is wrong with an image, the worst first."""
    found = []
    not_allowed = policy.field_problems(image).values()
    if sentences := list(dict.fromkeys(sentence for field in not_allowed for sentence in field)):
        found.append(Status("Not allowed", "bad", " ".join(sentences)))
    if secrets.lacks(image.pull_secret):
        reason = f"Pull secret {image.pull_secret} is not in the list."
        found.append(Status("Pull secret missing", "bad", reason))
    if not image.ready:
        found.append(Status("Not ready", "warning", "It has no container image URL yet."))
    if not image.is_global and not image.groups:
        found.append(Status("Nobody may use it", "warning", "It is not global, and has no group."))
    if not any(rules.fits(image, instance_type) for instance_type in instance_types):
        found.append(
            Status("Fits no instance type", "warning", f"The hub has none of type {image.type}.")
        )
    return found
