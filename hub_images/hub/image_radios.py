"""The images' radio buttons in the options form, as HTML that people share.

An options form can show thousands of images, and most people of a hub are in one of a few
combinations of groups. So we render each radio button, and the description beside it, once per
version of its image, and each list once per combination. The cache is bounded; what is outdated
is dropped when the catalogue changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from markupsafe import Markup

from hub_images.catalogue.choice import Offer, offer
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.snapshot import Entry, Snapshot

#: How many a browser lays out before the script has run, which then shows fewer. The others are
#: in a `noscript`, which a browser with scripts does not lay out.
SHOWN = 100

#: What all cached lists may hold together; one with 5,000 images has some 1.4 million.
CACHED_CHARACTERS = 16_000_000

_REST, _REST_END = "<noscript>", "</noscript>"


class Row(NamedTuple):
    """The row of an image, unchecked, and the part of it that stands beside its radio button."""

    html: str
    beside: Markup


class RenderRow(Protocol):
    """Renders the row of an image, around what stands beside its radio button."""

    def __call__(self, image: Entry, beside: Markup, checked: bool, last_used: bool, /) -> str:
        """Return the row."""


class Place(NamedTuple):
    """Where the row of an image begins and ends in a list, and what is beside its radio button."""

    start: int
    end: int
    beside: Markup


@dataclass(frozen=True)
class RadioList:
    """What people may choose from, and its radio buttons, none of them checked."""

    offer: Offer
    html: str
    places: Mapping[str, Place]
    """By the images' names."""

    def beside(self, image: Entry) -> Markup:
        """Return what stands beside the radio button of `image`."""
        return self.places[image.name].beside


class ImageRadios:
    """Renders lists of radio buttons and caches them; thread-safe."""

    def __init__(
        self,
        instance_types: Sequence[InstanceType],
        row: RenderRow,
        beside: Callable[[Entry], Markup],
    ) -> None:
        """Take the instance types, and what renders a row and what stands beside a radio button."""
        self._instance_types = tuple(instance_types)
        self._type_groups = frozenset(g for t in self._instance_types for g in t.groups)
        self._row = row
        self._beside = beside
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._rows: dict[str, tuple[Entry, Row]] = {}
        self._lists: OrderedDict[frozenset[str], RadioList] = OrderedDict()

    def is_cached(self, snapshot: Snapshot, groups: Collection[str]) -> bool:
        """Say whether `list_for` has only to look it up."""
        with self._lock:
            return self._snapshot is snapshot and self._key(snapshot, groups) in self._lists

    def list_for(self, snapshot: Snapshot, groups: Collection[str]) -> RadioList:
        """Return what a member of `groups` may choose from."""
        key = self._key(snapshot, groups)
        with self._lock:
            if self._snapshot is not snapshot:
                self._forget(snapshot)
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
                return found
            rows = self._rows
        # Rendered outside the lock; shared dicts are replaced, never mutated.
        new: dict[str, tuple[Entry, Row]] = {}
        made = self._render(offer(self._instance_types, snapshot, groups), rows, new)
        with self._lock:
            if self._snapshot is snapshot:
                self._rows = {**self._rows, **new}
                self._add(key, made)
        return made

    def checked(self, listed: RadioList, image: Entry, *, last_used: bool) -> tuple[str, str, str]:
        """Return the list in three parts, with `image` checked: first in the list if `last_used`.

        Without scripts, the first row is the only one that is surely in sight.
        """
        start, end, beside = listed.places[image.name]
        before, after = listed.html[:start], listed.html[end:]
        row = self._row(image, beside, True, last_used)
        return (row, before, after) if last_used else (before, row, after)

    def _render(
        self,
        offered: Offer,
        rows: Mapping[str, tuple[Entry, Row]],
        new: dict[str, tuple[Entry, Row]],
    ) -> RadioList:
        """Build a list; put the rows that `rows` lacks into `new`."""
        parts: list[str] = []
        places: dict[str, Place] = {}
        end = 0
        for number, entry in enumerate(offered.images):
            if number == SHOWN:
                parts.append(_REST)
                end += len(_REST)
            cached = rows.get(entry.name)
            if cached is None:
                beside = self._beside(entry)
                row = Row(str(self._row(entry, beside, False, False)), beside)
                cached = new[entry.name] = (entry, row)
            html, beside = cached[1]
            parts.append(html)
            places[entry.name] = Place(end, end + len(html), beside)
            end += len(html)
        if len(offered.images) > SHOWN:
            parts.append(_REST_END)
        return RadioList(offered, "".join(parts), places)

    def _key(self, snapshot: Snapshot, groups: Collection[str]) -> frozenset[str]:
        # Groups that share nothing make no difference, and would make nearly every key unique.
        return snapshot.sharing(groups) | self._type_groups.intersection(groups)

    def _forget(self, snapshot: Snapshot) -> None:
        """Drop all lists and the outdated rows; this also bounds the memory."""
        self._rows = {
            name: cached for name, cached in self._rows.items() if snapshot.named(name) == cached[0]
        }
        self._lists.clear()
        self._snapshot = snapshot

    def _add(self, key: frozenset[str], made: RadioList) -> None:
        self._lists[key] = made
        held = sum(len(cached.html) for cached in self._lists.values())
        while held > CACHED_CHARACTERS and len(self._lists) > 1:
            _key, oldest = self._lists.popitem(last=False)
            held -= len(oldest.html)
