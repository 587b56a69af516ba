"""Every query and every write of the catalogue, over a `Session`.

Guarantees: a write commits once or not at all; it first changes the catalogue's one
row, so writers wait for each other and nobody changes an image he has not just read;
nothing is written to tables of another revision than the code's;
a version grows by one with each change, and with nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    column,
    exists,
    select,
    table,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from hub_images.catalogue.image import ImageSpec, ImageType
from hub_images.store import engine as db
from hub_images.store.orm import SORT_KEY_MAX_LENGTH, Catalogue, Image, ImageGroup
from hub_images.store.search import fold, search_text

AnyVersion = Literal["*"]

#: Asked at every form and start, so put together once.
_REVISION = select(Catalogue.revision).where(Catalogue.id == 1)
_SCHEMA_REVISIONS = table(db.VERSION_TABLE, column("version_num"))


class ImageNotFound(LookupError):
    """There is no image of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no image named {name}.")
        self.name = name


class ImageExists(ValueError):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is an image named {name} already.")
        self.name = name


class VersionConflict(RuntimeError):
    """The image has changed since the version that the caller knows."""

    def __init__(self, name: str, version: int) -> None:
        super().__init__(f"{name} was changed in the meantime; it is at version {version} now.")
        self.name = name
        self.version = version


@contextmanager
def _writing(session: Session) -> Iterator[None]:
    # First of all the write lock; see orm.Catalogue. The same statement makes sure that
    # no other version of hub-images has upgraded the tables since.
    own_revision = exists().where(_SCHEMA_REVISIONS.c.version_num == db.head_revision())
    statement = update(Catalogue).where(Catalogue.id == 1, own_revision)
    locked = session.execute(
        statement.values(revision=Catalogue.revision + 1),
        execution_options={"synchronize_session": False},
    )
    if cast("CursorResult[Any]", locked).rowcount == 0:
        session.rollback()
        db.explain_revision(db.current_revision(session.connection()))
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


def catalogue_revision(reader: Session | Connection) -> int:
    """Return the number that changes with every write."""
    return reader.execute(_REVISION).scalar_one()


def get_image(session: Session, name: str) -> Image:
    """Return the image with its groups; raises `ImageNotFound`."""
    if "\0" in name:  # PostgreSQL's driver refuses to ask for it
        raise ImageNotFound(name)
    statement = select(Image).where(Image.name == name).options(selectinload(Image.group_rows))
    image = session.execute(statement).scalar_one_or_none()
    if image is None:
        raise ImageNotFound(name)
    return image


def create_image(session: Session, spec: ImageSpec, *, actor: str) -> Image:
    """Store a new image; raises `ImageExists`."""
    with _writing(session):
        if session.execute(select(Image.id).where(Image.name == spec.name)).first():
            raise ImageExists(spec.name)
        now = datetime.now(UTC)
        image = Image(version=1, created_at=now, updated_at=now, created_by=actor, updated_by=actor)
        image.group_rows = []
        _assign(image, spec)
        session.add(image)
        try:
            session.flush()
        except IntegrityError:  # a writer that does not take the lock
            raise ImageExists(spec.name) from None
    return image


def change_image(
    session: Session,
    name: str,
    change: Callable[[Image], ImageSpec],
    *,
    actor: str,
    expected: int | AnyVersion | None = None,
) -> Image:
    """Replace the writable fields of an image by what `change` makes of the present ones.

    `change` runs under the write lock, so nobody else's change falls between its
    reading and the writing. `expected` is the version the caller knows, `*` or None
    for any. Nothing is written, and the version stays, where nothing differs.
    Raises `ImageNotFound`, `VersionConflict`, and what `change` raises.
    """
    with _writing(session):
        image = get_image(session, name)
        _check_version(image, expected)
        spec = change(image)
        if spec == spec_of(image):
            session.rollback()
            return get_image(session, name)
        _assign(image, spec)
        _stamp(image, actor)
    return image


def set_enabled(
    session: Session, names: Collection[str], enabled: bool, *, actor: str
) -> list[str]:
    """Enable or disable the named images; return the names of those that changed."""
    changed = []
    with _writing(session):
        for image in named_images(session, names):
            if image.enabled != enabled:
                image.enabled = enabled
                _stamp(image, actor)
                changed.append(image.name)
    return changed


def delete_image(session: Session, name: str, *, expected: int | AnyVersion | None = None) -> None:
    """Delete an image; raises `ImageNotFound` and `VersionConflict`."""
    with _writing(session):
        image = get_image(session, name)
        _check_version(image, expected)
        session.delete(image)


def delete_images(session: Session, names: Collection[str]) -> list[str]:
    """Delete the named images, those that exist; return their names."""
    with _writing(session):
        images = named_images(session, names)
        for image in images:
            session.delete(image)
    return [image.name for image in images]


def named_images(session: Session, names: Collection[str]) -> Sequence[Image]:
    """Return those of the named images that exist, by name, with their groups."""
    statement = (
        select(Image)
        .where(Image.name.in_(names))
        .options(selectinload(Image.group_rows))
        .order_by(Image.name)
    )
    return session.execute(statement).scalars().all()


def _check_version(image: Image, expected: int | AnyVersion | None) -> None:
    if expected is not None and expected != "*" and image.version != expected:
        raise VersionConflict(image.name, image.version)


def _assign(image: Image, spec: ImageSpec) -> None:
    image.name = spec.name
    image.display_name = spec.display_name
    image.description = spec.description
    image.type = spec.type
    image.url = spec.url
    image.gpu_url = spec.gpu_url
    image.pull_secret = spec.pull_secret
    image.is_global = spec.is_global
    image.enabled = spec.enabled
    rows = {row.group_name: row for row in image.group_rows}
    kept = [rows.get(group) or ImageGroup(group_name=group) for group in spec.groups]
    for position, row in enumerate(kept):
        row.position = position
    image.group_rows = kept
    image.sort_key = fold(spec.display_name)[:SORT_KEY_MAX_LENGTH]
    image.search_text = search_text(spec)


def _stamp(image: Image, actor: str) -> None:
    image.version += 1
    # a clock set back must not make a later change look earlier
    image.updated_at = max(datetime.now(UTC), image.updated_at)
    image.updated_by = actor


def spec_of(image: Image) -> ImageSpec:
    """Return the stored writable fields as a spec; they were valid when they were written."""
    return ImageSpec.model_construct(
        name=image.name,
        display_name=image.display_name,
        description=image.description,
        type=cast("ImageType", image.type),
        url=image.url,
        gpu_url=image.gpu_url,
        pull_secret=image.pull_secret,
        is_global=image.is_global,
        groups=list(image.groups),
        enabled=image.enabled,
    )


def image_model(image: Image) -> dict[str, Any]:
    """Return the JSON model of an image; times are ISO 8601 UTC with a Z, as the hub's."""
    return {
        "name": image.name,
        "display_name": image.display_name,
        "description": image.description,
        "type": image.type,
        "url": image.url,
        "gpu_url": image.gpu_url,
        "pull_secret": image.pull_secret,
        "global": image.is_global,
        "groups": image.groups,
        "enabled": image.enabled,
        "ready": image.ready,
        "version": image.version,
        "created_at": _iso(image.created_at),
        "updated_at": _iso(image.updated_at),
        "created_by": image.created_by,
        "updated_by": image.updated_by,
    }


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
