"""The REST API: images, instance types, pull secrets, health."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from tornado.web import RequestHandler

from hub_images.catalogue.image import ImageSpec, InvalidFields, image_fields, parse_image
from hub_images.catalogue.instance_type import instance_type_model
from hub_images.service.api.openapi import openapi_document
from hub_images.service.api.query import parse_query
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.service.web.identity import BaseHandler, Refused, Services
from hub_images.store import engine as db
from hub_images.store import images as store
from hub_images.store.images import AnyVersion
from hub_images.store.orm import Image
from hub_images.store.search import list_images


class ApiHandler(BaseHandler):
    """A request for JSON, answered in JSON, errors too."""

    def set_default_headers(self) -> None:
        """Say that it is JSON."""
        super().set_default_headers()
        self.set_header("Content-Type", "application/json")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with status, sentence and field errors."""
        message, errors = self.message_of(status_code, **kwargs)
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.write_json({"status": status_code, "message": message, "errors": errors})

    def allowed_methods(self) -> list[str]:
        """Return the methods that this path has."""
        own = type(self)
        return [
            method
            for method in self.SUPPORTED_METHODS
            if getattr(own, method.lower(), None)
            is not getattr(RequestHandler, method.lower(), None)
        ]

    def write_json(self, value: Any) -> None:
        """Finish with `value`."""
        self.finish(json.dumps(value, ensure_ascii=False))

    def read_object(self) -> dict[str, Any]:
        """Return the JSON object that was sent; 400 for malformed JSON, 422 for another value."""
        try:
            value = json.loads(
                self.request.body,
                parse_constant=_refuse_constant,
                object_pairs_hook=_refuse_repeated,
            )
        except _Repeated as error:
            raise Refused(400, str(error)) from None
        except (ValueError, RecursionError):
            raise Refused(400, "The body is not valid JSON.") from None
        if not isinstance(value, dict):
            raise Refused(422, "The body must be a JSON object.")
        return value

    def expected_version(self) -> int | AnyVersion | None:
        """Return the version in If-Match; one that no image can have where it is none of ours."""
        header = self.request.headers.get("If-Match")
        if header is None:
            return None
        if header.strip() == "*":
            return "*"
        tag = header.strip().removeprefix("W/").strip('"')
        return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 10 else -1

    def write_image(self, image: Image) -> None:
        """Finish with an image and its version."""
        self.set_header("ETag", f'"{image.version}"')
        self.write_json(store.image_model(image))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


class _Repeated(Exception):
    """A key stands in an object twice."""


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Whoever checked the request on its way may have read the other one of the two.
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Repeated("The body is not valid JSON: a key stands in it twice.")
    return found


class NotFound(ApiHandler):
    """Whatever else is asked for below `api/`."""

    async def prepare(self) -> None:
        """Say that there is nothing, to whoever asks."""
        raise Refused(404, "There is nothing at this address.")


class ImageList(ApiHandler):
    """`api/images`."""

    async def get(self) -> None:
        """List images."""
        query = parse_query(self.request.query_arguments)
        images, total = await self.services.database.read(
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
        self.write_json({"items": [store.image_model(i) for i in images], "_pagination": page})

    def _next_url(self, offset: int, limit: int) -> str:
        from tornado.httputil import url_concat

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
        spec = parse_image(self.read_object())
        check_pull_secret(spec, await self.services.pull_secrets.known())
        image = await self.services.database.write(
            lambda session: store.create_image(session, spec, actor=self.actor)
        )
        log_change("added", image.name, self.actor)
        self.set_status(HTTPStatus.CREATED)
        self.set_header("Location", self.image_path(image.name))
        self.write_image(image)


class OneImage(ApiHandler):
    """`api/images/<name>`."""

    async def get(self, name: str) -> None:
        """Show an image."""
        self.write_image(
            await self.services.database.read(lambda session: store.get_image(session, name))
        )

    async def put(self, name: str) -> None:
        """Replace every writable field."""
        data = {"name": name, **self.read_object()}
        await self._change(name, lambda _image: data)

    async def patch(self, name: str) -> None:
        """Change just the fields given."""
        data = self.read_object()

        def merged(image: Image) -> dict[str, Any]:
            fields = {**image_fields(store.spec_of(image)), **data}
            if "gpu_url" not in data and fields["type"] != "universal":
                fields["gpu_url"] = None
            return fields

        await self._change(name, merged)

    async def delete(self, name: str) -> None:
        """Delete an image."""
        expected = self.expected_version()
        await self.services.database.write(
            lambda session: store.delete_image(session, name, expected=expected)
        )
        log_change("deleted", name, self.actor)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.clear_header("Content-Type")
        self.finish()

    async def _change(self, name: str, fields_of: Any) -> None:
        known = await self.services.pull_secrets.known()
        expected = self.expected_version()

        def change(image: Image) -> ImageSpec:
            spec = parse_image(fields_of(image))
            if spec.name != name:
                raise InvalidFields({"name": [f"The name is fixed; it is {name}."]})
            check_pull_secret(spec, known, image.pull_secret)
            return spec

        image = await self.services.database.write(
            lambda session: store.change_image(
                session, name, change, actor=self.actor, expected=expected
            )
        )
        log_change("changed", name, self.actor)
        self.write_image(image)


def check_pull_secret(spec: ImageSpec, known: KnownSecrets, stored: str | None = None) -> None:
    """Raise `InvalidFields` where the image's pull secret may not be chosen."""
    if known.refuses(spec.pull_secret, stored):
        raise InvalidFields(
            {"pull_secret": [f"{spec.pull_secret} is not in the list of pull secrets."]}
        )


def log_change(what: str, name: str, actor: str) -> None:
    """Log who did what to which image."""
    from hub_images.service.web.identity import log

    log.info("%s %s the image %s", actor, what, name)


class InstanceTypes(ApiHandler):
    """`api/instance-types`."""

    async def get(self) -> None:
        """List the configured instance types."""
        self.write_json({"items": [instance_type_model(t) for t in self.services.instance_types]})


class PullSecretNames(ApiHandler):
    """`api/pull-secrets`."""

    async def get(self) -> None:
        """List the names that an admin may choose."""
        known = await self.services.pull_secrets.known()
        answer: dict[str, Any] = {"items": known.names}
        if known.message is not None:
            answer["message"] = known.message
        self.write_json(answer)


class OpenApi(ApiHandler):
    """`api/openapi.json`, for everyone."""

    async def prepare(self) -> None:
        """Ask nobody who he is."""

    async def get(self) -> None:
        """Describe the API."""
        self.write_json(openapi_document(self.root))


class Health(ApiHandler):
    """`health`, for everyone."""

    def initialize(self, services: Services) -> None:
        """Keep what the handlers work with."""
        super().initialize(services)

    async def prepare(self) -> None:
        """Ask nobody who he is."""

    async def get(self) -> None:
        """Say whether the database answers."""
        await self.services.database.read(
            lambda session: db.explain_revision(db.current_revision(session.connection()))
        )
        self.write_json({"status": "ok"})


HANDLERS: list[tuple[str, type[BaseHandler]]] = [
    ("health", Health),
    ("api/openapi.json", OpenApi),
    ("api/images", ImageList),
    ("api/images/([^/]+)", OneImage),
    ("api/instance-types", InstanceTypes),
    ("api/pull-secrets", PullSecretNames),
    ("api(?:/.*)?", NotFound),
]
