"""People who visit the pages that the tests in this folder are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.hub import Hub
from tests.support.visitor import Visitor, empty_catalogue


@pytest.fixture
def admin(hub: Hub) -> Iterator[Visitor]:
    """Sign in a hub admin, with an empty catalogue."""
    empty_catalogue(hub)
    visitor = Visitor.sign_in(hub, "admin")
    with closing(visitor.client):
        yield visitor


@pytest.fixture
def reader(hub: Hub) -> Iterator[Visitor]:
    """Sign in someone who may only look."""
    visitor = Visitor.sign_in(hub, "reader")
    with closing(visitor.client):
        yield visitor
