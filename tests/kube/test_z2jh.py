"""examples/z2jh with the real chart: rendered, validated, and its hub run in the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.databases import DatabaseServer, Kind, missing_reason
from tests.support.hub_config import PASSWORD
from tests.support.kubernetes.chart import (
    ChartHub,
    Manifest,
    Resources,
    Values,
    chart,
    chart_missing,
    defaults,
    example,
    find,
    merged,
    render,
)
from tests.support.kubernetes.cluster import HUB_RULES, Cluster
from tests.support.kubernetes.pod_runner import PodRunner, wait_for
from tests.support.requirements import require
from tests.support.starts import start, stop

pytestmark = pytest.mark.timeout(300)

#: With the catalogue in PostgreSQL: what is a comment in the example.
POSTGRESQL: Values = {
    "hub": {
        "extraEnv": {
            "HUB_IMAGES_DB_URL": {
                "valueFrom": {"secretKeyRef": {"name": "hub-images", "key": "db-url"}}
            }
        }
    }
}

#: Who signs in on the test's hub; not a part of hub-images.
TRIAL: Values = {
    "hub": {
        "config": {
            "JupyterHub": {
                "load_groups": {"data-science": {"users": ["scientist"]}},
                "cookie_secret": "ef" * 32,
            },
            "DummyAuthenticator": {"password": PASSWORD},
            "Authenticator": {"admin_users": ["admin"], "allow_all": True},
            "Spawner": {"args": ["--allow-root"]},
            # at an upgrade helm looks these up in the cluster, which `helm template` cannot
            "ConfigurableHTTPProxy": {"auth_token": "ab" * 32},
            "CryptKeeper": {"keys": ["cd" * 32]},
        },
        "services": {"tester": {"apiToken": "the-testers-own-admin-token"}},
        "loadRoles": {
            "tester": {
                "services": ["tester"],
                "scopes": ["admin:users", "admin:groups", "admin:servers", "tokens",
                           "access:services", "admin:services", "read:hub"],
            }
        },
    },
    "cull": {"enabled": False},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _chart() -> None:
    require(chart_missing())


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """Give a namespace of its own."""
    return cluster.make_namespace()


def test_the_comment_in_the_example_is_what_is_tested() -> None:
    """What people uncomment for PostgreSQL is `POSTGRESQL`."""
    text = (Path(__file__).parents[2] / "examples/z2jh/values.yaml").read_text()
    lines = text[text.index("  # extraEnv:") :].split("\n\n")[0].splitlines()
    uncommented = "\n".join(line.replace("  # ", "  ", 1) for line in lines)
    assert yaml.safe_load(uncommented) == POSTGRESQL["hub"]


@pytest.mark.parametrize("layers", [[], [POSTGRESQL]], ids=["volume", "postgresql"])
def test_values_fit_the_charts_schema(layers: list[Values]) -> None:
    """No key is misspelt or at a place that the chart does not know."""
    schema = yaml.safe_load((chart() / "values.schema.yaml").read_text())
    values = merged(defaults(), example(), *layers)
    errors = list(jsonschema.Draft7Validator(schema).iter_errors(values))
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []
    wrong = merged(values, {"hub": {"extraConfigs": {}}})
    assert not jsonschema.Draft7Validator(schema).is_valid(wrong)


@pytest.mark.parametrize("layers", [[], [POSTGRESQL]], ids=["volume", "postgresql"])
def test_the_api_server_takes_every_manifest(
    cluster: Cluster, namespace: str, tmp_path: Path, layers: list[Values]
) -> None:
    """As `kubectl apply --dry-run=server` has it, with strict validation of fields."""
    manifests = render(merged(example(), *layers), tmp_path, namespace)
    resources = Resources(cluster, namespace)
    for manifest in manifests:
        resources.apply(manifest, dry_run=True)
    kinds = {manifest["kind"] for manifest in manifests}
    assert {"Deployment", "Service", "NetworkPolicy", "Role", "Secret", "ConfigMap"} <= kinds
    # and it does refuse what is wrong
    broken = find(manifests, "Service", "hub")
    broken["spec"]["ports"][-1]["port"] = 101010
    with pytest.raises(RuntimeError, match="must be between 1 and 65535"):
        resources.apply(broken, dry_run=True)


def test_the_proxy_reaches_the_service(tmp_path: Path) -> None:
    """The port is in the hub's Service, and both network policies let the proxy through."""
    manifests = render(example(), tmp_path, "lab")
    url = example()["hub"]["config"]["HubImages"]["service_url"]
    service = find(manifests, "Service", "hub")
    (port,) = [p["port"] for p in service["spec"]["ports"] if p.get("name") == "hub-images"]
    assert url == f"http://{service['metadata']['name']}:{port}"

    def open_to(policy: str, direction: str, peers: str) -> list[dict[str, str]]:
        rules = find(manifests, "NetworkPolicy", policy)["spec"][direction]
        return [
            {k.split("/")[-1]: v for k, v in peer["podSelector"]["matchLabels"].items()}
            for rule in rules
            if {"port": port, "protocol": "TCP"} in rule.get("ports", [])
            for peer in rule[peers]
        ]

    proxy_labels = _labels(manifests, "proxy")
    hub_labels = _labels(manifests, "hub")
    assert any(peer.items() <= proxy_labels.items() for peer in open_to("hub", "ingress", "from"))
    assert any(peer.items() <= hub_labels.items() for peer in open_to("hub", "ingress", "from"))
    assert any(peer.items() <= hub_labels.items() for peer in open_to("proxy", "egress", "to"))


