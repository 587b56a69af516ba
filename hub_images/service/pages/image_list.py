"""The list of images: one page of them, with what the hub and the cluster say about each."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from sqlalchemy.orm import Session

from hub_images.catalogue.bulk import ACTIONS
from hub_images.service.pages.images_page import ImagesPage
from hub_images.service.pages.list_state import (
    COLUMNS,
    FILTERS,
    PAGE_SIZES,
    PICKED,
    SORT_NAMES,
    WORDS,
    ListState,
)
from hub_images.service.pages.listing import (
    SHOWN_GROUPS,
    Known,
    Listing,
    listed_images,
    read_listing,
    resolved,
)
from hub_images.service.pages.usage import Usage
from hub_images.store.images import VersionConflict, named_images
from hub_images.store.orm import Image
from hub_images.store.overview import MAX_CHOICES, Overview
from hub_images.store.search import ImageQuery


class ListingPage(ImagesPage):
    """A page that shows the list."""

    expensive = True  # it asks the hub for all groups and servers, and the cluster

    async def known(self, *, now: bool = False) -> Known:
        """Ask the hub and the cluster; `now` waits for the hub's next answer about servers."""
        groups, secrets, running = await asyncio.gather(
            self.context.hub.groups(),
            self.context.pull_secrets.known(),
            self.context.hub.running_servers(now=now),
        )
        names = None if groups is None else [group.name for group in groups]
        return Known(self.context, secrets, running, names)

    async def matching(self) -> ImageQuery:
        """Return the query of all that the list shows, its quick filter too."""
        if not self.state.show:
            return self.state.images
        known = await self.known()
        return await self.context.database.read(
            lambda session: resolved(session, self.state, known)
        )

    async def show_list(self, asked: list[str], conflict: VersionConflict | None = None) -> None:
        """Show the list; if `asked` names images, ask whether to delete them.

        With a `conflict`, say that nothing was changed because of it. If the address names an
        image that is to be in sight, show the page with its row.
        """
        known = await self.known(now=bool(asked))

        def read(session: Session) -> tuple[Listing, dict[str, Image]]:
            doomed = doomed_images(session, asked)
            return read_listing(session, self.state, known, self.shown), doomed

        listing, doomed = await self.context.database.read(read)
        if conflict is None:
            status, flash = HTTPStatus.OK, self.take_flash()
        else:
            again = "So nothing was done. Look at the image again before you repeat this."
            status, flash = HTTPStatus.PRECONDITION_FAILED, ("warning", f"{conflict} {again}")
        self.render_page(
            "image_list.html",
            status,
            listing=listing,
            state=listing.state,
            listed=listed_images(listing.images, known),
            asked_for=self.shown,
            choices=choices(listing.overview, known, listing.state),
            labels=FILTERS,
            picks=PICKED,
            words=WORDS,
            columns=COLUMNS,
            sorts=SORT_NAMES,
            page_sizes=PAGE_SIZES,
            shown_groups=SHOWN_GROUPS,
            actions=ACTIONS,
            flash=flash,
            doomed=doomed,
            seen={
                **{name: image.version for name, image in doomed.items()},
                **self.seen_versions(),
            },
            several=self.request.method == "POST",
            usage=Usage.of({name: image.identity for name, image in doomed.items()}, known.running),
        )


class ListPage(ListingPage):
    """The list of images."""

    async def get(self) -> None:
        """Show the list; without scripts, `?confirm=` asks whether to delete an image."""
        asked = self.get_query_arguments("confirm") if self.caller.may_write else []
        await self.show_list(asked[-1:])


def choices(overview: Overview, known: Known, state: ListState) -> dict[str, list[str]]:
    """Return what each filter offers beside "all", with what it is set to."""
    offered = {
        "group": {*overview.groups, *(known.groups or ())},
        "tag": set(overview.tags),
        "pull_secret": set(overview.pull_secrets),
        "registry": set(overview.registries),
    }
    return {
        name: sorted({*sorted(values)[:MAX_CHOICES], *filter(None, [getattr(state, name)])},
                     key=str.casefold)
        for name, values in offered.items()
    }  # fmt: skip


def doomed_images(session: Session, names: list[str]) -> dict[str, Image]:
    """Return the named images that exist, by name."""
    return {image.name: image for image in named_images(session, names)} if names else {}
