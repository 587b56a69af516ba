"""The pages: list, add, edit, delete, several at once.

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

from sqlalchemy.orm import Session

from hub_images import store
from hub_images.database import DatabaseUnavailable
from hub_images.handlers.api import check_pull_secret, log_change
from hub_images.handlers.base import BaseHandler, Refused
from hub_images.handlers.forms import (
    LABELS,
    FormFields,
    differences,
    group_boxes,
    in_order,
    merged,
    secret_choices,
)
from hub_images.handlers.listing import (
    ListState,
    make_rows,
    read_listing,
    servers_text,
    usage_sentence,
)
from hub_images.handlers.rendering import PageHandler
from hub_images.orm import Image
from hub_images.schema import ImageSpec, InvalidFields, image_fields
from hub_images.store import ImageExists, ImageNotFound, VersionConflict

MAX_NAMES = 200  # in one address or bulk action; the list shows 25


class ImagesPage(PageHandler):
    """A page that knows how the list was filtered when it was left."""

    @property
    def state(self) -> ListState:
        """The list's state out of the address."""
        return ListState.from_arguments(self.request.query_arguments)

    def back_to_list(self, message: str, kind: str = "success") -> None:
        """Redirect to the list as it was filtered, with a message."""
        self.flash(message, kind)
        self.see_other(self.state.query_string())

    def names(self) -> list[str]:
        """Return the image names of the request, each once."""
        return list(dict.fromkeys(self.get_arguments("names")))[:MAX_NAMES]

    async def render_list(self, asked: list[str]) -> None:
        """Show the list; where `asked` names images, with the question whether to delete them."""
        listing, groups, secrets, in_use, doomed = await asyncio.gather(
            self.services.database.read(lambda session: read_listing(session, self.state)),
            self.services.hub_api.groups(),
            self.services.pull_secrets.known(),
            self.services.hub_api.images_in_use(),
            self.services.database.read(lambda session: display_names(session, asked)),
        )
        known = None if groups is None else [group.name for group in groups]
        self.render_page(
            "images/list.html",
            listing=listing,
            state=listing.state,
            rows=make_rows(listing.images, known, secrets, in_use),
            group_choices=sorted({*(known or []), *listing.groups}, key=str.casefold),
            hub_answers=in_use is not None,
            flash=self.take_flash(),
            doomed=doomed,
            several=self.request.method == "POST",
            usage=usage(list(doomed), in_use),
        )


class ListPage(ImagesPage):
    """The list of images."""

    async def get(self) -> None:
        """Show the list; `?confirm=` asks whether to delete an image, without a script."""
        asked = self.get_query_arguments("confirm") if self.may_write else []
        await self.render_list(asked[-1:])


def display_names(session: Session, names: list[str]) -> dict[str, str]:
    """Return the display names of those images that exist, by name."""
    if not names:
        return {}
    return {image.name: image.display_name for image in store.named_images(session, names)}


def usage(names: list[str], in_use: Mapping[str, int] | None) -> dict[str, Any]:
    """Say how many running servers use the images, each and together."""
    counts = {name: None if in_use is None else in_use.get(name, 0) for name in names}
    total = None if in_use is None else sum(in_use.get(name, 0) for name in names)
    return {
        "sentence": usage_sentence(total, len(names)),
        "servers": counts,
        "texts": {name: servers_text(count) for name, count in counts.items()},
    }


class UsagePage(ImagesPage):
    """What the delete dialog asks when it opens: how many servers run the images now."""

    async def get(self) -> None:
        """Answer in JSON for the images in `names`."""
        answer = usage(self.names(), await self.services.hub_api.images_in_use())
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(answer))


class FormPage(ImagesPage):
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


class DeletePage(ImagesPage):
    """Where the list's dialog deletes an image."""

    always_write = True

    async def post(self, name: str) -> None:
        """Delete the image; its running servers are left alone."""
        in_use = await self.services.hub_api.images_in_use()

        def delete(session: Session) -> str:
            shown = store.get_image(session, name).display_name
            store.delete_image(session, name)
            return shown

        shown = await self.services.database.write(delete)
        log_change("deleted", name, self.actor)
        self.back_to_list(f"Deleted {shown}{still_running([name], in_use)}")


def still_running(names: list[str], in_use: Mapping[str, int] | None) -> str:
    """End a sentence about deleted images: which servers go on."""
    servers = sum((in_use or {}).get(name, 0) for name in names)
    if not servers:
        return "."
    return f"; {servers_text(servers)} {'keeps' if servers == 1 else 'keep'} running."


class BulkPage(ImagesPage):
    """Where the list enables, disables or deletes the images that are ticked."""

    always_write = True
    _ACTIONS: ClassVar[tuple[str, ...]] = ("enable", "disable", "delete")

    async def post(self) -> None:
        """Do `action` to the images in `names`; deleting asks first unless `confirmed`."""
        names, action = self.names(), self.get_body_argument("action", "")
        if action not in self._ACTIONS:
            raise Refused(400, "Choose one of Enable, Disable and Delete.")
        if not names:
            self.back_to_list("No image was chosen.", "warning")
        elif action == "delete" and not self.get_body_argument("confirmed", ""):
            await self.render_list(names)
        elif action == "delete":
            await self._delete(names)
        else:
            await self._set_enabled(names, action == "enable")

    async def _set_enabled(self, names: list[str], enabled: bool) -> None:
        changed = await self.services.database.write(
            lambda session: store.set_enabled(session, names, enabled, actor=self.actor)
        )
        word = "enabled" if enabled else "disabled"
        for name in changed:
            log_change(word, name, self.actor)
        self.back_to_list(f"{word.capitalize()} {images_text(len(changed))}.")

    async def _delete(self, names: list[str]) -> None:
        in_use = await self.services.hub_api.images_in_use()
        deleted = await self.services.database.write(
            lambda session: store.delete_images(session, names)
        )
        for name in deleted:
            log_change("deleted", name, self.actor)
        self.back_to_list(f"Deleted {images_text(len(deleted))}{still_running(deleted, in_use)}")


def images_text(count: int) -> str:
    """Name the number of images."""
    return "1 image" if count == 1 else f"{count or 'no'} images"


HANDLERS: list[tuple[str, type[BaseHandler]]] = [
    ("", ListPage),
    ("new", NewPage),
    ("edit/([^/]+)", EditPage),
    ("delete/([^/]+)", DeletePage),
    ("bulk", BulkPage),
    ("usage", UsagePage),
]
