"""What the page of a bulk action shows of its preview, and what the list says afterwards.

Guarantees: every field that changes is shown with its old and new value, for at most `MAX_ROWS`
images; a message fits into the cookie that carries it, however long the images' names are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub_images.catalogue.bulk import Action, BulkChange, Outcome, marked
from hub_images.catalogue.difference import FieldChange
from hub_images.catalogue.image import LABELS
from hub_images.service.pages.image_form import shown_value
from hub_images.service.pages.phrases import images_text, listed
from hub_images.store.orm import Image

MAX_ROWS = 300  # of each table: a browser should not have to lay out thousands
_LABELS = {**LABELS, "groups": "Groups"}  # there is nothing to edit in a preview
_NAMED = 8  # images in a message
_REFUSED_NAMED = 20
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


def done_text(action: Action, images: Sequence[Image]) -> str:
    """Say what was done to images, without a full stop. What undoes it belongs beside this.

    `Disabled SciPy`, or `Disabled 12 images: SciPy, Torch and 10 more`.
    """
    if len(images) == 1:
        return action.done.format(images[0].display_name)
    return action.done.format(images_text(len(images))) + _named([i.display_name for i in images])


def _named(names: Sequence[str]) -> str:
    """Return names behind a colon, as many as fit into a message."""
    for most in range(_NAMED, 0, -1):
        text = f": {listed(names, most)}"
        if len(json.dumps(text)) <= _MESSAGE_BYTES:
            return text
    return ""


def refused_text(names: Sequence[str]) -> str:
    """Say which images cannot be enabled; names of images are short and plain."""
    named = listed(names, _REFUSED_NAMED)
    return f"Nothing was enabled, because this hub does not allow the references of {named}."
