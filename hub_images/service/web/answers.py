"""What all answers of the service have in common, and how an error becomes one.

Guarantees: browsers sniff no content, frame no page and cache only static files. An error
is answered with its status and a sentence for people; it is logged without the request's
address, which may hold a login's code.
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError, RequestHandler

from hub_images.catalogue.fields import InvalidFields
from hub_images.scopes import PermissionMissing
from hub_images.store.database import DatabaseUnavailable
from hub_images.store.images import ImageExists, ImageNotFound, VersionConflict
from hub_images.store.selection import SelectionChanged, TooManyImages

log = logging.getLogger("hub_images")

HUB_AWAY = "The hub does not answer; try again in a minute."

#: The errors of the layers below, and their status.
STATUS_OF: dict[type[Exception], HTTPStatus] = {
    PermissionMissing: HTTPStatus.FORBIDDEN,
    ImageNotFound: HTTPStatus.NOT_FOUND,
    ImageExists: HTTPStatus.CONFLICT,
    VersionConflict: HTTPStatus.PRECONDITION_FAILED,
    SelectionChanged: HTTPStatus.PRECONDITION_FAILED,
    TooManyImages: HTTPStatus.BAD_REQUEST,
    InvalidFields: HTTPStatus.UNPROCESSABLE_ENTITY,
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class ErrorAnswer(HTTPError):
    """An error answer: a sentence for people, and sentences by field, if any."""

    def __init__(
        self, status: int, message: str, errors: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(status, message.replace("%", "%%"))
        self.message = message
        self.errors = errors or {}


def error_answer(status: int, error: BaseException | None) -> ErrorAnswer:
    """Return what the sender may know of `error`, which Tornado answers with `status`."""
    if isinstance(error, ErrorAnswer):
        return error
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        message = "This address does not accept that request."
    elif isinstance(error, HTTPError) and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        message = str(error.log_message or HTTPStatus(status).phrase)
    elif status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE):
        message = HUB_AWAY
    else:
        message = "Something went wrong; the log of hub-images has the details."
    return ErrorAnswer(status, message)


class AnsweringHandler(RequestHandler):
    """The base of all handlers, with the module's guarantees; errors are plain text."""

    def set_default_headers(self) -> None:
        """Forbid caching, sniffing and framing."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.clear_header("Server")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log our own faults with a traceback; the access log has the senders'.

        Tornado would log the address too, and with it the code of a login.
        """
        if not isinstance(value, HTTPError):
            name = type(self).__name__
            log.error("Uncaught exception in %s", name, exc_info=(typ, value, tb))

    def _handle_request_exception(self, error: BaseException) -> None:
        """Answer an error of the layers below with its status in the table."""
        status = STATUS_OF.get(type(error))  # type: ignore[arg-type]
        if status is None:
            super()._handle_request_exception(error)
            return
        invalid = status == HTTPStatus.UNPROCESSABLE_ENTITY
        message = "Some fields need correcting." if invalid else str(error)
        answer = ErrorAnswer(status, message, getattr(error, "errors", None))
        try:
            raise answer from error  # Tornado logs and answers what is in sys.exc_info()
        except ErrorAnswer:
            super()._handle_request_exception(answer)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with what `error_answer` says, in this handler's format."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.answer_error(error_answer(status_code, kwargs.get("exc_info", (None, None))[1]))

    def answer_error(self, error: ErrorAnswer) -> None:
        """Finish with a line of text."""
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"{error.message}\n")

    def answer_json(self, error: ErrorAnswer) -> None:
        """Finish with status, sentence and field errors in JSON."""
        self.set_header("Content-Type", "application/json")
        body = {"status": error.status_code, "message": error.message, "errors": error.errors}
        self.finish(json.dumps(body, ensure_ascii=False))

    def allowed_methods(self) -> list[str]:
        """Return the methods that this address accepts."""
        return [
            method
            for method in self.SUPPORTED_METHODS
            if getattr(type(self), method.lower()) is not getattr(RequestHandler, method.lower())
        ]
