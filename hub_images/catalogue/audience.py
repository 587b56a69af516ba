"""Who is offered an image, and with which instance types: sets of people, not sums of groups.

A person is offered an image with an instance type if they may use both. Somebody in two of the
groups counts once. Pure: the members of the groups are given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from hub_images.catalogue import rules
from hub_images.catalogue.instance_type import InstanceType

#: Who is in each group that the hub knows.
Members = Mapping[str, Collection[str]]


class SharedImage(rules.Shared, rules.HasReference, Protocol):
    """The parts of an image that decide who is offered it."""

    @property
    def enabled(self) -> bool:
        """Whether it is offered at all."""


@dataclass(frozen=True)
class People:
    """Some of the hub's users; `names` is None for all of them, also those who are yet to come."""

    names: frozenset[str] | None = frozenset()

    def __or__(self, other: People) -> People:
        if self.names is None or other.names is None:
            return EVERYONE
        return People(self.names | other.names)

    def __and__(self, other: People) -> People:
        if self.names is None:
            return other
        return self if other.names is None else People(self.names & other.names)

    def count(self, users: int | None) -> int | None:
        """Return how many they are on a hub with so many `users`; None if that is unknown."""
        return users if self.names is None else len(self.names)


EVERYONE = People(None)
NOBODY = People()


@dataclass(frozen=True)
class Audience:
    """Who is offered an image with each instance type that it fits, in their order."""

    by_instance_type: tuple[tuple[InstanceType, People], ...]

    @property
    def people(self) -> People:
        """Who is offered it with any of them."""
        return union(people for _instance_type, people in self.by_instance_type)


def users_of(item: rules.Shared, members: Members) -> People:
    """Return who may use an image or instance type."""
    if item.is_global:
        return EVERYONE
    return People(frozenset().union(*(members.get(group, ()) for group in item.groups)))


def audience(
    image: SharedImage, instance_types: Sequence[InstanceType], members: Members
) -> Audience:
    """Return who is offered an image; nobody while it is disabled or not ready."""
    offered = users_of(image, members) if image.enabled and image.url else NOBODY
    return Audience(
        tuple(
            (instance_type, offered & users_of(instance_type, members))
            for instance_type in instance_types
            if rules.fits(image, instance_type)
        )
    )


def deciding_groups(items: Iterable[rules.Shared]) -> frozenset[str]:
    """Return the groups whose members one has to know to say who may use `items`."""
    return frozenset(group for item in items if not item.is_global for group in item.groups)


def union(people: Iterable[People]) -> People:
    """Return everybody who is among any of `people`."""
    return reduce(People.__or__, people, NOBODY)
