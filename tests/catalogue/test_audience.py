"""Who is offered an image, and how many people that is."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.audience import (
    EVERYONE,
    NOBODY,
    People,
    audience,
    deciding_groups,
    users_of,
)
from hub_images.catalogue.instance_type import parse_instance_types
from tests.support.catalogue import spec

TYPES = parse_instance_types(
    [
        {"name": "small"},
        {"name": "large", "global": False, "groups": ["data", "staff"]},
        {"name": "gpu", "gpu_limit": 1, "global": False, "groups": ["gpu"]},
    ]
)
#: Ann is in everything, Bob in two groups, Cleo in one; nobody knows who is in `unknown`.
MEMBERS = {"data": ["ann", "bob"], "gpu": ["ann"], "staff": ["bob", "ann", "cleo"], "empty": []}


def _people(*names: str) -> People:
    return People(frozenset(names))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"global": True}, {"small": EVERYONE, "large": ["ann", "bob", "cleo"], "gpu": ["ann"]}),
        ({"global": True, "type": "gpu"}, {"gpu": ["ann"]}),
        ({"global": True, "type": "cpu", "groups": ["data"]},
         {"small": EVERYONE, "large": ["ann", "bob", "cleo"]}),
        ({"groups": ["data"]},
         {"small": ["ann", "bob"], "large": ["ann", "bob"], "gpu": ["ann"]}),
        # who is in both counts once
        ({"groups": ["data", "staff"], "type": "cpu"},
         {"small": ["ann", "bob", "cleo"], "large": ["ann", "bob", "cleo"]}),
        ({"groups": ["unknown"]}, {"small": [], "large": [], "gpu": []}),
        ({"groups": ["empty"], "type": "gpu"}, {"gpu": []}),
        ({"groups": []}, {"small": [], "large": [], "gpu": []}),
        ({"global": True, "enabled": False, "type": "gpu"}, {"gpu": []}),
        ({"global": True, "url": "", "type": "gpu"}, {"gpu": []}),
    ],
)  # fmt: skip
def test_who_is_offered_it(image: dict[str, Any], expected: dict[str, Any]) -> None:
    """With each instance type that it fits, in their order: who may use both."""
    found = audience(spec("a", **image), TYPES, MEMBERS)
    by_name = {t.name: people for t, people in found.by_instance_type}
    assert list(by_name) == list(expected)
    assert by_name == {
        name: people if isinstance(people, People) else _people(*people)
        for name, people in expected.items()
    }


def test_people_are_counted_once() -> None:
    """However many groups and instance types they come by; everyone is as many as the hub has."""
    found = audience(spec("a", groups=["data", "staff"]), TYPES, MEMBERS)
    assert found.people == _people("ann", "bob", "cleo")
    assert found.people.count(412) == 3
    everyone = audience(spec("a", **{"global": True}), TYPES, MEMBERS).people
    assert (everyone.count(412), everyone.count(None)) == (412, None)
    assert audience(spec("a", **{"global": True}), (), MEMBERS).people == NOBODY


def test_everyone_holds_everybody() -> None:
    """As a set would."""
    ann = _people("ann")
    assert EVERYONE | ann == ann | EVERYONE == EVERYONE | EVERYONE == EVERYONE
    assert EVERYONE & ann == ann & EVERYONE == ann
    assert EVERYONE & EVERYONE == EVERYONE
    assert NOBODY & EVERYONE == NOBODY


def test_which_groups_decide() -> None:
    """Those of what is not global; the groups of a global image have no effect."""
    image = spec("a", groups=["x"], **{"global": True})
    assert deciding_groups([image, *TYPES]) == {"data", "staff", "gpu"}
    assert users_of(image, {}) == EVERYONE
