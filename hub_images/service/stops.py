"""The one way to stop people's servers: permission, look again, stop, log.

Stops only servers that run the image at that moment, and several side by side. One that
cannot be stopped does not keep the others from being stopped, and all of it is bounded in time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub_images import scopes
from hub_images.service.context import ServiceContext
from hub_images.service.hub_client import STOP_AT_ONCE, NotStopped
from hub_images.service.running_servers import RunningServer
from hub_images.service.web.identity import Caller

#: For all servers of one request; what stands between browser and service waits a minute.
ALL_SECONDS = 50.0

log = logging.getLogger("hub_images")


@dataclass
class Stopped:
    """What became of some servers; one that no longer runs the image is in neither list."""

    stopped: list[RunningServer] = field(default_factory=list)
    failed: list[tuple[RunningServer, str]] = field(default_factory=list)


class Stops:
    """The servers that one request stops."""

    def __init__(self, context: ServiceContext, caller: Caller) -> None:
        self._hub = context.hub
        self._caller = caller

    async def stop(self, servers: Sequence[RunningServer]) -> Stopped:
        """Stop those of `servers` that still run their image.

        Raises `scopes.PermissionMissing`.
        """
        self._caller.require(scopes.WRITE)
        done = Stopped()
        at_once = asyncio.Semaphore(STOP_AT_ONCE)
        begun: set[RunningServer] = set()

        async def stop_one(server: RunningServer) -> None:
            async with at_once:
                begun.add(server)
                try:
                    if await self._hub.stop_server(server):
                        self._log_stopped(server)
                        done.stopped.append(server)
                except NotStopped as error:
                    self._log_failed(server, str(error))
                    done.failed.append((server, str(error)))

        tasks = {asyncio.ensure_future(stop_one(server)): server for server in servers}
        if tasks:
            ended, late = await asyncio.wait(tasks, timeout=ALL_SECONDS)
            for task in ended:
                task.result()  # an unexpected error is nobody's to swallow
            for task in late:
                task.cancel()
                reason = _LATE if tasks[task] in begun else _NOT_ASKED
                self._log_failed(tasks[task], reason)
                done.failed.append((tasks[task], reason))
        done.failed.sort(key=lambda failure: failure[0].key)
        return done

    def _log_stopped(self, server: RunningServer) -> None:
        log.info(
            "%s stopped the server %r of %s, which ran the image %s",
            self._caller.name, server.name, server.user, server.image,
        )  # fmt: skip

    def _log_failed(self, server: RunningServer, reason: str) -> None:
        log.warning(
            "%s could not stop the server %r of %s, which runs the image %s: %s",
            self._caller.name, server.name, server.user, server.image, reason,
        )  # fmt: skip


_LATE = "There was not enough time; the hub may still be stopping it."
_NOT_ASKED = "There was not enough time to ask the hub; try again."
