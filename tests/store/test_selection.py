"""Which images an action is about, on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub_images.catalogue.bulk import parse_bulk_change
from hub_images.catalogue.fields import InvalidFields
from hub_images.store.images import change_images, delete_images, get_image
from hub_images.store.search import ImageQuery
from hub_images.store.selection import (
    MAX_IMAGES,
    Selection,
    SelectionChanged,
    TooManyImages,
    digest_of,
)
from hub_images.store.transaction import write
from tests.support.catalogue import add_image


def _selected(engine: Engine, selection: Selection, digest: str | None = None) -> list[str]:
    with Session(engine) as session:
        return [image.name for image in selection.images(session, digest)]


def _digest(engine: Engine, selection: Selection) -> str:
    with Session(engine) as session:
        return digest_of(selection.images(session))


def _fill(engine: Engine, names: Sequence[str]) -> None:
    for name in names:
        add_image(engine, name, url=f"{'quay.io' if name < 'c' else 'ghcr.io'}/x/{name}:1")


def test_named_and_all_that_match(engine: Engine) -> None:
    """Names that exist, each once; or whatever matches, not only a page of it."""
    _fill(engine, "abcd")
    named = Selection.of(["d", "a", "d", "absent"], without=["d"])
    assert _selected(engine, named) == ["a"]
    query = ImageQuery(registry="ghcr.io", limit=1, offset=1, sort="name", descending=True)
    assert _selected(engine, Selection(query=query)) == ["d", "c"]
    assert _selected(engine, Selection(query=query, without=frozenset("d"))) == ["c"]


def test_a_digest_is_of_names_and_versions(engine: Engine) -> None:
    """It differs once an image comes, goes or changes, and does not depend on the order."""
    _fill(engine, "abc")
    every = Selection(query=ImageQuery())
    digest = _digest(engine, every)
    assert digest == _digest(engine, Selection.of("cba"))
    assert _selected(engine, every, digest) == ["a", "b", "c"]
    disable = parse_bulk_change("disable", {}).make
    write(engine, lambda session: change_images(session, ["a"], disable, actor="x"))
    with pytest.raises(SelectionChanged):
        _selected(engine, every, digest)
    digest = _digest(engine, every)
    _fill(engine, "d")
    with pytest.raises(SelectionChanged):
        _selected(engine, every, digest)
    write(engine, lambda session: delete_images(session, ["d"]))
    assert _selected(engine, every, digest) == ["a", "b", "c"]


def test_one_that_is_refused_keeps_all(engine: Engine) -> None:
    """The error has the sentences by image, and nothing is written."""
    _fill(engine, "ab")
    add_image(engine, "full", tags=[str(number) for number in range(10)])
    change = parse_bulk_change("add-tags", {"tags": ["new"]}).make
    with pytest.raises(InvalidFields) as raised:
        write(
            engine,
            lambda session: change_images(session, ["a", "b", "full"], change, actor="x"),
        )
    assert raised.value.errors == {"full": ["Give at most 10 entries."]}
    with Session(engine) as session:
        assert (get_image(session, "a").tags, get_image(session, "a").version) == ([], 1)


def test_too_many(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one action may change is an error, never a part of them."""
    with pytest.raises(TooManyImages, match=r"at most 2,000 images at once; these are 2,001"):
        Selection.of([str(number) for number in range(MAX_IMAGES + 1)])
    monkeypatch.setattr("hub_images.store.selection.MAX_IMAGES", 2)
    _fill(engine, "abc")
    with pytest.raises(TooManyImages, match="these are 3"):
        _selected(engine, Selection(query=ImageQuery()))
    without = Selection(query=ImageQuery(), without=frozenset("b"))
    assert _selected(engine, without) == ["a", "c"]
