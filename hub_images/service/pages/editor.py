"""The pages that add and edit an image.

A successful POST redirects (303) to the list with its filters; a failed one shows the
same page again with everything that was typed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from hub_images.catalogue.difference import conflicts, merged
from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import LABELS, PULL_POLICIES, ImageSpec, image_fields
from hub_images.service.pages.image_form import (
    ImageForm,
    group_boxes,
    in_order,
    secret_choices,
    shown_value,
)
from hub_images.service.pages.images_page import ImagesPage
from hub_images.service.web.answers import ErrorAnswer
from hub_images.store.database import DatabaseUnavailable
from hub_images.store.images import (
    ImageExists,
    ImageNotFound,
    VersionConflict,
    get_image,
)


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
        **variables: Any,
    ) -> None:
        """Show `form`, which posts to `action`; any status but 200 means that it is unsaved."""
        groups, secrets = await asyncio.gather(
            self.context.hub.groups(), self.changes.known_secrets()
        )
        self.render_page(
            "editor.html",
            status,
            title=self.title,
            form=form,
            action=self.root + action,
            errors=errors or {},
            labels=LABELS,
            opens_start=form.opens_start(errors or {}),
            pull_policies=PULL_POLICIES,
            boxes=group_boxes(form.typed["groups"], groups),
            groups_known=groups is not None,
            secrets=secrets,
            secret_choices=secret_choices(form.typed["pull_secret"], secrets),
            state=self.state,
            unsaved=status != HTTPStatus.OK,
            **variables,
        )


class NewPage(EditorPage):
    """The page that adds an image."""

    title = "Add image"

    async def get(self) -> None:
        """Show the empty form."""
        await self.show(ImageForm(), "new")

    async def post(self) -> None:
        """Store the image, or show again what was typed."""
        form = ImageForm.from_request(self).as_new()
        try:
            change = await self.changes.add(form.parse())
        except InvalidFields as error:
            await self.show(form, "new", HTTPStatus.UNPROCESSABLE_ENTITY, error.errors)
        except ImageExists as error:
            await self.show(form, "new", HTTPStatus.CONFLICT, {"name": [str(error)]})
        except DatabaseUnavailable as error:
            await self.show(form, "new", HTTPStatus.SERVICE_UNAVAILABLE, problem=str(error))
        else:
            self.back_to_list(f"Added {change.image.display_name}.", shown=change.image.name)


class EditPage(EditorPage):
    """The page that changes an image."""

    title = "Edit image"

    async def get(self, name: str) -> None:
        """Show the image's form."""
        image = await self.context.database.read(lambda session: get_image(session, name))
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
            shown = change.image.display_name
            message = f"Saved {shown}." if change.action else f"{shown} is unchanged."
            self.back_to_list(message, shown=name)

    async def _show_conflict(self, name: str, form: ImageForm, spec: ImageSpec) -> None:
        """Show what changed in the meantime beside what was typed, to save or discard."""
        image = await self.context.database.read(lambda session: get_image(session, name))
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


def _edit(name: str) -> str:
    return f"edit/{quote(name, safe='')}"
