"""Every query and write of one or several images, over a `Session`.

The functions that write run inside `transaction.write`, which holds the lock and commits.
Guarantees: each change, and nothing else, raises an image's version by one; the versions of a
name go on where an image is deleted and another one gets its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from hub_images.catalogue.bulk import Outcome
from hub_images.catalogue.difference import FieldChange, differences
from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import (
    ATTRIBUTES,
    ImageRecord,
    ImageSpec,
    image_fields,
)
from hub_images.store.orm import Image, PastName
from hub_images.store.search import derive

_AT_ONCE = 10_000  # names in a statement: SQLite takes 32,766 parameters

AnyVersion = Literal["*"]
#: The versions that a caller accepts; None accepts any.
Expected = Collection[int | AnyVersion] | None


class ImageNotFound(LookupError):
    """There is no image of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no image named {name}.")
        self.name = name


class ImageExists(ValueError):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already an image named {name}.")
        self.name = name


class VersionConflict(RuntimeError):
    """The image has changed since the version that the caller knows."""

    def __init__(self, name: str, version: int) -> None:
        super().__init__(f"{name} has changed in the meantime; it is now at version {version}.")
        self.name = name
        self.version = version


@dataclass(frozen=True)
class Change:
    """What a write did to one image.

    `image` is the row as it is after the write, or as it was before its deletion; `before`
    is None for an added image, `after` for a deleted one.
    """

    image: Image
    before: ImageSpec | None
    after: ImageSpec | None

    @property
    def action(self) -> Literal["added", "changed", "deleted"] | None:
        """What happened; None if nothing changed."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "deleted"
        return "changed" if self.before != self.after else None

    @property
    def fields(self) -> dict[str, FieldChange]:
        """The fields that differ, by their JSON names; of an added image, from the defaults."""
        if self.after is None:
            return {}
        before = self.before or ImageSpec(name=self.after.name)
        return differences(image_fields(before), image_fields(self.after))


def get_image(session: Session, name: str) -> Image:
    """Return the image with its groups; raises `ImageNotFound`."""
    if not _storable([name]):
        raise ImageNotFound(name)
    statement = select(Image).where(Image.name == name).options(selectinload(Image.group_rows))
    image = session.execute(statement).scalar_one_or_none()
    if image is None or image.name != name:  # MySQL ignores blanks at the end
        raise ImageNotFound(name)
    return image


def _storable(names: Iterable[str]) -> list[str]:
    return [name for name in names if "\0" not in name]  # PostgreSQL's driver refuses the others


def named_images(session: Session, names: Collection[str]) -> Sequence[Image]:
    """Return the named images that exist, sorted by name, with their groups."""
    statement = (
        select(Image)
        .where(Image.name.in_(_storable(names)))
        .options(selectinload(Image.group_rows))
        .order_by(Image.name)
    )
    return session.execute(statement).scalars().all()


def identities(session: Session, names: Collection[str]) -> dict[str, str]:
    """Return the identities of the named images that exist, by name."""
    rows = session.execute(
        select(Image.name, Image.identity).where(Image.name.in_(_storable(names)))
    )
    return dict(rows.tuples().all())


def named_ids(session: Session, names: Sequence[str]) -> list[tuple[int, str, str]]:
    """Return id, name and identity of the named images that exist."""
    sought = _storable(names)
    found: list[tuple[int, str, str]] = []
    for start in range(0, len(sought), _AT_ONCE):
        statement = select(Image.id, Image.name, Image.identity).where(
            Image.name.in_(sought[start : start + _AT_ONCE])
        )
        found += [(row.id, row.name, row.identity) for row in session.execute(statement)]
    return found


def create_image(session: Session, spec: ImageSpec, *, actor: str) -> Change:
    """Add an image; raises `ImageExists`."""
    if session.execute(select(Image.id).where(Image.name == spec.name)).first():
        raise ImageExists(spec.name)
    past = session.get(PastName, spec.name)
    image = new_image(spec, actor=actor, version=past.version + 1 if past else 1)
    session.add(image)
    try:
        session.flush()
    except IntegrityError:  # another program wrote without taking the lock
        raise ImageExists(spec.name) from None
    return Change(image, None, spec)


def new_image(spec: ImageSpec, *, actor: str, version: int = 1) -> Image:
    """Return the row of a new image, not yet in a session."""
    now = datetime.now(UTC)
    image = Image(
        identity=uuid4().hex,
        version=version,
        created_at=now,
        updated_at=now,
        created_by=actor,
        updated_by=actor,
    )
    image.group_rows = []
    _assign(image, spec)
    return image


def change_image(
    session: Session,
    name: str,
    change: Callable[[ImageSpec], ImageSpec],
    *,
    actor: str,
    expected: Expected = None,
) -> Change:
    """Replace an image's writable fields with what `change` returns for the stored ones.

    If nothing differs, writes nothing and leaves the version. Raises `ImageNotFound`,
    `VersionConflict`, and what `change` raises.
    """
    image = get_image(session, name)
    _check_version(image, expected)
    before = spec_of(image)
    return _store(image, before, change(before), actor)


def change_images(
    session: Session,
    names: Collection[str],
    make: Callable[[ImageSpec], ImageSpec],
    *,
    actor: str,
    seen: Mapping[str, int] | None = None,
) -> list[Change]:
    """Replace the writable fields of the named images that exist with what `make` returns.

    All or none. `seen` holds the versions that the caller knows, by name. Raises
    `VersionConflict`, and `InvalidFields` by the images' names for those that `make` refuses.
    """
    images = _seen_images(session, names, seen)
    outcomes = [Outcome.of(spec_of(image), make) for image in images]
    refused = {
        outcome.before.name: [text for field in outcome.refused.values() for text in field]
        for outcome in outcomes
        if outcome.after is None
    }
    if refused:
        raise InvalidFields(refused)
    return [
        _store(image, outcome.before, outcome.after, actor)
        for image, outcome in zip(images, outcomes, strict=True)
        if outcome.after is not None
    ]


def delete_image(session: Session, name: str, *, expected: Expected = None) -> Change:
    """Delete an image; raises `ImageNotFound` and `VersionConflict`."""
    image = get_image(session, name)
    _check_version(image, expected)
    return _delete(session, [image])[0]


def delete_images(
    session: Session, names: Collection[str], *, seen: Mapping[str, int] | None = None
) -> list[Change]:
    """Delete the named images that exist; `seen` as for `change_images`."""
    return _delete(session, _seen_images(session, names, seen))


def _seen_images(
    session: Session, names: Collection[str], seen: Mapping[str, int] | None
) -> Sequence[Image]:
    images = named_images(session, names)
    for image in images:
        if seen and image.name in seen:
            _check_version(image, [seen[image.name]])
    return images


def _delete(session: Session, images: Sequence[Image]) -> list[Change]:
    """Delete images, and remember their versions."""
    names = [image.name for image in images]
    statement = select(PastName).where(PastName.name.in_(names)).order_by(PastName.name)
    past = {row.name: row for row in session.scalars(statement)}
    for image in images:
        if image.name in past:
            past[image.name].version = image.version
        else:
            session.add(PastName(name=image.name, version=image.version))
        session.delete(image)
    return [Change(image, spec_of(image), None) for image in images]


def _check_version(image: Image, expected: Expected) -> None:
    if expected is not None and "*" not in expected and image.version not in expected:
        raise VersionConflict(image.name, image.version)


def _store(image: Image, before: ImageSpec, after: ImageSpec, actor: str) -> Change:
    if after != before:
        _assign(image, after)
        image.version += 1
        # a clock set back must not make a later change look earlier
        image.updated_at = max(datetime.now(UTC), image.updated_at)
        image.updated_by = actor
    return Change(image, before, after)


def _assign(image: Image, spec: ImageSpec) -> None:
    for name in ATTRIBUTES.values():
        setattr(image, name, getattr(spec, name))
    derive(image)


def spec_of(image: Image) -> ImageSpec:
    """Return the stored writable fields as a spec, unchecked: they were valid when written."""
    return ImageSpec.model_construct(**{name: getattr(image, name) for name in ATTRIBUTES.values()})


def image_model(image: Image) -> dict[str, Any]:
    """Return the JSON model of an image; times are ISO 8601 UTC with a Z, as the hub's."""
    record = {name: _json(getattr(image, name)) for name in ImageRecord.model_fields}
    return image_fields(image) | record


def _json(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
