"""The list's actions: delete one image, and enable, disable or delete several.

A successful POST redirects (303) to the list with its filters. A form tells the versions that it
showed, as `name=version`; if one has moved on, nothing is changed, and the list says so (412).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import ClassVar

from hub_images.catalogue.fields import InvalidFields
from hub_images.service.pages.image_list import ListingPage
from hub_images.service.pages.images_page import ImagesPage
from hub_images.service.pages.usage import Usage
from hub_images.service.web.answers import ErrorAnswer
from hub_images.store.images import VersionConflict, identities

_NAMED = 20  # images in a message, at most: a cookie carries it


class UsagePage(ImagesPage):
    """Tells the delete dialog how many servers run the images now."""

    expensive = True  # it asks the hub for all servers

    async def get(self) -> None:
        """Answer in JSON for the images in `names`."""
        names = self.names()
        running, stored = await asyncio.gather(
            self.context.hub.running_servers(now=True),
            self.context.database.read(lambda session: identities(session, names)),
        )
        usage = Usage.of({**dict.fromkeys(names), **stored}, running)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(usage.model()))


class DeletePage(ListingPage):
    """Deletes an image for the list's dialog."""

    needs_write_scope = True

    async def post(self, name: str) -> None:
        """Delete the image; servers that run it go on."""
        running = await self.context.hub.running_servers(now=True)
        seen = self.seen_versions()
        try:
            change = await self.changes.delete(
                name, expected=[seen[name]] if name in seen else None
            )
        except VersionConflict as conflict:
            await self.show_list([], conflict)
            return
        usage = Usage.of({name: change.image.identity}, running)
        self.back_to_list(f"Deleted {change.image.display_name}{usage.after_deletion}")


class BulkPage(ListingPage):
    """Enables, disables or deletes the images that are ticked in the list."""

    needs_write_scope = True
    _ACTIONS: ClassVar[tuple[str, ...]] = ("enable", "disable", "delete")

    async def post(self) -> None:
        """Apply `action` to the images in `names`; ask before deleting unless `confirmed`."""
        names, action = self.names(), self.get_body_argument("action", "")
        if action not in self._ACTIONS:
            raise ErrorAnswer(400, "Choose Enable, Disable or Delete.")
        if not names:
            self.back_to_list("No image was chosen.", "warning")
        elif action == "delete" and not self.get_body_argument("confirmed", ""):
            await self.show_list(names)
        else:
            try:
                if action == "delete":
                    await self._delete(names)
                else:
                    await self._set_enabled(names, action == "enable")
            except VersionConflict as conflict:
                await self.show_list([], conflict)

    async def _set_enabled(self, names: list[str], enabled: bool) -> None:
        try:
            changes = await self.changes.set_enabled(names, enabled, self.seen_versions())
        except InvalidFields as error:
            self.back_to_list(_refused(list(error.errors)), "danger")
            return
        word = "Enabled" if enabled else "Disabled"
        self.back_to_list(f"{word} {images_text(len(changes))}.")

    async def _delete(self, names: list[str]) -> None:
        running = await self.context.hub.running_servers(now=True)
        changes = await self.changes.delete_several(names, self.seen_versions())
        usage = Usage.of({c.image.name: c.image.identity for c in changes}, running)
        self.back_to_list(f"Deleted {images_text(len(changes))}{usage.after_deletion}")


def _refused(names: Sequence[str]) -> str:
    named = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        named += f" and {len(names) - _NAMED} more"
    return f"Nothing was enabled, because this hub does not allow the references of {named}."


def images_text(count: int) -> str:
    """Return the number of images in words: `1 image`, `no images`."""
    return "1 image" if count == 1 else f"{count or 'no'} images"
