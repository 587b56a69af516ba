"""What the list says about all images at once: its filters' choices, what is refused, a count.

Guarantees: an `Overview` is that of the catalogue's present state. Reading it takes some looks
at the whole table, so it is cached until the next write; then it costs one small query.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_images.catalogue.policy import ReferencePolicy
from hub_images.store.attention import Attention, refused_ids
from hub_images.store.orm import Image
from hub_images.store.seal import State
from hub_images.store.search import (
    ImageQuery,
    count_images,
    fold,
    listed_groups,
    listed_registries,
)
from hub_images.store.snapshots import catalogue_state

#: Choices of one filter, at most; others can be typed.
MAX_CHOICES = 200


@dataclass(frozen=True)
class Overview:
    """What occurs in the catalogue, sorted and at most `MAX_CHOICES` of each."""

    groups: Sequence[str]
    tags: Sequence[str]
    pull_secrets: Sequence[str]
    registries: Sequence[str]
    refused: frozenset[int]
    """As `refused_ids` returns them; all of them."""


class OverviewCache:
    """Caches the overview of the present state, and one count that goes with it; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cached: tuple[State, ReferencePolicy, Overview] | None = None
        self._counted: tuple[Overview, Attention, int] | None = None

    def current(self, session: Session, policy: ReferencePolicy) -> Overview:
        """Return the overview; reads it anew only if somebody has written since."""
        state = catalogue_state(session.connection())
        with self._lock:  # one thread reads, the others wait for what it found
            cached = self._cached
            if cached is None or cached[:2] != (state, policy):
                self._cached = cached = (state, policy, read_overview(session, policy))
        return cached[2]

    def count_attention(self, session: Session, overview: Overview, attention: Attention) -> int:
        """Return how many images need attention by it; `overview` is what `current` returned.

        It looks at every image, so it is counted anew only for another overview or another
        `attention`, which also depends on the cluster's pull secrets.
        """
        counted = self._counted
        if counted is None or counted[0] is not overview or counted[1] != attention:
            count = count_images(session, ImageQuery(attention=attention))
            self._counted = counted = (overview, attention, count)
        return counted[2]


def read_overview(session: Session, policy: ReferencePolicy) -> Overview:
    """Read what `Overview` holds."""
    lists = session.execute(select(Image.tags).distinct()).scalars()
    tags = {fold(tag): tag for tag in sorted({tag for tags in lists for tag in tags})}
    secrets = session.execute(select(Image.pull_secret).distinct()).scalars()
    return Overview(
        groups=listed_groups(session)[:MAX_CHOICES],
        tags=[tags[folded] for folded in sorted(tags)][:MAX_CHOICES],
        pull_secrets=sorted(name for name in secrets if name is not None)[:MAX_CHOICES],
        registries=listed_registries(session)[:MAX_CHOICES],
        refused=refused_ids(session, policy),
    )
