"""Images in a database, put there without a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from hub_images.catalogue.image import ImageSpec, parse_image
from hub_images.catalogue.snapshot import Entry
from hub_images.store.engine import make_engine, parse_url
from hub_images.store.images import change_image, create_image, delete_images
from hub_images.store.orm import Image
from hub_images.store.transaction import write
from hub_images.store.upgrade import check_revision, upgrade

Images = Mapping[str, Mapping[str, Any]]


def spec(name: str, **fields: Any) -> ImageSpec:
    """Return an image that can be started, with more JSON fields."""
    return parse_image({"name": name, "url": f"registry.example.org/{name}:1", **fields})


def entry(name: str, **fields: Any) -> Entry:
    """Return such an image as the hub keeps it, for everyone unless `fields` say otherwise."""
    values = dict(spec(name, **{"global": True}))
    return Entry(**{**values, "version": 1, "identity": name, **fields})


def add_image(engine: Engine, name: str, **fields: Any) -> Image:
    """Add such an image."""
    image = spec(name, **fields)
    return write(engine, lambda session: create_image(session, image, actor="tester")).image


def fill(url: str, images: Images) -> None:
    """Make `images` the whole catalogue: their names, and their JSON fields.

    Without a `url` an image gets one of its name, without `global` everyone may use it.
    """
    engine = open_engine(url)
    upgrade(engine)
    specs = [spec(name, **{"global": True, **fields}) for name, fields in images.items()]

    def replace(session: Session) -> None:
        stored = set(session.scalars(select(Image.name).order_by(Image.name)))
        delete_images(session, stored - set(images))
        for image in specs:
            if image.name in stored:
                change_image(session, image.name, _to(image), actor="tester")
            else:
                create_image(session, image, actor="tester")

    write(engine, replace)
    engine.dispose()


def _to(image: ImageSpec) -> Callable[[ImageSpec], ImageSpec]:
    return lambda _stored: image


def check(engine: Engine) -> None:
    """Raise `DatabaseNotReady` unless the database has the code's revision."""
    with engine.connect() as connection:
        check_revision(connection)


def open_engine(url: str) -> Engine:
    """Return an engine as the service has it."""
    return make_engine(parse_url(url))
