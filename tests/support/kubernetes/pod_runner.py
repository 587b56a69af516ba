"""A stand-in for scheduler and kubelet: no container is run, everything else is real.

It watches the pods of one namespace in the API server, binds each to a node that does not
exist, starts the command of its notebook container as a local process on a loopback address
of its own, and writes status and events as a kubelet does. Told to, it reports that an image
cannot be pulled, in a kubelet's own words.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.kubernetes.cluster import Cluster
from tests.support.processes import Watcher, kill_tree

NODE = "stand-in-node"
NO_SCHEDULER = "nobody"
"""Pods that ask for this one stay pending for ever."""
STOP_SECONDS = 10
BACK_OFF_SECONDS = 0.6


@dataclass
class PullFailure:
    """What the kubelet says of an image; `reason` is the first report."""

    reason: str
    message: str


def not_found(image: str) -> PullFailure:
    """Return what a kubelet with containerd says of an image that the registry lacks."""
    return PullFailure(
        "ErrImagePull",
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
        f'failed to resolve reference "{image}": {image}: not found',
    )


def invalid_name(image: str) -> PullFailure:
    """Return what a kubelet says of an image whose name it cannot read."""
    return PullFailure(
        "InvalidImageName",
        f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": '
        "invalid reference format",
    )


class PodRunner:
    """`with PodRunner(cluster, namespace, folder) as runner:`."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path) -> None:
        self.failures: dict[str, PullFailure] = {}
        """Images that cannot be pulled; take one out and the next try pulls it."""
        self._cluster = cluster
        self._path = f"/api/v1/namespaces/{namespace}"
        self._namespace = namespace
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._watchers: dict[str, Watcher] = {}
        self._seen: set[str] = set()
        self._ending: set[str] = set()
        self._stopping = threading.Event()
        # a network of its own for each runner, an address of its own for each pod
        network = f"127.{random.SystemRandom().randrange(2, 250)}"
        self._addresses = (f"{network}.{n // 250}.{n % 250 + 1}" for n in itertools.count())
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._spawn(self._watch)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        for uid in list(self._processes):
            self._end_process(uid)
        # the watch ends with the next event
        name = "the-end"
        with contextlib.suppress(RuntimeError, httpx.TransportError):
            self._cluster.request("POST", f"{self._path}/pods", json=_idle_pod(name))
            self._delete(name)
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _spawn(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    # ------------------------------------------------------------------ what is to be done
    def _watch(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(httpx.TransportError, RuntimeError):
                listed = self._cluster.request("GET", f"{self._path}/pods")
                for pod in listed["items"]:
                    self._see(pod)
                version = listed["metadata"]["resourceVersion"]
                with self._cluster.watch(f"{self._path}/pods", version) as stream:
                    for line in stream.iter_lines():
                        if self._stopping.is_set():
                            return
                        event = json.loads(line)
                        if event["type"] == "ERROR":
                            break  # the version is too old; list again
                        if event["type"] != "DELETED":
                            self._see(event["object"])

    def _see(self, pod: dict[str, Any]) -> None:
        uid = pod["metadata"]["uid"]
        if "deletionTimestamp" in pod["metadata"]:
            if uid not in self._ending:
                self._ending.add(uid)
                self._spawn(self._end, pod)
        elif (
            uid not in self._seen
            and pod["status"].get("phase") == "Pending"
            and pod["spec"]["schedulerName"] != NO_SCHEDULER
        ):
            self._seen.add(uid)
            self._spawn(self._run, pod)

    # ------------------------------------------------------------------ one pod
    def _run(self, pod: dict[str, Any]) -> None:
        """Bring one pod up; what the API server answers for a deleted pod ends it."""
        with contextlib.suppress(RuntimeError, httpx.TransportError):
            name = pod["metadata"]["name"]
            binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                       "target": {"kind": "Node", "name": NODE}}  # fmt: skip
            self._cluster.request("POST", f"{self._path}/pods/{name}/binding", json=binding)
            self._event(pod, "Normal", "Scheduled", f"Successfully assigned {name} to {NODE}")
            self._status(pod, "Pending", {"waiting": {"reason": "ContainerCreating"}})
            for pulled in pod["spec"]["containers"]:
                if not self._pull(pod, pulled):
                    return
            container = pod["spec"]["containers"][0]
            address = next(self._addresses)
            process = self._start_process(pod, container, address)
            self._status(pod, "Running", {"running": {"startedAt": _now()}}, address)
            self._event(pod, "Normal", "Started", f"Started container {container['name']}")
            code = process.wait()
            phase = "Succeeded" if code == 0 else "Failed"
            ended = {"exitCode": code & 255, "reason": "Completed" if code == 0 else "Error"}
            self._status(pod, phase, {"terminated": ended}, address)

    def _pull(self, pod: dict[str, Any], container: dict[str, Any]) -> bool:
        """Report as a kubelet does until the image is there; False once the pod goes."""
        image = container["image"]
        self._event(pod, "Normal", "Pulling", f'Pulling image "{image}"')
        back_off = False
        while failure := self.failures.get(image):
            reason, message = failure.reason, failure.message
            if back_off and reason == "ErrImagePull":
                reason, message = "ImagePullBackOff", f'Back-off pulling image "{image}"'
            waiting = {"waiting": {"reason": reason, "message": message}}
            self._status(pod, "Pending", waiting, container=container)
            self._event(pod, "Warning", "Failed", message)
            back_off = not back_off
            if self._stopping.wait(BACK_OFF_SECONDS) or pod["metadata"]["uid"] in self._ending:
                return False
        self._event(pod, "Normal", "Pulled", f'Successfully pulled image "{image}"')
        return True

    def _start_process(
        self, pod: dict[str, Any], container: dict[str, Any], address: str
    ) -> subprocess.Popen[bytes]:
        uid = pod["metadata"]["uid"]
        home = self._folder / "homes" / uid
        home.mkdir(parents=True, exist_ok=True)
        environment = {
            # what the container's image would bring
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            **{item["name"]: item.get("value", "") for item in container.get("env") or []},
        }
        # A pod has a network of its own, in which it listens on all addresses.
        url = environment.get("JUPYTERHUB_SERVICE_URL", "")
        environment["JUPYTERHUB_SERVICE_URL"] = url.replace("0.0.0.0", address)
        command = [*(container.get("command") or []), *(container.get("args") or [])]
        with (self._folder / f"pod-{pod['metadata']['name']}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                cwd=home, env=environment, start_new_session=True,
            )  # fmt: skip
        self._watchers[uid] = Watcher(process.pid, home)
        self._processes[uid] = process
        return process

    def _end(self, pod: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError, httpx.TransportError):
            self._end_process(pod["metadata"]["uid"])
            self._delete(pod["metadata"]["name"])

    def _end_process(self, uid: str) -> None:
        process = self._processes.pop(uid, None)
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                kill_tree(process.pid)
                process.wait()
            self._watchers.pop(uid).dismiss()

    # ------------------------------------------------------------------ what is told
    def _delete(self, name: str) -> None:
        self._cluster.request("DELETE", f"{self._path}/pods/{name}?gracePeriodSeconds=0")

    def _status(
        self,
        pod: dict[str, Any],
        phase: str,
        state: dict[str, Any],
        address: str | None = None,
        container: dict[str, Any] | None = None,
    ) -> None:
        """Report the state of a pod and of one container, by default the first."""
        container = container or pod["spec"]["containers"][0]
        running = "running" in state
        status = {
            "phase": phase,
            "startTime": _now(),
            "podIP": address,
            "podIPs": [{"ip": address}] if address else [],
            "conditions": [
                {"type": "PodScheduled", "status": "True"},
                {"type": "Ready", "status": "True" if running else "False"},
            ],
            "containerStatuses": [
                {
                    "name": container["name"],
                    "image": container["image"],
                    "imageID": "",
                    "ready": running,
                    "started": running,
                    "restartCount": 0,
                    "state": state,
                }
            ],
        }
        self._cluster.request(
            "PATCH",
            f"{self._path}/pods/{pod['metadata']['name']}/status",
            content=json.dumps({"metadata": {"uid": pod["metadata"]["uid"]}, "status": status}),
            headers={"Content-Type": "application/merge-patch+json"},
        )

    def _event(self, pod: dict[str, Any], kind: str, reason: str, message: str) -> None:
        metadata = pod["metadata"]
        body = {
            "metadata": {"generateName": f"{metadata['name']}.", "namespace": self._namespace},
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"],
                               "namespace": self._namespace, "uid": metadata["uid"]},
            "type": kind, "reason": reason, "message": message, "count": 1,
            "firstTimestamp": _now(), "lastTimestamp": _now(),
            "source": {"component": "stand-in-kubelet", "host": NODE},
        }  # fmt: skip
        self._cluster.request("POST", f"{self._path}/events", json=body)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wait_for(what: str, condition: Any, seconds: float = 60) -> Any:
    """Return what `condition` returns once that is true; raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def _idle_pod(name: str) -> dict[str, Any]:
    container = {"name": "idle", "image": "registry.example.org/idle:1"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [container]},
    }
