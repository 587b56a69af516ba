"""Why nobody at all is offered an image."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.obstacles import obstacles
from hub_images.catalogue.policy import ReferencePolicy
from tests.support.catalogue import spec

_SMALL = InstanceType(name="small", cpu_limit=1)
_LAB = "registry.example.org/lab"


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({"global": True}, []),
        ({"groups": ["empty"]}, []),
        ({"global": True, "enabled": False}, ["It is disabled."]),
        ({"global": True, "url": ""}, ["It has no container image URL yet."]),
        ({}, ["It is not global, and has no group."]),
        (
            {"global": True, "url": f"{_LAB}/a:1", "gpu_url": "quay.io/a:1"},
            ["Use a reference under registry.example.org; this is quay.io/a."],
        ),
        (
            {"url": "quay.io/a:1", "type": "gpu", "enabled": False},
            [
                "It is disabled.",
                "Use a reference under registry.example.org; this is quay.io/a.",
                "It is not global, and has no group.",
                "The hub has no instance type for images of type gpu.",
            ],
        ),
    ],
)
def test_each_reason_the_worst_first(fields: dict[str, Any], sentences: list[str]) -> None:
    """Whatever group somebody is in; who is in which is no reason here."""
    policy = ReferencePolicy.of(["registry.example.org"])
    found = obstacles(spec("a", **fields), [_SMALL], policy)
    assert [obstacle.sentence for obstacle in found] == sentences
