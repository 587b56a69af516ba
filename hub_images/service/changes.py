"""The one way to change the catalogue: permission, check, store, log.

Pages and REST use it as the caller of their request. It returns what changed, and logs
nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from hub_images import scopes
from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import ImageSpec
from hub_images.service.context import ServiceContext
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.service.web.identity import Caller
from hub_images.store import images
from hub_images.store.images import Change, Expected

log = logging.getLogger("hub_images")


class Changes:
    """The changes that one request makes.

    Every method that changes something raises `scopes.PermissionMissing` if the caller may
    not, and `DatabaseUnavailable`.
    """

    def __init__(self, context: ServiceContext, caller: Caller) -> None:
        self._database = context.database
        self._pull_secrets = context.pull_secrets
        self._caller = caller
        self._known_secrets: KnownSecrets | None = None

    async def known_secrets(self) -> KnownSecrets:
        """Return the pull secrets that may be chosen; asks the cluster once a request."""
        if self._known_secrets is None:
            self._known_secrets = await self._pull_secrets.known()
        return self._known_secrets

    async def add(self, spec: ImageSpec) -> Change:
        """Add an image; raises `ImageExists` and `InvalidFields`."""
        self._caller.require(scopes.WRITE)
        _check_pull_secret(spec, await self._known_where_given(spec.pull_secret))
        return await self._write_one(
            lambda session: images.create_image(session, spec, actor=self._caller.name)
        )

    async def change(
        self,
        name: str,
        make: Callable[[ImageSpec], ImageSpec],
        *,
        pull_secret: object,
        expected: Expected = None,
    ) -> Change:
        """Replace an image's fields with what `make` returns for the stored ones, under the lock.

        `pull_secret` is the one that was sent; without one, nobody asks the cluster.
        Raises `ImageNotFound`, `VersionConflict`, `InvalidFields`, and what `make` raises.
        """
        self._caller.require(scopes.WRITE)
        known = await self._known_where_given(pull_secret)

        def checked(stored: ImageSpec) -> ImageSpec:
            spec = make(stored)
            if spec.name != stored.name:
                raise InvalidFields({"name": [f"You cannot change the name {stored.name}."]})
            _check_pull_secret(spec, known, stored.pull_secret)
            return spec

        return await self._write_one(
            lambda session: images.change_image(
                session, name, checked, actor=self._caller.name, expected=expected
            )
        )

    async def set_enabled(self, names: Collection[str], enabled: bool) -> list[Change]:
        """Enable or disable the named images that exist; return those that changed."""
        self._caller.require(scopes.WRITE)
        return await self._write(
            lambda session: images.set_enabled(session, names, enabled, actor=self._caller.name)
        )

    async def delete(self, name: str, *, expected: Expected = None) -> Change:
        """Delete an image; raises `ImageNotFound` and `VersionConflict`."""
        self._caller.require(scopes.WRITE)
        return await self._write_one(
            lambda session: images.delete_image(session, name, expected=expected)
        )

    async def delete_several(self, names: Collection[str]) -> list[Change]:
        """Delete the named images that exist."""
        self._caller.require(scopes.WRITE)
        return await self._write(lambda session: images.delete_images(session, names))

    async def _known_where_given(self, pull_secret: object) -> KnownSecrets | None:
        return await self.known_secrets() if pull_secret else None

    async def _write_one(self, function: Callable[[Session], Change]) -> Change:
        change = await self._database.write(function)
        self._log(change)
        return change

    async def _write(self, function: Callable[[Session], list[Change]]) -> list[Change]:
        changes = [change for change in await self._database.write(function) if change.action]
        for change in changes:
            self._log(change)
        return changes

    def _log(self, change: Change) -> None:
        if change.action is None:
            return
        fields = f": {', '.join(change.fields)}" if change.fields else ""
        log.info(
            "%s %s the image %s%s", self._caller.name, change.action, change.image.name, fields
        )


def _check_pull_secret(
    spec: ImageSpec, known: KnownSecrets | None, stored: str | None = None
) -> None:
    if known is not None and known.lacks(spec.pull_secret, stored):
        raise InvalidFields(
            {"pull_secret": [f"{spec.pull_secret} is not in the list of pull secrets."]}
        )
