"""What an image says about its start is what the spawner gets; the rest is the deployer's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.hub_app import HubApp, StartHubApp
from tests.support.starts import notebook

pytestmark = pytest.mark.hub

SET: dict[str, Any] = {
    "default_url": "/rstudio",
    "environment": {"BOTH": "image", "OWN": " kept as it is ", "JSON": '{"a": "{username}"}'},
    "command": ["start.sh", "jupyterhub-singleuser", "--x={y}"],
    "working_dir": "/srv/{work}",
    "image_pull_policy": "Always",
}
IMAGES: dict[str, dict[str, Any]] = {"plain": {}, "set": SET}

CONFIGURED = """
c.KubeSpawner.default_url = "/lab/{username}"
c.KubeSpawner.environment = {"BOTH": "hub", "KEPT": "for-{username}"}
c.KubeSpawner.cmd = ["configured"]
c.KubeSpawner.working_dir = "/home/jovyan"
c.KubeSpawner.image_pull_policy = "IfNotPresent"
"""


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


async def _start(hub: HubApp, image: str) -> dict[str, Any]:
    answer = await hub.start("student", {"image": image})
    assert answer.status_code == 201, answer.text
    await hub.stop("student")
    return notebook(hub.starts[-1])


async def test_the_pod_has_what_the_image_says(start_hub_app: StartHubApp) -> None:
    """Every field is in the manifest, as it is; braces in them stand for nothing."""
    hub = await start_hub_app(extra=CONFIGURED, images=IMAGES)
    container = await _start(hub, "set")
    environment = _environment(container)
    assert environment["JUPYTERHUB_DEFAULT_URL"] == "/rstudio"
    assert {name: environment[name] for name in SET["environment"]} == SET["environment"]
    assert environment["KEPT"] == "for-student"
    assert container["args"][:3] == SET["command"]  # and the arguments of the configuration
    assert container["workingDir"] == "/srv/{work}"
    assert container["imagePullPolicy"] == "Always"


async def test_what_the_deployer_set_is_back_with_another_image(
    start_hub_app: StartHubApp,
) -> None:
    """An image that sets nothing starts as the hub is configured, before and after."""
    hub = await start_hub_app(extra=CONFIGURED, images=IMAGES)
    for image in ("plain", "set", "plain"):
        container = await _start(hub, image)
    environment = _environment(container)
    assert environment["JUPYTERHUB_DEFAULT_URL"] == "/lab/student"
    assert environment["BOTH"] == "hub"
    assert "OWN" not in environment
    assert container["args"][0] == "configured"
    assert container["workingDir"] == "/home/jovyan"
    assert container["imagePullPolicy"] == "IfNotPresent"


async def test_a_default_url_may_have_braces(start_hub_app: StartHubApp) -> None:
    """JupyterHub would format them, and fail the start."""
    hub = await start_hub_app(images={"odd": {"default_url": "/lab/tree/{username}/{0}"}})
    environment = _environment(await _start(hub, "odd"))
    assert environment["JUPYTERHUB_DEFAULT_URL"] == "/lab/tree/{username}/{0}"


async def test_a_local_process_gets_what_its_spawner_knows(start_hub_app: StartHubApp) -> None:
    """Without an image trait: default URL, environment and command."""
    extra = """
c.JupyterHub.spawner_class = EnvironmentSpawner
c.Spawner.environment = {"BOTH": "hub", "KEPT": "yes"}
c.Spawner.default_url = "/lab"
c.Spawner.cmd = ["configured"]
"""
    hub = await start_hub_app(extra=extra, images=IMAGES)
    for image in ("set", "plain"):
        assert (await hub.start("student", {"image": image})).status_code == 201
        await hub.stop("student")
    with_image, plain = hub.starts[-2:]
    assert with_image["environment"]["JUPYTERHUB_DEFAULT_URL"] == "/rstudio"
    assert with_image["environment"]["BOTH"] == "image"
    assert with_image["environment"]["JSON"] == SET["environment"]["JSON"]
    assert with_image["environment"]["KEPT"] == "yes"
    assert with_image["cmd"] == SET["command"]
    assert plain["environment"]["JUPYTERHUB_DEFAULT_URL"] == "/lab"
    assert plain["environment"]["BOTH"] == "hub"
    assert "OWN" not in plain["environment"]
    assert plain["cmd"] == ["configured"]


async def test_the_first_by_order_is_filled_in(start_hub_app: StartHubApp) -> None:
    """People who choose nothing get it, and the form shows it first."""
    images: dict[str, dict[str, Any]] = {"a": {}, "b": {"order": -1}, "c": {"order": 1}}
    hub = await start_hub_app(images=images)
    page = (await hub.visit("nobody", "hub/spawn")).text
    places = [page.index(f'name="image" value="{name}"') for name in ("b", "a", "c")]
    assert places == sorted(places)
    assert (await hub.start("nobody")).status_code == 201
    assert notebook(hub.starts[-1])["image"].endswith("/b:1")
