"""How a start is refused: the user reads a sentence, and the hub does not count it as broken.

JupyterHub ends itself after `consecutive_failure_limit` failed starts, 5 on
zero-to-jupyterhub. A start that was refused, or an image that cannot be pulled, is no
sign of a broken hub, or a few clicks would take it down for everyone. 6.0 has
`SpawnException` for this; before, every failed start counts, and is taken off again here.
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
        # the request that starts the server; its settings are where the hub counts
        if spawner.handler is not None:
            settings = spawner.handler.settings
            settings["failure_count"] = settings.get("failure_count", 0) - 1
    # What the form and the pending page show, escaped by the hub's templates.
    error.jupyterhub_message = message  # type: ignore[attr-defined]
    return error
