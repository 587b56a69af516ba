"""Reads the images that can be started, and caches them while the catalogue is unchanged.

One statement reads a `Snapshot`, so it is consistent. Every use asks the database for the
catalogue's revision, and reads a new snapshot if that has changed. So a revoked permission
counts at the next click, and a start costs one small query, however large the catalogue is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from hub_images.catalogue.image import ImageSpec
from hub_images.catalogue.snapshot import Entry, Snapshot
from hub_images.store.database import Database
from hub_images.store.orm import CatalogueState, Image, ImageGroup
from hub_images.store.upgrade import check_revision

T = TypeVar("T")

#: Says whether this hub may start an image; one that it may not is as good as not there.
MayStart = Callable[[Entry], bool]

#: Every options form and start runs this, so build it once.
_REVISION = select(CatalogueState.revision).where(CatalogueState.id == 1)

_COLUMNS = [name for name in ImageSpec.model_fields if name != "groups"]
_ENTRIES = (
    select(*(getattr(Image, name) for name in _COLUMNS), Image.version, ImageGroup.group_name)
    .outerjoin(ImageGroup, ImageGroup.image_id == Image.id)
    .where(Image.enabled.is_(True), Image.url != "")
    .order_by(Image.sort_key, Image.name, ImageGroup.position)
)


def catalogue_revision(connection: Connection) -> int:
    """Return the number that changes with every write."""
    return connection.execute(_REVISION).scalar_one()


def everything(_entry: Entry) -> bool:
    """Allow every image."""
    return True


def read_snapshot(connection: Connection, may_start: MayStart = everything) -> Snapshot:
    """Read the images that can be started; raises `upgrade.DatabaseNotReady`.

    Every upgrade raises the catalogue's revision, so a hub comes here after one, and the
    check keeps it from reading tables that its version does not know.
    """
    check_revision(connection)
    # The revision first: after a commit in between, the next use reads again.
    revision = catalogue_revision(connection)
    entries = _entries(connection.execute(_ENTRIES))
    return Snapshot(revision, tuple(entry for entry in entries if may_start(entry)))


def _entries(rows: Iterable[Any]) -> Iterable[Entry]:
    """Join the rows of each image, which follow each other."""
    for _name, group in groupby(rows, key=itemgetter(0)):
        members = list(group)
        *values, version, _group = members[0]
        yield Entry(
            **dict(zip(_COLUMNS, values, strict=True)),
            groups=tuple(row[-1] for row in members if row[-1] is not None),
            version=version,
        )


class SnapshotCache:
    """Caches the last snapshot of what `may_start` allows; thread-safe."""

    def __init__(self, may_start: MayStart = everything) -> None:
        self._may_start = may_start
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def current(self, connection: Connection) -> Snapshot:
        """Return the snapshot of the database's present revision.

        Raises `upgrade.DatabaseNotReady` if the tables belong to another version.
        """
        snapshot = self._snapshot
        if snapshot is not None and snapshot.revision == catalogue_revision(connection):
            return snapshot
        with self._lock:  # one thread reads, the others wait for what it found
            connection.rollback()
            snapshot = self._snapshot
            if snapshot is None or snapshot.revision != catalogue_revision(connection):
                connection.rollback()
                self._snapshot = snapshot = read_snapshot(connection, self._may_start)
        return snapshot


class CatalogueReader:
    """Reads the present snapshot for a hub, in a thread and within a deadline."""

    def __init__(self, url: URL, may_start: MayStart = everything) -> None:
        self._url = url
        self._database: Database | None = None
        self._cache = SnapshotCache(may_start)

    @property
    def database(self) -> Database:
        """The database, opened on first use: reading a configuration need not start a hub."""
        if self._database is None:
            self._database = Database(self._url)
        return self._database

    async def read(self, function: Callable[[Snapshot], T]) -> T:
        """Run `function` over the present snapshot, in a thread.

        Raises `DatabaseUnavailable`, and what `function` raises.
        """
        return await self.database.query(
            lambda connection: function(self._cache.current(connection))
        )
