"""Reads the images that can be started, and caches them while the catalogue is unchanged.

Every use asks the database for the catalogue's state, and reads a new snapshot if that has
changed. So a revoked permission counts at the next click, and each check costs one small query,
however large the catalogue is. A snapshot is whole: what was read is held against the seal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.engine import URL

from hub_images.catalogue.snapshot import Entry, Snapshot, unchangeable
from hub_images.store.database import Database
from hub_images.store.orm import CatalogueState, Image, ImageGroup
from hub_images.store.seal import OFFERED, SEALED, Seal, State, fingerprint, seal_anew
from hub_images.store.transaction import NotWhole, write
from hub_images.store.upgrade import check_revision

T = TypeVar("T")

#: Says whether this hub may start an image; one that it may not is as good as not there.
MayStart = Callable[[Entry], bool]


#: Every options form and start runs this, so build it once.
_STATE = select(CatalogueState.revision, CatalogueState.token).where(CatalogueState.id == 1)
_SEAL = select(CatalogueState.offered, CatalogueState.checksum).where(CatalogueState.id == 1)

_ENTRIES = (
    select(*(getattr(Image, name) for name in SEALED), ImageGroup.group_name)
    .outerjoin(ImageGroup, ImageGroup.image_id == Image.id)
    .where(OFFERED)
    .order_by(Image.order, Image.sort_key, Image.name, ImageGroup.position)
)


def catalogue_state(connection: Connection) -> State:
    """Return what changes with every write; raises `NotWhole` where it is missing."""
    row = connection.execute(_STATE).one_or_none()
    if row is None:  # a restore has made the table and not loaded it yet
        raise NotWhole
    return State(*row)


def allow_all(_entry: Entry) -> bool:
    """Allow every image."""
    return True


def read_snapshot(
    connection: Connection, may_start: MayStart = allow_all
) -> tuple[State, Snapshot]:
    """Read the images that can be started and that `may_start` allows, and which state it is.

    `connection` must not be in a transaction. Raises `upgrade.DatabaseNotReady` for tables of
    another version (every upgrade changes the state, so a hub comes here after one), and
    `NotWhole`, as while a restore loads the tables.
    """
    if connection.dialect.name != "sqlite":  # there, each transaction sees one state anyway
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    check_revision(connection)
    state = catalogue_state(connection)
    seal = Seal(*connection.execute(_SEAL).one())
    found = list(_entries(connection.execute(_ENTRIES)))
    if seal != Seal(len(found), sum(number for _entry, number in found)):
        raise NotWhole
    return state, Snapshot(tuple(entry for entry, _number in found if may_start(entry)))


def _entries(rows: Iterable[Any]) -> Iterable[tuple[Entry, int]]:
    """Join the rows of each image, which follow each other, and take its fingerprint."""
    for _name, group in groupby(rows, key=itemgetter(0)):
        members = list(group)
        *values, _group = members[0]
        groups = tuple(row[-1] for row in members if row[-1] is not None)
        fields = zip(SEALED, map(unchangeable, values), strict=True)
        entry = Entry(**dict(fields), groups=groups)
        yield entry, fingerprint(values, groups)


def mend(engine: Engine) -> bool:
    """Seal a catalogue that is not whole as it is now; return whether that was needed.

    Only a person can tell whether it lacks something; see `NotWhole`.
    """
    try:
        with engine.connect() as connection:
            read_snapshot(connection)
    except NotWhole:
        write(engine, seal_anew, repair=True)
        return True
    return False


class SnapshotCache:
    """Caches the last snapshot of what `may_start` allows; thread-safe."""

    def __init__(self, may_start: MayStart = allow_all) -> None:
        self._may_start = may_start
        self._lock = threading.Lock()
        self._cached: tuple[State, Snapshot] | None = None

    @property
    def last(self) -> Snapshot | None:
        """What was cached last, whether or not the catalogue has changed since."""
        cached = self._cached
        return None if cached is None else cached[1]

    def current(self, connection: Connection) -> Snapshot:
        """Return the snapshot of the database's present state.

        Raises what `read_snapshot` raises.
        """
        cached = self._cached
        if cached is not None and cached[0] == catalogue_state(connection):
            return cached[1]
        with self._lock:  # one thread reads, the others wait for what it found
            connection.rollback()
            cached = self._cached
            if cached is None or cached[0] != catalogue_state(connection):
                connection.rollback()
                self._cached = cached = read_snapshot(connection, self._may_start)
        return cached[1]


class CatalogueReader:
    """Reads the present snapshot for a hub, in a thread and within a deadline."""

    def __init__(self, url: URL, may_start: MayStart = allow_all) -> None:
        self._url = url
        self._database: Database | None = None
        self._cache = SnapshotCache(may_start)

    @property
    def database(self) -> Database:
        """The database, opened on first use: reading a configuration need not start a hub."""
        if self._database is None:
            self._database = Database(self._url)
        return self._database

    @property
    def last(self) -> Snapshot | None:
        """The snapshot that was read last, which may be old; None before the first."""
        return self._cache.last

    async def read(self, function: Callable[[Snapshot], T]) -> T:
        """Run `function` over the present snapshot, in a thread.

        Raises `DatabaseUnavailable`, and what `function` raises.
        """
        return await self.database.query(
            lambda connection: function(self._cache.current(connection))
        )
