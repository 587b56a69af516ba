"""A stand-in for Docker's engine: the part of its HTTP API that dockerspawner uses.

No container runs in it. It keeps containers and Swarm services in memory as an engine would:
a name is taken until its container is removed, a container keeps the image and limits that it
was made with, one that runs is not removed. So dockerspawner's own code, through docker-py
and over HTTP, meets the answers that decide what it starts. The paths are those of
https://docs.docker.com/reference/api/engine/version/v1.44/.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.recording_spawner import port_of_what_is_up

API_VERSION = "1.44"
_GIGABYTE = 1024**3

Query = dict[str, str]
Answer = tuple[int, Any]


class _Refused(Exception):
    """A request that an engine answers with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer: Answer = (status, {"message": message})


@dataclass
class Container:
    """A container or a Swarm service, with what it was made with."""

    name: str
    image: str
    memory_bytes: int
    made_with: dict[str, Any]
    running: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(32))

    @property
    def memory_gigabytes(self) -> float:
        """Its limit."""
        return self.memory_bytes / _GIGABYTE


class DockerEngine:
    """The engine; `client_kwargs` says to dockerspawner how to reach it."""

    def __init__(self) -> None:
        self.containers: dict[str, Container] = {}
        self.services: dict[str, Container] = {}
        self.started: list[Container] = []
        self.pulled: list[str] = []
        self.url = ""
        self._lock = threading.Lock()

    @property
    def client_kwargs(self) -> dict[str, str]:
        """What `c.DockerSpawner.client_kwargs` has to be."""
        return {"base_url": self.url}

    @property
    def running(self) -> list[Container]:
        """The containers and services that run now."""
        return [c for c in (*self.containers.values(), *self.services.values()) if c.running]

    def answer(self, method: str, path: str, query: Query, body: dict[str, Any]) -> Answer:
        """Answer a request as an engine does."""
        for route_method, pattern, handle in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and route_method == method:
                try:
                    with self._lock:
                        return handle(self, *map(unquote, found.groups()), query, body)
                except _Refused as error:
                    return error.answer
        return 501, {"message": f"The stand-in for Docker has no {method} {path}."}

    def _version(self, _query: Query, _body: dict[str, Any]) -> Answer:
        return 200, {"ApiVersion": API_VERSION, "MinAPIVersion": "1.24", "Version": "25.0"}

    def _inspect_image(self, name: str, _query: Query, _body: dict[str, Any]) -> Answer:
        if name not in self.pulled:
            raise _Refused(404, f"No such image: {name}")
        return 200, {"Id": f"sha256:{'0' * 64}", "Config": {"Cmd": ["jupyterhub-singleuser"]}}

    def _pull(self, query: Query, _body: dict[str, Any]) -> Answer:
        self.pulled.append(f"{query['fromImage']}:{query['tag']}")
        return 200, {"status": "Download complete"}

    def _create_container(self, query: Query, body: dict[str, Any]) -> Answer:
        name = query["name"]
        if name in self.containers:
            raise _Refused(409, f'The container name "/{name}" is already in use.')
        memory = body["HostConfig"].get("Memory", 0)
        self.containers[name] = made = Container(name, body["Image"], memory, body)
        return 201, {"Id": made.id, "Warnings": []}

    def _list_containers(self, query: Query, _body: dict[str, Any]) -> Answer:
        everything = query.get("all") in ("1", "true")
        listed = [c for c in self.containers.values() if everything or c.running]
        return 200, [{"Id": c.id, "Names": [f"/{c.name}"], "Image": c.image} for c in listed]

    def _inspect_container(self, key: str, _query: Query, _body: dict[str, Any]) -> Answer:
        container = _find(self.containers, key)
        state = {"Running": container.running, "ExitCode": 0, "Error": "", "FinishedAt": ""}
        address = {"HostIp": "127.0.0.1", "HostPort": str(port_of_what_is_up())}
        ports = {port: [address] for port in container.made_with.get("ExposedPorts", {})}
        return 200, {
            "Id": container.id,
            "Name": f"/{container.name}",
            "State": state,
            "Config": {"Image": container.image, "Env": container.made_with["Env"]},
            "NetworkSettings": {"Ports": ports, "Networks": {}},
        }

    def _start_container(self, key: str, _query: Query, _body: dict[str, Any]) -> Answer:
        container = _find(self.containers, key)
        if container.running:
            return 304, None
        container.running = True
        self.started.append(container)
        return 204, None

    def _stop_container(self, key: str, _query: Query, _body: dict[str, Any]) -> Answer:
        container = _find(self.containers, key)
        if not container.running:
            return 304, None
        container.running = False
        if container.made_with["HostConfig"].get("AutoRemove"):
            del self.containers[container.name]
        return 204, None

    def _remove_container(self, key: str, query: Query, _body: dict[str, Any]) -> Answer:
        container = _find(self.containers, key)
        if container.running and query.get("force") not in ("1", "true", "True"):
            raise _Refused(409, f"cannot remove container {key!r}: container is running")
        del self.containers[container.name]
        return 204, None

    def _create_service(self, _query: Query, body: dict[str, Any]) -> Answer:
        name, task = body["Name"], body["TaskTemplate"]
        if name in self.services:
            raise _Refused(409, f"name conflicts with an existing object: service {name}")
        memory = task["Resources"]["Limits"].get("MemoryBytes", 0)
        image = task["ContainerSpec"]["Image"]
        # Swarm runs what a service asks for; there is no start of its own
        self.services[name] = made = Container(name, image, memory, body, running=True)
        self.started.append(made)
        return 201, {"ID": made.id}

    def _inspect_service(self, key: str, _query: Query, _body: dict[str, Any]) -> Answer:
        service = _find(self.services, key)
        targets = [
            port["TargetPort"] for port in service.made_with["EndpointSpec"].get("Ports", [])
        ]
        ports = [{"TargetPort": p, "PublishedPort": port_of_what_is_up()} for p in targets]
        return 200, {
            "ID": service.id,
            "Spec": service.made_with,
            "Endpoint": {"Ports": ports},
        }

    def _remove_service(self, key: str, _query: Query, _body: dict[str, Any]) -> Answer:
        service = _find(self.services, key)
        service.running = False
        del self.services[service.name]
        return 200, None

    def _tasks(self, query: Query, _body: dict[str, Any]) -> Answer:
        names = json.loads(query["filters"])["service"]
        found = [s for s in self.services.values() if s.name in names or s.id in names]
        return 200, [{"ServiceID": s.id, "Status": {"State": "running"}} for s in found]


