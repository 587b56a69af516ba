"""Deletes one image, after a question that says who runs it.

The dialog that asks belongs to the list and to the image's page. A successful POST redirects
(303) to the list with its filters. A form tells the version that it
showed, as `name=version`; if that has moved on, nothing is changed, and the list says so (412).
"""

from __future__ import annotations

import asyncio
import json

from hub_images.service.pages.image_list import ListingPage
from hub_images.service.pages.images_page import ImagesPage
from hub_images.service.pages.usage import Usage
from hub_images.store.images import VersionConflict, identities


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
