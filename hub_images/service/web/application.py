"""The application around the handlers: clients' addresses, large bodies, open requests.

A body that is too large gets 413 and a sentence, and is never held in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any
from weakref import WeakSet

from tornado.httputil import HTTPServerRequest
from tornado.web import (
    Application,
    HTTPError,
    RequestHandler,
    StaticFileHandler,
    stream_request_body,
)

from hub_images.service.web.answers import AnsweringHandler, ErrorAnswer
from hub_images.service.web.client_address import TrustedProxies
from hub_images.service.web.rates import LimitedHandler

#: An image's fields are some kilobytes; 1,000 group names some more.
MAX_BODY_BYTES = 1024 * 1024
#: We read and discard a larger body up to this size, so that its sender reads the answer;
#: beyond it, we close the connection.
MAX_DISCARDED_BYTES = 64 * 1024 * 1024


class StaticFiles(AnsweringHandler, StaticFileHandler):
    """The service's scripts and styles, which everyone may read and cache."""

    def set_default_headers(self) -> None:
        """Forbid sniffing and framing, and allow caching."""
        super().set_default_headers()
        self.clear_header("Cache-Control")

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Return the file's path; 404 for a name that no file can have."""
        if "\0" in absolute_path:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return super().validate_absolute_path(root, absolute_path)


@stream_request_body
class TooLarge(LimitedHandler):
    """Answers a request that announces too large a body."""

    def prepare(self) -> Awaitable[None] | None:
        """Answer before the body arrives; Tornado discards what comes after the answer."""
        self.limit_address()
        connection: Any = self.request.connection
        connection.set_max_body_size(MAX_DISCARDED_BYTES)
        raise ErrorAnswer(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Send at most {MAX_BODY_BYTES:,} bytes."
        )

    def answer_error(self, error: ErrorAnswer) -> None:
        """Answer in JSON, as the API does; a browser shows the sentence too."""
        self.answer_json(error)

    def data_received(self, chunk: bytes) -> None:
        """Discard the body: the answer is already on its way."""


class ServiceApplication(Application):
    """Checks where a request comes from and its body's size, and knows which ones are open."""

    def __init__(self, *arguments: Any, proxies: TrustedProxies, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._proxies = proxies
        # Weak: Tornado does not report clients that disconnect mid-request.
        self._answering: WeakSet[HTTPServerRequest] = WeakSet()

    async def idle(self) -> None:
        """Wait until every request is answered."""
        while self._answering:  # noqa: ASYNC110 (an abandoned request sets no event)
            await asyncio.sleep(0.05)

    def log_request(self, handler: RequestHandler) -> None:
        """Log a request, which counts as answered from now on."""
        super().log_request(handler)
        self._answering.discard(handler.request)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Return the request's handler: `TooLarge` for one that announces too large a body."""
        self._answering.add(request)
        self._proxies.complete(request)
        length = request.headers.get("Content-Length", "")
        # the HTTP server itself reports a malformed number
        if length.isascii() and length.isdigit() and len(length) < 20:
            too_large = int(length) > MAX_BODY_BYTES
        else:
            too_large = bool(length)
        if too_large:
            return self.get_handler_delegate(request, TooLarge)
        return super().find_handler(request, **kwargs)
