"""What every answer of the service has in common, whoever gives it.

Guarantees: nothing is guessed or framed, and only files are kept; a refusal is logged
without the request's address, which may hold a login's code; a body that is too large is
answered with 413 and a sentence, and never held in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any
from weakref import WeakSet

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler
from tornado.httputil import HTTPServerRequest
from tornado.web import (
    Application,
    HTTPError,
    RequestHandler,
    StaticFileHandler,
    stream_request_body,
)
from traitlets import default

#: An image's fields are some kilobytes; 1,000 group names some more.
MAX_BODY_BYTES = 1024 * 1024
#: As much of a larger body is read and thrown away, so that its sender reads the answer;
#: of a body larger than this the connection is closed.
MAX_DISCARDED_BYTES = 64 * 1024 * 1024


class FreshHubOAuth(HubOAuth):  # type: ignore[misc]
    """Asks the hub about every token: `cache_max_age = 0` would mean forever."""

    @default("cookie_options")
    def _lax(self) -> dict[str, Any]:
        return {"samesite": "Lax", **self._default_cookie_options()}

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


class GuardedHandler(RequestHandler):
    """A request whose answer, log line and errors are as the module says."""

    def set_default_headers(self) -> None:
        """Let nothing be kept, guessed or framed."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.clear_header("Server")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what is our fault with its traceback; a refusal is in the access log."""
        if not isinstance(value, HTTPError):
            super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a line of text."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        said = error.log_message if isinstance(error, HTTPError) else None
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"{said or HTTPStatus(status_code).phrase}\n")


class CallbackHandler(GuardedHandler, HubOAuthCallbackHandler):  # type: ignore[misc]
    """Where the hub sends a browser back after its login."""

    hub_auth_class = FreshHubOAuth

    def initialize(self) -> None:
        """Know nobody: HubAuth would ask the hub while the event loop stands still.

        For an unsafe method it asks twice at once, in its one thread, and never comes back.
        """
        self._hub_auth_user_cache: Any = None

    async def prepare(self) -> None:
        """Identify who has a session already, whose second login is then not needed."""
        if self.request.method == "GET":
            self._hub_auth_user_cache = await self.hub_auth.get_user(self, sync=False)


class StaticFiles(GuardedHandler, StaticFileHandler):
    """The service's scripts and styles, which everyone may read and keep."""

    def set_default_headers(self) -> None:
        """Let nothing be guessed or framed."""
        super().set_default_headers()
        self.clear_header("Cache-Control")

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Return the file's path; 404 for a name that no file can have."""
        if "\0" in absolute_path:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return super().validate_absolute_path(root, absolute_path)


@stream_request_body
class TooLarge(GuardedHandler):
    """Where a request goes that announces more than may be sent."""

    def prepare(self) -> Awaitable[None] | None:
        """Answer before the body is read; Tornado throws away what comes after the answer."""
        connection: Any = self.request.connection
        connection.set_max_body_size(MAX_DISCARDED_BYTES)
        raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Answer in JSON, as the API does; a browser shows the sentence too."""
        message = f"Send at most {MAX_BODY_BYTES:,} bytes."
        self.finish({"status": status_code, "message": message, "errors": {}})

    def data_received(self, chunk: bytes) -> None:
        """Keep nothing."""


class GuardedApplication(Application):
    """An application that sees a body's announced size before the body, and knows its requests."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        # weak, because of a request whose sender goes away before its end nobody says so
        self._answering: WeakSet[HTTPServerRequest] = WeakSet()

    async def idle(self) -> None:
        """Wait until every request that has come is answered."""
        while self._answering:  # noqa: ASYNC110 (a request that is given up sets no event)
            await asyncio.sleep(0.05)

    def log_request(self, handler: RequestHandler) -> None:
        """Log a request that is answered."""
        super().log_request(handler)
        self._answering.discard(handler.request)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Return who handles the request."""
        self._answering.add(request)
        length = request.headers.get("Content-Length", "")
        # what is no number is malformed, which the HTTP server says itself
        if length.isascii() and length.isdigit() and len(length) < 20:
            too_large = int(length) > MAX_BODY_BYTES
        else:
            too_large = bool(length)
        if too_large:
            return self.get_handler_delegate(request, TooLarge)
        return super().find_handler(request, **kwargs)
