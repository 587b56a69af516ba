"""The one way to change the catalogue: permission, check, store, log.

Pages and REST use it as the caller of their request. It returns and logs what changed, and
nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hub_images import scopes
from hub_images.catalogue.bulk import BulkChange, Outcome
from hub_images.catalogue.difference_line import difference_line
from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import ImageSpec
from hub_images.catalogue.policy import REFERENCE_FIELDS
from hub_images.service.context import ServiceContext
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.service.web.identity import Caller
from hub_images.store import images
from hub_images.store.images import Change, Expected, spec_of
from hub_images.store.orm import Image
from hub_images.store.selection import Selection, digest_of

log = logging.getLogger("hub_images")


def _fields_to_check(stored: ImageSpec, spec: ImageSpec) -> Collection[str]:
    """Return the fields whose references have to be allowed when `stored` becomes `spec`.

    An image that was saved under other rules can still be disabled, and edited while it is.
    """
    if spec.enabled:
        return REFERENCE_FIELDS
    return [name for name in REFERENCE_FIELDS if getattr(spec, name) != getattr(stored, name)]


class _UncheckedSecret(Exception):
    """A change gives an image a pull secret that has not been looked up yet."""

    def __init__(self, name: str | None) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Preview:
    """What a change would make of several images, and which state of them that is about."""

    images: Sequence[Image]
    outcomes: Sequence[Outcome]
    """For each of `images`, in their order."""
    digest: str


class Changes:
    """The changes that one request makes.

    Every method that changes something raises `scopes.PermissionMissing` if the caller may
    not, and `DatabaseUnavailable`.
    """

    def __init__(self, context: ServiceContext, caller: Caller) -> None:
        self._database = context.database
        self._pull_secrets = context.pull_secrets
        self._policy = context.policy
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
        self._check_references(spec, REFERENCE_FIELDS)
        await self._check_pull_secret(spec.pull_secret)
        return await self._write_one(
            lambda session: images.create_image(session, spec, actor=self._caller.name)
        )

    async def change(
        self,
        name: str,
        make: Callable[[ImageSpec], ImageSpec],
        *,
        expected: Expected = None,
    ) -> Change:
        """Replace an image's fields by what `make` makes of the stored ones, under the lock.

        Asks the cluster for its pull secrets only where the image gets another one than it
        has; `make` then runs a second time. Raises `ImageNotFound`, `VersionConflict`,
        `InvalidFields`, and what `make` raises.
        """
        self._caller.require(scopes.WRITE)
        checked: str | None = None

        def check(stored: ImageSpec) -> ImageSpec:
            spec = make(stored)
            if spec.name != stored.name:
                raise InvalidFields({"name": [f"The name is fixed; it is {stored.name}."]})
            self._check_references(spec, _fields_to_check(stored, spec))
            if spec.pull_secret not in (None, stored.pull_secret, checked):
                raise _UncheckedSecret(spec.pull_secret)
            return spec

        while True:
            try:
                return await self._write_one(
                    lambda session: images.change_image(
                        session, name, check, actor=self._caller.name, expected=expected
                    )
                )
            except _UncheckedSecret as unchecked:
                # not under the lock: the cluster may take seconds to answer
                await self._check_pull_secret(unchecked.name)
                checked = unchecked.name

    async def preview(self, selection: Selection, change: BulkChange) -> Preview:
        """Say what `change_several` would do now; raises `InvalidFields` and `TooManyImages`."""
        self._caller.require(scopes.WRITE)
        await self._check_pull_secret(change.values.pull_secret)

        def look(session: Session) -> Preview:
            chosen = selection.images(session)
            make = self._checked(change)
            outcomes = [Outcome.of(spec_of(image), make) for image in chosen]
            return Preview(chosen, outcomes, digest_of(chosen))

        return await self._database.read(look)

    async def change_several(
        self,
        selection: Selection,
        change: BulkChange,
        *,
        seen: Mapping[str, int] | None = None,
        digest: str | None = None,
    ) -> list[Change]:
        """Change the selected images that exist, all or none; return those that changed.

        Raises `VersionConflict` if one is not at the version in `seen`, `SelectionChanged` if
        they are no longer those of the preview with that `digest`, `TooManyImages`, and
        `InvalidFields`: by value of the change, or by name of image for those that a save would
        refuse.
        """
        self._caller.require(scopes.WRITE)
        await self._check_pull_secret(change.values.pull_secret)

        def write(session: Session) -> list[Change]:
            names = [image.name for image in selection.images(session, digest)]
            return images.change_images(
                session, names, self._checked(change), actor=self._caller.name, seen=seen
            )

        return await self._write(write)

    def _checked(self, change: BulkChange) -> Callable[[ImageSpec], ImageSpec]:
        """Return the change with the checks of a save, for images that it does change."""

        def make(stored: ImageSpec) -> ImageSpec:
            spec = change.make(stored)
            if spec != stored:
                self._check_references(spec, _fields_to_check(stored, spec))
            return spec

        return make

    async def delete(self, name: str, *, expected: Expected = None) -> Change:
        """Delete an image; raises `ImageNotFound` and `VersionConflict`."""
        self._caller.require(scopes.WRITE)
        return await self._write_one(
            lambda session: images.delete_image(session, name, expected=expected)
        )

    async def delete_several(
        self,
        selection: Selection,
        *,
        seen: Mapping[str, int] | None = None,
        digest: str | None = None,
    ) -> list[Change]:
        """Delete the selected images that exist; raises conflicts as `change_several` does."""
        self._caller.require(scopes.WRITE)

        def write(session: Session) -> list[Change]:
            names = [image.name for image in selection.images(session, digest)]
            return images.delete_images(session, names, seen=seen)

        return await self._write(write)

    def _check_references(self, spec: ImageSpec, fields: Collection[str]) -> None:
        """Raise `InvalidFields` if a reference in one of `fields` is not allowed."""
        if problems := self._policy.field_problems(spec, fields):
            raise InvalidFields(problems)

    async def _check_pull_secret(self, name: str | None) -> None:
        """Raise `InvalidFields` for a pull secret that is not in the list."""
        if name is not None and (await self.known_secrets()).lacks(name):
            raise InvalidFields({"pull_secret": [f"{name} is not in the list of pull secrets."]})

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
        said = difference_line(change.fields)
        log.info(
            "%s %s the image %s%s",
            self._caller.name, change.action, change.image.name, f": {said}" if said else "",
        )  # fmt: skip
