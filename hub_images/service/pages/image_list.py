"""The list of images: one page of them, with what the hub and the cluster say about each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from sqlalchemy.orm import Session

from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.pages.images_page import ImagesPage
from hub_images.service.pages.list_state import PAGE_SIZE, ListState
from hub_images.service.pages.usage import Usage
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.service.running_servers import RunningServers
from hub_images.store.images import VersionConflict, named_images
from hub_images.store.orm import Image
from hub_images.store.search import ImageQuery, list_images, listed_groups


@dataclass(frozen=True)
class Listing:
    """One page of images from the database; `state.page` is a page that exists."""

    state: ListState
    images: Sequence[Image]
    matching: int
    total: int
    groups: list[str]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.matching // PAGE_SIZE))

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


def read_listing(session: Session, state: ListState) -> Listing:
    """Read the page that `state` asks for, or the last one if there are fewer."""
    images, matching = list_images(session, state.images)
    if not images and matching:
        state = replace(state, page=-(-matching // PAGE_SIZE))
        images, matching = list_images(session, state.images)
    total = matching
    if state.filtered:
        _some, total = list_images(session, ImageQuery(limit=1))
    return Listing(state, images, matching, total, listed_groups(session))


@dataclass(frozen=True)
class ListedImage:
    """An image as the list shows it."""

    image: Image
    groups: list[tuple[str, bool]]  # with whether the hub knows it
    secret_missing: bool
    not_allowed: list[str]  # why this hub does not start its references
    servers: int | None  # that run it now; None if the hub does not answer
    updated: str


def listed_images(
    images: Sequence[Image],
    known_groups: Collection[str] | None,
    secrets: KnownSecrets,
    policy: ReferencePolicy,
    running: RunningServers | None,
) -> list[ListedImage]:
    """Combine what the database, the hub and the cluster say about each image."""
    now = datetime.now(UTC)
    return [
        ListedImage(
            image=image,
            groups=[(g, known_groups is None or g in known_groups) for g in image.groups],
            secret_missing=secrets.lacks(image.pull_secret),
            not_allowed=list(
                dict.fromkeys(s for field in policy.field_problems(image).values() for s in field)
            ),
            servers=None if running is None else len(running.of(image.name, image.identity)),
            updated=time_since(image.updated_at, now),
        )
        for image in images
    ]


def time_since(then: datetime, now: datetime) -> str:
    """Say how long ago `then` was, as people would; after 30 days, its date."""
    seconds = (now - then).total_seconds()
    for name, length, below in (("minute", 60, 3600), ("hour", 3600, 86400)):
        if seconds < length:
            break
        if seconds < below:
            return _ago(int(seconds // length), name)
    if seconds < 60:
        return "just now"
    days = int(seconds // 86400)
    return _ago(days, "day") if days < 30 else then.date().isoformat()


def _ago(count: int, unit: str) -> str:
    return f"{count} {unit} ago" if count == 1 else f"{count} {unit}s ago"


class ListingPage(ImagesPage):
    """A page that shows the list."""

    expensive = True  # it asks the hub for all groups and servers, and the cluster

    async def show_list(self, asked: list[str], conflict: VersionConflict | None = None) -> None:
        """Show the list; if `asked` names images, ask whether to delete them.

        With a `conflict`, say that nothing was changed because of it.
        """
        listing, groups, secrets, running, doomed = await asyncio.gather(
            self.context.database.read(lambda session: read_listing(session, self.state)),
            self.context.hub.groups(),
            self.context.pull_secrets.known(),
            self.context.hub.running_servers(now=bool(asked)),
            self.context.database.read(lambda session: doomed_images(session, asked)),
        )
        known = None if groups is None else [group.name for group in groups]
        if conflict is not None:
            told = (
                f"{conflict} So nothing was done. Look at the image again before you repeat this."
            )
        self.render_page(
            "image_list.html",
            HTTPStatus.OK if conflict is None else HTTPStatus.PRECONDITION_FAILED,
            listing=listing,
            state=listing.state,
            listed=listed_images(listing.images, known, secrets, self.context.policy, running),
            group_choices=sorted({*(known or []), *listing.groups}, key=str.casefold),
            flash=self.take_flash() if conflict is None else ("warning", told),
            doomed=doomed,
            seen={
                **{name: image.version for name, image in doomed.items()},
                **self.seen_versions(),
            },
            several=self.request.method == "POST",
            usage=Usage.of({name: image.identity for name, image in doomed.items()}, running),
        )


class ListPage(ListingPage):
    """The list of images."""

    async def get(self) -> None:
        """Show the list; without scripts, `?confirm=` asks whether to delete an image."""
        asked = self.get_query_arguments("confirm") if self.caller.may_write else []
        await self.show_list(asked[-1:])


def doomed_images(session: Session, names: list[str]) -> dict[str, Image]:
    """Return the named images that exist, by name."""
    return {image.name: image for image in named_images(session, names)} if names else {}
