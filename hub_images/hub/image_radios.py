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

from markupsafe import Markup

from hub_images.catalogue.choice import Offer, offer
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.snapshot import Entry, Snapshot

#: How many the page shows at first; `options_form.js` has the same number. The others are in
#: a `noscript`, which a browser with scripts does not lay out.
SHOWN = 100

#: What all cached lists may hold together; one with 5,000 images has some 1.4 million.
CACHED_CHARACTERS = 16_000_000

_REST, _REST_END = "<noscript>", "</noscript>"

#: What stands beside a radio button begins and ends here in its row; escaped text has no `<`.
_BESIDE, _BESIDE_END = "</label>", "</div>"


@dataclass(frozen=True)
class RadioList:
    """What people may choose from, and its radio buttons, none of them checked."""

    offer: Offer
    html: str
    spans: Mapping[str, tuple[int, int]]
    """Where the radio button of an image begins and ends in `html`, by the image's name."""

    def beside(self, image: Entry) -> Markup:
        """Return what stands beside the radio button of `image`, as it was rendered."""
        start, end = self.spans[image.name]
        row = self.html[start:end].partition(_BESIDE)[2]
        return Markup(row.rpartition(_BESIDE_END)[0])  # noqa: S704 (rendered by our template)


class ImageRadios:
    """Renders lists of radio buttons and caches them; thread-safe."""

    def __init__(self, instance_types: Sequence[InstanceType], radio: Callable[..., str]) -> None:
        """Take the instance types, and what renders one radio button.

        `radio` gets the image and whether it is checked, and perhaps whether it was used last
        and what stands beside it.
        """
        self._instance_types = tuple(instance_types)
        self._type_groups = frozenset(g for t in self._instance_types for g in t.groups)
        self._radio = radio
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._radios: dict[str, tuple[Entry, str]] = {}
        self._lists: OrderedDict[frozenset[str], RadioList] = OrderedDict()

    def list_for(self, snapshot: Snapshot, groups: Collection[str]) -> RadioList:
        """Return what a member of `groups` may choose from."""
        # Groups that share nothing make no difference, and would make nearly every key unique.
        key = snapshot.sharing(groups) | self._type_groups.intersection(groups)
        with self._lock:
            if self._snapshot is not snapshot:
                self._forget(snapshot)
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
                return found
            radios = self._radios
        # Rendered outside the lock; shared dicts are replaced, never mutated.
        new: dict[str, tuple[Entry, str]] = {}
        made = self._render(offer(self._instance_types, snapshot, groups), radios, new)
        with self._lock:
            if self._snapshot is snapshot:
                self._radios = {**self._radios, **new}
                self._add(key, made)
        return made

    def checked(self, listed: RadioList, image: Entry, *, last_used: bool) -> tuple[str, str, str]:
        """Return the list in three parts, with `image` checked: first in the list if `last_used`.

        Without scripts, the first row is the only one that is surely in sight.
        """
        start, end = listed.spans[image.name]
        before, after = listed.html[:start], listed.html[end:]
        radio = self._radio(image, True, last_used, listed.beside(image))
        return (radio, before, after) if last_used else (before, radio, after)

    def _render(
        self,
        offered: Offer,
        radios: Mapping[str, tuple[Entry, str]],
        new: dict[str, tuple[Entry, str]],
    ) -> RadioList:
        """Build a list; put the radio buttons that `radios` lacks into `new`."""
        parts: list[str] = []
        spans: dict[str, tuple[int, int]] = {}
        end = 0
        for number, entry in enumerate(offered.images):
            if number == SHOWN:
                parts.append(_REST)
                end += len(_REST)
            cached = radios.get(entry.name)
            if cached is None:
                cached = new[entry.name] = (entry, str(self._radio(entry, False)))
            html = cached[1]
            parts.append(html)
            spans[entry.name] = (end, end + len(html))
            end += len(html)
        if len(offered.images) > SHOWN:
            parts.append(_REST_END)
        return RadioList(offered, "".join(parts), spans)

    def _forget(self, snapshot: Snapshot) -> None:
        """Drop all lists and the outdated radio buttons; this also bounds the memory."""
        self._radios = {
            name: cached
            for name, cached in self._radios.items()
            if snapshot.named(name) == cached[0]
        }
        self._lists.clear()
        self._snapshot = snapshot

    def _add(self, key: frozenset[str], made: RadioList) -> None:
        self._lists[key] = made
        held = sum(len(cached.html) for cached in self._lists.values())
        while held > CACHED_CHARACTERS and len(self._lists) > 1:
            _key, oldest = self._lists.popitem(last=False)
            held -= len(oldest.html)
