"""A start runs what was checked, never what an earlier start of the server left.

Dockerspawner's own code starts and stops the servers, against a stand-in for the engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import dockerspawner
import pytest

from tests.support.docker_engine import DockerEngine, docker_engine
from tests.support.hub_app import HubApp, StartHubApp
from tests.support.hub_config import REG

pytestmark = pytest.mark.hub

SPAWNERS = ["DockerSpawner", "SystemUserSpawner", "SwarmSpawner"]
OLD = {"image": "torch", "instance_type": "large"}
NEW = {"image": "minimal", "instance_type": "small"}
REFUSED = "c.DockerSpawner.remove is not True"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerEngine]:
    """Run the stand-in, and have no spawner use an earlier test's client."""
    for name in SPAWNERS:
        monkeypatch.setattr(getattr(dockerspawner, name), "_client", None, raising=False)
    with docker_engine() as running:
        yield running


def _config(engine: DockerEngine, spawner: str, *lines: str) -> str:
    return f"""
import dockerspawner
from dockerspawner import DockerSpawner, SwarmSpawner, SystemUserSpawner
from traitlets import default

class Here(dockerspawner.{spawner}):
    "Finds its engine and its user where the test has them."
    user_id = group_id = 1000

c.JupyterHub.spawner_class = Here
c.DockerSpawner.client_kwargs = {engine.client_kwargs!r}
c.DockerSpawner.use_internal_ip = False
c.Spawner.args = []
""" + "\n".join(lines)


async def _start(hub: HubApp, options: dict[str, str]) -> int:
    answer = await hub.start("scientist", {"user_options": options})
    return answer.status_code


async def _start_the_old_and_stop_it(hub: HubApp, engine: DockerEngine) -> None:
    """Start what only the group gives, stop it, and leave the group."""
    assert await _start(hub, OLD) == 201
    (old,) = engine.running
    assert (old.image, old.memory_gigabytes) == (f"{REG}torch:1", 16)
    await hub.stop("scientist")
    await hub.member("DELETE", "data-science", "scientist")


@pytest.mark.parametrize("spawner", SPAWNERS)
async def test_the_next_start_runs_what_was_checked(
    start_hub_app: StartHubApp, engine: DockerEngine, spawner: str
) -> None:
    """With `remove`, nothing is left of what the user may not use any more."""
    hub = await start_hub_app(extra=_config(engine, spawner, "c.DockerSpawner.remove = True"))
    await _start_the_old_and_stop_it(hub, engine)
    assert await _start(hub, OLD) == 403
    assert await _start(hub, NEW) == 201
    (new,) = engine.running
    assert (new.image, new.memory_gigabytes) == (f"{REG}minimal:1", 2)
    assert [each.image for each in engine.started] == [f"{REG}torch:1", f"{REG}minimal:1"]
    assert len(engine.containers) + len(engine.services) == 1
    await hub.stop("scientist")
    assert not engine.containers
    assert not engine.services


@pytest.mark.parametrize(
    ("spawner", "running", "status"),
    [
        ("DockerSpawner", False, 201),
        ("DockerSpawner", True, 500),
        ("SystemUserSpawner", False, 201),
        ("SwarmSpawner", True, 201),
    ],
)
async def test_what_an_earlier_hub_left_is_not_started(
    start_hub_app: StartHubApp, engine: DockerEngine, spawner: str, running: bool, status: int
) -> None:
    """A container from before `remove` was set is deleted, at the latest before the second start.

    Docker deletes none that runs: that start fails, and the hub stops the old container then.
    """
    hub = await start_hub_app(extra=_config(engine, spawner, "c.DockerSpawner.remove = True"))
    await _start_the_old_and_stop_it(hub, engine)
    (old,) = engine.started
    old.running = running
    if spawner == "SwarmSpawner":
        engine.services[old.name] = old
    else:
        old.made_with["HostConfig"]["AutoRemove"] = False
        engine.containers[old.name] = old
    engine.started.clear()
    assert await _start(hub, NEW) == status
    if status != 201:
        assert engine.containers == {}
        assert await _start(hub, NEW) == 201
    assert [each.image for each in engine.started] == [f"{REG}minimal:1"]
    assert [each.image for each in engine.running] == [f"{REG}minimal:1"]


