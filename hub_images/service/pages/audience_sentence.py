"""One sentence that says who is offered an image, with which instance types, and how many they are.

It is true also where the hub does not answer: then it says less, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub_images.catalogue import rules
from hub_images.catalogue.audience import (
    NOBODY,
    Audience,
    Members,
    People,
    SharedImage,
    audience,
    deciding_groups,
    users_of,
)
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.obstacles import obstacles
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.pages.phrases import listed, people_text

_GROUPS_NAMED = 3
_TYPES_NAMED = 6

COUNT_UNKNOWN = "Could not ask the hub how many people that is."


def audience_sentence(
    image: SharedImage,
    instance_types: Sequence[InstanceType],
    policy: ReferencePolicy,
    members: Members | None,
    users: int | None,
) -> str:
    """Say who is offered an image.

    `members` are those of the groups that decide (`deciding_groups`), None if the hub does not
    tell them; `users` is how many users the hub has, None if unknown.
    """
    why = obstacles(image, instance_types, policy)
    if why:
        return f"Nobody is offered it: {why[0].clause}."
    fitting = [t for t in instance_types if rules.fits(image, t)]
    if members is None:
        if deciding_groups([image, *fitting]):
            return _without_numbers(image, fitting)
        members = {}
    found = audience(image, instance_types, members)
    if found.people == NOBODY:
        return f"Nobody is offered it: {_why_nobody(image, fitting, members)}."
    sentence = f"{_subject(image, found, members, users)} {_with_types(found, users)}."
    return sentence if found.people.count(users) is not None else f"{sentence} {COUNT_UNKNOWN}"


def _subject(image: SharedImage, found: Audience, members: Members, users: int | None) -> str:
    """Return who is offered it, up to the verb."""
    people = found.people
    if people.names is None:
        return f"Everyone ({people_text(users)}) is" if users is not None else "Everyone is"
    if image.is_global:  # so those of the instance types decide
        types = [t for t, _people in found.by_instance_type]
        groups = list(dict.fromkeys(group for t in types for group in t.groups))
        return f"Members of {listed(groups, _GROUPS_NAMED)} ({_counted(people)}) are"
    named = listed(image.groups, _GROUPS_NAMED)
    all_of_them = users_of(image, members)
    if people == all_of_them:
        return f"Members of {named} ({_counted(people)}) are"
    number = people.count(users) or 0
    of = f"{all_of_them.count(users):,} members of {named}"
    return f"{number:,} of the {of} {'is' if number == 1 else 'are'}"


def _with_types(found: Audience, users: int | None) -> str:
    """Return the rest: instance types by who is offered it with them, the most people first."""
    types: dict[People, list[str]] = {}
    for instance_type, people in found.by_instance_type:
        types.setdefault(people, []).append(instance_type.display_name)
    types.pop(NOBODY, None)
    all_of_them = types.pop(found.people, None)
    parts = [
        f"{people.count(users) or 0:,}{' of them also' if all_of_them else ''} "
        f"with {listed(names, _TYPES_NAMED)}"
        for people, names in types.items()
    ]
    if all_of_them is None:
        return f"offered it: {', '.join(parts)}"
    return "; ".join([f"offered it with {listed(all_of_them, _TYPES_NAMED)}", *parts])


def _counted(people: People) -> str:
    return people_text(len(people.names or ()))


def _why_nobody(image: SharedImage, fitting: Sequence[InstanceType], members: Members) -> str:
    """Return why an image is offered to nobody although nothing is wrong with it."""
    if not image.is_global and users_of(image, members) == NOBODY:
        has = "has" if len(image.groups) == 1 else "have"
        return f"{listed(image.groups, _GROUPS_NAMED)} {has} no members"
    who = "nobody" if image.is_global else f"nobody in {listed(image.groups, _GROUPS_NAMED)}"
    return f"{who} may use {listed([t.display_name for t in fitting], _TYPES_NAMED)}"


def _without_numbers(image: SharedImage, fitting: Sequence[InstanceType]) -> str:
    """Return what is certain without knowing who is in which group."""
    if image.is_global:
        who = "Everyone is"
    else:
        who = f"Members of {listed(image.groups, _GROUPS_NAMED)} are"
    for_all = [t.display_name for t in fitting if t.is_global]
    for_some = [t.display_name for t in fitting if not t.is_global]
    parts = [f"with {listed(for_all, _TYPES_NAMED)}"] if for_all else []
    if for_some:
        parts.append(f"with {listed(for_some, _TYPES_NAMED)} if they may use that")
    return f"{who} offered it {', and '.join(parts)}. {COUNT_UNKNOWN}"
