"""Seals the catalogue: proves to a reader that it has read all of one state, and which one.

A number alone cannot do that. A restore loads one table after the other, and can bring back a
revision that somebody knows with other images. So each write puts a new random token beside the
revision, with the number and the checksum of the images that can be started. A reader compares
revision and token with those of its cache, and counts and sums what it reads.

The checksum is the sum of the images' fingerprints, 32 bits each, so that a database can add
them up in any order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, and_, event, func, select, update
from sqlalchemy.orm import Mapper, Session, selectinload

from hub_images.catalogue.image import ImageSpec
from hub_images.store.orm import CatalogueState, Image
from hub_images.store.search import derive

#: What a fingerprint covers, and then the groups: what a hub reads of an image.
SEALED = (*(name for name in ImageSpec.model_fields if name != "groups"), "version", "identity")

#: Which images a hub reads, and so counts.
OFFERED: ColumnElement[bool] = and_(Image.enabled.is_(True), Image.url != "")


_COUNT, _TOTAL = func.count(Image.id), func.coalesce(func.sum(Image.fingerprint), 0)


class State(NamedTuple):
    """Which state of the catalogue it is."""

    revision: int
    token: str


class Seal(NamedTuple):
    """How many images can be started in a state, and the sum of their fingerprints."""

    offered: int
    checksum: int


def fingerprint(values: Iterable[Any], groups: Iterable[str]) -> int:
    """Return a number below 2^32 that stands for the content of an image.

    `values` are those of `SEALED`, in that order.
    """
    content = json.dumps([*values, *groups]).encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=4).digest(), "big")


def fingerprint_of(image: Image) -> int:
    """Return the fingerprint of a row whose groups are loaded."""
    return fingerprint((getattr(image, name) for name in SEALED), image.groups)


def seal(session: Session) -> None:
    """Put a new token beside the revision, and the number and checksum of what is there now."""
    session.execute(
        update(CatalogueState)
        .where(CatalogueState.id == 1)
        .values(
            token=uuid4().hex,
            offered=select(_COUNT).where(OFFERED).scalar_subquery(),
            checksum=select(_TOTAL).where(OFFERED).scalar_subquery(),
        )
    )


def is_whole(session: Session) -> bool:
    """Say whether number and sum of the stored fingerprints are those of the seal.

    Cheaper than a reader's check, which takes the fingerprints of what it reads.
    """
    found = session.execute(select(_COUNT, _TOTAL).where(OFFERED)).one()
    sealed = session.execute(select(CatalogueState.offered, CatalogueState.checksum)).one_or_none()
    return sealed is not None and tuple(found) == tuple(sealed)


def seal_anew(session: Session) -> None:
    """Derive anew what is derived of every image, and seal: after an upgrade, or a repair."""
    for image in session.scalars(select(Image).options(selectinload(Image.group_rows))):
        derive(image)
        image.fingerprint = fingerprint_of(image)
    session.flush()
    seal(session)


@event.listens_for(Image, "before_insert")
@event.listens_for(Image, "before_update")
def _take_fingerprint(_mapper: Mapper[Image], _connection: Connection, image: Image) -> None:
    image.fingerprint = fingerprint_of(image)
