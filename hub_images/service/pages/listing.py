"""Reads one page of the list from the database, and joins it with what else is known.

The hub says which servers run and which groups there are, the cluster which pull secrets. The
quick filters need that too: `resolved` makes a query of them, so that pages and counts are exact.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from hub_images.catalogue.reference import shown_parts
from hub_images.service.context import ServiceContext
from hub_images.service.pages.list_state import ListState
from hub_images.service.pages.status import Status, status_of
from hub_images.service.pages.times import time_since
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.service.running_servers import RunningServers
from hub_images.store.attention import Attention
from hub_images.store.images import named_ids
from hub_images.store.orm import Image
from hub_images.store.overview import Overview
from hub_images.store.search import ImageQuery, count_images, list_images, position_of

SHOWN_GROUPS = 2  # of an image, in its row; the others open


@dataclass(frozen=True)
class Known:
    """What the hub and the cluster said for one request."""

    context: ServiceContext
    secrets: KnownSecrets
    running: RunningServers | None
    groups: Collection[str] | None

    def attention(self, overview: Overview) -> Attention:
        """Return what says which images need attention."""
        secrets = self.secrets.names if self.secrets.readable else None
        return Attention.of(overview.refused, secrets, self.context.instance_types)


@dataclass(frozen=True)
class Listing:
    """One page of images; `state.page` is a page that exists."""

    state: ListState
    images: Sequence[Image]
    matching: int
    total: int
    overview: Overview
    attention: int = 0
    """How many images need attention, whatever the filters are."""
    in_use: int | None = None
    """How many images a server runs now; None if the hub does not answer."""
    shown: str = ""
    """The image whose row is to be in sight; blank if the list does not show it."""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.matching // self.state.size))

    @property
    def first(self) -> int:
        """The number of the first image of the page, from 1."""
        return (self.state.page - 1) * self.state.size + 1

    @property
    def near_pages(self) -> list[int | None]:
        """Numbers of the pages to link to: first, last and those around; None is a gap."""
        around = {1, self.pages, *range(self.state.page - 2, self.state.page + 3)}
        numbers = sorted(number for number in around if 1 <= number <= self.pages)
        found: list[int | None] = []
        for number in numbers:
            if found and number - (found[-1] or 0) > 1:
                found.append(None)
            found.append(number)
        return found


def read_listing(session: Session, state: ListState, known: Known, shown: str = "") -> Listing:
    """Read the page that `state` asks for, or the last one if there are fewer.

    With `shown`, read the page on which the row of that image stands, if the filters show it.
    """
    overview, attention, in_use, query = _asked(session, state, known)
    position = position_of(session, query, shown) if shown else None
    if position is not None:
        state = replace(state, page=position // state.size + 1)
        query = replace(query, offset=state.images.offset)
    images, matching = list_images(session, query)
    if not images and matching:
        state = replace(state, page=-(-matching // state.size))
        images, matching = list_images(session, replace(query, offset=state.images.offset))
    return Listing(
        state=state,
        images=images,
        matching=matching,
        total=count_images(session, ImageQuery()) if state.filtered else matching,
        overview=overview,
        attention=known.context.overviews.count_attention(session, overview, attention),
        in_use=None if known.running is None else len(in_use),
        shown="" if position is None else shown,
    )


def resolved(session: Session, state: ListState, known: Known) -> ImageQuery:
    """Return the store's query for `state`, with its quick filter."""
    return _asked(session, state, known).query


class _Asked(NamedTuple):
    """The query of the list, and what it is made of."""

    overview: Overview
    attention: Attention
    in_use: frozenset[int]
    query: ImageQuery


def _asked(session: Session, state: ListState, known: Known) -> _Asked:
    overview = known.context.overviews.current(session, known.context.policy)
    attention = known.attention(overview)
    in_use = ids_in_use(session, known.running)
    query = state.images
    if state.show == "attention":
        query = replace(query, attention=attention, ids=None)
    elif state.show == "in-use":
        query = replace(query, ids=in_use)
    return _Asked(overview, attention, in_use, query)


def ids_in_use(session: Session, running: RunningServers | None) -> frozenset[int]:
    """Return the ids of the images that some server runs now; none if that is unknown.

    It reads the ids of the images that servers name: a few milliseconds for thousands of them.
    """
    if running is None:
        return frozenset()
    return frozenset(
        id_
        for id_, name, identity in named_ids(session, running.images)
        if running.of(name, identity)
    )


@dataclass(frozen=True)
class ListedImage:
    """An image as the list shows it."""

    image: Image
    repository: str
    tag: str
    groups: Sequence[tuple[str, bool]]  # with whether the hub knows it
    status: Status
    servers: int | None  # that run it now; None if the hub does not answer
    updated: str


def listed_images(images: Sequence[Image], known: Known) -> list[ListedImage]:
    """Combine what the database, the hub and the cluster say about each image."""
    now = datetime.now(UTC)
    context, running = known.context, known.running
    found = []
    for image in images:
        repository, tag = shown_parts(image.url)
        status = status_of(image, known.secrets, context.policy, context.instance_types)
        found.append(
            ListedImage(
                image=image,
                repository=repository,
                tag=tag,
                groups=[(g, known.groups is None or g in known.groups) for g in image.groups],
                status=status,
                servers=None if running is None else len(running.of(image.name, image.identity)),
                updated=time_since(image.updated_at, now),
            )
        )
    return found
