"""How often the service asks the hub for everything."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from hub_images.service.hub_client import FRESH_SECONDS, HubClient
from hub_images.service.running_servers import RunningServers


class _Users(BaseHTTPRequestHandler):
    """A stand-in for the hub, which knows when it was asked and counts one server more each time.

    Of the hub itself one cannot see how often it was asked.
    """

    asked_at: ClassVar[list[float]] = []

    def do_GET(self) -> None:
        """List one user, with as many servers as there were questions."""
        self.asked_at.append(time.monotonic())
        server = {"user_options": {"image": "scipy"}}
        servers = {str(number): server for number in range(len(self.asked_at))}
        answer = {"items": [{"name": "student", "servers": servers}], "_pagination": {"next": None}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def client() -> Iterator[HubClient]:
    """Give a client of the stand-in."""
    _Users.asked_at.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Users) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield HubClient(f"http://127.0.0.1:{server.server_address[1]}", "token")
        server.shutdown()


def _scipy(running: RunningServers | None) -> int:
    assert running is not None
    return len(running.of("scipy"))


async def test_many_who_ask_at_once_share_one_question(client: HubClient) -> None:
    """Fifty dialogs and fifty lists are one request; the next comes two seconds later."""
    found = await asyncio.gather(*(client.running_servers(now=n % 2 == 0) for n in range(100)))
    assert [_scipy(running) for running in found] == [1] * 100
    assert len(_Users.asked_at) == 1
    later, list_ = await asyncio.gather(
        asyncio.gather(*(client.running_servers(now=True) for _ in range(50))),
        client.running_servers(),
    )
    assert [_scipy(running) for running in later] == [
        2
    ] * 50  # not what was known before they asked
    assert _scipy(list_) == 1  # a list waits for nobody
    assert len(_Users.asked_at) == 2
    assert _Users.asked_at[1] - _Users.asked_at[0] > FRESH_SECONDS - 0.1


async def test_who_goes_away_ends_nobody_elses_question(client: HubClient) -> None:
    """A page that is closed does not take the answer from the others."""
    gone = asyncio.ensure_future(client.running_servers(now=True))
    stays = asyncio.ensure_future(client.running_servers(now=True))
    await asyncio.sleep(0)
    gone.cancel()
    assert _scipy(await stays) == 1
    assert len(_Users.asked_at) == 1
