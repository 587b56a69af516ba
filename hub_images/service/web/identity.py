"""Who is it, may they, and which answer does an error get.

Every request is identified with the hub anew, so that a revoked token or scope counts
at once. A cookie counts for an unsafe method only with the XSRF token
(`HubOAuth._get_user_cookie` checks it); without, the caller is anonymous.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from jinja2 import Environment
from jupyterhub.services.auth import HubOAuthenticated
from tornado.web import HTTPError

from hub_images import scopes
from hub_images.catalogue.image import InvalidFields
from hub_images.catalogue.instance_type import InstanceType
from hub_images.service.hub_client import HubApi
from hub_images.service.pull_secrets import PullSecrets
from hub_images.service.web.answers import FreshHubOAuth, GuardedHandler
from hub_images.store.database import Database, DatabaseUnavailable
from hub_images.store.images import ImageExists, ImageNotFound, VersionConflict

log = logging.getLogger("hub_images")

#: One table for all handlers: the errors of the layers below and their status.
STATUS_OF: dict[type[Exception], HTTPStatus] = {
    ImageNotFound: HTTPStatus.NOT_FOUND,
    ImageExists: HTTPStatus.CONFLICT,
    VersionConflict: HTTPStatus.PRECONDITION_FAILED,
    InvalidFields: HTTPStatus.UNPROCESSABLE_ENTITY,
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

HUB_SECONDS = 6.0  # as long as for the database
HUB_AWAY = "The hub does not answer; try again in a minute."

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Services:
    """What the handlers work with; made once by the application."""

    database: Database
    hub_api: HubApi
    pull_secrets: PullSecrets
    instance_types: tuple[InstanceType, ...]
    templates: Environment
    template_vars: dict[str, Any]
    service_name: str


class Refused(HTTPError):
    """An answer with a sentence for a person, and sentences by field where there are some."""

    def __init__(
        self, status: int, message: str, errors: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(status, message.replace("%", "%%"))
        self.message = message
        self.errors = errors or {}


class BaseHandler(HubOAuthenticated, GuardedHandler):  # type: ignore[misc]
    """A request by someone whom the hub knows and who holds the scope it takes."""

    hub_auth_class = FreshHubOAuth

    #: Whether reading needs the write scope too, as on the page that adds an image.
    always_write: ClassVar[bool] = False

    def initialize(self, services: Services) -> None:
        """Keep what the handlers work with; nobody is known until `prepare` has asked the hub."""
        self.services = services
        # Whoever asks for the user before that, as the access log does after an early error,
        # would otherwise make HubAuth ask the hub while the event loop stands still.
        self._hub_auth_user_cache: Any = None

    def compute_etag(self) -> str | None:
        """Leave ETag to the handlers: it is an image's version, not a hash."""
        return None

    async def prepare(self) -> None:
        """Identify the caller; answer 403, or send a browser to the login."""
        user = await self.identify()
        if user is None:
            await self.refuse_anonymous()
            return
        self.refuse_other_sites()
        needs_write = self.always_write or self.request.method not in SAFE_METHODS
        may = self.may_write if needs_write else self.may_read
        if not may:
            name = scopes.WRITE if needs_write else scopes.READ
            log.warning(
                "Refused %s %s to %s: %s is missing",
                self.request.method, self.request.path, user["name"], name,
            )  # fmt: skip
            raise Refused(403, f"You need the permission {name} for this.")

    async def identify(self) -> dict[str, Any] | None:
        """Ask the hub who it is; None for nobody it knows, 503 where it does not answer."""
        try:
            async with asyncio.timeout(HUB_SECONDS):
                user: dict[str, Any] | None = await self.hub_auth.get_user(self, sync=False)
        except TimeoutError:
            raise Refused(503, HUB_AWAY) from None
        except HTTPError as error:
            if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            raise Refused(503, HUB_AWAY) from error
        # What HubAuthenticated.get_current_user would find out by blocking.
        self._hub_auth_user_cache = user
        return user

    def refuse_other_sites(self) -> None:
        """Answer 403 where another site's page sends a browser to change something.

        The XSRF token keeps such requests out already; this needs no secret to hold. A
        request with a token has no origin, and one that was typed has the site `none`.
        """
        if self.request.method in SAFE_METHODS or getattr(self, "_token_authenticated", False):
            return
        site = self.request.headers.get("Sec-Fetch-Site")
        origin = self.request.headers.get("Origin")
        if site is not None:
            own = site in ("same-origin", "none")
        else:
            own = origin is None or urlsplit(origin).netloc == self.request.host
        if not own:
            log.warning(
                "Refused %s %s to %s: it was sent by a page of another site",
                self.request.method, self.request.path, self.actor,
            )  # fmt: skip
            raise Refused(403, "This was sent by a page of another site.")

    def refuse_anonymous(self) -> Awaitable[None]:
        """Answer a caller whom the hub does not know."""
        raise Refused(403, "Sign in to the hub, or send a token that it knows.")

    @property
    def actor(self) -> str:
        """Name of the user or service that asks."""
        return str(self.current_user["name"])

    @property
    def held_scopes(self) -> frozenset[str]:
        """The caller's expanded scopes."""
        user = self.current_user
        return frozenset(user["scopes"]) if user else frozenset()

    @property
    def may_read(self) -> bool:
        """Whether the caller may see the catalogue."""
        return scopes.may_read(self.held_scopes)

    @property
    def may_write(self) -> bool:
        """Whether the caller may change the catalogue."""
        return scopes.may_write(self.held_scopes)

    @property
    def root(self) -> str:
        """Path of the service, with a slash at both ends."""
        return str(self.hub_auth.base_url)

    def image_path(self, name: str, prefix: str = "api/images/") -> str:
        """Return the path of an image below `prefix`."""
        return f"{self.root}{prefix}{quote(name, safe='')}"

    def _handle_request_exception(self, error: BaseException) -> None:
        """Give an error of the layers below the status that the table says."""
        status = STATUS_OF.get(type(error))  # type: ignore[arg-type]
        if status is None:
            super()._handle_request_exception(error)
            return
        refused = Refused(status, str(error), getattr(error, "errors", None))
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            refused.message = "Some fields are not right."
        try:
            raise refused from error  # Tornado logs and answers what sys.exc_info() says
        except Refused:
            super()._handle_request_exception(refused)

    @staticmethod
    def message_of(status: int, **kwargs: Any) -> tuple[str, dict[str, list[str]]]:
        """Return the sentence and the field errors for an error answer."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Refused):
            return error.message, error.errors
        if isinstance(error, HTTPError) and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return str(error.log_message or HTTPStatus(status).phrase), {}
        if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE):
            return HUB_AWAY, {}
        return "Something went wrong here; the log of hub-images has the details.", {}
