"""The pages: list, deleting, several images at once; the table of all of them.

A POST that succeeds answers 303 to the list, as it was filtered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from hub_images.service.api.images import log_change
from hub_images.service.pages.editor import EditPage, NewPage
from hub_images.service.pages.image_list import (
    make_rows,
    read_listing,
    servers_text,
    usage_sentence,
)
from hub_images.service.web.identity import BaseHandler, Refused
from hub_images.service.web.page import PageHandler
from hub_images.store import images as store

MAX_NAMES = 200  # in one address or bulk action; the list shows 25


class ImagesPage(PageHandler):
    """A page that shows the list, or works on images chosen there."""

    def names(self) -> list[str]:
        """Return the image names of the request, each once."""
        return list(dict.fromkeys(self.get_arguments("names")))[:MAX_NAMES]

    async def render_list(self, asked: list[str]) -> None:
        """Show the list; where `asked` names images, with the question whether to delete them."""
        listing, groups, secrets, in_use, doomed = await asyncio.gather(
            self.services.database.read(lambda session: read_listing(session, self.state)),
            self.services.hub_api.groups(),
            self.services.pull_secrets.known(),
            self.services.hub_api.images_in_use(now=bool(asked)),
            self.services.database.read(lambda session: display_names(session, asked)),
        )
        known = None if groups is None else [group.name for group in groups]
        self.render_page(
            "images/list.html",
            listing=listing,
            state=listing.state,
            rows=make_rows(listing.images, known, secrets, in_use),
            group_choices=sorted({*(known or []), *listing.groups}, key=str.casefold),
            hub_answers=in_use is not None,
            flash=self.take_flash(),
            doomed=doomed,
            several=self.request.method == "POST",
            usage=usage(list(doomed), in_use),
        )


class ListPage(ImagesPage):
    """The list of images."""

    async def get(self) -> None:
        """Show the list; `?confirm=` asks whether to delete an image, without a script."""
        asked = self.get_query_arguments("confirm") if self.may_write else []
        await self.render_list(asked[-1:])


def display_names(session: Session, names: list[str]) -> dict[str, str]:
    """Return the display names of those images that exist, by name."""
    if not names:
        return {}
    return {image.name: image.display_name for image in store.named_images(session, names)}


def usage(names: list[str], in_use: Mapping[str, int] | None) -> dict[str, Any]:
    """Say how many running servers use the images, each and together."""
    counts = {name: None if in_use is None else in_use.get(name, 0) for name in names}
    total = None if in_use is None else sum(in_use.get(name, 0) for name in names)
    return {
        "sentence": usage_sentence(total, len(names)),
        "servers": counts,
        "texts": {name: servers_text(count) for name, count in counts.items()},
    }


class UsagePage(ImagesPage):
    """What the delete dialog asks when it opens: how many servers run the images now."""

    async def get(self) -> None:
        """Answer in JSON for the images in `names`."""
        answer = usage(self.names(), await self.services.hub_api.images_in_use(now=True))
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(answer))


class DeletePage(PageHandler):
    """Where the list's dialog deletes an image."""

    always_write = True

    async def post(self, name: str) -> None:
        """Delete the image; its running servers are left alone."""
        in_use = await self.services.hub_api.images_in_use(now=True)

        def delete(session: Session) -> str:
            shown = store.get_image(session, name).display_name
            store.delete_image(session, name)
            return shown

        shown = await self.services.database.write(delete)
        log_change("deleted", name, self.actor)
        self.back_to_list(f"Deleted {shown}{still_running([name], in_use)}")


def still_running(names: list[str], in_use: Mapping[str, int] | None) -> str:
    """End a sentence about deleted images: which servers go on."""
    servers = sum((in_use or {}).get(name, 0) for name in names)
    if not servers:
        return "."
    return f"; {servers_text(servers)} {'keeps' if servers == 1 else 'keep'} running."


class BulkPage(ImagesPage):
    """Where the list enables, disables or deletes the images that are ticked."""

    always_write = True
    _ACTIONS: ClassVar[tuple[str, ...]] = ("enable", "disable", "delete")

    async def post(self) -> None:
        """Do `action` to the images in `names`; deleting asks first unless `confirmed`."""
        names, action = self.names(), self.get_body_argument("action", "")
        if action not in self._ACTIONS:
            raise Refused(400, "Choose one of Enable, Disable and Delete.")
        if not names:
            self.back_to_list("No image was chosen.", "warning")
        elif action == "delete" and not self.get_body_argument("confirmed", ""):
            await self.render_list(names)
        elif action == "delete":
            await self._delete(names)
        else:
            await self._set_enabled(names, action == "enable")

    async def _set_enabled(self, names: list[str], enabled: bool) -> None:
        changed = await self.services.database.write(
            lambda session: store.set_enabled(session, names, enabled, actor=self.actor)
        )
        word = "enabled" if enabled else "disabled"
        for name in changed:
            log_change(word, name, self.actor)
        self.back_to_list(f"{word.capitalize()} {images_text(len(changed))}.")

    async def _delete(self, names: list[str]) -> None:
        in_use = await self.services.hub_api.images_in_use(now=True)
        deleted = await self.services.database.write(
            lambda session: store.delete_images(session, names)
        )
        for name in deleted:
            log_change("deleted", name, self.actor)
        self.back_to_list(f"Deleted {images_text(len(deleted))}{still_running(deleted, in_use)}")


def images_text(count: int) -> str:
    """Name the number of images."""
    return "1 image" if count == 1 else f"{count or 'no'} images"


HANDLERS: list[tuple[str, type[BaseHandler]]] = [
    ("", ListPage),
    ("new", NewPage),
    ("edit/([^/]+)", EditPage),
    ("delete/([^/]+)", DeletePage),
    ("bulk", BulkPage),
    ("usage", UsagePage),
]
