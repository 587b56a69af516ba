"""Migrations, constraints and revisions on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hub_images.store.images import change_image, get_image, image_model
from hub_images.store.orm import Base
from hub_images.store.search import ImageQuery, list_images, listed_registries
from hub_images.store.snapshots import read_snapshot
from hub_images.store.transaction import write
from hub_images.store.upgrade import (
    VERSION_TABLE,
    DatabaseNotReady,
    alembic_config,
    upgrade,
)
from tests.support.catalogue import add_image, check

_COLUMNS = (
    "name, display_name, description, type, url, gpu_url, is_global, enabled, version, "
    "created_at, updated_at, created_by, updated_by, sort_key, search_text"
)


def _insert(
    name: str = "'a'", type_: str = "'cpu'", gpu_url: str = "NULL", version: int = 1
) -> str:
    now = "'2026-01-01 00:00:00'"
    return (
        f"INSERT INTO hub_images_image ({_COLUMNS}) VALUES ({name}, 'a', '', {type_}, '', "
        f"{gpu_url}, '1', '1', {version}, {now}, {now}, 'x', 'x', 'a', 'a')"
    )


def test_upgrade_from_empty_is_what_the_models_say(engine: Engine) -> None:
    """Alembic finds no difference between migrations and models."""
    check(engine)
    command.check(alembic_config(engine))


def test_upgrade_twice_changes_nothing(empty_engine: Engine) -> None:
    """The second upgrade has nothing to do."""
    assert upgrade(empty_engine) is True
    assert upgrade(empty_engine) is False


def test_two_upgrade_at_once(database_url: str) -> None:
    """Two services that start at once upgrade once, and both go on."""
    code = (
        "import sys; from hub_images.store.engine import make_engine, parse_url; "
        "from hub_images.store.upgrade import upgrade; "
        "print(upgrade(make_engine(parse_url(sys.argv[1]))))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, database_url],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _number in range(3)
    ]  # fmt: skip
    said = []
    for process in started:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        said.append(out.strip())
    assert sorted(said) == ["False", "False", "True"]


def test_downgrade_leaves_nothing(engine: Engine) -> None:
    """The downgrade drops the tables, and upgrading again works."""
    command.downgrade(alembic_config(engine), "base")
    assert not set(Base.metadata.tables) & set(inspect(engine).get_table_names())
    assert upgrade(engine) is True


def test_other_tables_are_left_alone(empty_engine: Engine) -> None:
    """In a shared database only our own tables are touched, under our own version table."""
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('of-the-hub')"))
    upgrade(empty_engine)
    command.check(alembic_config(empty_engine))
    with empty_engine.connect() as connection:
        kept = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    assert kept == "of-the-hub"


@pytest.mark.parametrize(
    ("revision", "words"),
    [(None, "no catalogue of images yet"), ("9999", "a newer one")],
)
def test_another_revision_is_refused(engine: Engine, revision: str | None, words: str) -> None:
    """An empty or newer database is refused with a sentence; a newer one is not upgraded."""
    with engine.begin() as connection:
        if revision is None:
            connection.execute(text(f"DELETE FROM {VERSION_TABLE}"))
        else:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    with pytest.raises(DatabaseNotReady, match=words):
        check(engine)
    if revision is not None:
        with pytest.raises(DatabaseNotReady, match=words):
            upgrade(engine)


@pytest.mark.parametrize(
    "statement",
    [
        _insert(name="''"),
        _insert(type_="'tpu'"),
        _insert(gpu_url="'x'"),
        _insert(version=0),
        "INSERT INTO hub_images_catalogue (id, revision) VALUES (2, 0)",
        "INSERT INTO hub_images_image_group (image_id, group_name, position) VALUES (99, 'g', 0)",
    ],
)
def test_constraints_exist(engine: Engine, statement: str) -> None:
    """The database itself refuses what the models forbid."""
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(statement))


def test_a_good_row_is_taken_once(engine: Engine) -> None:
    """The insert of the test above is right but for what it breaks; a name is unique."""
    with engine.begin() as connection:
        connection.execute(text(_insert()))
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(_insert()))


def test_sqlite_pragmas(engine: Engine) -> None:
    """SQLite writes ahead, and keeps foreign keys."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


_OLD_COLUMNS = (
    "(id, name, display_name, description, type, url, is_global, enabled, version, created_at, "
    "updated_at, created_by, updated_by, sort_key, search_text)"
)
_OLD_IMAGE = (
    "(1, 'old', 'Old', '', 'cpu', 'a/b:1', true, true, 3, '2025-01-02 03:04:05', "
    "'2025-01-02 03:04:05', 'm', 'm', 'old', 'old')"
)


def test_0003_keeps_what_0001_holds(empty_engine: Engine) -> None:
    """An image that the first release stored is there after the upgrade, and can be changed.

    Hubs find the catalogue whole, and the image has an identity.
    """
    command.upgrade(alembic_config(empty_engine), "0001")
    with empty_engine.begin() as connection:
        connection.execute(text(f"INSERT INTO hub_images_image {_OLD_COLUMNS} VALUES {_OLD_IMAGE}"))
        connection.execute(
            text("INSERT INTO hub_images_image_group VALUES (1, 'b', 0), (1, 'ä', 1)")
        )
    assert upgrade(empty_engine) is True
    with empty_engine.connect() as connection:
        (entry,) = read_snapshot(connection)[1].entries
    assert (entry.name, list(entry.groups), len(entry.identity)) == ("old", ["b", "ä"], 32)
    change = write(
        empty_engine,
        lambda session: change_image(
            session, "old", lambda stored: stored.model_copy(update={"enabled": False}), actor="p"
        ),
    )
    assert (change.image.version, change.image.enabled, change.image.url) == (4, False, "a/b:1")


