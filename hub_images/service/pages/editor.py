"""The pages that add and edit an image.

A successful POST redirects (303) to the list with its filters, where the image's row is in sight;
a failed one shows the same page again with everything that was typed. Either answer carries the
number that the browser gave what it sent, so that the page's script knows what it need not keep.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from hub_images.catalogue.difference import conflicts, merged
from hub_images.catalogue.fields import InvalidFields, is_name
from hub_images.catalogue.image import LABELS, PULL_POLICIES, ImageSpec, image_fields
from hub_images.catalogue.reference import SCRIPT_PATTERN
from hub_images.service.pages import reference_notes
from hub_images.service.pages.controls import text
from hub_images.service.pages.image_form import (
    ImageForm,
    group_boxes,
    in_order,
    secret_choices,
    shown_value,
)
from hub_images.service.pages.images_page import ImagesPage
from hub_images.service.pages.times import time_since
from hub_images.service.web.answers import ErrorAnswer
from hub_images.store.database import DatabaseUnavailable
from hub_images.store.images import (
    Change,
    ImageExists,
    ImageNotFound,
    VersionConflict,
    get_image,
    identities,
)
from hub_images.store.orm import Image

#: What the cookies begin with that tell a page's script which of its sendings have arrived.
ANSWERED_COOKIE = "hub-images-answered-"
_ANSWERED_SECONDS = 24 * 3600  # the script takes them away; this is for a tab that was closed


class EditorPage(ImagesPage):
    """What adding and editing share."""

    expensive = True  # they ask the hub for all groups, and the cluster
    needs_write_scope = True
    title: ClassVar[str]

    async def show(
        self,
        form: ImageForm,
        action: str,
        status: int = HTTPStatus.OK,
        errors: Mapping[str, list[str]] | None = None,
        original: str = "",
        **variables: Any,
    ) -> None:
        """Show `form`, which posts to `action`; any status but 200 means that it is unsaved.

        `original` names the image of which it is a copy.
        """
        groups, secrets = await asyncio.gather(
            self.context.hub.groups(), self.changes.known_secrets()
        )
        errors = errors or {}
        self._tell_answered()
        self.render_page(
            "editor.html",
            status,
            title=self.title,
            form=form,
            action=self.root + action,
            query=_with(self.state.query_string(), original),
            original=original,
            errors=errors,
            labels=LABELS,
            opens_start=form.opens_start(errors),
            pull_policies=PULL_POLICIES,
            notes=form.notes(),
            sentences=reference_notes,
            reference_pattern=SCRIPT_PATTERN,
            boxes=group_boxes(form.typed["groups"], groups),
            known_groups=[(group.name, group.members) for group in groups or []],
            groups_known=groups is not None,
            secrets=secrets,
            secret_choices=secret_choices(form.typed["pull_secret"], secrets),
            state=self.state,
            unsaved=status != HTTPStatus.OK,
            time_since=time_since,
            now=datetime.now(UTC),
            **variables,
        )

    def finish_change(self, change: Change, form: ImageForm) -> None:
        """Go back to the list after a change, and say what was done."""
        name = change.image.display_name
        said = {"added": f"Added {name}.", "changed": f"Saved {name}."}
        message = said.get(change.action or "", f"{name} is unchanged.")
        self._tell_answered()
        taken_off = form.taken_off(change.after) if change.after else ""
        self.back_to_list(message + taken_off, shown=change.image.name)

    async def stored(self, name: str) -> Image:
        """Return an image; raises `ImageNotFound`."""
        return await self.context.database.read(lambda session: get_image(session, name))

    def _tell_answered(self) -> None:
        """Tell the page's script that what it sent under this number has arrived.

        A cookie for each number: with one for all, two tabs would take each other's away.
        """
        number = text(self, "sending") if self.request.method == "POST" else ""
        if re.fullmatch(r"[0-9a-z]{1,40}", number):
            self.set_cookie(
                ANSWERED_COOKIE + number,
                "yes",
                max_age=_ANSWERED_SECONDS,
                path=self.root,
                samesite="Lax",
                secure=self.request.protocol == "https",
            )


class NewPage(EditorPage):
    """The page that adds an image; `?from=` names one to copy."""

    title = "Add image"

    async def get(self) -> None:
        """Show the empty form, or a copy of an image; raises `ImageNotFound`."""
        if original := self._original:
            image = await self.stored(original)
            form, shown = ImageForm.copy_of(image), image.display_name
            await self.show(form, "new", original=original, original_shown=shown)
        else:
            await self.show(ImageForm(), "new")

    async def post(self) -> None:
        """Store the image, or show again what was typed."""
        form = ImageForm.from_request(self).as_new()
        try:
            change = await self._add(form)
        except InvalidFields as error:
            await self._show_again(form, HTTPStatus.UNPROCESSABLE_ENTITY, error.errors)
        except ImageExists as error:
            await self._show_again(form, HTTPStatus.CONFLICT, {"name": [str(error)]})
        except DatabaseUnavailable as error:
            await self._show_again(form, HTTPStatus.SERVICE_UNAVAILABLE, problem=str(error))
        else:
            self.finish_change(change, form)

    @property
    def _original(self) -> str:
        """The name of the image to copy, blank for none."""
        return self.get_query_argument("from", "")

    async def _add(self, form: ImageForm) -> Change:
        """Add the image; of all that is wrong, the errors say that the name is taken, too."""
        try:
            return await self.changes.add(form.parse())
        except InvalidFields as error:
            name = _name(form)
            if is_name(name) and name in await self.context.database.read(
                lambda session: identities(session, [name])
            ):
                raise InvalidFields({"name": [str(ImageExists(name))], **error.errors}) from None
            raise

    async def _show_again(
        self,
        form: ImageForm,
        status: int,
        errors: Mapping[str, list[str]] | None = None,
        problem: str | None = None,
    ) -> None:
        name = _name(form)
        await self.show(
            form,
            "new",
            status,
            errors,
            problem=problem,
            taken=name if (errors or {}).get("name") == [str(ImageExists(name))] else None,
            # by its name alone: it may be gone by now
            original=self._original if is_name(self._original) else "",
        )


class EditPage(EditorPage):
    """The page that changes an image."""

    title = "Edit image"

    async def get(self, name: str) -> None:
        """Show the image's form."""
        image = await self.stored(name)
        # what has been saved under other rules
        problems = self.context.policy.field_problems(image)
        await self.show(ImageForm.from_image(image), _edit(name), errors=problems, image=image)

    async def post(self, name: str) -> None:
        """Store the changes, or show again what was typed."""
        form = ImageForm.from_request(self, name=name)
        if form.version is None:
            raise ErrorAnswer(400, "The form does not say which version of the image it changes.")
        action = _edit(name)
        try:
            spec = form.parse()
            change = await self.changes.change(
                name, lambda stored: _in_order(spec, stored.groups), expected=[form.version]
            )
        except InvalidFields as error:
            await self.show(form, action, HTTPStatus.UNPROCESSABLE_ENTITY, error.errors)
        except DatabaseUnavailable as error:
            await self.show(form, action, HTTPStatus.SERVICE_UNAVAILABLE, problem=str(error))
        except VersionConflict:
            await self._show_conflict(name, form, spec)
        except ImageNotFound:
            await self.show(form.as_new(), "new", HTTPStatus.NOT_FOUND, gone=name)
        else:
            self.finish_change(change, form)

    async def _show_conflict(self, name: str, form: ImageForm, spec: ImageSpec) -> None:
        """Show what changed in the meantime beside what was typed, to save or discard."""
        image = await self.stored(name)
        base, now = form.base_fields, image_fields(image)
        mine = image_fields(_in_order(spec, base.get("groups", [])))
        await self.show(
            ImageForm.from_fields(merged(base, now, mine), image.version, now),
            _edit(name),
            HTTPStatus.PRECONDITION_FAILED,
            image=image,
            conflict=conflicts(base, now, mine),
            shown_value=shown_value,
        )


def _in_order(spec: ImageSpec, groups: Sequence[str]) -> ImageSpec:
    return spec.model_copy(update={"groups": in_order(spec.groups, groups)})


def _with(query: str, original: str) -> str:
    if not original:
        return query
    return f"{query}{'&' if query else '?'}{urlencode({'from': original})}"


def _name(form: ImageForm) -> str:
    return str(form.typed["name"]).strip()


def _edit(name: str) -> str:
    return f"edit/{quote(name, safe='')}"
