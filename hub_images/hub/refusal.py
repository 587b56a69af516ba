"""Refuses a start: the user reads a sentence, and the hub does not count it as a failure.

JupyterHub exits after `consecutive_failure_limit` failed starts (5 on zero-to-jupyterhub).
Refused starts and images that cannot be pulled must not count, or a few clicks would take
the hub down for everyone. JupyterHub 6.0 has `SpawnException` for this; earlier versions
count every failed start, so `refuse` takes one off again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado.web import HTTPError

try:
    from jupyterhub.spawner import SpawnException
except ImportError:  # JupyterHub before 6.0
    SpawnException = None

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner


def refuse(spawner: Spawner, status: int, message: str, *, reason: str) -> HTTPError:
    """Return the error that ends the start of `spawner` and shows `message` to the user.

    `reason` is a short label without blanks, for the hub's metrics.
    """
    error: HTTPError
    if SpawnException is not None:
        error = SpawnException(message, reason=reason, status_code=int(status))
    else:
        error = HTTPError(int(status), message.replace("%", "%%"))
        # the hub counts in the settings of the request that starts the server
        if spawner.handler is not None:
            settings = spawner.handler.settings
            settings["failure_count"] = settings.get("failure_count", 0) - 1
    # The form and the pending page show this; the hub's templates escape it.
    error.jupyterhub_message = message  # type: ignore[attr-defined]
    return error
