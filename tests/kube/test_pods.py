"""From the choice to the pod in a real API server, and to JupyterLab behind the proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hub_config import ADMIN_TOKEN, REG
from tests.support.kubernetes.cluster import Cluster
from tests.support.kubernetes.hubs import KubeHub, kube_hub
from tests.support.kubernetes.pod_runner import wait_for
from tests.support.starts import start, stop

BAD_TOLERATION = """
c.HubImages.instance_types.append(
    {"name": "odd", "cpu_limit": 1, "tolerations": [{"key": "pool", "operator": "Sometimes"}]}
)
"""


@pytest.fixture(scope="module")
def kube(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    """Run a hub in the cluster."""
    with kube_hub(cluster, tmp_path_factory.mktemp("pods"), extra=BAD_TOLERATION) as running:
        yield running


def _start(kube: KubeHub, user: str, options: Any, server: str = "") -> dict[str, Any]:
    """Start a server, wait until it is up, and return its pod."""
    answer = start(kube.hub, user, options, server=server)
    assert answer.status_code in (201, 202), answer.text
    wait_for("the server", lambda: _ready(kube, user, server))
    (pod,) = [
        pod for pod in kube.pods(f"hub.jupyter.org/username={user}") if _server_name(pod) == server
    ]
    return pod


def _server_name(pod: dict[str, Any]) -> str:
    return str(pod["metadata"]["annotations"].get("hub.jupyter.org/servername", ""))


def _ready(kube: KubeHub, user: str, server: str = "") -> bool:
    servers = kube.hub.api("GET", f"users/{user}?include_stopped_servers").json()["servers"]
    return bool(servers.get(server, {}).get("ready"))


def _stop(kube: KubeHub, user: str, server: str = "") -> None:
    stop(kube.hub, user, server)
    wait_for("the end of the pod", lambda: not kube.pods(f"hub.jupyter.org/username={user}"))


def _quantities(resources: dict[str, str]) -> dict[str, float]:
    units = {"k": 1e3, "m": 1e-3}
    return {
        name: float(text) if text[-1].isdigit() else float(text[:-1]) * units[text[-1]]
        for name, text in resources.items()
    }


@pytest.mark.parametrize(
    ("options", "reference", "secrets", "resources", "gpu"),
    [
        ({"image": "scipy", "instance_type": "small"}, "scipy:1", [], (1, 2 * 2**30), False),
        ({"image": "torch", "instance_type": "large"}, "torch:1", ["lab-registry"],
         (4, 16 * 2**30), False),
        ({"image": "torch", "instance_type": "gpu-1"}, "torch:gpu", ["lab-registry"],
         (8, 32 * 2**30), True),
        ({"image": "cuda", "instance_type": "gpu-1"}, "cuda:1", [], (8, 32 * 2**30), True),
        ({"image": "base", "instance_type": "gpu-1"}, "base:1", [], (8, 32 * 2**30), True),
    ],
)  # fmt: skip
def test_the_pod_is_what_was_chosen(
    kube: KubeHub,
    options: dict[str, str],
    reference: str,
    secrets: list[str],
    resources: tuple[int, int],
    gpu: bool,
) -> None:
    """Reference, secrets, resources, node and labels, as the API server has them."""
    pod = _start(kube, "scientist", options)
    try:
        spec = pod["spec"]
        (container,) = spec["containers"]
        assert container["image"] == REG + reference
        names = [secret["name"] for secret in spec["imagePullSecrets"]]
        assert names == ["configured-secret", *secrets]
        cpu, memory = resources
        wanted = {"cpu": cpu, "memory": memory, **({"nvidia.com/gpu": 1} if gpu else {})}
        assert _quantities(container["resources"]["limits"]) == wanted
        assert _quantities(container["resources"]["requests"]) == wanted
        assert spec.get("nodeSelector", {}) == ({"pool": "gpu"} if gpu else {})
        tolerated = [toleration.get("key") for toleration in spec.get("tolerations", [])]
        assert ("nvidia.com/gpu" in tolerated) == gpu
        labels = pod["metadata"]["labels"]
        assert labels["lab"] == "physics"
        assert labels["hub-images/image"] == options["image"]
        assert labels["hub-images/instance-type"] == options["instance_type"]
        found = kube.pods(f"hub-images/image={options['image']}")
        assert [each["metadata"]["name"] for each in found] == [pod["metadata"]["name"]]
    finally:
        _stop(kube, "scientist")


def test_jupyterlab_answers_through_the_proxy(kube: KubeHub) -> None:
    """The user's own browser reaches the server in the pod, told which image it runs."""
    _start(kube, "student", {"image": "scipy"})
    try:
        browser = kube.hub.browser("student")
        page = browser.get("user/student/lab")
        assert page.status_code == 200
        assert "JupyterLab" in page.text
    finally:
        _stop(kube, "student")


