"""The keys of `user_options` that are ours: what a start brings, and what is saved with a server.

A start can bring any JSON under any key, so nothing here trusts a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub_images.catalogue.reference import is_tag, shown_tag

if TYPE_CHECKING:
    from hub_images.catalogue.choice import Choice
    from hub_images.catalogue.snapshot import Entry

INSTANCE_TYPE_KEY = "instance_type"
IMAGE_KEY = "image"
KEYS = (INSTANCE_TYPE_KEY, IMAGE_KEY)

#: Remembers, beside the choice, which parts were filled in: a later start without a choice
#: fills them in anew, and does not hold users to what they never chose.
FILLED_IN_KEY = "hub_images_filled_in"

#: Remembers which image was chosen: another one may later get the name of a deleted one.
IDENTITY_KEY = "hub_images_identity"

#: Remembers the tag that was started: the image may have another one by now.
TAG_KEY = "hub_images_tag"

#: Every key that is saved with a server for us; all other keys are the deployer's.
SAVED_KEYS = (*KEYS, FILLED_IN_KEY, IDENTITY_KEY, TAG_KEY)


def chosen(user_options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that the user chose, with their values, unchecked.

    Skips missing keys, empty strings and what was filled in last time.
    """
    filled = user_options.get(FILLED_IN_KEY)
    skip = filled if isinstance(filled, list) else []
    return {
        key: user_options[key]
        for key in KEYS
        if key in user_options and user_options[key] != "" and key not in skip
    }


def remembered(choice: Choice) -> dict[str, Any]:
    """Return the options to save with the server: what is started, and what was filled in."""
    options: dict[str, Any] = {
        INSTANCE_TYPE_KEY: choice.instance_type.name,
        IMAGE_KEY: choice.image.name,
        IDENTITY_KEY: choice.image.identity,
        TAG_KEY: shown_tag(choice.reference),
    }
    if choice.filled_in:
        options[FILLED_IN_KEY] = list(choice.filled_in)
    return options


def is_another(image: Entry, identity: object) -> bool:
    """Say whether another image has the chosen one's name now.

    Choices that an earlier version saved have no identity; for them the name decides.
    """
    return isinstance(identity, str) and image.identity != identity


def saved_tag(user_options: Mapping[str, Any]) -> str | None:
    """Return the tag that was started; None if none is saved, as by earlier versions."""
    tag = user_options.get(TAG_KEY)
    return tag if isinstance(tag, str) and is_tag(tag) else None
