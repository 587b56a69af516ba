"""Refuses a start: the user reads a sentence, and nobody counts it as a failure.

Refused starts and images that cannot be pulled must not count (see `failures`), or a few
clicks would take the hub down for everyone.
"""

from __future__ import annotations

from http import HTTPStatus

from tornado.web import HTTPError

try:
    from jupyterhub.spawner import SpawnException
except ImportError:  # JupyterHub before 6.0

    class SpawnException(HTTPError):  # type: ignore[no-redef]
        """A start that ends with a status and a sentence."""

        def __init__(self, message: str, *, reason: str, status_code: int) -> None:  # noqa: ARG002 (only the newer one has use for a reason)
            super().__init__(status_code, message.replace("%", "%%"))


def refuse(status: int, message: str, *, reason: str) -> HTTPError:
    """Return the error that ends a start and shows `message` to the user.

    `reason` is a short label without blanks, for the hub's metrics.
    """
    error: HTTPError = SpawnException(message, reason=reason, status_code=int(status))
    # The form and the pending page show this; the hub's templates escape it.
    error.jupyterhub_message = message  # type: ignore[attr-defined]
    return error


def is_refusal(error: BaseException) -> bool:
    """Say whether `error` is an answer to who starts, as JupyterHub 6.0 decides, not a fault."""
    if isinstance(error, SpawnException):
        return True
    return isinstance(error, HTTPError) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