def _labels(manifests: list[Manifest], deployment: str) -> dict[str, str]:
    template = find(manifests, "Deployment", deployment)["spec"]["template"]
    return {k.split("/")[-1]: v for k, v in template["metadata"]["labels"].items()}


def test_the_charts_role_is_what_the_other_tests_grant(tmp_path: Path) -> None:
    """`HUB_RULES` in these tests is the chart's own role, word for word."""
    assert find(render(example(), tmp_path, "lab"), "Role", "hub")["rules"] == HUB_RULES


def test_profile_list_has_to_go(tmp_path: Path, cluster: Cluster, namespace: str) -> None:
    """The hub does not start beside the chart's own list, and says which."""
    folder = tmp_path
    hub = ChartHub(folder)
    lists = {"singleuser": {"profileList": [{"display_name": "x"}]}}
    values = merged(example(), TRIAL, hub.addresses(), lists)
    hub.mount(render(values, folder, namespace), namespace, cluster.hub_kubeconfig(namespace))
    process = hub.launch()
    assert process.wait(60) != 0
    assert "profile_list" in hub.log()
    hub.client.close()


class Lab:
    """A rendered release in a namespace, its hub as a process."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.folder = cluster, folder
        self.namespace = cluster.make_namespace()
        self.hub = ChartHub(folder)
        self.addresses = self.hub.addresses()

    def install(self, *layers: Values, **secrets: dict[str, str]) -> None:
        """Render and apply what the hub's pod needs from the cluster, as helm would."""
        values = merged(*layers, TRIAL, self.addresses)
        manifests = render(values, self.folder, self.namespace)
        resources = Resources(self.cluster, self.namespace)
        for kind in ("ServiceAccount", "Role", "RoleBinding"):
            resources.apply(find(manifests, kind, "hub"))
        kubeconfig = self.cluster.hub_kubeconfig(self.namespace)
        self.hub.mount(manifests, self.namespace, kubeconfig, **secrets)

    def pods(self, user: str) -> list[dict[str, Any]]:
        """Return the pods of a user."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        return self.cluster.list(path, labelSelector=f"hub.jupyter.org/username={user}")

    def ready(self, user: str) -> bool:
        """Say whether the user's server is up."""
        servers = self.hub.api("GET", f"users/{user}").json()["servers"]
        return bool(servers.get("", {}).get("ready"))