def test_named_servers_and_starts_by_an_admin(kube: KubeHub) -> None:
    """Both get the owner's image, and the labels of their own choice."""
    _start(kube, "student", {"image": "scipy"})
    try:
        # the tester's token is an admin's; so is every start in these tests
        admin = kube.hub.token("admin")
        answer = start(kube.hub, "student", {"image": "base"}, server="two", token=admin)
        assert answer.status_code in (201, 202), answer.text
        wait_for("the named server", lambda: _ready(kube, "student", "two"))
        images = {
            _server_name(pod): (
                pod["spec"]["containers"][0]["image"],
                pod["metadata"]["labels"]["hub-images/image"],
            )
            for pod in kube.pods("hub.jupyter.org/username=student")
        }
        assert images == {"": (f"{REG}scipy:1", "scipy"), "two": (f"{REG}base:1", "base")}
        refused = start(kube.hub, "student", {"image": "torch"}, server="three", token=admin)
        assert refused.status_code == 403
    finally:
        stop(kube.hub, "student", "two")
        _stop(kube, "student")


def test_a_restart_of_the_hub_keeps_servers_and_figures(kube: KubeHub) -> None:
    """Servers run on, and the list still knows which image they use."""
    before = _start(kube, "student", {"image": "scipy"})
    try:
        assert _in_use(kube, "scipy") == 1
        kube.hub.stop()
        assert kube.pods("hub.jupyter.org/username=student")
        kube.hub.start()
        assert _ready(kube, "student")
        assert _in_use(kube, "scipy") == 1
        assert _in_use(kube, "base") == 0
        (after,) = kube.pods("hub.jupyter.org/username=student")
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert kube.hub.browser("student").get("user/student/api/status").status_code == 200
    finally:
        _stop(kube, "student")


def _in_use(kube: KubeHub, image: str) -> int:
    """Return the list page's figure, by way of what its delete dialog asks."""
    headers = {"Authorization": f"token {ADMIN_TOKEN}"}
    answer = kube.hub.client.get(f"{kube.hub.images_url}usage?names={image}", headers=headers)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["servers"][image])


def test_a_quota_is_explained(kube: KubeHub) -> None:
    """What the cluster says against the pod reaches the user; starting works afterwards."""
    path = f"/api/v1/namespaces/{kube.namespace}/resourcequotas/lab"
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "lab", "namespace": kube.namespace},
        "spec": {"hard": {"requests.cpu": "500m"}},
    }
    kube.cluster.apply(quota, path)

    def enforced() -> bool:
        return "hard" in kube.cluster.request("GET", path).get("status", {})

    try:
        # no quota controller runs here, whose part this is
        kube.cluster.request(
            "PATCH", f"{path}/status",
            content=json.dumps({"status": {"hard": {"requests.cpu": "500m"},
                                           "used": {"requests.cpu": "0"}}}),
            headers={"Content-Type": "application/merge-patch+json"},
        )  # fmt: skip
        wait_for("the quota", enforced)
        answer = start(kube.hub, "student", {"image": "scipy"})
        assert answer.status_code == 403, answer.text
        assert "exceeded quota: lab, requested: requests.cpu=1" in answer.json()["message"]
        page = kube.hub.browser("student").get("hub/spawn?opt-image=scipy")
        assert "exceeded quota: lab" in page.text
        assert "Traceback" not in page.text
    finally:
        kube.cluster.request("DELETE", path)
    _start(kube, "student", {"image": "scipy"})
    _stop(kube, "student")


def test_a_toleration_that_cannot_be_is_explained(kube: KubeHub) -> None:
    """A deployer's slip in an instance type: the user reads what the cluster says against it."""
    answer = start(kube.hub, "student", {"image": "scipy", "instance_type": "odd"})
    assert answer.status_code == 422, answer.text
    message = answer.json()["message"]
    assert "Kubernetes refused to start your server" in message
    assert 'tolerations[0].operator: Unsupported value: "Sometimes"' in message
    assert kube.pods("hub.jupyter.org/username=student") == []
