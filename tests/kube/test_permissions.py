"""What the hub says where the cluster does not let it do something."""

from __future__ import annotations

import pytest

from tests.support.kubernetes.cluster import HUB_RULES, Cluster
from tests.support.kubernetes.hubs import kube_hub
from tests.support.starts import start

_NO_CREATE = [
    {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "create"]} for rule in HUB_RULES
]


def test_without_the_right_to_create_pods(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The start is refused with the cluster's sentence, and the hub goes on."""
    folder = tmp_path_factory.mktemp("permissions")
    with kube_hub(cluster, folder, rules=_NO_CREATE) as kube:
        answer = start(kube.hub, "student", {"image": "scipy"})
        assert answer.status_code == 403, answer.text
        message = answer.json()["message"]
        assert message.startswith("Kubernetes refused to start your server: ")
        assert f'User "{kube.account}" cannot create resource "pods"' in message
        page = kube.hub.browser("student").get("hub/spawn?opt-image=scipy")
        assert 'cannot create resource "pods"' in page.text.replace("&#34;", '"')
        assert kube.hub.api("GET", "info").status_code == 200
        assert kube.pods() == []
