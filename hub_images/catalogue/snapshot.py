"""What can be started at one revision of the catalogue, and quick look-ups of who may use it."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, make_dataclass
from typing import TYPE_CHECKING

from hub_images.catalogue.image import ImageSpec

if TYPE_CHECKING:

    class Entry(ImageSpec):
        """An enabled and ready image, with every field of its spec."""

        version: int

else:
    # A pydantic model takes eight times the memory, and a hub may cache 10,000 entries.
    Entry = make_dataclass(
        "Entry",
        [*((name, spec.annotation) for name, spec in ImageSpec.model_fields.items()),
         ("version", int)],
        frozen=True, slots=True, kw_only=True,
        namespace={"__doc__": "An enabled and ready image, with every field of its spec."},
    )  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """The images that can be started at one revision of the catalogue.

    `entries` are in the order in which people see them: by display name.
    """

    revision: int
    entries: tuple[Entry, ...]
    position: Mapping[str, int] = field(init=False)
    """The index of each image in `entries`, by name."""
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
        """Return the image of that name; None if none can be started."""
        index = self.position.get(name)
        return None if index is None else self.entries[index]

    def sharing(self, groups: Collection[str]) -> frozenset[str]:
        """Return those of `groups` that any image is shared with; the others do not matter."""
        return frozenset(group for group in groups if group in self._by_group)

    def visible(self, groups: Collection[str]) -> list[Entry]:
        """Return what a member of `groups` may use, by display name.

        The same as `rules.may_use` over all entries, but it costs only what it finds.
        """
        found = [index for group in set(groups) for index in self._by_group.get(group, ())]
        if not found:
            return [self.entries[index] for index in self._for_everyone]
        return [self.entries[index] for index in sorted({*found, *self._for_everyone})]

    def each_visible(self, groups: Collection[str]) -> Iterator[Entry]:
        """Yield what `visible` returns, some of it twice; it costs only what is taken."""
        shared = (self._by_group[group] for group in self.sharing(groups))
        for index in heapq.merge(self._for_everyone, *shared):
            yield self.entries[index]
