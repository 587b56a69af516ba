"""People who visit the pages that the tests in this folder are about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hub import Hub
from tests.support.visitor import Visitor, empty_catalogue


@pytest.fixture
def admin(hub: Hub) -> Iterator[Visitor]:
    """Sign in a hub admin, with an empty catalogue."""
    empty_catalogue(hub)
    with Visitor.sign_in(hub, "admin") as visitor:
        yield visitor


@pytest.fixture
def reader(hub: Hub) -> Iterator[Visitor]:
    """Sign in someone who may only look."""
    with Visitor.sign_in(hub, "reader") as visitor:
        yield visitor


@pytest.fixture
def editor(hub: Hub) -> Iterator[Visitor]:
    """Sign in someone who may change images."""
    with Visitor.sign_in(hub, "editor") as visitor:
        yield visitor
