"""The zero-to-jupyterhub chart, rendered by helm, and its hub run as a process.

The chart is not part of this project; its folder is named by `Z2JH_CHART`.
"""

from __future__ import annotations

import base64
import copy
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.hub import Hub
from tests.support.hub_config import script
from tests.support.kubernetes import build
from tests.support.kubernetes.cluster import Cluster
from tests.support.processes import Watcher, free_port

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "z2jh" / "values.yaml"
MOUNTED = "/usr/local/etc/jupyterhub"
RELEASE = "hub"

Manifest = dict[str, Any]
Values = dict[str, Any]
Secrets = dict[str, str]


def chart() -> Path:
    """Return the chart's folder."""
    return Path(os.environ.get("Z2JH_CHART") or ROOT.parent / "shared" / "z2jh" / "jupyterhub")


def chart_missing() -> str | None:
    """Return a sentence on what is missing to render the chart, None where nothing is."""
    if (chart() / "Chart.yaml").exists():
        return build.helm_missing()
    return (
        "The zero-to-jupyterhub chart is not on this machine: clone "
        "https://github.com/jupyterhub/zero-to-jupyterhub-k8s and name its folder `jupyterhub` "
        "in Z2JH_CHART."
    )


def example() -> Values:
    """Return the values that people copy."""
    return dict(yaml.safe_load(EXAMPLE.read_text()))


def merged(*layers: Values) -> Values:
    """Return values with later ones laid over earlier ones, as helm does it."""
    result: Values = {}
    for layer in layers:
        for key, value in layer.items():
            if isinstance(value, dict) and isinstance(result.get(key), dict):
                result[key] = merged(result[key], value)
            else:
                result[key] = copy.deepcopy(value)
    return result


def defaults() -> Values:
    """Return the chart's own values."""
    return dict(yaml.safe_load((chart() / "values.yaml").read_text()))


def render(values: Values, folder: Path, namespace: str) -> list[Manifest]:
    """Render the chart with these values; raises CalledProcessError with helm's reason."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    result = subprocess.run(
        [str(build.helm()), "template", RELEASE, str(chart()), "--namespace", namespace,
         "--kube-version", "1.37", "--values", str(file)],
        check=True, capture_output=True, text=True, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    return [document for document in yaml.safe_load_all(result.stdout) if document]


def find(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """Return the one manifest of that kind and name."""
    (found,) = [m for m in manifests if m["kind"] == kind and m["metadata"]["name"] == name]
    return found


class Resources:
    """The paths of objects in an API server, as its discovery documents give them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._known: dict[str, dict[str, Any]] = {}

    def path(self, manifest: Manifest) -> str:
        """Return the path of the object that `manifest` describes."""
        version = manifest["apiVersion"]
        root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        if version not in self._known:
            listed = self._cluster.request("GET", root)["resources"]
            self._known[version] = {
                each["kind"]: each for each in listed if "/" not in each["name"]
            }
        resource = self._known[version][manifest["kind"]]
        if resource["namespaced"]:
            root += f"/namespaces/{manifest['metadata'].get('namespace', self._namespace)}"
        return f"{root}/{resource['name']}/{manifest['metadata']['name']}"

    def apply(self, manifest: Manifest, *, dry_run: bool = False) -> None:
        """Apply it; the API server validates every field."""
        self._cluster.apply(manifest, self.path(manifest), dry_run=dry_run)


class ChartHub(Hub):
    """The chart's own jupyterhub_config.py as a process, with what its pod would mount.

    In place of the pod: the folders mounted at /usr/local/etc/jupyterhub stand below
    `folder`, and that path is replaced in the chart's two Python files. The environment
    is the one of the container in the rendered Deployment. The proxy is a process, too.
    """

    has_service = True

    def mount(
        self, manifests: list[Manifest], namespace: str, kubeconfig: Path, **secrets: Secrets
    ) -> None:
        """Lay out files and environment; `secrets` are those that are not the chart's."""
        root = self.folder / "mounted"
        secret, config = find(manifests, "Secret", "hub"), find(manifests, "ConfigMap", "hub")
        decoded = {k: base64.b64decode(v).decode() for k, v in secret["data"].items()}
        _write(root / "secret", decoded)
        _write(root / "config", config["data"])
        for name in ("jupyterhub_config.py", "z2jh.py"):
            text = config["data"][name].replace(MOUNTED, str(root))
            (root / name).write_text(text)
        self.config_file = root / "jupyterhub_config.py"
        (container,) = find(manifests, "Deployment", "hub")["spec"]["template"]["spec"][
            "containers"
        ]
        known = {"hub": decoded, **{name.replace("_", "-"): s for name, s in secrets.items()}}
        self.environment = {
            # Kubernetes sets these for each Service, by its name
            "HUB_SERVICE_PORT": "8081",
            "PROXY_API_SERVICE_PORT": "8001",
            "KUBECONFIG": str(kubeconfig),
        }
        for variable in container["env"]:
            self.environment[variable["name"]] = _value(variable, known, namespace)

    def addresses(self) -> Values:
        """Return values that put hub, proxy and service on loopback, where names of pods are."""
        hub_url = f"http://127.0.0.1:{self.hub_port}"
        self.proxy_api_port, service_port = free_port(), free_port()
        config = {
            "JupyterHub": {"hub_bind_url": hub_url, "hub_connect_url": hub_url},
            "ConfigurableHTTPProxy": {"api_url": f"http://127.0.0.1:{self.proxy_api_port}"},
            "HubImages": {"service_url": f"http://127.0.0.1:{service_port}"},
        }
        return {"hub": {"config": config}}

    @contextmanager
    def proxy(self) -> Iterator[None]:
        """Run the proxy, which is a pod of its own in the chart."""
        with (self.folder / "proxy.log").open("ab") as log:
            process = subprocess.Popen(
                [script("configurable-http-proxy"), "--ip", "127.0.0.1", "--port", str(self.port),
                 "--api-ip", "127.0.0.1", "--api-port", str(self.proxy_api_port),
                 "--default-target", f"http://127.0.0.1:{self.hub_port}"],
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "CONFIGPROXY_AUTH_TOKEN":
                     self.environment["CONFIGPROXY_AUTH_TOKEN"]},
            )  # fmt: skip
        watcher = Watcher(process.pid, self.folder / "nothing-to-remove")
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)
            watcher.dismiss()

    def _ready(self) -> bool:
        if not self.has_service:
            return True
        try:
            return self.client.get(self.images_url + "health").status_code == 200
        except httpx.TransportError:
            return False


def _value(variable: dict[str, Any], secrets: dict[str, Secrets], namespace: str) -> str:
    """Return what the kubelet would set for one entry of a container's `env`."""
    if "value" in variable:
        return str(variable["value"])
    source = variable["valueFrom"]
    if "fieldRef" in source:
        assert source["fieldRef"]["fieldPath"] == "metadata.namespace"
        return namespace
    return secrets[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]


def _write(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
