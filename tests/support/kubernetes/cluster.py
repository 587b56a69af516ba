"""A real Kubernetes API server with its etcd, for tests.

Both are processes on free loopback ports, with everything in one temporary folder, and are
gone when the `with` block ends or the process that started them dies. RBAC is on. There are
no nodes and no kubelet: `tests.support.kubernetes.pod_runner` stands in for those.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.kubernetes import build
from tests.support.processes import Watcher, free_port, kill_tree
from tests.support.requirements import etcd, etcd_missing

START_SECONDS = 90
STOP_SECONDS = 20
ADMIN = "admin"

_AUDIT_POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: RequestResponse, verbs: [list], resources: [{group: "", resources: [secrets]}]}
- {level: Metadata}
"""

#: What the role of zero-to-jupyterhub's hub allows, and no more (templates/hub/rbac.yaml).
HUB_RULES: list[dict[str, Any]] = [
    {
        "apiGroups": [""],
        "resources": ["pods", "persistentvolumeclaims", "secrets", "services"],
        "verbs": ["get", "watch", "list", "create", "delete"],
    },
    {"apiGroups": [""], "resources": ["events"], "verbs": ["get", "watch", "list"]},
]


def cluster_missing() -> str | None:
    """Return a sentence on what the cluster lacks here, None where it can be started."""
    return build.apiserver_missing() or etcd_missing()


@dataclass(frozen=True)
class Request:
    """One request that the API server answered, as its audit log has it."""

    user: str
    verb: str
    resource: str
    namespace: str
    status: int


