"""Instance types: what is valid, what follows from what, and what a message names."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.instance_type import instance_type_model, parse_instance_types
from hub_images.hub.options_form import format_memory


def _one(**fields: Any) -> Any:
    return parse_instance_types([{"name": "a", **fields}])[0]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"display_name": "a", "type": "cpu", "cpu_limit": None, "is_global": True}),
        ({"cpu_limit": 2}, {"cpu_guarantee": 2}),
        ({"cpu_limit": 2, "cpu_guarantee": 0.5}, {"cpu_guarantee": 0.5}),
        ({"mem_limit": "2G"}, {"mem_guarantee": "2G"}),
        ({"mem_limit": "1G", "mem_guarantee": 1024**3}, {"mem_guarantee": 1024**3}),
        ({"mem_limit": 1024}, {"mem_limit": 1024, "mem_guarantee": 1024}),
        ({"mem_limit": "1.5G", "mem_guarantee": "512M"}, {"mem_guarantee": "512M"}),
        ({"gpu_limit": 2}, {"type": "gpu", "gpu_resource": "nvidia.com/gpu"}),
        ({"gpu_limit": 1, "gpu_resource": "amd.com/gpu"}, {"gpu_resource": "amd.com/gpu"}),
        ({"name": "a.b-c_d"}, {"name": "a.b-c_d"}),
    ],
)
def test_valid(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    """Fields and what follows from them."""
    instance_type = _one(**fields)
    assert {key: getattr(instance_type, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "A"}, "[0].name"),
        ({"name": ".a"}, "[0].name"),
        ({"cpu_limit": 0}, "[0].cpu_limit"),
        ({"cpu_limit": True}, "[0].cpu_limit"),
        ({"cpu_limit": float("inf")}, "[0].cpu_limit"),
        ({"mem_limit": "2GB"}, "[0].mem_limit"),
        ({"mem_limit": "2Gi"}, "[0].mem_limit"),
        ({"mem_limit": "-1G"}, "[0].mem_limit"),
        ({"mem_limit": "0G"}, "[0].mem_limit"),
        ({"mem_limit": [1]}, "[0].mem_limit"),
        ({"mem_limit": 10**400}, "[0].mem_limit"),
        ({"mem_limit": "9" * 400}, "[0].mem_limit"),
        ({"mem_limit": float("nan")}, "[0].mem_limit"),
        ({"gpu_limit": 1.5}, "[0].gpu_limit"),
        ({"gpu_limit": -1}, "[0].gpu_limit"),
        ({"gpu_limit": True}, "[0].gpu_limit"),
        ({"gpu_resource": "gpu"}, "[0].gpu_resource"),
        ({"node_selector": ["a"]}, "[0].node_selector"),
        ({"tolerations": {}}, "[0].tolerations"),
        ({"kubespawner_override": {"image": "x"}}, "[0].kubespawner_override"),
        ({"groups": "lab"}, "[0].groups"),
        ({"global": "yes"}, "[0].global"),
        ({"is_global": True}, "[0].is_global"),
        ({"gpus": 1}, "[0].gpus"),
    ],
)
def test_invalid(fields: dict[str, Any], named: str) -> None:
    """The message names setting, entry and field."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is asserted below)
        _one(**fields)
    assert f"c.HubImages.instance_types{named}" in str(caught.value)


def test_the_model_keeps_the_override_to_itself() -> None:
    """What may hold secrets is not answered."""
    model = instance_type_model(_one(kubespawner_override={"environment": {"TOKEN": "x"}}))
    assert "kubespawner_override" not in model
    assert model["global"] is True
    assert model["type"] == "cpu"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2G", "2 GiB"),
        ("1.5G", "1.5 GiB"),
        ("512M", "512 MiB"),
        ("2T", "2 TiB"),
        ("64K", "64 KiB"),
        (2 * 1024**3, "2 GiB"),
        (1536 * 1024**2, "1.5 GiB"),
        ("1024M", "1 GiB"),
    ],
)
def test_memory_for_a_person(value: str | int, shown: str) -> None:
    """KubeSpawner's suffixes are powers of 1024, and are shown as such."""
    assert format_memory(value) == shown
