"""A spawner object that serves several starts: nothing of one start is left in the next."""

from __future__ import annotations

import pytest

from tests.support.hub_app import HubApp, StartHubApp
from tests.support.starts import notebook

pytestmark = pytest.mark.hub

#: Hooks that put something on top of what we set, or beside it.
ON_TOP = """
async def on_top(spawner):
    spawner.extra_resource_limits = {**spawner.extra_resource_limits, "example.org/net": "1"}
    spawner.tolerations = [*spawner.tolerations, {"key": "late"}]
    spawner.extra_labels = {**spawner.extra_labels, "late": spawner.image.split(":")[0][-5:]}
    spawner.image_pull_secrets = [*spawner.image_pull_secrets, {"name": "late-secret"}]
    spawner.cpu_limit = (spawner.cpu_limit or 0) + 1
    if spawner.user_options.get("fail"):
        raise RuntimeError("the hook fails after it has set its values")
c.Spawner.pre_spawn_hook = on_top
c.KubeSpawner.cpu_limit = 3

def early(spawner, auth_state):
    spawner.environment = {**spawner.environment, "EARLY": str(spawner.user.name)}
    spawner.extra_labels = {**spawner.extra_labels, "early": "yes"}
c.Spawner.auth_state_hook = early
"""


async def _started(hub: HubApp, **options: object) -> dict[str, object]:
    assert (await hub.start("scientist", options)).status_code == 201
    record = hub.starts[-1]
    await hub.stop("scientist")
    spec, container = record["manifest"]["spec"], notebook(record)
    return {
        "limits": container["resources"]["limits"],
        "labels": record["manifest"]["metadata"]["labels"],
        "tolerations": [toleration["key"] for toleration in spec["tolerations"]],
        "secrets": [secret["name"] for secret in spec["imagePullSecrets"]],
    }


@pytest.mark.parametrize("fail", [False, True])
async def test_what_a_later_hook_put_on_top_is_not_left_behind(
    start_hub_app: StartHubApp, fail: bool
) -> None:
    """A GPU, a pull secret and a label of the first start are gone, whatever was put on top."""
    hub = await start_hub_app(extra=ON_TOP)
    alone = await _started(hub, image="minimal", instance_type="small")
    if fail:
        large = {"image": "torch", "instance_type": "gpu-1", "fail": True}
        assert (await hub.start("scientist", large)).status_code == 500
    else:
        await _started(hub, image="torch", instance_type="gpu-1")
    after = await _started(hub, image="minimal", instance_type="small")
    assert after == alone
    assert "nvidia.com/gpu" not in alone["limits"]  # type: ignore[operator]
    assert alone["secrets"] == ["configured-secret", "late-secret"]


async def test_what_an_earlier_hook_sets_at_each_start_is_kept(start_hub_app: StartHubApp) -> None:
    """An `auth_state_hook` comes before us, and may build on what the last start left."""
    hub = await start_hub_app(extra=ON_TOP)
    for image, kind in (("torch", "gpu-1"), ("minimal", "small"), ("torch", "gpu-1")):
        started = await _started(hub, image=image, instance_type=kind)
        labels = started["labels"]
        assert isinstance(labels, dict)
        assert labels["early"] == "yes"
        assert labels["hub-images/image"] == image
        assert labels["hub-images/instance-type"] == kind
        assert labels["lab"] == "physics"
