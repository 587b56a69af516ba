"""A spawner object that serves several starts: nothing of one start is left in the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio.config import kube_config as kubernetes_config

from hub_images.catalogue.choice import Choice
from hub_images.catalogue.instance_type import parse_instance_types
from hub_images.hub.traits import apply_choice, note_start, take_back
from tests.bench.hooks import make_spawner
from tests.support.catalogue import entry
from tests.support.no_cluster import KUBECONFIG

pytestmark = pytest.mark.hub

SMALL, GPU = parse_instance_types(
    [
        {"name": "small", "mem_limit": "1G"},
        {
            "name": "gpu", "gpu_limit": 1, "mem_limit": "32G", "node_selector": {"gpu": "yes"},
            "tolerations": [{"key": "gpu"}], "kubespawner_override": {"uid": 5},
        },
    ]
)  # fmt: skip
LARGE = Choice(
    GPU,
    entry(
        "torch", pull_secret="lab", default_url="/lab", environment={"KEPT": "no", "OWN": "x"},
        command=["start.sh"], working_dir="/work", image_pull_policy="Always",
    ),
)  # fmt: skip
PLAIN = Choice(SMALL, entry("plain"))
CONFIGURED: dict[str, Any] = {
    "extra_resource_limits": {"example.org/fpga": "1"},
    "node_selector": {"zone": "a"},
    "tolerations": [{"key": "dedicated"}],
    "extra_labels": {"lab": "physics"},
    "image_pull_secrets": [{"name": "configured"}],
    "environment": {"KEPT": "yes"},
    "mem_limit": "3G",
    "uid": 1000,
    "default_url": "/tree",
    "cmd": ["configured"],
    "working_dir": "/home",
    "image_pull_policy": "Never",
}


@pytest.fixture
async def spawner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a KubeSpawner with settings of the deployer's."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    # what $KUBECONFIG said when the client was imported
    monkeypatch.setattr(kubernetes_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    return make_spawner(**CONFIGURED)


def _values(spawner: Any) -> dict[str, Any]:
    return {name: getattr(spawner, name) for name in CONFIGURED}


def _start(spawner: Any, choice: Choice, number: int | None = None) -> dict[str, Any]:
    """Start as the hooks do; with a `number`, a later hook puts something on top."""
    take_back(spawner)
    apply_choice(spawner, choice)
    if number is not None:
        key = f"late-{number}"
        spawner.extra_resource_limits = {**spawner.extra_resource_limits, f"x.org/{key}": "1"}
        spawner.node_selector = {**spawner.node_selector, key: "yes"}
        spawner.tolerations = [*spawner.tolerations, {"key": key}]
        spawner.image_pull_secrets = [*spawner.image_pull_secrets, {"name": key}]
        spawner.extra_labels = {**spawner.extra_labels, "hub-images/image": key}
        spawner.mem_limit = "64G"
    note_start(spawner)
    return _values(spawner)


@pytest.mark.parametrize("number", [None, 1])
async def test_what_a_later_hook_put_on_top_is_not_left_behind(
    spawner: Any, number: int | None
) -> None:
    """The first start's GPU, secret, memory and labels go, with what was put on top of them."""
    before = _values(spawner)
    alone = _start(spawner, PLAIN)
    large = _start(spawner, LARGE, number)
    assert "nvidia.com/gpu" in large["extra_resource_limits"]
    assert _start(spawner, PLAIN) == alone
    take_back(spawner)
    assert _values(spawner) == before


async def test_what_an_earlier_hook_sets_for_a_start_is_kept(spawner: Any) -> None:
    """It comes before us, and builds on what the last start left; that goes all the same."""
    _start(spawner, LARGE, 1)
    spawner.extra_resource_limits = {**spawner.extra_resource_limits, "example.org/early": "1"}
    spawner.tolerations = [*spawner.tolerations, {"key": "early"}]
    spawner.uid = 7
    started = _start(spawner, PLAIN)
    assert started["extra_resource_limits"] == {"example.org/fpga": "1", "example.org/early": "1"}
    assert started["tolerations"] == [{"key": "dedicated"}, {"key": "early"}]
    assert started["uid"] == 7
