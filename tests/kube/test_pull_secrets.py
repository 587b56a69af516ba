"""The pick list of pull secrets, read from a real API server by a real hub's service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from hub_images.service.kubernetes import SecretNames
from hub_images.service.pull_secrets import PullSecrets
from tests.support.kubernetes.cluster import HUB_RULES, Cluster
from tests.support.kubernetes.hubs import KubeHub, kube_hub
from tests.support.kubernetes.pod_runner import wait_for
from tests.support.markup import element
from tests.support.processes import free_port

Trouble = Callable[[KubeHub], AbstractContextManager[None]]

_NO_SECRETS = [
    {**rule, "resources": [each for each in rule["resources"] if each != "secrets"]}
    for rule in HUB_RULES
]


@pytest.fixture(scope="module")
def kube(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    """Run a hub in the cluster, with one image whose secret is not there."""
    with kube_hub(cluster, tmp_path_factory.mktemp("secrets"), images={}) as running:
        # taken as typed while the list cannot be read, the way such an image comes about
        with _forbidden(running):
            running.hub.add_image("lost", pull_secret="gone-registry")
        running.hub.add_image("kept", pull_secret="lab-registry")
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "no-pull-secret"},
                "stringData": {"password": "the-password-of-no-pull-secret"}}  # fmt: skip
        cluster.request("POST", f"/api/v1/namespaces/{running.namespace}/secrets", json=body)
        yield running


@contextmanager
def _forbidden(kube: KubeHub) -> Iterator[None]:
    """Take the right to list secrets from the hub for a while."""
    kube.cluster.grant_hub(kube.namespace, _NO_SECRETS)
    wait_for("the loss of the right", lambda: "message" in _listed(kube))
    yield
    kube.cluster.grant_hub(kube.namespace)
    wait_for("the return of the right", lambda: "message" not in _listed(kube))


@contextmanager
def _silent(kube: KubeHub) -> Iterator[None]:
    """Let the API server hang for a while."""
    kube.cluster.pause()
    try:
        yield
    finally:
        kube.cluster.resume()


def _listed(kube: KubeHub) -> dict[str, object]:
    answer = kube.hub.images("GET", "pull-secrets")
    assert answer.status_code == 200
    return dict(answer.json())


def _page(kube: KubeHub, path: str) -> BeautifulSoup:
    client = kube.hub.browser("admin")
    answer = client.get(f"services/images/{path}")
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def _choices(page: BeautifulSoup) -> list[str]:
    return [str(option["value"]) for option in page.select("select[name=pull_secret] option")]


def test_names_of_one_type_in_the_pods_namespace(kube: KubeHub) -> None:
    """Secrets of other types are no choice; nor are those of other namespaces."""
    assert _listed(kube) == {"items": ["lab-registry", "nvidia-ngc"]}
    assert [name for name in _choices(_page(kube, "new")) if name] == ["lab-registry", "nvidia-ngc"]


def test_a_namespace_without_any(kube: KubeHub) -> None:
    """The list is empty, which is no failure, and an image without a secret can be added."""
    path = f"/api/v1/namespaces/{kube.namespace}/secrets"
    names = ("lab-registry", "nvidia-ngc")
    for name in names:
        kube.cluster.request("DELETE", f"{path}/{name}")
    try:
        assert _listed(kube) == {"items": []}
        kube.hub.add_image("open")
    finally:
        for name in names:
            kube.cluster.add_pull_secret(kube.namespace, name, f"the-password-of-{name}")


def test_a_name_that_is_not_there_is_refused(kube: KubeHub) -> None:
    """The list is what may be chosen."""
    answer = kube.hub.images(
        "POST", json={"name": "x", "url": "a/b:1", "pull_secret": "no-pull-secret"}
    )
    assert answer.status_code == 422
    assert "pull_secret" in answer.json()["errors"]


def test_a_missing_secret_is_marked(kube: KubeHub) -> None:
    """On the list page and in the form, where it stays chosen."""
    rows = {
        element(row, "input[name=names]")["value"]: row.get_text(" ", strip=True)
        for row in _page(kube, "").select("tbody tr")
    }
    assert "gone-registry" in rows["lost"]
    assert "lab-registry" not in rows["kept"]
    form = _page(kube, "edit/lost")
    chosen = element(form, "select[name=pull_secret] option[selected]")
    assert chosen["value"] == "gone-registry"
    assert chosen.get_text(strip=True) != "gone-registry"


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(_forbidden, "may not list secrets"), (_silent, "Kubernetes does not answer")],
)
def test_an_unreadable_list_says_why_and_keeps_what_is_stored(
    kube: KubeHub, trouble: Trouble, why: str
) -> None:
    """The form works, takes a typed name, and keeps a stored one."""
    with trouble(kube):
        assert why in str(_listed(kube)["message"])
        form = _page(kube, "edit/kept")
        assert why in form.get_text(" ")
        field = element(form, "[name=pull_secret]")
        assert field.name == "input"
        assert field["value"] == "lab-registry"
        answer = kube.hub.images("PATCH", "images/kept", json={"description": why})
        assert answer.status_code == 200, answer.text
        assert answer.json()["pull_secret"] == "lab-registry"
        typed = kube.hub.images("PATCH", "images/kept", json={"pull_secret": "typed"})
        assert typed.json()["pull_secret"] == "typed"
        back = kube.hub.images("PATCH", "images/kept", json={"pull_secret": "lab-registry"})
        assert back.status_code == 200
    wait_for("the list", lambda: "message" not in _listed(kube))


def _lists(kube: KubeHub, mark: int) -> int:
    """Return how often the cluster was asked for secrets since `mark`."""
    asked = kube.cluster.requests_since(mark, kube.account)
    return sum(count for request, count in asked.items() if request.resource == "secrets")


def test_the_cluster_is_asked_only_where_it_matters(kube: KubeHub) -> None:
    """Changes that give no other secret ask nothing; a form that is not accepted asks once."""
    kept = kube.hub.images("GET", "images/kept").json()
    mark = kube.cluster.mark()
    for method, body in (
        ("PATCH", {"description": "again"}),
        ("PATCH", {"pull_secret": None}),
        ("PUT", {"url": "a/b:1"}),
    ):
        assert kube.hub.images(method, "images/kept", json=body).status_code == 200
    assert _lists(kube, mark) == 0
    assert kube.hub.images("PUT", "images/kept", json=kept).status_code == 200
    assert _lists(kube, mark) == 1
    assert kube.hub.images("PUT", "images/kept", json=kept).status_code == 200
    assert _lists(kube, mark) == 1
    client, xsrf = kube.hub.session("admin")
    mark = kube.cluster.mark()
    form = {"_xsrf": xsrf, "name": "new", "type": "cpu", "use_pull_secret": "on",
            "pull_secret": "unknown"}  # fmt: skip
    answer = client.post("services/images/new", data=form)
    assert answer.status_code == 422
    assert "unknown is not in the list of pull secrets" in answer.text
    assert _lists(kube, mark) == 1
    client.close()


def test_only_metadata_is_asked_for_and_nothing_told(kube: KubeHub) -> None:
    """The hub's account lists secrets and gets none; no password is in page, answer or log.

    What the API server answered is in its audit log; with contents it would be a SecretList.
    """
    mark = kube.cluster.mark()
    answers = [kube.hub.images("GET", "pull-secrets").text, str(_page(kube, "edit/kept"))]
    asked = kube.cluster.requests_since(mark, kube.account)
    verbs = {request.verb for request in asked if request.resource == "secrets"}
    assert verbs == {"list"}
    with kube.cluster.audit_log.open("rb") as log:
        log.seek(mark)
        lines = [
            json.loads(line)
            for line in log
            if kube.account.encode() in line and line.endswith(b"\n")
        ]
    kinds = {line["responseObject"]["kind"] for line in lines if "responseObject" in line}
    assert kinds == {"PartialObjectMetadataList"}
    for text in [*answers, kube.hub.log()]:
        assert "the-password-of" not in text


def test_the_namespace_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the deployer's setting, else by $POD_NAMESPACE."""
    monkeypatch.setenv("POD_NAMESPACE", "of-the-variable")
    assert SecretNames("of-the-setting").namespace == "of-the-setting"
    assert SecretNames().namespace == "of-the-variable"


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_an_absent_cluster_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs_up: bool
) -> None:
    """Nothing listens there, or what listens hangs up: a sentence, not an error."""

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0) if hangs_up else None
    port = server.sockets[0].getsockname()[1] if server else free_port()
    file = tmp_path / "kubeconfig"
    file.write_text(
        json.dumps(
            {
                "current-context": "c",
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
                "users": [{"name": "c", "user": {}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
            }
        )
    )
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.setattr(
        "kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file)
    )
    known = await PullSecrets(None, SecretNames("lab")).known()
    if server:
        server.close()
    assert not known.readable
    assert known.message == (
        "Could not list the pull secrets of the namespace lab: Kubernetes cannot be reached."
    )
