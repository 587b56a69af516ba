"""Answers at addresses that have no page and no endpoint."""

from __future__ import annotations

from hub_images.service.web.answers import ErrorAnswer
from hub_images.service.web.identity import IdentifiedHandler
from hub_images.service.web.json_handler import JsonHandler
from hub_images.service.web.page import PageHandler

NOTHING = "There is nothing at this address."


class NotFoundPage(PageHandler):
    """Any other address: a page for browsers, JSON for programs."""

    in_navigation = False

    async def prepare(self) -> None:
        """Answer 404 to everyone."""
        if self._wants_page():  # the page's navigation bar shows who is signed in
            await self.identify()
        else:
            self.limit_address()
        raise ErrorAnswer(404, NOTHING)

    def _wants_page(self) -> bool:
        return "text/html" in self.request.headers.get("Accept", "")

    def answer_error(self, error: ErrorAnswer) -> None:
        """Answer with a page, or in JSON."""
        if self._wants_page():
            super().answer_error(error)
            return
        self.answer_json(error)


class NotFoundJson(JsonHandler):
    """Any other address below `api/`."""

    async def prepare(self) -> None:
        """Answer 404 to everyone."""
        self.limit_address()
        raise ErrorAnswer(404, NOTHING)


class AddSlash(IdentifiedHandler):
    """`/services/images` means `/services/images/`."""

    async def prepare(self) -> None:
        """Redirect everyone, and keep the query."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(self.root + query, permanent=False)
