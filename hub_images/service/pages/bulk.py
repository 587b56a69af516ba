"""Several images at once: asks for values, shows every change, and makes it when confirmed.

Nothing is stored before somebody has seen what changes, except for enabling and disabling by a
form that does not `ask`. What is confirmed is what was shown: the form holds the digest of the
images and their versions, and if they are others by then, there is a new preview (412).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from hub_images.catalogue.bulk import ACTIONS, BulkChange, parse_bulk_change
from hub_images.catalogue.fields import InvalidFields
from hub_images.service.changes import Preview
from hub_images.service.pages.bulk_preview import (
    MAX_ROWS,
    done_text,
    images_text,
    refused_text,
    shown_preview,
    told,
)
from hub_images.service.pages.controls import COMMAS
from hub_images.service.pages.image_list import ListingPage
from hub_images.service.pages.images_page import numbers_of
from hub_images.service.pages.usage import Usage
from hub_images.service.web.answers import ErrorAnswer
from hub_images.store.images import VersionConflict
from hub_images.store.orm import Image
from hub_images.store.selection import Selection, SelectionChanged, digest_of

DELETE = "delete"
#: What a form may do without a preview, unless it asks for one.
_AT_ONCE = ("enable", "disable")
_CONFLICTS = (VersionConflict, SelectionChanged)


@dataclass(frozen=True)
class Shown:
    """What the page shows besides its form; a `preview` only once all values are given."""

    status: HTTPStatus = HTTPStatus.OK
    change: BulkChange | None = None
    errors: Mapping[str, list[str]] | None = None
    conflict: Exception | None = None


class BulkPage(ListingPage):
    """Changes or deletes the images that are ticked in the list, or all that match it."""

    needs_write_scope = True

    async def post(self) -> None:
        """Ask for what `action` needs, show what it would change, or do it."""
        action = self.get_body_argument("action", "")
        if action != DELETE and action not in ACTIONS:
            listed = ", ".join([*ACTIONS, DELETE])
            raise ErrorAnswer(400, f"Choose what to do with the images; action is one of {listed}.")
        self.selection = await self._selected()
        if not self.selection.names and self.selection.query is None:
            self.back_to_list("No image was chosen.", "warning")
        elif action == DELETE:
            await self._delete()
        else:
            await self._change(action)

    async def _selected(self) -> Selection:
        """Return the images that were named, or all that match the list's filters."""
        without = self.get_body_argument("without", "").split()
        if self.get_body_argument("all_matching", ""):
            return Selection(query=await self.matching(), without=frozenset(without))
        named = self.get_body_arguments("names")
        return Selection.of([*named, *self._chosen()], without=without)

    @property
    def seen(self) -> dict[str, int]:
        """The versions of the images that a page has shown, by name."""
        return {**self._chosen(), **self.seen_versions()}

    def _chosen(self) -> dict[str, int]:
        """Return the images in `chosen`: `name=version`, separated by blanks, in one field.

        Tornado accepts some 1,000 fields, and people may choose more images.
        """
        return numbers_of(self.get_body_argument("chosen", "").split())

    @property
    def _confirmed(self) -> bool:
        return bool(self.get_body_argument("confirmed", ""))

    @property
    def _asks(self) -> bool:
        return bool(self.get_body_argument("ask", ""))

    async def _change(self, action: str) -> None:
        if ACTIONS[action].fields and not self.get_body_argument("values", ""):
            await self._show(action, Shown())
            return
        try:
            change = parse_bulk_change(action, self._values())
        except InvalidFields as error:
            shown = Shown(HTTPStatus.UNPROCESSABLE_ENTITY, errors=error.errors)
            await self._show(action, shown)
            return
        if self._confirmed or (action in _AT_ONCE and not self._asks):
            await self._apply(action, change)
        else:
            await self._show(action, Shown(change=change))

    async def _apply(self, action: str, change: BulkChange) -> None:
        digest = self.get_body_argument("digest", None)
        try:
            changes = await self.changes.change_several(
                self.selection, change, seen=self.seen, digest=digest
            )
        except _CONFLICTS as conflict:
            if isinstance(conflict, VersionConflict) and not self._confirmed:
                await self.show_list([], conflict)
                return
            shown = Shown(HTTPStatus.PRECONDITION_FAILED, change, conflict=conflict)
            await self._show(action, shown)
        except InvalidFields as error:
            if self._confirmed:
                await self._show(action, Shown(HTTPStatus.UNPROCESSABLE_ENTITY, change))
            else:
                self.back_to_list(refused_text(list(error.errors)), "danger")
        else:
            self.back_to_list(done_text(action, changes), "success" if changes else "warning")

    async def _delete(self) -> None:
        digest = self.get_body_argument("digest", None)
        if not self._confirmed:
            if self._asks or self.selection.query is not None:
                await self._show(DELETE, Shown())
            else:
                await self.show_list(list(self.selection.names))
            return
        running = await self.context.hub.running_servers(now=True)
        try:
            changes = await self.changes.delete_several(
                self.selection, seen=self.seen, digest=digest
            )
        except _CONFLICTS as conflict:
            if isinstance(conflict, VersionConflict) and digest is None:
                await self.show_list([], conflict)
            else:
                shown = Shown(HTTPStatus.PRECONDITION_FAILED, conflict=conflict)
                await self._show(DELETE, shown)
            return
        if not changes:
            self.back_to_list("These images had been deleted already.", "warning")
            return
        usage = Usage.of({c.image.name: c.image.identity for c in changes}, running)
        deleted = told("Deleted {}", [change.image for change in changes])
        self.back_to_list(f"{deleted}{usage.after_deletion}")

    def _values(self) -> dict[str, Any]:
        """Return the values that were sent, by their names; all of them, whatever the action."""
        typed = self.get_body_argument("more_groups", "").splitlines()
        groups = [line.strip() for line in typed if line.strip()]
        tags = self.get_body_arguments("tags")
        return {
            "groups": [*self.get_body_arguments("groups", strip=False), *groups],
            "tags": [tag for text in tags for tag in COMMAS.meant(text)],
            **{name: self.get_body_argument(name, "") for name in ("pull_secret", "find", "put")},
        }

    async def _show(self, action: str, shown: Shown) -> None:
        """Show the form of the action's values and, once they are given, what would change."""
        preview, errors, status = await self._preview(shown)
        fields = ACTIONS[action].fields if action in ACTIONS else ()
        images = preview.images
        hub_groups, secrets, running = await asyncio.gather(
            self.context.hub.groups() if "groups" in fields else _nothing(),
            self.changes.known_secrets() if "pull_secret" in fields else _nothing(),
            self.context.hub.running_servers(now=True) if action == DELETE else _nothing(),
        )
        known = None if hub_groups is None else [group.name for group in hub_groups]
        ready = shown.change is not None and not errors
        doing = ACTIONS[action].doing if action in ACTIONS else "Delete {}"
        self.render_page(
            "bulk.html",
            status,
            state=self.state,
            action=action,
            heading=doing.format(images_text(len(images))),
            fields=fields,
            values=self._values(),
            typed_groups=self.get_body_argument("more_groups", ""),
            errors=errors,
            known_groups=known,
            counted_groups=_counted(images, "groups"),
            counted_tags=_counted(images, "tags"),
            in_commas=COMMAS.shown,
            secrets=secrets,
            everyone=sum(image.is_global for image in images),
            images=images,
            preview=shown_preview(shown.change, preview.outcomes)
            if ready and shown.change
            else None,
            most=MAX_ROWS,
            usage=Usage.of({image.name: image.identity for image in images}, running),
            conflict=shown.conflict,
            digest=preview.digest,
            **self._told_of(images),
        )

    async def _preview(self, shown: Shown) -> tuple[Preview, Mapping[str, list[str]], HTTPStatus]:
        """Return the images, with what becomes of them once the values are given and valid."""
        errors = shown.errors or {}
        if shown.change is not None:
            try:
                preview = await self.changes.preview(self.selection, shown.change)
            except InvalidFields as error:  # a pull secret that is not in the list
                return await self._unchanged(), error.errors, HTTPStatus.UNPROCESSABLE_ENTITY
            return preview, errors, shown.status
        return await self._unchanged(), errors, shown.status

    async def _unchanged(self) -> Preview:
        images = await self.context.database.read(self.selection.images)
        return Preview(images, (), digest_of(images))

    def _told_of(self, images: Sequence[Image]) -> dict[str, Any]:
        """Return what the form sends along, and what is no longer as it was when it was chosen."""
        selection, seen = self.selection, self.seen
        if selection.query is not None:
            return {"all_matching": True, "without": " ".join(sorted(selection.without))}
        there = {image.name for image in images}
        return {
            "chosen": " ".join(f"{image.name}={image.version}" for image in images),
            "without": "",
            "gone": [n for n in selection.names if n not in there | selection.without],
            "moved": [i.display_name for i in images if seen.get(i.name, i.version) != i.version],
        }


async def _nothing() -> None:
    return None


def _counted(images: Sequence[Image], name: str) -> list[tuple[str, int]]:
    """Count the entries of a list field over the images, sorted as people read them."""
    counts = Counter(entry for image in images for entry in getattr(image, name))
    return sorted(counts.items(), key=lambda item: (item[0].casefold(), item[0]))
