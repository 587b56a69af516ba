"""`api/images`: the catalogue over REST."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from tornado.httputil import url_concat

from hub_images.catalogue.image import parse_image, patched
from hub_images.service.api.query import parse_query
from hub_images.service.changes import Changes
from hub_images.service.web.json_handler import JsonHandler
from hub_images.store.images import get_image, image_model
from hub_images.store.orm import Image
from hub_images.store.search import list_images


class ImageHandler(JsonHandler):
    """What the endpoints of images share."""

    @property
    def changes(self) -> Changes:
        """The way to change the catalogue, as this request's caller."""
        return Changes(self.context, self.caller)

    def write_image(self, image: Image) -> None:
        """Finish with an image and its version."""
        self.set_header("ETag", f'"{image.version}"')
        self.write_json(image_model(image))


class ImageList(ImageHandler):
    """`api/images`."""

    async def get(self) -> None:
        """List images."""
        query = parse_query(self.request.query_arguments)
        images, total = await self.context.database.read(
            lambda session: list_images(session, query)
        )
        following = query.offset + query.limit
        page: dict[str, Any] = {
            "offset": query.offset, "limit": query.limit, "total": total, "next": None,
        }  # fmt: skip
        if following < total:
            page["next"] = {
                "offset": following,
                "limit": query.limit,
                "url": self._next_url(following, query.limit),
            }
        self.write_json({"items": [image_model(image) for image in images], "_pagination": page})

    def _next_url(self, offset: int, limit: int) -> str:
        kept = [
            (name, value.decode("utf8", "replace"))
            for name, values in self.request.query_arguments.items()
            for value in values
            if name not in ("offset", "limit")
        ]
        base = self.request.full_url().partition("?")[0]
        return url_concat(base, [*kept, ("offset", str(offset)), ("limit", str(limit))])

    async def post(self) -> None:
        """Add an image."""
        change = await self.changes.add(parse_image(self.read_object()))
        name = quote(change.image.name, safe="")
        self.set_status(HTTPStatus.CREATED)
        self.set_header("Location", f"{self.root}api/images/{name}")
        self.write_image(change.image)


class OneImage(ImageHandler):
    """`api/images/<name>`."""

    async def get(self, name: str) -> None:
        """Show an image."""
        self.write_image(await self.context.database.read(lambda session: get_image(session, name)))

    async def put(self, name: str) -> None:
        """Replace every writable field."""
        data = {"name": name, **self.read_object()}
        change = await self.changes.change(
            name,
            lambda _stored: parse_image(data),
            expected=self.expected_versions(),
        )
        self.write_image(change.image)

    async def patch(self, name: str) -> None:
        """Change just the fields given."""
        data = self.read_object()
        change = await self.changes.change(
            name,
            lambda stored: patched(stored, data),
            expected=self.expected_versions(),
        )
        self.write_image(change.image)

    async def delete(self, name: str) -> None:
        """Delete an image."""
        await self.changes.delete(name, expected=self.expected_versions())
        self.set_status(HTTPStatus.NO_CONTENT)
        self.clear_header("Content-Type")
        self.finish()
