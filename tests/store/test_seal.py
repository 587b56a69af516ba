"""A hub's snapshot is of the present state of the catalogue, and whole."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, bindparam, delete, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub_images.catalogue.image import ImageSpec
from hub_images.store.images import change_image, create_image
from hub_images.store.orm import CatalogueState, Image, ImageGroup
from hub_images.store.snapshots import SnapshotCache, catalogue_state, mend, read_snapshot
from hub_images.store.transaction import NotWhole, write
from hub_images.store.upgrade import DatabaseNotReady, upgrade
from tests.support.catalogue import add_image, open_engine, spec
from tests.support.databases import DatabaseServer, Kind, missing_reason
from tests.support.requirements import require

RESTORED = 1_500


def _shown(engine: Engine, cache: SnapshotCache | None = None) -> dict[str, str]:
    with engine.connect() as connection:
        snapshot = cache.current(connection) if cache else read_snapshot(connection)[1]
    return {entry.name: entry.url for entry in snapshot.entries}


def _set_url(engine: Engine, name: str, url: str) -> None:
    def to(stored: ImageSpec) -> ImageSpec:
        return stored.model_copy(update={"url": url})

    write(engine, lambda session: change_image(session, name, to, actor="tester"))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM hub_images_image WHERE name = 'two'",
        "DELETE FROM hub_images_image_group WHERE group_name = 'y'",
        "DELETE FROM hub_images_image_group",
        "DELETE FROM hub_images_catalogue",
        "UPDATE hub_images_image SET url = 'evil/image:1' WHERE name = 'one'",
        "UPDATE hub_images_image SET enabled = true WHERE name = 'off'",
        "UPDATE hub_images_image SET working_dir = '/evil' WHERE name = 'one'",
        "UPDATE hub_images_image SET command = '[\"evil\"]' WHERE name = 'one'",
    ],
)
def test_half_a_catalogue_is_no_catalogue(engine: Engine, statement: str) -> None:
    """What a restore has loaded so far, or somebody changed by hand, is refused as not whole."""
    add_image(engine, "one", groups=["x"])
    add_image(engine, "two", groups=["x", "y"])
    add_image(engine, "off", enabled=False)
    assert sorted(_shown(engine)) == ["one", "two"]
    with engine.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(NotWhole, match="not whole"):
        _shown(engine)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM hub_images_image WHERE name = 'two'", "DELETE FROM hub_images_image"],
)
def test_a_change_does_not_make_half_a_catalogue_whole(engine: Engine, statement: str) -> None:
    """An edit while a restore goes on is refused: it would seal what is there so far."""
    add_image(engine, "one")
    add_image(engine, "two")
    with engine.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(NotWhole, match="not whole"):
        add_image(engine, "three")
    with pytest.raises(NotWhole, match="not whole"):
        _shown(engine)


def test_lists_and_mappings_are_sealed_as_they_are(engine: Engine) -> None:
    """Row and snapshot agree on them, also when a change gives a mapping another order."""
    odd = {"B": '"\\\n', "A": "é🙂"}
    add_image(engine, "one", tags=["x", "é"], environment=odd, command=["a", "", "b\n"])
    with engine.connect() as connection:
        (entry,) = read_snapshot(connection)[1].entries
    assert list(entry.environment.items()) == list(odd.items())
    assert list(entry.tags) == ["x", "é"]
    assert list(entry.command or []) == ["a", "", "b\n"]

    def turn(stored: ImageSpec) -> ImageSpec:
        turned = dict(reversed(stored.environment.items()))
        return stored.model_copy(update={"environment": turned, "order": 1})

    write(engine, lambda session: change_image(session, "one", turn, actor="tester"))
    with engine.connect() as connection:
        (entry,) = read_snapshot(connection)[1].entries
    assert list(entry.environment) == ["A", "B"]


def test_nobody_can_change_what_starts_share(engine: Engine) -> None:
    """All starts get the same entry until the catalogue changes."""
    add_image(engine, "one", tags=["x"], environment={"A": "1"}, command=["a"], groups=["g"])
    with engine.connect() as connection:
        (entry,) = read_snapshot(connection)[1].entries
    for name in ("tags", "command", "groups"):
        assert isinstance(getattr(entry, name), tuple)
    with pytest.raises(TypeError):
        entry.environment["A"] = "2"


def test_changed_by_hand_it_counts_once_somebody_says_so(engine: Engine) -> None:
    """`hub-images upgrade-db` seals what is there; hubs read it again."""
    add_image(engine, "one")
    add_image(engine, "two")
    cache = SnapshotCache()
    assert sorted(_shown(engine, cache)) == ["one", "two"]
    assert mend(engine) is False
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM hub_images_image WHERE name = 'two'"))
        connection.execute(text("UPDATE hub_images_image SET url = 'a/b:2' WHERE name = 'one'"))
    assert mend(engine) is True
    assert _shown(engine, cache) == {"one": "a/b:2"}


def test_the_same_number_with_another_content_is_read_again(engine: Engine) -> None:
    """Restored to an earlier revision and changed once, the catalogue has a number that was there.

    So it does after a failover that lost the last write.
    """
    add_image(engine, "one")
    cache = SnapshotCache()
    _shown(engine, cache)
    with engine.connect() as connection:
        state = connection.execute(select(CatalogueState.__table__)).mappings().one()
        rows = connection.execute(select(Image.__table__)).mappings().all()
    _set_url(engine, "one", "lost/write:1")
    assert _shown(engine, cache) == {"one": "lost/write:1"}
    with engine.connect() as connection:
        before = catalogue_state(connection)
    with engine.begin() as connection:
        connection.execute(delete(Image))
        connection.execute(insert(Image), [dict(row) for row in rows])
        connection.execute(update(CatalogueState).values(dict(state)))
    _set_url(engine, "one", "kept/write:1")
    with engine.connect() as connection:
        assert catalogue_state(connection).revision == before.revision
    assert _shown(engine, cache) == {"one": "kept/write:1"}


def test_an_empty_catalogue_is_whole(engine: Engine) -> None:
    """Nothing is all there is."""
    assert _shown(engine) == {}
    assert mend(engine) is False


def test_readers_see_whole_catalogues_while_others_write(engine: Engine) -> None:
    """Reading rows and seal is one look at the database, however often somebody writes."""
    add_image(engine, "one")
    stop = threading.Event()

    def keep_writing() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            _set_url(engine, "one", f"a/b:{number}")
            add_image(engine, f"more-{number}")

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        seen = [len(_shown(engine)) for _ in range(40)]
    finally:
        stop.set()
        writer.join(30)
    assert seen == sorted(seen)


def test_forms_during_a_restore_show_all_or_nothing(
    database_servers: dict[Kind, DatabaseServer], tmp_path: Path
) -> None:
    """`pg_restore` loads the state before the images: whoever reads in between gets no half."""
    require(missing_reason("postgresql"))
    server = database_servers["postgresql"]
    source = server.create_database()
    engine = open_engine(source)
    upgrade(engine)

    def fill(session: Session) -> None:
        for number in range(RESTORED):
            image = spec(f"i-{number:04}", groups=["x", "y"])
            create_image(session, image, actor="tester")

    write(engine, fill)
    engine.dispose()
    dump = tmp_path / "dump"
    _run("pg_dump", source, "-Fc", "-f", str(dump))
    target = server.create_database()
    reading = open_engine(target)
    cache, seen, stop = SnapshotCache(), set(), threading.Event()

    def keep_reading() -> None:
        while not stop.is_set():
            try:
                seen.add(len(_shown(reading, cache)))
            except (DatabaseNotReady, SQLAlchemyError):
                seen.add(0)

    reader = threading.Thread(target=keep_reading)
    reader.start()
    try:
        _run("pg_restore", target, str(dump))
    finally:
        stop.set()
        reader.join(30)
    assert seen <= {0, RESTORED}
    assert len(_shown(reading, cache)) == RESTORED
    reading.dispose()


def _run(program: str, database: str, *arguments: str) -> None:
    url = make_url(database)
    place = ["-h", str(url.host), "-p", str(url.port), "-U", str(url.username)]
    name = ["-d", str(url.database)] if program == "pg_restore" else [str(url.database)]
    subprocess.run(
        [program, *place, *name, *arguments],
        env={**os.environ, "PGPASSWORD": url.password or ""}, check=True, timeout=120,
    )  # fmt: skip


def test_blanks_at_the_end_of_a_group_count(engine: Engine) -> None:
    """`"ds "` is another group than `"ds"`, on every database."""
    add_image(engine, "one", groups=["ds "])
    add_image(engine, "both", groups=["ds", "ds ", "ds  "])
    with engine.connect() as connection:
        _state, snapshot = read_snapshot(connection)
        found = {
            group: connection.scalars(
                select(Image.name)
                .join(ImageGroup)
                .where(ImageGroup.group_name == bindparam("group"))
                .order_by(Image.name),
                {"group": group},
            ).all()
            for group in ("ds", "ds ", "ds  ")
        }
    assert found == {"ds": ["both"], "ds ": ["both", "one"], "ds  ": ["both"]}
    assert [entry.name for entry in snapshot.visible(["ds"])] == ["both"]
    assert [entry.name for entry in snapshot.visible(["ds "])] == ["both", "one"]
