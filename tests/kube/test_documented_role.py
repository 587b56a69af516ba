"""The role of docs/kubernetes.md, as it stands there, on a real API server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import yaml

from tests.support.hub import Hub
from tests.support.kubernetes.cluster import Cluster
from tests.support.kubernetes.pod_runner import wait_for

PAGE = Path(__file__).parents[2] / "docs" / "kubernetes.md"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def test_names_of_another_namespace_and_nothing_more(cluster: Cluster, tmp_path: Path) -> None:
    """It lists the secrets where user pods are; it gives none, and nothing elsewhere."""
    hubs, pods = cluster.make_namespace(), cluster.make_namespace()
    for namespace in (hubs, pods):
        cluster.add_pull_secret(namespace, f"of-{namespace}", "a-password")
    kubeconfig = cluster.hub_kubeconfig(hubs)
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    manifests = found[1].replace(": user-pods", f": {pods}").replace(": jupyterhub", f": {hubs}")
    config = f"""
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = {pods!r}
c.HubImages.pull_secrets = None
"""
    with Hub(tmp_path, extra=config, environment={"KUBECONFIG": str(kubeconfig)}) as hub:
        before = hub.images("GET", "pull-secrets").json()
        assert "may not list secrets" in before["message"]
        for manifest in yaml.safe_load_all(manifests):
            metadata = manifest["metadata"]
            kinds = f"{manifest['kind'].lower()}s"
            path = f"{RBAC}/namespaces/{metadata['namespace']}/{kinds}/{metadata['name']}"
            cluster.apply(manifest, path)
        listed = {"items": [f"of-{pods}"]}
        wait_for("the right", lambda: hub.images("GET", "pull-secrets").json() == listed)
    token = json.loads(kubeconfig.read_text())["users"][0]["user"]["token"]
    for path in (f"{hubs}/secrets", f"{pods}/secrets/of-{pods}", f"{pods}/pods"):
        refused = httpx.get(
            f"{cluster.url}/api/v1/namespaces/{path}",
            headers={"Authorization": f"Bearer {token}"},
            verify=False,
            timeout=60,
        )
        assert refused.status_code == 403, path
