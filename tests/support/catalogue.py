"""Images in a database, put there without a service."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from hub_images.catalogue.image import ImageSpec, parse_image
from hub_images.catalogue.snapshot import Entry
from hub_images.store.engine import make_engine, parse_url
from hub_images.store.images import create_image
from hub_images.store.orm import Image
from hub_images.store.transaction import write
from hub_images.store.upgrade import check_revision, upgrade


def spec(name: str, **fields: Any) -> ImageSpec:
    """Return an image that can be started, with more JSON fields."""
    return parse_image({"name": name, "url": f"registry.example.org/{name}:1", **fields})


def entry(name: str, **fields: Any) -> Entry:
    """Return such an image as the hub keeps it, for everyone unless `fields` say otherwise."""
    values = dict(spec(name, **{"global": True}))
    return Entry(**{**values, "version": 1, **fields})


def add_image(engine: Engine, name: str, **fields: Any) -> Image:
    """Add such an image."""
    image = spec(name, **fields)
    return write(engine, lambda session: create_image(session, image, actor="tester")).image


def fill(url: str, images: dict[str, dict[str, Any]]) -> None:
    """Upgrade the database at `url`, and add the images, by their names."""
    engine = make_engine(parse_url(url))
    upgrade(engine)
    for name, fields in images.items():
        add_image(engine, name, **fields)
    engine.dispose()


def check(engine: Engine) -> None:
    """Raise `DatabaseNotReady` unless the database has the code's revision."""
    with engine.connect() as connection:
        check_revision(connection)


def open_engine(url: str) -> Engine:
    """Return an engine as the service has it."""
    return make_engine(parse_url(url))
