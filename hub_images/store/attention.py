"""Which images need attention: they are enabled, and all the same people cannot start them.

Guarantees: every database finds the same images, and exactly those whose `status_of`, which
the pages show, is neither Offered nor Disabled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from hub_images.catalogue.policy import ReferencePolicy
from hub_images.catalogue.rules import Typed
from hub_images.store.orm import Image


@dataclass(frozen=True)
class Attention:
    """What decides it beside the image itself."""

    refused: frozenset[int]
    """Ids of the images with a reference that this hub does not allow; see `refused_ids`."""
    pull_secrets: tuple[str, ...] | None
    """All that there are; None if that is not known."""
    fitting: frozenset[str]
    """The types of images that fit some instance type."""

    @classmethod
    def of(
        cls,
        refused: Collection[int],
        pull_secrets: Iterable[str] | None,
        instance_types: Iterable[Typed],
    ) -> Self:
        """Take the present names of pull secrets, and the hub's instance types."""
        there = {instance_type.type for instance_type in instance_types}
        return cls(
            frozenset(refused),
            None if pull_secrets is None else tuple(pull_secrets),
            frozenset(there | {"universal"} if there else there),
        )

    def condition(self) -> ColumnElement[bool]:
        """Return the condition that finds the images."""
        problems: list[ColumnElement[bool]] = [
            Image.url == "",
            and_(Image.is_global.is_(False), ~Image.group_rows.any()),
            Image.type.not_in(sorted(self.fitting)),
            one_of(self.refused),
        ]
        if self.pull_secrets is not None:
            # null is not in an empty list, but neither in nor not in another one
            lacks = Image.pull_secret.not_in(self.pull_secrets)
            problems.append(and_(Image.pull_secret.is_not(None), lacks))
        return and_(Image.enabled.is_(True), or_(*problems))


def one_of(ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that an image has one of these ids."""
    # as text, not as parameters, of which SQLite takes 32,766 at most
    return Image.id.in_(
        bindparam(None, sorted(ids), expanding=True, literal_execute=True, unique=True)
    )


def refused_ids(session: Session, policy: ReferencePolicy) -> frozenset[int]:
    """Return the ids of enabled images with a reference that `policy` does not allow.

    No database knows how references are normalised, so this reads those of all images: 50 ms
    for 10,000. Where everything is allowed, it reads nothing.
    """
    if policy == ReferencePolicy():
        return frozenset()
    rows = session.execute(
        select(Image.id, Image.url, Image.gpu_url).where(Image.enabled.is_(True))
    )
    return frozenset(
        id_ for id_, url, gpu_url in rows if policy.problems(url) or policy.problems(gpu_url)
    )
