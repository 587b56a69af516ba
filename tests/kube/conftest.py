"""The cluster of the tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kubernetes.cluster import Cluster, cluster_missing
from tests.support.requirements import require


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Run a Kubernetes API server; each test takes a namespace of its own in it."""
    require(cluster_missing())
    with Cluster() as running:
        yield running
