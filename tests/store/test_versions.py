"""No version of a name comes twice, and whoever has seen an earlier one changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub_images.catalogue.bulk import parse_bulk_change
from hub_images.store.images import (
    Expected,
    VersionConflict,
    change_image,
    change_images,
    delete_image,
    delete_images,
    named_images,
)
from hub_images.store.transaction import write
from tests.support.catalogue import add_image


def _rename(engine: Engine, name: str, expected: Expected = None) -> None:
    write(
        engine,
        lambda session: change_image(
            session,
            name,
            lambda stored: stored.model_copy(update={"display_name": "Renamed"}),
            actor="tester",
            expected=expected,
        ),
    )


def test_versions_of_a_name_go_on(engine: Engine) -> None:
    """Deleted and added again, one by one or several at once, no version comes twice."""
    add_image(engine, "a")
    add_image(engine, "b")
    _rename(engine, "a")
    first = write(engine, lambda session: delete_image(session, "a", expected=[2]))
    second = add_image(engine, "a")
    assert second.version == 3
    assert second.identity != first.image.identity
    write(engine, lambda session: delete_images(session, ["a", "b"]))
    assert [add_image(engine, name).version for name in ("a", "b", "c")] == [4, 2, 1]
    with pytest.raises(VersionConflict):
        _rename(engine, "a", expected=[1])


def test_several_are_held_to_the_versions_seen(engine: Engine) -> None:
    """One that has moved on keeps all of them as they are."""
    for name in ("a", "b"):
        add_image(engine, name)
    _rename(engine, "b")
    seen = {"a": 1, "b": 1}
    disable = parse_bulk_change("disable", {}).make
    with pytest.raises(VersionConflict, match="b has changed"):
        write(engine, lambda session: delete_images(session, ["a", "b"], seen=seen))
    with pytest.raises(VersionConflict, match="b has changed"):
        write(
            engine,
            lambda session: change_images(session, ["a", "b"], disable, actor="x", seen=seen),
        )
    with Session(engine) as session:
        assert [(i.name, i.version, i.enabled) for i in named_images(session, ["a", "b"])] == [
            ("a", 1, True), ("b", 2, True),
        ]  # fmt: skip
