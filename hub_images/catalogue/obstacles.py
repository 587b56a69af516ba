"""Why nobody at all is offered an image, whoever is in which group.

The status of an image and the sentence that says who is offered it both come from here. The list's
quick filter asks the database for the same; see `store/attention.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hub_images.catalogue import rules
from hub_images.catalogue.audience import SharedImage
from hub_images.catalogue.policy import ReferencePolicy

Kind = Literal["disabled", "not-allowed", "not-ready", "not-shared", "no-instance-type"]


@dataclass(frozen=True)
class Obstacle:
    """One reason why nobody is offered an image."""

    kind: Kind
    clause: str
    """Ends a sentence: `it is disabled`."""
    advice: str = ""
    """Sentences that say what would be right, where there is more to say than `clause`."""

    @property
    def sentence(self) -> str:
        """The reason by itself: the advice, or the clause as a sentence."""
        return self.advice or f"{self.clause[0].upper()}{self.clause[1:]}."


def obstacles(
    image: SharedImage, instance_types: Sequence[rules.Typed], policy: ReferencePolicy
) -> list[Obstacle]:
    """Return every reason why nobody is offered an image, the worst first after `disabled`."""
    found = []
    if not image.enabled:
        found.append(Obstacle("disabled", "it is disabled"))
    if problems := policy.field_problems(image):
        advice = _once(sentence for sentences in problems.values() for sentence in sentences)
        found.append(Obstacle("not-allowed", "this hub does not allow its reference", advice))
    if not image.url:
        found.append(Obstacle("not-ready", "it has no container image URL yet"))
    if not image.is_global and not image.groups:
        found.append(Obstacle("not-shared", "it is not global, and has no group"))
    if not any(rules.fits(image, instance_type) for instance_type in instance_types):
        clause = f"the hub has no instance type for images of type {image.type}"
        found.append(Obstacle("no-instance-type", clause))
    return found


def _once(sentences: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(sentences))
