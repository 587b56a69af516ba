"""The one status of an image that pages show."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.pages.status import status_of
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.store.images import new_image
from tests.support.catalogue import spec

_SMALL = InstanceType(name="small", cpu_limit=1)


@pytest.mark.parametrize(
    ("fields", "word", "reason"),
    [
        ({"global": True}, "Offered", ""),
        ({"global": True, "enabled": False}, "Disabled", ""),
        ({"global": True, "url": ""}, "Not ready", "It has no container image URL yet."),
        ({}, "Nobody may use it", "It is not global, and has no group."),
        (
            {"global": True, "type": "gpu"}, "Fits no instance type",
            "The hub has no instance type for images of type gpu.",
        ),
        (
            {"global": True, "url": "", "pull_secret": "gone"}, "Pull secret missing",
            "Pull secret gone is not in the list. It has no container image URL yet.",
        ),
        (
            {"global": True, "url": "quay.io/a:1"}, "Not allowed",
            "Use a reference under registry.example.org; this is quay.io/a.",
        ),
        ({"enabled": False}, "Disabled", "It is not global, and has no group."),
    ],
)  # fmt: skip
def test_the_worst_is_shown_and_every_reason(
    fields: dict[str, Any], word: str, reason: str
) -> None:
    """One word, and all that is wrong."""
    policy = ReferencePolicy.of(["registry.example.org"])
    image = new_image(spec("a", **fields), actor="tester")
    status = status_of(image, KnownSecrets(["known"]), policy, [_SMALL])
    assert (status.word, status.reason) == (word, reason)
