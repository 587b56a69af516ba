"""A deployer's `pre_spawn_hook` that waits until the test lets it go on, in the test's process."""

from __future__ import annotations

import asyncio
from typing import Any

WAIT_SECONDS = 60


class Gate:
    """Where the hook waits: it says that it is there, and goes on once the gate is open."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()


_gate: list[Gate] = []


def new_gate() -> Gate:
    """Return the gate of the next starts."""
    _gate[:] = [Gate()]
    return _gate[0]


async def slow_hook(_spawner: Any) -> None:
    """Wait at the gate."""
    _gate[0].reached.set()
    await asyncio.wait_for(_gate[0].opened.wait(), WAIT_SECONDS)
