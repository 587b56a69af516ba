"""What the page of a bulk action shows of its preview, and what the list says afterwards.

Guarantees: every field that changes is shown with its old and new value, for at most `MAX_ROWS`
images; a message fits into the cookie that carries it, however long the images' names are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub_images.catalogue.bulk import ACTIONS, BulkChange, Outcome, marked
from hub_images.catalogue.difference import FieldChange
from hub_images.catalogue.image import LABELS
from hub_images.service.pages.image_form import shown_value
from hub_images.store.images import Change
from hub_images.store.orm import Image

MAX_ROWS = 300  # of each table: a browser should not have to lay out thousands
_LABELS = {**LABELS, "groups": "Groups"}  # there is nothing to edit in a preview
_NAMED = 8  # images in a message
# A browser drops a cookie of more than 4,096 bytes, and base64 makes four bytes of three.
_MESSAGE_BYTES = 2_400

Pieces = list[tuple[str, bool]]


@dataclass(frozen=True)
class ShownField:
    """A field that changes: entries that come and go for a list, else before and after."""

    label: str
    came: Sequence[str]
    went: Sequence[str]
    before: Pieces
    after: Pieces
    """In pieces, each with whether it is marked."""


@dataclass(frozen=True)
class ShownImage:
    """An image in the preview, with what changes or why it would be refused."""

    name: str
    display_name: str
    fields: Sequence[ShownField] = ()
    refused: Sequence[str] = ()


@dataclass(frozen=True)
class ShownPreview:
    """The images of a preview, by what would become of them."""

    changed: Sequence[ShownImage]
    refused: Sequence[ShownImage]
    unchanged: Sequence[ShownImage]

    @property
    def summary(self) -> str:
        """Say how many images there are of each kind."""
        parts = [f"{images_text(len(self.changed)).capitalize()} will change"]
        if self.unchanged:
            stay = "stays as it is" if len(self.unchanged) == 1 else "stay as they are"
            parts.append(f"{len(self.unchanged):,} {stay}")
        if self.refused:
            parts.append(f"{len(self.refused):,} cannot be changed in this way")
        return f"{', '.join(parts)}."


def shown_preview(change: BulkChange, outcomes: Iterable[Outcome]) -> ShownPreview:
    """Sort the outcomes, and turn their fields into what the page shows."""
    shown = ShownPreview([], [], [])
    for outcome in outcomes:
        fields = [_field(change, name, each) for name, each in outcome.fields.items()]
        refused = [
            f"{_LABELS.get(name, name)}: {text}"
            for name, texts in outcome.refused.items()
            for text in texts
        ]
        image = ShownImage(outcome.before.name, outcome.before.display_name, fields, refused)
        kind = shown.refused if refused else shown.changed if fields else shown.unchanged
        kind.append(image)  # type: ignore[attr-defined]
    return shown


def _field(change: BulkChange, name: str, of: FieldChange) -> ShownField:
    label, before, after = _LABELS[name], of.before, of.after
    if isinstance(before, list) and isinstance(after, list):
        came = [entry for entry in after if entry not in before]
        went = [entry for entry in before if entry not in after]
        return ShownField(label, came, went, [], [])
    find, put = change.values.find, change.values.put
    return ShownField(
        label,
        (),
        (),
        marked(shown_value(name, before), find),
        marked(shown_value(name, after), put),
    )


def images_text(count: int) -> str:
    """Return the number of images in words: `1 image`, `no images`."""
    return "1 image" if count == 1 else f"{count:,} images" if count else "no images"


def done_text(action: str, changes: Sequence[Change]) -> str:
    """Say what was changed. What undoes it belongs beside this sentence."""
    if not changes:
        return "Nothing had to be changed."
    return told(ACTIONS[action].done, [change.image for change in changes]) + "."


def told(done: str, images: Sequence[Image]) -> str:
    """Put images into `done`: `Disabled SciPy`, or `Disabled 12 images: SciPy, … and 4 more`."""
    if len(images) == 1:
        return done.format(images[0].display_name)
    named: list[str] = []
    for image in images[:_NAMED]:
        if named and len(json.dumps(", ".join([*named, image.display_name]))) > _MESSAGE_BYTES:
            break
        named.append(image.display_name)
    more = len(images) - len(named)
    listed = ", ".join(named) + (f", … and {more:,} more" if more else "")
    return f"{done.format(images_text(len(images)))}: {listed}"


def refused_text(names: Sequence[str], most: int = 20) -> str:
    """Say which images cannot be enabled; names of images are short and plain."""
    named = ", ".join(names[:most])
    if len(names) > most:
        named += f" and {len(names) - most:,} more"
    return f"Nothing was enabled, because this hub does not allow the references of {named}."
