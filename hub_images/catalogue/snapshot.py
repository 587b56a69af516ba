"""What can be started at one revision of the catalogue, and quick look-ups of who may use it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, make_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hub_images.catalogue import rules
from hub_images.catalogue.image import ImageSpec

if TYPE_CHECKING:

    class Entry(ImageSpec):
        """An enabled and ready image, with every field of its spec."""

        version: int
        identity: str

else:
    # A pydantic model takes eight times the memory, and a hub may cache 10,000 entries.
    Entry = make_dataclass(
        "Entry",
        [*((name, spec.annotation) for name, spec in ImageSpec.model_fields.items()),
         ("version", int), ("identity", str)],
        frozen=True, slots=True, kw_only=True,
        namespace={"__doc__": "An enabled and ready image, with every field of its spec."},
    )  # fmt: skip


_NOTHING: Mapping[str, str] = MappingProxyType({})


def unchangeable(value: Any) -> Any:
    """Return a field's value so that nobody can change it: all starts share the entries."""
    if isinstance(value, dict):
        return MappingProxyType(value) if value else _NOTHING
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Snapshot:
    """The images that can be started at one revision of the catalogue.

    `entries` are in the order in which people see them: by `order`, then by display name.
    """

    entries: tuple[Entry, ...]
    position: Mapping[str, int] = field(init=False)
    """The index of each image in `entries`, by name."""
    _for_everyone: tuple[int, ...] = field(init=False)
    _by_group: Mapping[str, tuple[int, ...]] = field(init=False)
    _first: Mapping[tuple[str | None, str], int] = field(init=False)
    """The first entry for a group (None: for everyone) that fits a type of instance type."""

    def __post_init__(self) -> None:
        shared: dict[str | None, list[int]] = {None: []}
        first: dict[tuple[str | None, str], int] = {}
        for index, entry in enumerate(self.entries):
            for group in (None,) if entry.is_global else entry.groups:
                shared.setdefault(group, []).append(index)
                for kind in rules.fitting_types(entry):
                    first.setdefault((group, kind), index)
        position = {entry.name: index for index, entry in enumerate(self.entries)}
        object.__setattr__(self, "position", position)
        object.__setattr__(self, "_for_everyone", tuple(shared.pop(None)))
        object.__setattr__(self, "_by_group", {k: tuple(v) for k, v in shared.items()})
        object.__setattr__(self, "_first", first)

    def named(self, name: str) -> Entry | None:
        """Return the image of that name; None if none can be started."""
        index = self.position.get(name)
        return None if index is None else self.entries[index]

    def sharing(self, groups: Iterable[str]) -> frozenset[str]:
        """Return those of `groups` that any image is shared with; the others do not matter."""
        return frozenset(group for group in groups if group in self._by_group)

    def shows_any(self, groups: Iterable[str]) -> bool:
        """Say whether there is anything that a member of `groups` may use."""
        return bool(self._for_everyone) or bool(self.sharing(groups))

    def visible(self, groups: Collection[str]) -> list[Entry]:
        """Return what a member of `groups` may use, in the order of `entries`.

        The same as `rules.may_use` over all entries, but it costs only what it finds.
        """
        found = [index for group in set(groups) for index in self._by_group.get(group, ())]
        if not found:
            return [self.entries[index] for index in self._for_everyone]
        return [self.entries[index] for index in sorted({*found, *self._for_everyone})]

    def first_fitting(self, groups: Iterable[str], kind: str) -> Entry | None:
        """Return the first of `visible` that fits instance types of the type `kind`.

        One look for each group, however many images there are.
        """
        found = (self._first.get((group, kind)) for group in (None, *groups))
        index = min((index for index in found if index is not None), default=None)
        return None if index is None else self.entries[index]
