"""With 500 pods in the namespace, pages and starts cost no more API calls than with none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.kubernetes.cluster import Cluster
from tests.support.kubernetes.hubs import KubeHub, kube_hub
from tests.support.kubernetes.pod_runner import NO_SCHEDULER, wait_for

PODS = 500
IMAGES = 60


@pytest.fixture(scope="module")
def kube(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    """Run a hub with 60 images."""
    images = {f"image-{n}": {"display_name": f"Image {n}"} for n in range(IMAGES)}
    folder = tmp_path_factory.mktemp("scale")
    with kube_hub(cluster, folder, images=images) as running:
        yield running


def _add_pods(kube: KubeHub) -> None:
    """Make pods as a hub would, left alone by the stand-in for the kubelet."""

    def add(number: int) -> None:
        kube.cluster.request(
            "POST",
            f"/api/v1/namespaces/{kube.namespace}/pods",
            json={
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"other-{number}",
                    "labels": {
                        "component": "singleuser-server",
                        "app": "jupyterhub",
                        "hub-images/image": f"image-{number % IMAGES}",
                    },
                },
                "spec": {
                    "schedulerName": NO_SCHEDULER,
                    "containers": [{"name": "notebook", "image": "registry.example.org/x:1"}],
                },
            },
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(PODS)))


def _visits(kube: KubeHub) -> dict[str, Callable[[], None]]:
    """Return what is opened, each as the person who would."""
    admin, user = kube.hub.browser("admin"), kube.hub.browser("student")

    def visit(client: httpx.Client, path: str) -> Callable[[], None]:
        return lambda: _ok(client.get(path).status_code)

    return {
        "list page": visit(admin, "services/images/"),
        "form of an image": visit(admin, "services/images/edit/image-1"),
        "options form": visit(user, "hub/spawn"),
    }


def _ok(status: int) -> None:
    assert status == 200


def test_no_request_per_image_or_user(kube: KubeHub) -> None:
    """The same pages are opened before and after, and the API server's audit log compared."""

    def counted() -> dict[str, Counter[tuple[str, str]]]:
        figures: dict[str, Counter[tuple[str, str]]] = {}
        for what, visit in _visits(kube).items():
            visit()  # once before, so that sessions and reflectors are there
            mark = kube.cluster.mark()
            visit()
            asked = kube.cluster.requests_since(mark, kube.account)
            figures[what] = Counter()
            for request, count in asked.items():
                if request.verb != "watch":  # reflectors renew theirs from time to time
                    figures[what][request.verb, request.resource] += count
        return figures

    empty = counted()
    _add_pods(kube)
    assert len(kube.pods()) == PODS
    full = counted()
    for what, figure in full.items():
        print(f"{what}: requests to the API server: {dict(figure) or 'none'}")
    assert full == empty
    # the names of the pull secrets, in one request, where they are shown
    assert full["list page"] == {("list", "secrets"): 1}
    assert full["form of an image"] == {("list", "secrets"): 1}
    assert full["options form"] == {}
    assert wait_for("the hub", lambda: kube.hub.api("GET", "info").status_code == 200)
