"""What answers where no page is."""

from __future__ import annotations

import json
from typing import Any

from hub_images.service.web.identity import BaseHandler, Refused
from hub_images.service.web.page import PageHandler


class NotFoundPage(PageHandler):
    """Any other address: JSON, unless it is a browser that looks for a page."""

    in_navigation = False

    async def prepare(self) -> None:
        """Say that there is nothing, to whoever asks."""
        if self._wants_page():  # whose navigation bar shows who is signed in
            await self.identify()
        raise Refused(404, "There is nothing at this address.")

    def _wants_page(self) -> bool:
        return "text/html" in self.request.headers.get("Accept", "")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page, or in JSON."""
        if self._wants_page():
            super().write_error(status_code, **kwargs)
            return
        message, errors = self.message_of(status_code, **kwargs)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"status": status_code, "message": message, "errors": errors}))


class AddSlash(BaseHandler):
    """`/services/images` means `/services/images/`."""

    async def prepare(self) -> None:
        """Send the browser on, whoever it is, with what it asks for."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(self.root + query, permanent=False)
