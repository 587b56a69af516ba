"""The pages that add and edit an image.

A POST that succeeds answers 303 to the list, as it was filtered; one that does not
answers the same page with everything that was typed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from hub_images.catalogue.image import ImageSpec, InvalidFields, image_fields
from hub_images.service.api.images import check_pull_secret, log_change
from hub_images.service.pages.image_form import (
    LABELS,
    FormFields,
    differences,
    group_boxes,
    in_order,
    merged,
    secret_choices,
)
from hub_images.service.web.identity import Refused
from hub_images.service.web.page import PageHandler
from hub_images.store import images as store
from hub_images.store.database import DatabaseUnavailable
from hub_images.store.images import ImageExists, ImageNotFound, VersionConflict
from hub_images.store.orm import Image


class FormPage(PageHandler):
    """What adding and editing share."""

    always_write = True
    title: ClassVar[str]

    async def render_form(
        self,
        fields: FormFields,
        status: int = HTTPStatus.OK,
        errors: Mapping[str, list[str]] | None = None,
        **variables: Any,
    ) -> None:
        """Show the form with `fields`; with a status of failure it counts as not saved."""
        groups, secrets = await asyncio.gather(
            self.services.hub_api.groups(), self.services.pull_secrets.known()
        )
        page: dict[str, Any] = {
            "title": self.title,
            "fields": fields,
            "errors": errors or {},
            "labels": LABELS,
            "boxes": group_boxes(fields.groups, groups),
            "groups_known": groups is not None,
            "secrets": secrets,
            "secret_choices": secret_choices(fields, secrets),
            "state": self.state,
            "unsaved": status != HTTPStatus.OK,
            "action": self.root + "new",
            **variables,
        }
        self.render_page("images/form.html", status, **page)


class NewPage(FormPage):
    """The page that adds an image."""

    title = "Add image"

    async def get(self) -> None:
        """Show the empty form."""
        await self.render_form(FormFields())

    async def post(self) -> None:
        """Store the image, or show again what was typed."""
        fields = replace(FormFields.from_request(self), version=None, base="")
        known = await self.services.pull_secrets.known()
        try:
            spec = fields.parse()
            check_pull_secret(spec, known)
            await self.services.database.write(
                lambda session: store.create_image(session, spec, actor=self.actor)
            )
        except InvalidFields as error:
            await self.render_form(fields, HTTPStatus.UNPROCESSABLE_ENTITY, error.errors)
        except ImageExists as error:
            await self.render_form(fields, HTTPStatus.CONFLICT, {"name": [str(error)]})
        except DatabaseUnavailable as error:
            await self.render_form(fields, HTTPStatus.SERVICE_UNAVAILABLE, problem=str(error))
        else:
            log_change("added", spec.name, self.actor)
            self.back_to_list(f"Added {spec.display_name}.")


class EditPage(FormPage):
    """The page that changes an image."""

    title = "Edit image"

    async def get(self, name: str) -> None:
        """Show the image's form."""
        image = await self.services.database.read(lambda session: store.get_image(session, name))
        values = image_fields(store.spec_of(image))
        fields = FormFields.from_image(values, image.version, json.dumps(values))
        await self.render_form(fields, image=image, action=self.action(name))

    def action(self, name: str) -> str:
        """Return the address that the form is sent to."""
        return f"{self.root}edit/{quote(name, safe='')}"

    async def post(self, name: str) -> None:
        """Store the changes, or show again what was typed."""
        fields = replace(FormFields.from_request(self), name=name)
        if fields.version is None:
            raise Refused(400, "The form does not say which version of the image it changes.")
        action = self.action(name)
        try:
            spec = fields.parse()
            await self._store(spec, fields.version)
        except InvalidFields as error:
            await self.render_form(
                fields, HTTPStatus.UNPROCESSABLE_ENTITY, error.errors, action=action
            )
        except DatabaseUnavailable as error:
            await self.render_form(
                fields, HTTPStatus.SERVICE_UNAVAILABLE, problem=str(error), action=action
            )
        except VersionConflict:
            await self._show_conflict(fields, image_fields(spec))
        except ImageNotFound:
            await self.render_form(replace(fields, version=None), HTTPStatus.NOT_FOUND, gone=name)
        else:
            log_change("changed", name, self.actor)
            self.back_to_list(f"Saved {spec.display_name}.")

    async def _store(self, spec: ImageSpec, version: int) -> None:
        known = await self.services.pull_secrets.known()

        def change(image: Image) -> ImageSpec:
            check_pull_secret(spec, known, image.pull_secret)
            return spec.model_copy(update={"groups": in_order(spec.groups, image.groups)})

        await self.services.database.write(
            lambda session: store.change_image(
                session, spec.name, change, actor=self.actor, expected=version
            )
        )

    async def _show_conflict(self, fields: FormFields, mine: dict[str, Any]) -> None:
        """Show what changed in the meantime beside what was typed, to be saved or discarded."""
        image = await self.services.database.read(
            lambda session: store.get_image(session, fields.name)
        )
        now = image_fields(store.spec_of(image))
        base = fields.base_fields
        if isinstance(base.get("groups"), list):
            mine["groups"] = in_order(mine["groups"], base["groups"])
        again = FormFields.from_image(merged(base, now, mine), image.version, json.dumps(now))
        await self.render_form(
            again,
            HTTPStatus.PRECONDITION_FAILED,
            image=image,
            action=self.action(image.name),
            conflict=differences(base, now, mine),
        )
