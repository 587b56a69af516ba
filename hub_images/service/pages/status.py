"""The one status of an image that pages show: the worst of what is true of it, with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.obstacles import Kind as ObstacleKind
from hub_images.catalogue.obstacles import obstacles
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.store.orm import Image

Kind = Literal["good", "quiet", "warning", "bad"]

#: What the badge says of each obstacle but `disabled`.
_BADGES: Mapping[ObstacleKind, tuple[str, Kind]] = {
    "not-allowed": ("Not allowed", "bad"),
    "not-ready": ("Not ready", "warning"),
    "not-shared": ("Nobody may use it", "warning"),
    "no-instance-type": ("Fits no instance type", "warning"),
}


@dataclass(frozen=True)
class Status:
    """What an image's badge says; `kind` decides its colour and its sign."""

    word: str
    kind: Kind
    reasons: Sequence[str]
    """Sentences."""

    @property
    def reason(self) -> str:
        """All reasons."""
        return " ".join(self.reasons)


def status_of(
    image: Image,
    secrets: KnownSecrets,
    policy: ReferencePolicy,
    instance_types: Sequence[InstanceType],
) -> Status:
    """Return the worst of what is true of an image, with the reasons for all of it.

    A disabled image is only that: whoever disabled it knows why. Its reasons are what else is
    wrong with it.
    """
    found = [
        (*_BADGES[obstacle.kind], obstacle.sentence)
        for obstacle in obstacles(image, instance_types, policy)
        if obstacle.kind != "disabled"
    ]
    if secrets.lacks(image.pull_secret):
        gone = f"Pull secret {image.pull_secret} is not in the list."
        found.append(("Pull secret missing", "bad", gone))
        found.sort(key=lambda problem: problem[1] != "bad")
    reasons = [reason for _word, _kind, reason in found]
    if not image.enabled:
        return Status("Disabled", "quiet", reasons)
    if found:
        word, kind, _reason = found[0]
        return Status(word, kind, reasons)
    return Status("Offered", "good", reasons)
