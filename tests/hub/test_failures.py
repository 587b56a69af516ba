"""Which failed starts count as a broken hub."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hub import Hub
from tests.support.processes import descendants
from tests.support.starts import IMAGES, recording_hub, start

pytestmark = pytest.mark.hub

LIMIT = 3
#: Images whose name begins with "broken" hold no JupyterHub: the server never comes up.
BROKEN = f"""
class Broken(RecordingSpawner):
    async def start(self):
        if "broken" in self.image:
            raise RuntimeError("exec: jupyterhub-singleuser: executable file not found")
        return await super().start()
c.JupyterHub.spawner_class = Broken
c.Spawner.consecutive_failure_limit = {LIMIT}
"""
USERS = ("student", "scientist", "nobody", "admin")


@contextlib.contextmanager
def _hub(folder: Path) -> Iterator[Hub]:
    with recording_hub(folder, extra=BROKEN) as hub:
        for number in range(LIMIT):
            hub.add_image(f"broken-{number}", **{"global": True})
        yield hub


def _fails(hub: Hub, user: str, number: int) -> None:
    assert start(hub, user, {"image": f"broken-{number}"}).status_code >= 500


def test_one_image_or_one_user_ends_no_hub(folder: Path) -> None:
    """However many people try one image, and however many images one person tries."""
    with _hub(folder) as hub:
        for _ in range(2):
            for user in USERS:
                _fails(hub, user, 0)
        for number in range(LIMIT):
            _fails(hub, USERS[0], number)
        assert start(hub, USERS[1], {"image": next(iter(IMAGES))}).status_code == 201
        # a success begins the count anew
        _fails(hub, USERS[0], 0)
        _fails(hub, USERS[2], 1)
        assert hub.api("GET", "").status_code == 200
        assert "Aborting" not in hub.log()


def test_failures_of_several_users_and_images_end_the_hub(folder: Path) -> None:
    """As many as the limit, in a row: then it is no single choice that is broken."""
    with _hub(folder) as hub:
        below = descendants(hub.pid)
        for number, user in enumerate(USERS[:LIMIT]):
            _fails(hub, user, number)
        deadline = time.monotonic() + 60
        while (status := hub.exit_status()) is None and time.monotonic() < deadline:
            time.sleep(0.1)
        for process in below:  # a hub that exits so leaves its proxy and our service behind
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert status == 1
        assert f"Aborting: {LIMIT} starts failed in a row" in hub.log()
