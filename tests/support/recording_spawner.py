"""Spawners for hubs under test that record what they were told, instead of starting it.

`RecordingSpawner` is KubeSpawner up to the pod manifest; in place of the cluster stands one
small web server, which answers for every "started" server so that the hub finds it up.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from jupyterhub.spawner import SimpleLocalProcessSpawner
from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner

CONFIG = """
from tests.support.recording_spawner import RecordingSpawner
c.JupyterHub.spawner_class = RecordingSpawner
c.KubeSpawner.image = "registry.example.org/default:never"
c.KubeSpawner.image_pull_secrets = [{"name": "configured-secret"}]
c.KubeSpawner.extra_labels = {"lab": "physics"}
c.KubeSpawner.node_selector = {"zone": "a"}
c.KubeSpawner.tolerations = [{"key": "hub.jupyter.org/dedicated", "operator": "Exists"}]
c.KubeSpawner.extra_resource_limits = {"example.org/fpga": "1"}
"""


class _Up(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer as a server that is up."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        """Stay quiet."""


_server: list[ThreadingHTTPServer] = []


def port_of_what_is_up() -> int:
    """Return the port of a server of this process that answers whatever it is asked."""
    if not _server:
        _server.append(ThreadingHTTPServer(("127.0.0.1", 0), _Up))
        threading.Thread(target=_server[0].serve_forever, daemon=True).start()
    return int(_server[0].server_address[1])


class _Recording:
    """What the spawners below have in common: they "run" from a start to a stop."""

    running = False

    def record(self, started: dict[str, Any]) -> None:
        """Append a line of JSON to the file in $RECORD."""
        with Path(os.environ["RECORD"]).open("a") as record:
            record.write(json.dumps(started) + "\n")

    def up(self, **started: Any) -> tuple[str, int]:
        """Record what was started, and return the address of a server that is up."""
        spawner: Any = self
        self.record({"user": spawner.user.name, "server": spawner.name, **started})
        self.running = True
        return "127.0.0.1", port_of_what_is_up()

    async def stop(self, now: bool = False) -> None:
        """Forget that it runs."""
        self.running = False

    async def poll(self) -> int | None:
        """Say whether it runs."""
        return None if self.running else 0

    async def delete_forever(self) -> None:
        """Have nothing to delete."""

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Have nothing to tell."""
        yield {"progress": 50, "message": "recording"}


class RecordingSpawner(_Recording, KubeSpawner):
    """Records the pod manifest of every start."""

    async def start(self) -> tuple[str, int]:
        """Record the pod manifest."""
        await self.load_user_options()
        manifest = ApiClient().sanitize_for_serialization(await self.get_pod_manifest())
        return self.up(manifest=manifest)


class _InMemory(_Recording):
    """Keeps the records in a list of the class, for hubs that run in the test's process."""

    records: ClassVar[list[dict[str, Any]]] = []

    def record(self, started: dict[str, Any]) -> None:
        """Append to the list, which all of these share."""
        self.records.append(started)


class MemorySpawner(_InMemory, RecordingSpawner):
    """As RecordingSpawner, in memory."""


class EnvironmentSpawner(_InMemory, SimpleLocalProcessSpawner):
    """Records what a local process would be started with; it has no image to set."""

    async def start(self) -> tuple[str, int]:
        """Record environment and command."""
        return self.up(environment=self.get_env(), cmd=list(self.cmd))
