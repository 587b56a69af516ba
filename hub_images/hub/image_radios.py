"""The images in the options form as HTML, kept for everyone who may choose from the same.

A form can show thousands of images, and most people of a hub are in one of a few
combinations of groups. So the row of an image is rendered once per version of the image,
and all rows together once per combination; what is kept is bounded, and forgotten when
the catalogue changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from hub_images.catalogue.choice import Offer, offer
from hub_images.catalogue.instance_type import InstanceType
from hub_images.store.snapshots import Entry, Snapshot

#: As many rows stand in the page from the start, also of the script `spawn_form.js`. The
#: others are in a `noscript`, which costs a browser with scripts nothing to lay out.
SHOWN = 100

#: What all kept forms may hold together; one with 5,000 images has some 1.4 million.
KEPT_CHARACTERS = 16_000_000

_REST, _REST_END = "<noscript>", "</noscript>"


@dataclass(frozen=True)
class Rendered:
    """What some people may choose from, with the rows of the images, none of them checked."""

    offer: Offer
    html: str
    spans: Mapping[str, tuple[int, int]]
    """Where the row of an image begins and ends in `html`, by the image's name."""

    def image(self, name: object) -> Entry | None:
        """Return the offered image of that name."""
        if not isinstance(name, str) or name not in self.spans:
            return None
        return next(entry for entry in self.offer.images if entry.name == name)


class Rows:
    """Renders rows and keeps them; used from several threads."""

    def __init__(
        self, instance_types: Sequence[InstanceType], row: Callable[[Entry, bool], str]
    ) -> None:
        """Take what is configured, and what renders one row, checked or not."""
        self._instance_types = tuple(instance_types)
        self._type_groups = frozenset(g for t in self._instance_types for g in t.groups)
        self._row = row
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._rows: dict[str, tuple[Entry, str]] = {}
        self._kept: OrderedDict[frozenset[str], Rendered] = OrderedDict()

    def rendered(self, snapshot: Snapshot, groups: Collection[str]) -> Rendered:
        """Return what a member of `groups` may choose from."""
        # Groups that share nothing make no difference, and everyone is in others of them.
        key = snapshot.sharing(groups) | self._type_groups.intersection(groups)
        with self._lock:
            if self._snapshot is not snapshot:
                self._forget(snapshot)
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
            rows = self._rows
        # Beside other threads that render: none changes what another one reads.
        new: dict[str, tuple[Entry, str]] = {}
        made = self._render(offer(self._instance_types, snapshot, groups), rows, new)
        with self._lock:
            if self._snapshot is snapshot:
                self._rows = {**self._rows, **new}
                self._keep(key, made)
        return made

    def checked(self, rendered: Rendered, image: Entry | None) -> tuple[str, str, str]:
        """Return the rows in three parts, with `image` checked in the middle one."""
        if image is None:
            return rendered.html, "", ""
        start, end = rendered.spans[image.name]
        return rendered.html[:start], self._row(image, True), rendered.html[end:]

    def _render(
        self,
        offered: Offer,
        rows: Mapping[str, tuple[Entry, str]],
        new: dict[str, tuple[Entry, str]],
    ) -> Rendered:
        """Put the rows together; those that are not in `rows` are rendered and put in `new`."""
        parts: list[str] = []
        spans: dict[str, tuple[int, int]] = {}
        end = 0
        for number, entry in enumerate(offered.images):
            if number == SHOWN:
                parts.append(_REST)
                end += len(_REST)
            kept = rows.get(entry.name)
            if kept is None:
                kept = new[entry.name] = (entry, str(self._row(entry, False)))
            html = kept[1]
            parts.append(html)
            spans[entry.name] = (end, end + len(html))
            end += len(html)
        if len(offered.images) > SHOWN:
            parts.append(_REST_END)
        return Rendered(offered, "".join(parts), spans)

    def _forget(self, snapshot: Snapshot) -> None:
        """Keep only the rows that are still right; this also bounds the memory."""
        self._rows = {
            name: kept for name, kept in self._rows.items() if snapshot.named(name) == kept[0]
        }
        self._kept.clear()
        self._snapshot = snapshot

    def _keep(self, key: frozenset[str], rendered: Rendered) -> None:
        self._kept[key] = rendered
        held = sum(len(kept.html) for kept in self._kept.values())
        while held > KEPT_CHARACTERS and len(self._kept) > 1:
            _key, oldest = self._kept.popitem(last=False)
            held -= len(oldest.html)
