"""The service by itself: a process beside a real hub, on any database, ended at will."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock
from typing import Any, Self

import httpx

from tests.support.hub import Hub
from tests.support.hub_config import ADMIN_TOKEN
from tests.support.processes import Watcher, free_port

START_SECONDS = 30
_PREFIX = "/services/images/"


class Service:
    """A running service; `api` asks it directly, without the hub's proxy."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self.port = pid, port
        self.url = f"http://127.0.0.1:{port}{_PREFIX}"
        self.client = httpx.Client(
            base_url=f"{self.url}api/",
            headers={"Authorization": f"token {ADMIN_TOKEN}"},
            timeout=60,
        )

    def api(self, method: str, path: str = "images", **rest: Any) -> httpx.Response:
        """Call the REST API as a service that may do everything."""
        return self.client.request(method, path, **rest)

    def health(self) -> int | None:
        """Return the status of `health`, None where nothing answers."""
        try:
            return httpx.get(f"{self.url}health", timeout=20).status_code
        except httpx.TransportError:
            return None

    def wait_for(self, status: int) -> None:
        """Wait until `health` has that status."""
        deadline = time.monotonic() + START_SECONDS
        while (answered := self.health()) != status:
            assert time.monotonic() < deadline, f"health is {answered}, not {status}"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        os.kill(self.pid, signal.SIGKILL)


class Services:
    """`with Services(hub, folder) as services: service = services.start(db_url)`."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self._hub, self._folder = hub, folder
        self._lock = Lock()
        self._running: list[Service] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.service_fork"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._watcher = Watcher(self._process.pid, self._folder / "nothing-to-remove")
        return self

    def __exit__(self, *_exception: object) -> None:
        for service in self._running:
            try:
                service.kill()
            except ProcessLookupError:
                continue
            finally:
                service.client.close()
        self._process.terminate()
        self._process.wait(10)
        self._watcher.dismiss()

    @property
    def log(self) -> Path:
        """What all of them wrote."""
        return self._folder / "service.log"

    def start(
        self,
        db_url: str,
        *,
        health: int | None = 200,
        file_size: int | None = None,
        hub_api_url: str | None = None,
    ) -> Service:
        """Start one and wait for its health; `file_size` bounds every file it writes, in bytes."""
        port = free_port()
        environment = {
            "HUB_IMAGES_DB_URL": db_url,
            "JUPYTERHUB_SERVICE_NAME": "images",
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
            "JUPYTERHUB_SERVICE_PREFIX": _PREFIX,
            "JUPYTERHUB_API_TOKEN": ADMIN_TOKEN,
            "JUPYTERHUB_API_URL": hub_api_url or f"http://127.0.0.1:{self._hub.hub_port}/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
        }
        order = {"environment": environment, "log": str(self.log), "file_size": file_size}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            pid = int(self._process.stdout.readline())
        service = Service(pid, port)
        self._running.append(service)
        if health is not None:
            service.wait_for(health)
        return service