@pytest.mark.parametrize(
    ("spawner", "lines"),
    [
        ("DockerSpawner", []),
        ("DockerSpawner", ["c.DockerSpawner.remove = False"]),
        ("DockerSpawner", ["c.DockerSpawner.remove_containers = False"]),
        ("DockerSpawner", ["c.DockerSpawner.remove = True", "c.Here.remove = False"]),
        ("SystemUserSpawner", []),
        ("SystemUserSpawner", ["c.DockerSpawner.remove = True", "c.Here.remove = False"]),
        ("SwarmSpawner", ["Here.remove = False"]),
    ],
)
async def test_a_hub_that_would_reuse_containers_does_not_start(
    start_hub_app: StartHubApp, engine: DockerEngine, spawner: str, lines: list[str]
) -> None:
    """The sentence names the setting and what to set it to."""
    with pytest.raises(ValueError, match=REFUSED) as caught:
        await start_hub_app(extra=_config(engine, spawner, *lines))
    assert "Set c.DockerSpawner.remove = True" in str(caught.value)


@pytest.mark.parametrize(
    "lines",
    [
        ["c.DockerSpawner.remove = True"],
        ["c.Spawner.remove = True"],
        ["c.Here.remove = True", "c.DockerSpawner.remove = False"],
        ["c.DockerSpawner.remove_containers = True"],
        ["c.DockerSpawner.remove_containers = True", "c.DockerSpawner.remove = False"],
    ],
)
async def test_every_way_to_set_it_counts(
    start_hub_app: StartHubApp, engine: DockerEngine, lines: list[str]
) -> None:
    """As traitlets merges sections, and dockerspawner its own old name for it."""
    hub = await start_hub_app(extra=_config(engine, "DockerSpawner", *lines))
    await _start_the_old_and_stop_it(hub, engine)
    assert await _start(hub, NEW) == 201
    assert [each.image for each in engine.running] == [f"{REG}minimal:1"]


SEEN_AT_THE_START = {
    "a default that wants a user": """
class Here(Here):
    @default("remove")
    def _remove_default(self):
        return self.user.name == "student"
c.JupyterHub.spawner_class = Here
""",
    "a hook": """
c.DockerSpawner.remove = True
def keep(spawner):
    spawner.remove = False
c.Spawner.pre_spawn_hook = keep
""",
    "user options": """
c.DockerSpawner.remove = True
c.Spawner.apply_user_options = {"keep": "remove"}
""",
    "an instance type": """
c.DockerSpawner.remove = True
c.HubImages.instance_types = [{"name": "small", "kubespawner_override": {"remove": False}}]
""",
}


@pytest.mark.parametrize("lines", SEEN_AT_THE_START.values(), ids=SEEN_AT_THE_START)
async def test_a_start_that_would_reuse_a_container_is_refused(
    start_hub_app: StartHubApp, engine: DockerEngine, caplog: pytest.LogCaptureFixture, lines: str
) -> None:
    """Where only the start shows it: no container is made, and the log says what to set."""
    hub = await start_hub_app(extra=_config(engine, "DockerSpawner", lines))
    answer = await hub.start("scientist", {"user_options": {**NEW, "keep": False}})
    assert answer.status_code == 500
    assert "does not work with hub-images" in json.loads(answer.text)["message"]
    assert engine.containers == {}
    assert REFUSED in caplog.text


async def test_a_later_line_of_the_configuration(
    start_hub_app: StartHubApp, engine: DockerEngine
) -> None:
    """What stands after `configure(c)` is seen at the start."""
    extra = _config(engine, "DockerSpawner", "c.DockerSpawner.remove = True")
    hub = await start_hub_app(extra=extra, after="c.DockerSpawner.remove = False")
    assert await _start(hub, NEW) == 500
    assert engine.containers == {}


async def test_other_spawners_that_resume(start_hub_app: StartHubApp) -> None:
    """JupyterHub's own word for it counts for every spawner."""
    extra = """
class Resuming(MemorySpawner):
    will_resume = True
c.JupyterHub.spawner_class = Resuming
"""
    with pytest.raises(ValueError, match=r"Resuming\.will_resume is true"):
        await start_hub_app(extra=extra)