@pytest.mark.parametrize("statements", [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 19, 20, 22, 24, 26])
def test_an_interrupted_upgrade_can_be_made_again(empty_engine: Engine, statements: int) -> None:
    """MySQL and MariaDB commit each change of a table by itself; the next try makes the others."""
    command.upgrade(alembic_config(empty_engine), "0002")
    with empty_engine.begin() as connection:
        connection.execute(text(f"INSERT INTO hub_images_image {_OLD_COLUMNS} VALUES {_OLD_IMAGE}"))
    changed = 0

    def interrupt(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal changed
        changed += statement.lstrip().split(None, 1)[0] in ("ALTER", "CREATE", "UPDATE", "INSERT")
        if changed == statements:
            raise RuntimeError("interrupted")

    event.listen(empty_engine, "after_cursor_execute", interrupt)
    try:
        upgrade(empty_engine)
    except RuntimeError:
        pass
    finally:
        event.remove(empty_engine, "after_cursor_execute", interrupt)
    upgrade(empty_engine)
    with empty_engine.connect() as connection:
        (entry,) = read_snapshot(connection)[1].entries
    assert (entry.name, len(entry.identity)) == ("old", 32)
    assert upgrade(empty_engine) is False


def test_0004_keeps_what_0003_holds(empty_engine: Engine) -> None:
    """What the version before stored is there, whole, with defaults in the new fields.

    It is found by its references too, which that version did not search.
    """
    command.upgrade(alembic_config(empty_engine), "0003")
    with empty_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO hub_images_image (id, name, display_name, description, type, url, "
                "gpu_url, is_global, enabled, version, created_at, updated_at, created_by, "
                "updated_by, sort_key, search_text, identity, fingerprint) VALUES "
                r"(1, 'old', 'Old', 'x', 'universal', 'quay.io/lab/b\:1', 'ghcr.io/c\:gpu', true, "
                "true, 3, '2025-01-02 03:04:05', '2025-01-02 03:04:05', 'm', 'm', 'old', 'old', "
                "'one', 5)"
            )
        )
        connection.execute(
            text("INSERT INTO hub_images_image_group VALUES (1, 'b', 0), (1, 'ä', 1)")
        )
    assert upgrade(empty_engine) is True
    with empty_engine.connect() as connection:
        (entry,) = read_snapshot(connection)[1].entries
    assert (entry.identity, list(entry.groups), entry.order) == ("one", ["b", "ä"], 0)
    assert list(entry.tags) == []
    assert (entry.environment, entry.command, entry.default_url) == ({}, None, None)
    with Session(empty_engine) as session:
        model = image_model(get_image(session, "old"))
        for word in ("quay", "ghcr.io/c", "universal"):
            assert list_images(session, ImageQuery(search=word))[1] == 1
    assert (model["tags"], model["environment"], model["version"]) == ([], {}, 3)


def test_0004_can_be_taken_back(engine: Engine) -> None:
    """The columns go, and images with their groups stay."""
    add_image(engine, "a", groups=["x"], environment={"A": "1"})
    command.downgrade(alembic_config(engine), "0003")
    with engine.connect() as connection:
        joined = "hub_images_image JOIN hub_images_image_group ON image_id = id"
        found = connection.execute(text(f"SELECT name FROM {joined}")).scalars().all()
    assert found == ["a"]


def test_0005_keeps_what_0004_holds(empty_engine: Engine) -> None:
    """What the version before stored is there, and is found by its registries."""
    command.upgrade(alembic_config(empty_engine), "0004")
    with empty_engine.begin() as connection:
        for number, (url, gpu_url) in enumerate(
            [("python", "NULL"), ("Quay.io/b", r"'ghcr.io\:443/c\:gpu'"), ("", "NULL")]
        ):
            connection.execute(
                text(
                    "INSERT INTO hub_images_image (id, name, display_name, description, type, url, "
                    "gpu_url, is_global, enabled, version, created_at, updated_at, created_by, "
                    "updated_by, sort_key, search_text, identity, fingerprint, tags, environment) "
                    f"VALUES ({number + 1}, 'i-{number}', 'Old', 'x', 'universal', '{url}', "
                    f"{gpu_url}, true, true, 3, '2025-01-02 03:04:05', '2025-01-02 03:04:05', "
                    "'m', 'm', 'old', 'old', 'one', 5, '[]', '{}')"
                )
            )
    assert upgrade(empty_engine) is True
    with empty_engine.connect() as connection:
        assert len(read_snapshot(connection)[1].entries) == 2
    with Session(empty_engine) as session:
        found = {
            registry: [image.name for image in list_images(session, query)[0]]
            for registry in listed_registries(session)
            for query in [ImageQuery(registry=registry)]
        }
        assert image_model(get_image(session, "i-1"))["version"] == 3
    assert found == {"docker.io": ["i-0"], "ghcr.io": ["i-1"], "quay.io": ["i-1"]}


def test_0005_can_be_taken_back(engine: Engine) -> None:
    """The columns go, and images stay."""
    add_image(engine, "a")
    command.downgrade(alembic_config(engine), "0004")
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name FROM hub_images_image")).scalars().all()
    assert found == ["a"]
    assert upgrade(engine) is True
