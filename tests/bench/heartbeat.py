"""Measures from inside of a hub how late its event loop is.

`start(file)` in the hub's configuration lets a coroutine sleep for 10 ms again and again
and write, whenever it woke up, when that was and how late, in seconds. The clock is the
system's monotonic one, which other processes read too.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

BEAT_SECONDS = 0.01

_running: list[asyncio.Task[None]] = []


def start(file: str) -> None:
    """Begin, in the loop that reads the configuration: the hub's."""
    _running.append(asyncio.get_running_loop().create_task(_beat(file)))


async def _beat(file: str) -> None:
    with Path(file).open("w", buffering=1) as record:
        while True:
            began = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)
            now = time.monotonic()
            record.write(f"{now} {now - began - BEAT_SECONDS}\n")


def longest_stall(file: Path, since: float, until: float) -> float:
    """Return the longest lateness in milliseconds of what woke up between the two times."""
    lateness = [
        late
        for line in file.read_text().splitlines()
        if line.count(" ") == 1
        for when, late in [tuple(float(part) for part in line.split())]
        if since <= when <= until
    ]
    return max(lateness, default=0.0) * 1000
