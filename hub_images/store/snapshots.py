"""The catalogue as the hub keeps it in memory: what a user may start, quickly.

A `Snapshot` is read in one statement, so it is consistent; it is used again for as
long as the catalogue's revision stays the same, which is asked of the database every
time. So a permission that is taken away counts at the next click, and a start costs
one small query however large the catalogue is.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from hub_images.store import engine as db
from hub_images.store.images import catalogue_revision
from hub_images.store.orm import Image, ImageGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """An enabled and ready image."""

    name: str
    display_name: str
    description: str
    type: str
    url: str
    gpu_url: str | None
    pull_secret: str | None
    is_global: bool
    version: int
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """The images that can be started at one revision of the catalogue.

    `entries` are in the order in which people see them: by display name.
    """

    revision: int
    entries: tuple[Entry, ...]
    position: Mapping[str, int] = field(init=False)
    """Where in `entries` an image stands, by its name."""
    _for_everyone: tuple[int, ...] = field(init=False)
    _by_group: Mapping[str, tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        by_group: dict[str, list[int]] = {}
        for index, entry in enumerate(self.entries):
            for group in () if entry.is_global else entry.groups:
                by_group.setdefault(group, []).append(index)
        everyone = tuple(index for index, entry in enumerate(self.entries) if entry.is_global)
        position = {entry.name: index for index, entry in enumerate(self.entries)}
        object.__setattr__(self, "position", position)
        object.__setattr__(self, "_for_everyone", everyone)
        object.__setattr__(self, "_by_group", {k: tuple(v) for k, v in by_group.items()})

    def named(self, name: str) -> Entry | None:
        """Return the image of that name, None where none can be started."""
        index = self.position.get(name)
        return None if index is None else self.entries[index]

    def sharing(self, groups: Collection[str]) -> frozenset[str]:
        """Return those of `groups` that any image is shared with: no other counts here."""
        return frozenset(group for group in groups if group in self._by_group)

    def visible(self, groups: Collection[str]) -> list[Entry]:
        """Return what a member of `groups` may use, by display name.

        The same as `rules.may_use` over all entries, at the cost of what is found.
        """
        found = [index for group in set(groups) for index in self._by_group.get(group, ())]
        if not found:
            return [self.entries[index] for index in self._for_everyone]
        return [self.entries[index] for index in sorted({*found, *self._for_everyone})]

    def each_visible(self, groups: Collection[str]) -> Iterator[Entry]:
        """Yield what `visible` returns, at the cost of what is taken; some of it twice."""
        shared = (self._by_group[group] for group in self.sharing(groups))
        for index in heapq.merge(self._for_everyone, *shared):
            yield self.entries[index]


def read_snapshot(reader: Session | Connection) -> Snapshot:
    """Read the images that can be started; raises `db.DatabaseNotReady`.

    Every upgrade changes the catalogue's revision, so a hub comes by here after one, and
    does not read tables that its version does not know.
    """
    connection = reader if isinstance(reader, Connection) else reader.connection()
    db.explain_revision(db.current_revision(connection))
    # The revision first: what is committed in between makes the next look read again.
    revision = catalogue_revision(reader)
    rows = reader.execute(
        select(
            Image.name,
            Image.display_name,
            Image.description,
            Image.type,
            Image.url,
            Image.gpu_url,
            Image.pull_secret,
            Image.is_global,
            Image.version,
            ImageGroup.group_name,
        )
        .outerjoin(ImageGroup, ImageGroup.image_id == Image.id)
        .where(Image.enabled.is_(True), Image.url != "")
        .order_by(Image.sort_key, Image.name, ImageGroup.position)
    )
    return Snapshot(revision, tuple(_entries(tuple(row) for row in rows)))


def _entries(rows: Iterable[tuple[Any, ...]]) -> Iterable[Entry]:
    """Put together the rows of one image, which follow each other."""
    for _name, group in groupby(rows, key=itemgetter(0)):
        members = list(group)
        groups = tuple(str(row[-1]) for row in members if row[-1] is not None)
        yield Entry(*(*members[0][:-1], groups))


class CachedCatalogue:
    """Keeps the last snapshot; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def current(self, reader: Session | Connection) -> Snapshot:
        """Return the snapshot of the database's present revision.

        Raises `db.DatabaseNotReady` where the tables are not this version's to read.
        """
        snapshot = self._snapshot
        if snapshot is not None and snapshot.revision == catalogue_revision(reader):
            return snapshot
        with self._lock:  # one thread reads, the others wait for what it found
            reader.rollback()
            snapshot = self._snapshot
            if snapshot is None or snapshot.revision != catalogue_revision(reader):
                reader.rollback()
                self._snapshot = snapshot = read_snapshot(reader)
        return snapshot