def _find(objects: dict[str, Container], key: str) -> Container:
    for found in objects.values():
        if key in (found.name, found.id):
            return found
    raise _Refused(404, f"No such object: {key}")


_ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", r"/version", DockerEngine._version),
    ("GET", r"/images/(.+)/json", DockerEngine._inspect_image),
    ("POST", r"/images/create", DockerEngine._pull),
    ("GET", r"/containers/json", DockerEngine._list_containers),
    ("POST", r"/containers/create", DockerEngine._create_container),
    ("GET", r"/containers/([^/]+)/json", DockerEngine._inspect_container),
    ("POST", r"/containers/([^/]+)/start", DockerEngine._start_container),
    ("POST", r"/containers/([^/]+)/stop", DockerEngine._stop_container),
    ("DELETE", r"/containers/([^/]+)", DockerEngine._remove_container),
    ("POST", r"/services/create", DockerEngine._create_service),
    ("GET", r"/services/([^/]+)", DockerEngine._inspect_service),
    ("DELETE", r"/services/([^/]+)", DockerEngine._remove_service),
    ("GET", r"/tasks", DockerEngine._tasks),
]


@contextmanager
def docker_engine() -> Iterator[DockerEngine]:
    """Run an engine on a loopback port."""
    engine = DockerEngine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            url = urlsplit(self.path)
            path = re.sub(r"^/v\d+\.\d+(?=/)", "", url.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(sent) if sent else {}
            status, content = engine.answer(self.command, path, query, body)
            text = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 (http.server's names)

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    engine.url = f"tcp://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield engine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