@pytest.fixture
def lab(cluster: Cluster, tmp_path: Path) -> Iterator[Lab]:
    """Give a namespace with the stand-in for the kubelet."""
    lab = Lab(cluster, tmp_path)
    with PodRunner(cluster, lab.namespace, tmp_path):
        yield lab
        lab.hub.stop()
        lab.hub.client.close()


@pytest.mark.hub
def test_the_charts_hub_from_install_to_removal(lab: Lab) -> None:
    """Install, add an image, start a server; upgrade, remove and install again beside it."""
    lab.install(example())
    hub = lab.hub
    with hub.proxy():
        hub.start()
        for user in ("admin", "scientist", "student"):
            hub.browser(user)  # the hub knows users once they have signed in
        scopes = {"name": "torch", "url": "registry.example.org/torch:1"}
        gpu = {**scopes, "gpu_url": "registry.example.org/torch:gpu", "global": True}
        assert hub.images("POST", json=gpu).status_code == 201
        page = hub.browser("admin").get("services/images/")
        assert page.status_code == 200
        assert "torch" in page.text

        # what a group does not allow is refused on the page that waits
        student = hub.browser("student")
        student.get("hub/spawn?opt-instance_type=gpu-1")

        def refused() -> bool:
            page = student.get("hub/spawn-pending/student")
            return "The instance type gpu-1 is not available to you." in page.text

        wait_for("the refusal", refused, 20)
        assert lab.pods("student") == []

        start(hub, "scientist", {"image": "torch", "instance_type": "gpu-1"})
        wait_for("the server", lambda: lab.ready("scientist"))
        (pod,) = lab.pods("scientist")
        (container,) = pod["spec"]["containers"]
        assert container["image"] == "registry.example.org/torch:gpu"
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
        assert pod["spec"]["nodeSelector"] == {"pool": "gpu"}
        keys = [toleration.get("key") for toleration in pod["spec"]["tolerations"]]
        assert "nvidia.com/gpu" in keys  # the image type's, beside the chart's own
        assert "hub.jupyter.org/dedicated" in keys
        assert pod["metadata"]["labels"]["hub-images/image"] == "torch"
        assert pod["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "kubespawner"
        assert hub.browser("scientist").get("user/scientist/lab").status_code == 200

        # remove: the plain hub, the same server; then back, with the catalogue as it was
        hub.stop()
        lab.install({})
        hub.has_service = False
        hub.start()
        assert lab.ready("scientist")
        assert hub.browser("admin").get("services/images/").status_code == 404
        hub.stop()
        lab.install(example())
        hub.has_service = True
        hub.start()
        assert lab.ready("scientist")
        assert [each["name"] for each in hub.images("GET").json()["items"]] == ["torch"]
        (after,) = lab.pods("scientist")
        assert after["metadata"]["uid"] == pod["metadata"]["uid"]
        stop(hub, "scientist")
        wait_for("the end of the pod", lambda: not lab.pods("scientist"))


def test_the_catalogue_in_postgresql(
    lab: Lab, database_servers: dict[Kind, DatabaseServer]
) -> None:
    """The hub's pod reads the URL from the Secret that docs/z2jh.md makes."""
    require(missing_reason("postgresql"))
    url = database_servers["postgresql"].create_database()
    lab.install(example(), POSTGRESQL, hub_images={"db-url": url})
    hub = lab.hub
    with hub.proxy():
        hub.start()
        hub.browser("student")
        image = {"name": "base", "url": "registry.example.org/base:1", "global": True}
        assert hub.images("POST", json=image).status_code == 201
        start(hub, "student", {"image": "base"})
        wait_for("the server", lambda: lab.ready("student"))
        (pod,) = lab.pods("student")
        assert pod["spec"]["containers"][0]["image"] == "registry.example.org/base:1"
    assert not list(lab.folder.rglob("hub_images.sqlite"))
    password = url.split(":")[2].split("@")[0]
    assert password not in hub.log()