class Cluster:
    """`with Cluster() as cluster:`; `cluster.request` speaks to it as its administrator."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._tokens: dict[str, str] = {ADMIN: secrets.token_hex(16)}
        self._processes: list[tuple[subprocess.Popen[bytes], Watcher]] = []

    def __enter__(self) -> Self:
        # a short path: etcd and the API server keep sockets and logs below it
        self.folder = Path(tempfile.mkdtemp(prefix="hub-images-kube-", dir="/tmp"))
        # certificates are made by the server at its start, known to nobody before
        self.client = httpx.Client(base_url=self.url, verify=False, timeout=30)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        for process, watcher in reversed(self._processes):
            # nothing of it is kept, so there is nothing to wait for
            kill_tree(process.pid)
            process.wait(STOP_SECONDS)
            watcher.dismiss()
        self._processes.clear()
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------------ processes
    def _start(self) -> None:
        client_port, peer_port = free_port(), free_port()
        etcd_url = f"http://127.0.0.1:{client_port}"
        peer_url = f"http://127.0.0.1:{peer_port}"
        self._run(
            str(etcd()), "--data-dir", str(self.folder / "etcd"), "--name", "one",
            "--listen-client-urls", etcd_url, "--advertise-client-urls", etcd_url,
            "--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url,
            "--initial-cluster", f"one={peer_url}",
            "--unsafe-no-fsync", "--logger", "zap", "--log-level", "warn",
        )  # fmt: skip
        key = self.folder / "service-accounts.key"
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self._policy().write_text(_AUDIT_POLICY)
        self._token_file().write_text(f"{self._tokens[ADMIN]},admin,admin,system:masters\n")
        self._server = self._run(
            str(build.apiserver()), "--etcd-servers", etcd_url,
            "--secure-port", str(self.port), "--bind-address=127.0.0.1",
            "--cert-dir", str(self.folder / "certificates"),
            "--service-account-key-file", str(key),
            "--service-account-signing-key-file", str(key),
            "--service-account-issuer=https://kubernetes.default.svc",
            "--token-auth-file", str(self._token_file()), "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",  # as clusters have it that people run this chart on
            "--service-cluster-ip-range=10.0.0.0/24",
            "--audit-policy-file", str(self._policy()), "--audit-log-path", str(self.audit_log),
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "cluster.log").read_text(errors="replace")
                raise RuntimeError(f"The Kubernetes API server did not start:\n{log[-4000:]}")
            time.sleep(0.1)

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "cluster.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        self._processes.append((process, Watcher(process.pid, self.folder)))
        return process

    def _ready(self) -> bool:
        try:
            return self._send("GET", "/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def pause(self) -> None:
        """Let the API server hang without answering."""
        self._server.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused API server go on."""
        self._server.send_signal(signal.SIGCONT)

    # ------------------------------------------------------------------ requests
    def _send(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._tokens[ADMIN]}", **rest.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **rest)

    def request(self, method: str, path: str, **rest: Any) -> dict[str, Any]:
        """Ask the API server as its administrator; raises for an answer that is an error."""
        answer = self._send(method, path, **rest)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return dict(answer.json())

    def list(self, path: str, **params: str) -> list[dict[str, Any]]:
        """Return the objects of a list."""
        return list(self.request("GET", path, params=params)["items"])

    def apply(self, manifest: Mapping[str, Any], path: str, *, dry_run: bool = False) -> None:
        """Apply an object on the server's side, at its own path, as `kubectl apply` does."""
        params = {"fieldManager": "tests", "force": "true", "fieldValidation": "Strict"}
        if dry_run:
            params["dryRun"] = "All"
        self.request("PATCH", path, params=params, content=json.dumps(manifest),
                     headers={"Content-Type": "application/apply-patch+yaml"})  # fmt: skip

    def watch(self, path: str, version: str) -> Any:
        """Return the stream of a watch, to be used with `with`; one line of JSON an event."""
        params = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "300"}
        headers = {"Authorization": f"Bearer {self._tokens[ADMIN]}"}
        timeout = httpx.Timeout(10, read=None)
        return self.client.stream("GET", path, params=params, headers=headers, timeout=timeout)

    # ------------------------------------------------------------------ contents
    def make_namespace(self) -> str:
        """Make a namespace of its own for a test and return its name."""
        name = f"lab-{secrets.token_hex(4)}"
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.request("POST", "/api/v1/namespaces", json=body)
        return name

    def grant_hub(self, namespace: str, rules: Sequence[Mapping[str, Any]] = HUB_RULES) -> None:
        """Give the service account `hub` of a namespace these rules there, and no others."""
        rbac = "rbac.authorization.k8s.io"
        path = f"/apis/{rbac}/v1/namespaces/{namespace}"
        metadata = {"name": "hub", "namespace": namespace}
        role = {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules}
        self.apply(role, f"{path}/roles/hub")
        binding = {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [{"kind": "ServiceAccount", "name": "hub", "namespace": namespace}],
            "roleRef": {"kind": "Role", "name": "hub", "apiGroup": rbac},
        }
        self.apply(binding, f"{path}/rolebindings/hub")

    def hub_kubeconfig(self, namespace: str) -> Path:
        """Return a kubeconfig file for the service account `hub` of a namespace."""
        account = {"apiVersion": "v1", "kind": "ServiceAccount",
                   "metadata": {"name": "hub", "namespace": namespace}}  # fmt: skip
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/hub"
        self.apply(account, path)
        ask = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
               "spec": {"expirationSeconds": 36000}}  # fmt: skip
        token = self.request("POST", f"{path}/token", json=ask)["status"]["token"]
        file = self.folder / f"{namespace}.kubeconfig"
        file.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "hub",
                    "clusters": [
                        {
                            "name": "hub",
                            "cluster": {"server": self.url, "insecure-skip-tls-verify": True},
                        }
                    ],
                    "users": [{"name": "hub", "user": {"token": token}}],
                    "contexts": [
                        {
                            "name": "hub",
                            "context": {"cluster": "hub", "user": "hub", "namespace": namespace},
                        }
                    ],
                }
            )
        )
        return file

    def add_pull_secret(self, namespace: str, name: str, password: str) -> None:
        """Add a secret of type kubernetes.io/dockerconfigjson."""
        registry = {"auths": {"registry.example.org": {"username": "u", "password": password}}}
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": base64.b64encode(json.dumps(registry).encode()).decode()},
        }
        self.request("POST", f"/api/v1/namespaces/{namespace}/secrets", json=body)

    # ------------------------------------------------------------------ audit log
    @property
    def audit_log(self) -> Path:
        """One line of JSON for every request answered."""
        return self.folder / "audit.log"

    def mark(self) -> int:
        """Return the place in the audit log up to which it is written now."""
        return self.audit_log.stat().st_size

    def requests_since(self, mark: int, user: str) -> Counter[Request]:
        """Return what `user` asked since `mark`, with how often."""
        with self.audit_log.open("rb") as log:
            log.seek(mark)
            lines = [json.loads(line) for line in log if line.endswith(b"\n")]
        return Counter(
            Request(
                user,
                line["verb"],
                line.get("objectRef", {}).get("resource", ""),
                line.get("objectRef", {}).get("namespace", ""),
                line.get("responseStatus", {}).get("code", 0),
            )
            for line in lines
            if line["user"]["username"] == user
        )

    def _policy(self) -> Path:
        return self.folder / "audit-policy.yaml"

    def _token_file(self) -> Path:
        return self.folder / "tokens.csv"


def hub_account(namespace: str) -> str:
    """Return the name by which the API server knows the service account `hub`."""
    return f"system:serviceaccount:{namespace}:hub"
