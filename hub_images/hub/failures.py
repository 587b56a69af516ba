"""Counts failed starts, so that the hub exits when it is broken, and not because one image is.

JupyterHub exits after `consecutive_failure_limit` starts that failed in a row (5 on
zero-to-jupyterhub), whoever caused them. Here people choose what they start, so five clicks on an
image without JupyterHub's server in it would end the hub for everyone. We therefore count in its
place: of the starts that failed since one succeeded, each user counts once and each image once.
Where several people's starts of several images fail, it is the hub, and it exits as before.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tornado.ioloop import IOLoop

from hub_images.hub.refusal import is_refusal

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

#: As JupyterHub waits before it exits, so that open requests get their answers.
EXIT_SECONDS = 2


class FailedStarts:
    """Counts the failed starts of a hub since one succeeded."""

    def __init__(self) -> None:
        self._counted: list[tuple[str, str]] = []

    def take_over(self, spawner: Spawner) -> None:
        """Count the present start of `spawner`, and keep JupyterHub from exiting because of it."""
        if not hasattr(spawner, "_hub_images_failure_limit"):
            spawner._hub_images_failure_limit = spawner.consecutive_failure_limit
        spawner.consecutive_failure_limit = 0
        spawner._hub_images_started = ""
        future: asyncio.Future[Any] | None = spawner._spawn_future
        if future is not None:
            # JupyterHub's own callbacks come first, and see no limit
            future.add_done_callback(lambda ended: self._look(spawner, ended))

    def _look(self, spawner: Spawner, ended: asyncio.Future[Any]) -> None:
        error = None if ended.cancelled() else ended.exception()
        if error is None:
            self._counted.clear()
        elif not is_refusal(error):
            self._count(spawner)
        # what JupyterHub goes by for a start that fails before it comes to us
        spawner.user.settings["failure_count"] = len(self._counted)

    def _count(self, spawner: Spawner) -> None:
        user, image = spawner.user.name, spawner._hub_images_started
        if any(user == other or image == tried != "" for other, tried in self._counted):
            return
        self._counted.append((user, image))
        limit = spawner._hub_images_failure_limit
        if not limit:
            return
        if len(self._counted) < limit:
            spawner.log.warning(
                "%i starts failed in a row, of different users and images. The hub exits if %i do.",
                len(self._counted), limit,
            )  # fmt: skip
            return
        spawner.log.critical(
            "Aborting: %i starts failed in a row, of different users and images", limit
        )
        IOLoop.current().call_later(EXIT_SECONDS, _exit)


def _exit() -> None:
    raise SystemExit(1)
