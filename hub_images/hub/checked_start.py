"""Runs the check once more right before the spawner's own start.

Between the first check and the start lie the deployer's hooks, which may take minutes. A group
or an image that is taken away in the meantime counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from jupyterhub.utils import maybe_future

from hub_images.catalogue.choice import Choice
from hub_images.hub.pod_start import guarded_start
from hub_images.hub.saved_options import end, restore
from hub_images.hub.traits import note_start

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner


def check_before_start(
    spawner: Spawner,
    choice: Choice,
    check_again: Callable[[], Awaitable[None]],
    pull_failure_timeout_seconds: float,
) -> None:
    """Let the next start of `spawner` begin with `check_again`, which raises to refuse it.

    A KubeSpawner's start also ends early if it cannot succeed; see `pod_start`.
    """
    own_start: Callable[[], Any] = type(spawner).start.__get__(spawner)

    async def start() -> Any:
        try:
            await check_again()
        except BaseException:  # a cancelled check too
            restore(spawner)
            raise
        end(spawner)
        note_start(spawner)
        if hasattr(spawner, "pod_reflector"):
            return await guarded_start(
                spawner,
                own_start,
                choice.image.display_name,
                choice.reference,
                pull_failure_timeout_seconds,
            )
        return await maybe_future(own_start())

    spawner.start = start
