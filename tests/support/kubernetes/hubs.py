"""A hub with the real KubeSpawner, its pods in the test cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hub import Hub
from tests.support.hub_config import REG, script
from tests.support.kubernetes.cluster import HUB_RULES, Cluster, hub_account
from tests.support.kubernetes.pod_runner import PodRunner

IMAGES: dict[str, dict[str, Any]] = {
    "base": {"display_name": "Base", "type": "universal"},
    "scipy": {"display_name": "SciPy", "type": "cpu"},
    "cuda": {"display_name": "CUDA", "type": "gpu"},
    "torch": {
        "display_name": "Torch",
        "type": "universal",
        "global": False,
        "groups": ["data-science"],
        "gpu_url": f"{REG}torch:gpu",
        "pull_secret": "lab-registry",
    },
}

CONFIG = """
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.JupyterHub.cleanup_servers = False
c.KubeSpawner.namespace = {namespace!r}
c.KubeSpawner.cmd = [{singleuser!r}]
c.KubeSpawner.start_timeout = 60
c.KubeSpawner.http_timeout = 60
c.KubeSpawner.delete_grace_period = 1
c.KubeSpawner.image_pull_secrets = ["configured-secret"]
c.KubeSpawner.extra_labels = {{"lab": "physics"}}
c.HubImages.pull_secrets = None
c.HubImages.pull_failure_timeout = {pull_failure_timeout}
"""


@dataclass
class KubeHub:
    """A hub, the namespace of its pods, and what stands in for the kubelet there."""

    hub: Hub
    cluster: Cluster
    namespace: str
    runner: PodRunner

    def pods(self, selector: str = "component=singleuser-server") -> list[dict[str, Any]]:
        """Return the pods that `kubectl get pods -l SELECTOR` shows."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        return self.cluster.list(path, labelSelector=selector)

    @property
    def account(self) -> str:
        """The hub's name in the cluster's audit log."""
        return hub_account(self.namespace)


@contextmanager
def kube_hub(
    cluster: Cluster,
    folder: Path,
    *,
    rules: list[dict[str, Any]] = HUB_RULES,
    pull_failure_timeout: float = 20,
    extra: str = "",
    images: dict[str, dict[str, Any]] | None = None,
    secrets: tuple[str, ...] = ("lab-registry", "nvidia-ngc"),
) -> Iterator[KubeHub]:
    """Run a hub in a namespace of its own, with the rights of `rules` there."""
    namespace = cluster.make_namespace()
    cluster.grant_hub(namespace, rules)
    for name in secrets:
        cluster.add_pull_secret(namespace, name, f"the-password-of-{name}")
    config = CONFIG.format(
        namespace=namespace,
        singleuser=script("jupyterhub-singleuser"),
        pull_failure_timeout=pull_failure_timeout,
    )
    environment = {"KUBECONFIG": str(cluster.hub_kubeconfig(namespace))}
    with (
        PodRunner(cluster, namespace, folder) as runner,
        Hub(folder, extra=config + extra, environment=environment) as hub,
    ):
        for name, fields in (IMAGES if images is None else images).items():
            hub.add_image(name, **fields)
        yield KubeHub(hub, cluster, namespace, runner)
