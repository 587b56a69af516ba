"""What the pages about images share: the list's address, and the way to change images."""

from __future__ import annotations

from functools import cached_property
from http import HTTPStatus
from urllib.parse import quote

from hub_images.service.changes import Changes
from hub_images.service.pages.list_state import ListState
from hub_images.service.web.page import PageHandler

MAX_NAMES = 200  # in one address or bulk action; the list shows at most 100


class ImagesPage(PageHandler):
    """A page that the list of images leads to, and that leads back to it."""

    @cached_property
    def changes(self) -> Changes:
        """The way to change the catalogue, as this request's caller."""
        return Changes(self.context, self.caller)

    @property
    def state(self) -> ListState:
        """The list's search, filters, order and page, from the address."""
        return ListState.from_arguments(self.request.query_arguments)

    def names(self) -> list[str]:
        """Return the image names of the request, each once; at most `MAX_NAMES`."""
        return list(dict.fromkeys(self.get_arguments("names")))[:MAX_NAMES]

    def seen_versions(self) -> dict[str, int]:
        """Return the versions that the page showed, by name; of what is malformed, none."""
        sent = (text.partition("=") for text in self.get_body_arguments("versions"))
        return {
            name: int(version)
            for name, _equals, version in sent
            if version.isascii() and version.isdigit() and len(version) < 10
        }

    @property
    def shown(self) -> str:
        """The image whose row the list is to have in sight, from the address; or blank."""
        return self.get_query_argument("shown", "").replace("\0", "")

    def back_to_list(self, message: str, kind: str = "success", shown: str = "") -> None:
        """Redirect after a POST to the list with its filters, and show a message there.

        `shown` names the image whose row is to be in sight; the address of a form may too.
        """
        self.flash(message, kind)
        shown = shown or self.shown
        query = self.state.query_string(beside={"shown": shown} if shown else None)
        # without scripts the fragment scrolls there
        row = f"#image-{quote(shown)}" if shown else ""
        self.redirect(self.root + query + row, status=HTTPStatus.SEE_OTHER)
