"""Several images at once: asks for values, shows every change, and makes it when confirmed.

Nothing is stored before somebody has seen what changes, except for enabling and disabling by a
form that does not `ask`. What is confirmed is what was shown: the form holds the digest of the
images and their versions, and if they are others by then, there is a new preview (412).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from hub_images.catalogue.bulk import ACTIONS, DELETE, Action, BulkChange, parse_bulk_change
from hub_images.catalogue.fields import InvalidFields
from hub_images.service.changes import Preview
from hub_images.service.pages.bulk_preview import (
    MAX_ROWS,
    done_text,
    refused_text,
    shown_preview,
)
from hub_images.service.pages.controls import BOXES, COMMAS
from hub_images.service.pages.image_list import ListingPage
from hub_images.service.pages.images_page import numbers_of
from hub_images.service.pages.phrases import images_text
from hub_images.service.pages.usage import Usage
from hub_images.service.web.answers import ErrorAnswer
from hub_images.store.images import VersionConflict
from hub_images.store.orm import Image
from hub_images.store.selection import Selection, SelectionChanged, digest_of

#: All that the page can do, by the name that a form sends.
_ACTIONS: Mapping[str, Action] = {**ACTIONS, "delete": DELETE}
#: What a form may do without a preview, unless it asks for one.
_AT_ONCE = ("enable", "disable")
_CONFLICTS = (VersionConflict, SelectionChanged)


@dataclass(frozen=True)
class Shown:
    """What the page shows besides its form."""

    preview: Preview
    """The images; what becomes of them only with a `change`."""
    status: HTTPStatus = HTTPStatus.OK
    change: BulkChange | None = None
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    conflict: Exception | None = None


class BulkPage(ListingPage):
    """Changes or deletes the images that are ticked in the list, or all that match it."""

    needs_write_scope = True

    async def post(self) -> None:
        """Ask for what `action` needs, show what it would change, or do it."""
        name = self.get_body_argument("action", "")
        if name not in _ACTIONS:
            known = ", ".join(_ACTIONS)
            raise ErrorAnswer(400, f"Choose what to do with the images; action is one of {known}.")
        self.selection = await self._selected()
        if not self.selection.names and self.selection.query is None:
            self.back_to_list("No image was chosen.", "warning")
        elif _ACTIONS[name] is DELETE:
            await self._delete(name)
        else:
            await self._change(name)

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

    async def _change(self, name: str) -> None:
        if ACTIONS[name].fields and not self.get_body_argument("values", ""):
            await self._show(name, Shown(await self._chosen_images()))
            return
        try:
            change = parse_bulk_change(name, self._values())
        except InvalidFields as error:
            await self._show(name, await self._refused(error))
            return
        if self._confirmed or (name in _AT_ONCE and not self._asks):
            await self._apply(name, change)
        else:
            await self._show(name, await self._previewed(change))

    async def _apply(self, name: str, change: BulkChange) -> None:
        digest = self.get_body_argument("digest", None)
        try:
            changes = await self.changes.change_several(
                self.selection, change, seen=self.seen, digest=digest
            )
        except _CONFLICTS as conflict:
            if isinstance(conflict, VersionConflict) and not self._confirmed:
                await self.show_list([], conflict)
                return
            status = HTTPStatus.PRECONDITION_FAILED
            await self._show(name, await self._previewed(change, status, conflict))
        except InvalidFields as error:
            if self._confirmed:
                status = HTTPStatus.UNPROCESSABLE_ENTITY
                await self._show(name, await self._previewed(change, status))
            else:
                self.back_to_list(refused_text(list(error.errors)), "danger")
        else:
            if changes:
                images = [change.image for change in changes]
                self.back_to_list(f"{done_text(ACTIONS[name], images)}.")
            else:
                self.back_to_list("Nothing had to be changed.", "warning")

    async def _delete(self, name: str) -> None:
        digest = self.get_body_argument("digest", None)
        if not self._confirmed:
            if self._asks or self.selection.query is not None:
                await self._show(name, Shown(await self._chosen_images()))
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
                status = HTTPStatus.PRECONDITION_FAILED
                chosen = await self._chosen_images()
                await self._show(name, Shown(chosen, status, conflict=conflict))
            return
        if not changes:
            self.back_to_list("These images had been deleted already.", "warning")
            return
        images = [change.image for change in changes]
        usage = Usage.of({image.name: image.identity for image in images}, running)
        self.back_to_list(f"{done_text(DELETE, images)}{usage.after_deletion}")

    async def _previewed(
        self,
        change: BulkChange,
        status: HTTPStatus = HTTPStatus.OK,
        conflict: Exception | None = None,
    ) -> Shown:
        """Return what becomes of the images by a change."""
        try:
            preview = await self.changes.preview(self.selection, change)
        except InvalidFields as error:  # a pull secret that is not in the list
            return await self._refused(error, conflict)
        return Shown(preview, status, change, conflict=conflict)

    async def _refused(self, error: InvalidFields, conflict: Exception | None = None) -> Shown:
        """Return the images as they are, with what is wrong with the values."""
        chosen = await self._chosen_images()
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return Shown(chosen, status, errors=error.errors, conflict=conflict)

    async def _chosen_images(self) -> Preview:
        """Return the images as they are."""
        images = await self.context.database.read(self.selection.images)
        return Preview(images, (), digest_of(images))

    def _values(self) -> dict[str, Any]:
        """Return the values that were sent, by their names; all of them, whatever the action."""
        typed = self.get_body_argument("more_groups", "").splitlines()
        groups = [line.strip() for line in typed if line.strip()]
        tags = self.get_body_arguments("tags")
        return {
            "groups": [*BOXES.sent(self, "groups"), *groups],
            "tags": [tag for text in tags for tag in COMMAS.meant(text)],
            **{name: self.get_body_argument(name, "") for name in ("pull_secret", "find", "put")},
        }

    async def _show(self, name: str, shown: Shown) -> None:
        """Show the form of the action's values and, once they are given, what would change."""
        action, images = _ACTIONS[name], shown.preview.images
        hub_groups, secrets, running = await asyncio.gather(
            self.context.hub.groups() if "groups" in action.fields else _nothing(),
            self.changes.known_secrets() if "pull_secret" in action.fields else _nothing(),
            self.context.hub.running_servers(now=True) if action is DELETE else _nothing(),
        )
        known = None if hub_groups is None else {each.name: each.members for each in hub_groups}
        outcomes = shown.change and shown_preview(shown.change, shown.preview.outcomes)
        self.render_page(
            "bulk.html",
            shown.status,
            state=self.state,
            action=name,
            heading=action.doing.format(images_text(len(images))),
            fields=action.fields,
            values=self._values(),
            typed_groups=self.get_body_argument("more_groups", ""),
            errors=shown.errors,
            known_groups=known,
            counts={name: _counted(images, name) for name in ("groups", "tags")},
            in_commas=COMMAS.shown,
            secrets=secrets,
            everyone=sum(image.is_global for image in images),
            images=images,
            preview=outcomes,
            most=MAX_ROWS,
            usage=Usage.of({image.name: image.identity for image in images}, running),
            conflict=shown.conflict,
            digest=shown.preview.digest,
            **self._choice_fields(images),
            **self._changed_since(images),
        )

    def _choice_fields(self, images: Sequence[Image]) -> dict[str, Any]:
        """Return what the form sends along, which says which images are chosen."""
        without = " ".join(sorted(self.selection.without))
        if self.selection.query is not None:
            return {"all_matching": True, "without": without}
        chosen = " ".join(f"{image.name}={image.version}" for image in images)
        return {"chosen": chosen, "without": ""}  # those are left out of `images` already

    def _changed_since(self, images: Sequence[Image]) -> dict[str, list[str]]:
        """Return which of the images that were named are gone by now, and which have changed."""
        selection, seen = self.selection, self.seen
        if selection.query is not None:  # then nobody named any
            return {"gone": [], "moved": []}
        there = {image.name for image in images}
        return {
            "gone": [n for n in selection.names if n not in there | selection.without],
            "moved": [i.display_name for i in images if seen.get(i.name, i.version) != i.version],
        }


async def _nothing() -> None:
    return None


def _counted(images: Sequence[Image], name: str) -> dict[str, int]:
    """Count the entries of a list field over the images, sorted as people read them."""
    counts = Counter(entry for image in images for entry in getattr(image, name))
    return dict(sorted(counts.items(), key=lambda item: (item[0].casefold(), item[0])))
