"""DockerSpawner reads user_options["image"] itself; it must find our reference there."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from dockerspawner import DockerSpawner

from hub_images.catalogue.choice import Choice
from hub_images.catalogue.instance_type import parse_instance_types
from hub_images.hub.traits import apply_choice, take_back
from tests.support.catalogue import entry


def _choice(name: str, **fields: Any) -> Choice:
    return Choice(
        parse_instance_types([{"name": "s", "mem_limit": "1G"}])[0], entry(name, **fields)
    )


@pytest.fixture
def spawner() -> DockerSpawner:
    """Make a DockerSpawner that no hub knows; no Docker is asked for anything."""
    spawner = DockerSpawner(log=logging.getLogger("test"))
    spawner.user = SimpleNamespace(name="student", id=1, url="/user/student/")
    return spawner


async def test_name_resolves_to_the_reference(spawner: DockerSpawner) -> None:
    """What DockerSpawner starts for our image's name is our reference, and nothing else can be."""
    apply_choice(spawner, _choice("scipy"))
    assert spawner.image == "registry.example.org/scipy:1"
    assert await spawner.check_allowed("scipy") == "registry.example.org/scipy:1"
    with pytest.raises(Exception, match="not in allowed list"):
        await spawner.check_allowed("registry.example.org/evil:1")


async def test_the_next_start_allows_only_its_own(spawner: DockerSpawner) -> None:
    """An earlier start's image is not left allowed."""
    apply_choice(spawner, _choice("scipy"))
    take_back(spawner)
    apply_choice(spawner, _choice("torch"))
    assert list(spawner.allowed_images) == ["torch"]
    take_back(spawner)
    assert "torch" not in spawner.allowed_images


def test_it_gets_the_pull_policy_by_its_own_name(spawner: DockerSpawner) -> None:
    """DockerSpawner calls it `pull_policy`; the next image without one has the configured one."""
    apply_choice(spawner, _choice("scipy", image_pull_policy="Always", command=["start.sh"]))
    assert (spawner.pull_policy, spawner.cmd) == ("always", ["start.sh"])
    take_back(spawner)
    assert spawner.pull_policy == "ifnotpresent"
