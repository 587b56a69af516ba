"""How the service ends: what has come is answered first; and what the hub does then."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.hub import Hub
from tests.support.kubernetes.pod_runner import wait_for
from tests.support.processes import descendants
from tests.support.services import Services


class _Gate(BaseHTTPRequestHandler):
    """A stand-in between service and hub that says who asks, once it may."""

    hub_api_url = ""
    arrived = threading.Event()
    open = threading.Event()

    def do_GET(self) -> None:
        """Pass on what the hub says."""
        self.arrived.set()
        assert self.open.wait(60)
        headers = {"Authorization": self.headers["Authorization"]}
        answer = httpx.get(f"{self.hub_api_url}{self.path}", headers=headers)
        self.send_response(answer.status_code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_arguments: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def gate(hub: Hub) -> Iterator[ThreadingHTTPServer]:
    """Serve the stand-in."""
    _Gate.hub_api_url = f"http://127.0.0.1:{hub.hub_port}"
    with ThreadingHTTPServer(("127.0.0.1", 0), _Gate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_write_under_way_is_made_and_answered(
    hub: Hub, gate: ThreadingHTTPServer, tmp_path: Path
) -> None:
    """SIGTERM between request and answer: nobody new is let in, and who is in is served."""
    log, file = tmp_path / "service.log", tmp_path / "images.sqlite"
    api = f"http://127.0.0.1:{gate.server_address[1]}/hub/api"
    with Services(hub, tmp_path) as services, ThreadPoolExecutor(1) as pool:
        service = services.start(f"sqlite:///{file}", hub_api_url=api)
        _Gate.open.set()
        assert service.api("POST", json={"name": "kept", "url": "a/b:1"}).status_code == 201
        _Gate.open.clear()
        _Gate.arrived.clear()
        answer = pool.submit(service.api, "PATCH", "images/kept", json={"description": "late"})
        assert _Gate.arrived.wait(60)
        os.kill(service.pid, signal.SIGTERM)
        wait_for("the stop", lambda: "Stopping" in log.read_text())
        wait_for("the closed door", lambda: service.health() is None)
        _Gate.open.set()
        assert answer.result().status_code == 200
        wait_for("the end", lambda: not Path(f"/proc/{service.pid}").exists())
    with closing(sqlite3.connect(file)) as stored:
        rows = stored.execute("SELECT description, version FROM hub_images_image").fetchall()
    assert rows == [("late", 2)]
    assert "did not end" not in log.read_text()


@pytest.mark.hub
def test_the_hub_starts_a_killed_service_again(tmp_path: Path) -> None:
    """Nobody has to; it looks every 30 seconds."""
    with Hub(tmp_path) as hub:
        hub.add_image("kept")
        (service,) = [pid for pid in descendants(hub.pid) if b"hub_images" in _command(pid)]
        os.kill(service, signal.SIGKILL)
        wait_for("its end", lambda: hub.client.get(f"{hub.images_url}health").status_code != 200)
        health = f"{hub.images_url}health"
        wait_for("the next one", lambda: hub.client.get(health).status_code == 200, seconds=120)
        assert hub.images("GET", "images/kept").status_code == 200


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
