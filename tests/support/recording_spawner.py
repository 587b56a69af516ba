"""A spawner for hubs under test that records what it was told, instead of starting it.

It is KubeSpawner up to the pod manifest; in place of the cluster stands one small web
server, which answers for every "started" server so that the hub finds it up.
"""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: none
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: none, user: {}}]
contexts: [{name: none, context: {cluster: none, user: none, namespace: lab}}]
"""

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


def _port() -> int:
    if not _server:
        _server.append(ThreadingHTTPServer(("127.0.0.1", 0), _Up))
        threading.Thread(target=_server[0].serve_forever, daemon=True).start()
    return int(_server[0].server_address[1])


class RecordingSpawner(KubeSpawner):
    """Appends a line of JSON for every start to the file in $RECORD."""

    running = False

    async def start(self) -> tuple[str, int]:
        """Record the pod manifest."""
        await self.load_user_options()
        manifest = ApiClient().sanitize_for_serialization(await self.get_pod_manifest())
        line = {"user": self.user.name, "server": self.name, "manifest": manifest}
        with Path(os.environ["RECORD"]).open("a") as record:
            record.write(json.dumps(line) + "\n")
        self.running = True
        return "127.0.0.1", _port()

    async def stop(self, now: bool = False) -> None:
        """Forget that it runs."""
        self.running = False

    async def poll(self) -> int | None:
        """Say whether it runs."""
        return None if self.running else 0

    async def progress(self) -> Any:
        """Have nothing to tell."""
        yield {"progress": 50, "message": "recording"}
