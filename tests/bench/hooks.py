"""The spawner hooks as a hub calls them, and KubeSpawner, without a hub around them.

Stand-ins: the user, who is a plain object; the hub's own database, which is in memory; and a
cluster's address where nothing listens. The spawner is KubeSpawner itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyterhub import orm
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from hub_images.catalogue.instance_type import parse_instance_types
from hub_images.hub.deployer_hooks import DeployerHooks
from hub_images.hub.hooks import Hooks, make_hooks
from hub_images.store.engine import parse_url
from hub_images.store.snapshots import CatalogueReader
from tests.support.no_cluster import KUBECONFIG

INSTANCE_TYPES = [
    {"name": "small", "display_name": "Small", "cpu_limit": 1, "mem_limit": "2G"},
    {"name": "large", "display_name": "Large", "cpu_limit": 8, "mem_limit": "32G"},
    {"name": "gpu-1", "display_name": "GPU", "cpu_limit": 8, "mem_limit": "32G", "gpu_limit": 1},
]  # fmt: skip


@contextmanager
def hooks_over(db_url: str) -> Iterator[Hooks]:
    """Give the hooks over one database, as one hub has them."""
    reader = CatalogueReader(parse_url(db_url))
    types = parse_instance_types(INSTANCE_TYPES)
    try:
        yield make_hooks(reader, types, DeployerHooks(), pull_failure_timeout_seconds=20)
    finally:
        reader.database.close()


def write_kubeconfig(folder: Path) -> None:
    """Let KubeSpawner find a cluster's address; call it before the first spawner is made."""
    (folder / "kubeconfig").write_text(KUBECONFIG)
    os.environ["KUBECONFIG"] = str(folder / "kubeconfig")


def make_spawner(groups: Iterable[str] = (), **traits: Any) -> Any:
    """Make the spawner of somebody who is in `groups`."""
    from kubespawner import KubeSpawner  # reads $KUBECONFIG when it is imported

    user = SimpleNamespace(
        name="scientist", escaped_name="scientist", id=1, url="/user/scientist",
        groups=[SimpleNamespace(name=name) for name in groups],
    )  # fmt: skip
    hubs_own = create_engine("sqlite://")
    orm.Base.metadata.create_all(hubs_own)
    session = Session(hubs_own)
    server = orm.Spawner(name="", user=orm.User(name="scientist"), user_options={}, state={})
    session.add(server)
    session.commit()
    return KubeSpawner(
        _mock=True, user=user, namespace="lab", db=session, orm_spawner=server, **traits
    )
