"""What the pages about images share: the list's address, and the way to change images."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from http import HTTPStatus
from urllib.parse import quote

from hub_images.service.changes import Changes
from hub_images.service.pages.list_state import ListState
from hub_images.service.web.page import PageHandler

MAX_NAMES = 200  # in one address


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
        return numbers_of(self.get_body_arguments("versions"))

    @property
    def shown(self) -> str:
        """The image whose row the list is to have in sight, from the address; or blank."""
        return self.get_query_argument("shown", "").replace("\0", "")

    def back_to_list(self, message: str, kind: str = "success", shown: str = "") -> None:
        """Redirect after a POST to the list with its filters, and show a message there.

        `shown` names the image whose row is to be in sight; the address of a form may too. If
        the form came from the page of an image, redirect there instead.
        """
        self.flash(message, kind)
        if page := self.get_body_argument("image_page", ""):
            address = image_address(page) + self.state.query_string()
        else:
            shown = shown or self.shown
            # without scripts the fragment scrolls there
            row = f"#image-{quote(shown)}" if shown else ""
            address = self.state.query_string(beside={"shown": shown} if shown else None) + row
        self.redirect(self.root + address, status=HTTPStatus.SEE_OTHER)


def image_address(name: str) -> str:
    """Return the address of an image's page, below the service's own."""
    return f"image/{quote(name, safe='')}"


def numbers_of(sent: Iterable[str]) -> dict[str, int]:
    """Read versions by name from `name=version`; what is malformed is left out."""
    parts = (text.partition("=") for text in sent)
    return {
        name: int(version)
        for name, _equals, version in parts
        if version.isascii() and version.isdigit() and len(version) < 10
    }
