"""The sentence that says who is offered an image."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.instance_type import parse_instance_types
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.pages.audience_sentence import audience_sentence
from hub_images.service.pages.phrases import listed
from tests.support.catalogue import spec

TYPES = parse_instance_types(
    [
        {"name": "small", "display_name": "Small"},
        {"name": "large", "display_name": "Large", "global": False, "groups": ["data"]},
        {"name": "gpu", "display_name": "One GPU", "gpu_limit": 1, "global": False,
         "groups": ["data", "gpu"]},
    ]
)  # fmt: skip
MEMBERS = {
    "data": [f"data-{number}" for number in range(12)],
    "gpu": ["ann"],
    "physics": ["ann", *(f"physicist-{number}" for number in range(1999))],
    "empty": [],
    "two": ["data-1", "data-2"],
}
GLOBAL = {"global": True}


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (GLOBAL,
         "Everyone (1,412 people) is offered it with Small; 12 of them also with Large; "
         "13 of them also with One GPU."),
        (GLOBAL | {"type": "gpu"},
         "Members of data and gpu (13 people) are offered it with One GPU."),
        ({"groups": ["data"]},
         "Members of data (12 people) are offered it with Small, Large and One GPU."),
        ({"groups": ["data", "physics"], "type": "cpu"},
         "Members of data and physics (2,012 people) are offered it with Small; "
         "12 of them also with Large."),
        ({"groups": ["physics"], "type": "gpu"},
         "1 of the 2,000 members of physics is offered it with One GPU."),
        ({"groups": ["physics", "two"], "type": "gpu"},
         "3 of the 2,002 members of physics and two are offered it with One GPU."),
        ({"groups": ["gpu"]}, "Members of gpu (1 person) are offered it with Small and One GPU."),
        ({"groups": ["empty"]}, "Nobody is offered it: empty has no members."),
        ({"groups": ["empty", "gone"]}, "Nobody is offered it: empty and gone have no members."),
        ({"groups": ["empty"], "enabled": False}, "Nobody is offered it: it is disabled."),
        ({"url": ""}, "Nobody is offered it: it has no container image URL yet."),
        ({"groups": []}, "Nobody is offered it: it is not global, and has no group."),
    ],
)  # fmt: skip
def test_it_says_who_and_how_many(image: dict[str, Any], sentence: str) -> None:
    """By sets of people; each instance type with those who may use it too."""
    found = audience_sentence(spec("a", **image), TYPES, ReferencePolicy(), MEMBERS, 1412)
    assert found == sentence


def test_instance_types_of_different_groups() -> None:
    """Where nothing is offered to all of them, each number stands alone."""
    types = parse_instance_types(
        [
            {"name": "a", "display_name": "A", "global": False, "groups": ["data"]},
            {"name": "b", "display_name": "B", "global": False, "groups": ["gpu"]},
        ]
    )
    image = spec("a", **GLOBAL)
    assert audience_sentence(image, types, ReferencePolicy(), MEMBERS, 5) == (
        "Members of data and gpu (13 people) are offered it: 12 with A, 1 with B."
    )
    image = spec("a", groups=["physics"])
    assert audience_sentence(image, types[:1], ReferencePolicy(), MEMBERS, 5) == (
        "Nobody is offered it: nobody in physics may use A."
    )


def test_what_the_hub_may_not_start() -> None:
    """References that are not allowed, and types that the hub does not have."""
    image = spec("a", type="gpu", **GLOBAL)
    policy = ReferencePolicy.of(["quay.io"])
    assert audience_sentence(image, TYPES, policy, MEMBERS, 5) == (
        "Nobody is offered it: this hub does not allow its reference."
    )
    assert audience_sentence(image, TYPES[:1], ReferencePolicy(), MEMBERS, 5) == (
        "Nobody is offered it: the hub has no instance type for images of type gpu."
    )


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (GLOBAL, "Everyone is offered it with Small, and with Large and One GPU if they may use "
                 "that. Could not ask the hub how many people that is."),
        ({"groups": ["x", "y"], "type": "gpu"},
         "Members of x and y are offered it with One GPU if they may use that. "
         "Could not ask the hub how many people that is."),
        ({"groups": ["x"], "enabled": False}, "Nobody is offered it: it is disabled."),
    ],
)  # fmt: skip
def test_without_the_hub(image: dict[str, Any], sentence: str) -> None:
    """It says what is certain, and that the rest is unknown."""
    found = audience_sentence(spec("a", **image), TYPES, ReferencePolicy(), None, None)
    assert found == sentence


@pytest.mark.parametrize(
    ("users", "sentence"),
    [
        (3, "Everyone (3 people) is offered it with Small."),
        (None, "Everyone is offered it with Small. Could not ask the hub how many people that is."),
    ],
)
def test_where_no_group_matters(users: int | None, sentence: str) -> None:
    """Then nobody needs to know who is in which."""
    image = spec("a", **GLOBAL)
    assert audience_sentence(image, TYPES[:1], ReferencePolicy(), None, users) == sentence


@pytest.mark.parametrize(
    ("names", "text"),
    [("a", "a"), ("ab", "a and b"), ("abcd", "a, b, c and d"), ("abcde", "a, b, c and 2 more")],
)
def test_long_lists_end_early(names: str, text: str) -> None:
    """One more is named rather than counted."""
    assert listed(names, 3) == text
