"""Which images an action on several is about: those that somebody named, or all that match.

"All that match" is resolved here, never by a browser, and again under the lock when a change is
made. A digest over names and versions says whether it is still what somebody has seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from hub_images.store.images import named_images
from hub_images.store.orm import Image
from hub_images.store.search import ImageQuery, list_images

#: In one action: it is one transaction, and others wait for it.
MAX_IMAGES = 2_000


class TooManyImages(ValueError):
    """The selection is larger than one action may be."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"Choose at most {MAX_IMAGES:,} images at once; these are {count:,}. "
            "Use the search or the filters to change one part after the other."
        )


class SelectionChanged(RuntimeError):
    """Other images are chosen, or other versions of them, than somebody has seen."""

    def __init__(self) -> None:
        super().__init__("The chosen images have changed in the meantime.")


@dataclass(frozen=True)
class Selection:
    """Images by their names, or with a `query` all that match it, except those in `without`."""

    names: tuple[str, ...] = ()
    query: ImageQuery | None = None
    without: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str], *, without: Iterable[str] = ()) -> Selection:
        """Select by names, each once; raises `TooManyImages`."""
        chosen = tuple(dict.fromkeys(names))
        if len(chosen) > MAX_IMAGES:
            raise TooManyImages(len(chosen))
        return cls(chosen, without=frozenset(without))

    def images(self, session: Session, digest: str | None = None) -> Sequence[Image]:
        """Return the images that exist, with their groups.

        Named ones are sorted by name, others as the query says. Raises `TooManyImages`, and
        `SelectionChanged` unless they have that `digest`, if one is given.
        """
        if self.query is None:
            found = named_images(session, self.names)
            count = len(found)
        else:
            # names in `without` that nothing has must not raise the bound
            found, count = list_images(session, replace(self.query, limit=2 * MAX_IMAGES, offset=0))
        images = [image for image in found if image.name not in self.without]
        chosen = count - (len(found) - len(images))
        if chosen > MAX_IMAGES:
            raise TooManyImages(chosen)
        if digest is not None and digest_of(images) != digest:
            raise SelectionChanged
        return images


def digest_of(images: Iterable[Image]) -> str:
    """Return a text that is the same for the same names at the same versions, in any order."""
    lines = sorted(f"{image.name}={image.version}" for image in images)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
