"""Who sends a request, and whether they may.

We ask the hub about every request, so that a revoked token or scope counts at once. A session's
cookie is encrypted, so that what it holds is no token for whoever reads it. For an unsafe
method, a cookie counts only with the XSRF token (`HubOAuth._get_user_cookie` checks it);
otherwise the caller is anonymous.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from cryptography.fernet import Fernet, InvalidToken
from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import HTTPError, RequestHandler
from traitlets import default

from hub_images import scopes
from hub_images.service.context import ServiceContext
from hub_images.service.web.answers import HUB_AWAY, ErrorAnswer
from hub_images.service.web.origin import from_other_site
from hub_images.service.web.rates import LimitedHandler

log = logging.getLogger("hub_images")

HUB_SECONDS = 6.0  # as long as we wait for the database

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """A user or service that the hub knows, with the expanded scopes that they hold."""

    name: str
    scopes: frozenset[str]

    @property
    def may_write(self) -> bool:
        """Whether they may change the catalogue."""
        return scopes.may_write(self.scopes)

    def require(self, scope: str) -> None:
        """Raise `scopes.PermissionMissing` unless they hold `scope`, one of our own."""
        held = scopes.may_write if scope == scopes.WRITE else scopes.may_read
        if not held(self.scopes):
            raise scopes.PermissionMissing(scope)


def session_key(api_token: str) -> Fernet:
    """Return the key of the sessions' cookies, which changes with the service's API token."""
    digest = hashlib.sha256(b"hub-images sessions " + api_token.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


class FreshHubOAuth(HubOAuth):  # type: ignore[misc]
    """Asks the hub about every token, and encrypts the one in a session's cookie.

    `cache_max_age = 0` would cache for ever. JupyterHub only signs the cookie, so that what it
    holds is a bearer token of the hub's API for whoever reads it.
    """

    @default("cookie_options")
    def _lax(self) -> dict[str, Any]:
        return {"samesite": "Lax", **self._default_cookie_options()}

    @property
    def _session_key(self) -> Fernet:
        return session_key(self.api_token)

    def set_cookie(self, handler: RequestHandler, access_token: str) -> None:
        """Store the token of a new session in its cookie, encrypted."""
        super().set_cookie(handler, self._session_key.encrypt(access_token.encode()).decode())

    def has_session(self, handler: RequestHandler) -> bool:
        """Say whether a request brings a cookie of ours; only the hub knows if it still counts."""
        return self._get_token_cookie(handler) is not None

    def _get_token_cookie(self, handler: RequestHandler) -> str | None:
        """Return the session's token; None for a cookie that is not one of ours.

        HubOAuth derives the XSRF token from what this returns, also while it sets the cookie.
        """
        encrypted = super()._get_token_cookie(handler)
        if not encrypted:
            return None
        try:
            return self._session_key.decrypt(encrypted.encode("ascii", "replace")).decode()
        except InvalidToken:  # of the time before they were encrypted, or of another key
            return None

    def user_for_token(
        self,
        token: str,
        use_cache: bool = True,  # noqa: ARG002 (the parent's signature)
        session_id: str = "",
        *,
        sync: bool = True,
    ) -> Any:
        """Identify the owner of `token`, without a cache."""
        return super().user_for_token(token, use_cache=False, session_id=session_id, sync=sync)


class IdentifiedHandler(HubOAuthenticated, LimitedHandler):  # type: ignore[misc]
    """A request from someone whom the hub knows and who holds the scope that it needs."""

    hub_auth_class = FreshHubOAuth

    #: Whether even reading needs the write scope, as on the page that adds an image.
    needs_write_scope: ClassVar[bool] = False

    def initialize(self, context: ServiceContext) -> None:
        """Take the context; the caller is unknown until `prepare` has asked the hub."""
        self.context = context
        # If something asks for the user before that, as the access log does after an early
        # error, HubAuth would otherwise ask the hub and block the event loop.
        self._hub_auth_user_cache: Any = None

    def compute_etag(self) -> str | None:
        """Leave ETag to the handlers: it is an image's version, not a hash."""
        return None

    async def prepare(self) -> None:
        """Identify the caller and check their scope; answer 403, or send a browser to the login."""
        if await self.identify() is None:
            await self.refuse_anonymous()
            return
        unsafe = self.request.method not in SAFE_METHODS
        if unsafe and not getattr(self, "_token_authenticated", False):
            self._refuse_other_sites()
        scope = scopes.WRITE if unsafe or self.needs_write_scope else scopes.READ
        try:
            self.caller.require(scope)
        except scopes.PermissionMissing:
            log.warning(
                "Refused %s %s to %s: %s is missing",
                self.request.method, self.request.path, self.caller.name, scope,
            )  # fmt: skip
            raise

    async def identify(self) -> dict[str, Any] | None:
        """Ask the hub who the caller is; None if it knows nobody, 503 if it does not answer.

        429 for a caller, or an address that nobody is known at, with too many requests.
        """
        token = self.hub_auth.get_token(self, in_cookie=False)
        session = self.hub_auth.has_session(self)
        if not session and not (token and self.rates.token_is_known(token)):
            self.limit_address()
        user = await self._ask_hub()
        if token:
            by_token = getattr(self, "_token_authenticated", False)
            self.rates.remember_token(token, known=by_token)
        if user is not None:
            self.limit_caller(f"{user.get('kind', 'user')} {user['name']}")
        elif session:
            # One that has ended costs the hub a question as well, though a login is the answer.
            self.limit_address()
            self.count_request()
        return user

    async def _ask_hub(self) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(HUB_SECONDS):
                user: dict[str, Any] | None = await self.hub_auth.get_user(self, sync=False)
        except TimeoutError:
            raise ErrorAnswer(503, HUB_AWAY) from None
        except HTTPError as error:
            if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            raise ErrorAnswer(503, HUB_AWAY) from error
        # Otherwise HubAuthenticated.get_current_user would block to find this out.
        self._hub_auth_user_cache = user
        return user

    def _refuse_other_sites(self) -> None:
        """Answer 403 if another site's page sent a request that changes something.

        The XSRF token already keeps such requests out; this check needs no secret.
        """
        if from_other_site(self.request):
            log.warning(
                "Refused %s %s to %s: a page of another site sent it",
                self.request.method, self.request.path, self.caller.name,
            )  # fmt: skip
            raise ErrorAnswer(403, "A page of another site sent this request.")

    def refuse_anonymous(self) -> Awaitable[None]:
        """Answer a caller whom the hub does not know."""
        raise ErrorAnswer(403, "Sign in to the hub, or send a token that it knows.")

    @property
    def caller(self) -> Caller:
        """Who sends the request; known once `prepare` has accepted it."""
        user = self.current_user
        held = scopes.held_scopes(user["scopes"], self.context.service_name)
        return Caller(str(user["name"]), held)

    @property
    def root(self) -> str:
        """Path of the service, with a slash at both ends."""
        return str(self.hub_auth.base_url)


class CallbackHandler(LimitedHandler, HubOAuthCallbackHandler):  # type: ignore[misc]
    """Where the hub sends a browser back after its login."""

    hub_auth_class = FreshHubOAuth

    def initialize(self) -> None:
        """Start without a user: otherwise HubAuth asks the hub and blocks the event loop.

        For an unsafe method it asks twice at once, in its one thread, and hangs forever.
        """
        self._hub_auth_user_cache: Any = None

    async def prepare(self) -> None:
        """Identify people who already have a session: they need no second login."""
        self.limit_address()
        if self.request.method == "GET":
            self._hub_auth_user_cache = await self.hub_auth.get_user(self, sync=False)
