"""What answers where no page is."""

from __future__ import annotations

from hub_images.handlers.api import ApiHandler
from hub_images.handlers.base import BaseHandler, Refused


class NotFoundPage(ApiHandler):
    """Any other address."""

    async def prepare(self) -> None:
        """Say that there is nothing."""
        raise Refused(404, "There is nothing at this address.")


class AddSlash(BaseHandler):
    """`/services/images` means `/services/images/`."""

    async def prepare(self) -> None:
        """Send the browser on, whoever it is."""
        self.redirect(self.root, permanent=False)
