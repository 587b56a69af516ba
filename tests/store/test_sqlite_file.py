"""SQLite's file is deleted, replaced or moved while a database has connections to it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hub_images.store.database import Database, DatabaseUnavailable
from hub_images.store.engine import parse_url
from hub_images.store.images import create_image
from hub_images.store.upgrade import DatabaseNotReady, upgrade
from tests.support.catalogue import open_engine, spec

COMPANIONS = ("-wal", "-shm")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the path of a database's file, which is not there yet."""
    return tmp_path / "images.sqlite"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    """Give an upgraded database."""
    made = Database(parse_url(f"sqlite:///{file}"))
    upgrade(made.engine)
    yield made
    made.close()


async def _write(database: Database, name: str) -> None:
    await database.write(lambda session: create_image(session, spec(name), actor="x"))


def _names(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM hub_images_image ORDER BY id")).scalars())


def _stored(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name FROM hub_images_image ORDER BY id")
        return [name for (name,) in rows]


def _backup(file: Path) -> Path:
    copy = file.with_name("copy.sqlite")
    with closing(sqlite3.connect(file)) as reading, closing(sqlite3.connect(copy)) as writing:
        reading.backup(writing)
    return copy


def _delete(file: Path, *, with_companions: bool) -> None:
    file.unlink()
    if with_companions:
        for suffix in COMPANIONS:
            file.with_name(file.name + suffix).unlink(missing_ok=True)


async def test_a_replaced_file_is_read_and_written_at_once(database: Database, file: Path) -> None:
    """The connections that are open do not go on with the file that has no name any more."""
    await _write(database, "old")
    copy = _backup(file)
    await _write(database, "newer")
    assert await database.query(_names) == ["old", "newer"]
    _delete(file, with_companions=True)
    copy.rename(file)
    assert await database.query(_names) == ["old"]
    await _write(database, "after")
    assert _stored(file) == ["old", "after"]


async def test_a_missing_file_is_said_and_not_made(database: Database, file: Path) -> None:
    """Reading and writing get a sentence; once the file is back, both work again."""
    await _write(database, "old")
    copy = _backup(file)
    _delete(file, with_companions=True)
    for _attempt in range(2):
        with pytest.raises(DatabaseUnavailable, match=r"file images\.sqlite is missing"):
            await database.query(_names)
        with pytest.raises(DatabaseUnavailable, match=r"file images\.sqlite is missing"):
            await database.read(lambda session: session.execute(text("SELECT 1")))
        with pytest.raises(DatabaseUnavailable, match=r"file images\.sqlite is missing"):
            await _write(database, "lost")
    assert not file.exists()
    shutil.copyfile(copy, file)
    assert await database.query(_names) == ["old"]
    await _write(database, "after")
    assert _stored(file) == ["old", "after"]


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("deleted_first", [False, True])
async def test_the_log_of_the_file_before_is_not_used(
    file: Path, deleted_first: bool, linked: bool
) -> None:
    """SQLite would write what it holds into the new file; it is renamed, and nothing is lost.

    Where the database's path is a link, SQLite has its log beside the link's target.
    """
    path = file
    if linked:
        path = file.parent / "link" / "images.sqlite"
        path.parent.mkdir()
        path.symlink_to(file)
    database = Database(parse_url(f"sqlite:///{path}"))
    upgrade(database.engine)
    await _write(database, "old")
    copy = _backup(file)
    await _write(database, "newer")
    former = file.with_name(file.name + "-wal").stat().st_ino
    log = file.with_name(file.name + "-wal").read_bytes()
    if deleted_first:
        _delete(file, with_companions=False)
        with pytest.raises(DatabaseUnavailable, match="is missing"):
            await database.query(_names)
        shutil.copyfile(copy, file)
    else:
        copy.rename(file)
    assert await database.query(_names) == ["old"]
    await _write(database, "after")
    assert await database.query(_names) == ["old", "after"]
    database.close()
    assert file.with_name(f"{file.name}-wal.{former}").read_bytes() == log
    assert _stored(file) == ["old", "after"]
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_new_connection_does_not_use_it_either(database: Database, file: Path) -> None:
    """While the only open connection is in use, the pool makes another one."""
    await _write(database, "old")
    copy = _backup(file)
    await _write(database, "newer")
    with database.engine.connect() as busy:
        assert _names(busy) == ["old", "newer"]
        copy.rename(file)
        assert await database.query(_names) == ["old"]
    await _write(database, "after")
    assert _stored(file) == ["old", "after"]


async def test_a_file_that_comes_with_its_own_log(database: Database, file: Path) -> None:
    """A copy of file and `-wal`, as a snapshot of the disk has them, is used whole."""
    await _write(database, "old")
    with closing(sqlite3.connect(file)) as snapshot:
        snapshot.execute("BEGIN")
        snapshot.execute("SELECT * FROM hub_images_image").fetchone()
        await _write(database, "in-the-log")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{file}{suffix}", file.with_name(f"copy{suffix}"))
    await _write(database, "newer")
    _delete(file, with_companions=True)
    file.with_name("copy").rename(file)
    file.with_name("copy-wal").rename(f"{file}-wal")
    assert await database.query(_names) == ["old", "in-the-log"]
    await _write(database, "after")
    assert _stored(file) == ["old", "in-the-log", "after"]


async def test_moved_away_and_back(database: Database, file: Path) -> None:
    """The file is the one of the `-wal` that stayed; nothing of it is lost."""
    await _write(database, "old")
    away = file.with_name("away")
    file.rename(away)
    with pytest.raises(DatabaseUnavailable, match="is missing"):
        await database.query(_names)
    away.rename(file)
    assert await database.query(_names) == ["old"]


async def test_a_write_is_not_committed_into_a_file_that_is_gone(
    database: Database, file: Path
) -> None:
    """Replaced in the middle of a write: the caller is told, and the new file is as it was."""
    await _write(database, "old")
    copy = _backup(file)

    def write(session: Session) -> None:
        create_image(session, spec("lost"), actor="x")
        session.flush()
        _delete(file, with_companions=True)
        copy.rename(file)

    with pytest.raises(DatabaseUnavailable, match=r"replaced or deleted .* nothing was changed"):
        await database.write(write)
    assert await database.query(_names) == ["old"]


def test_only_an_upgrade_makes_the_file(file: Path) -> None:
    """A hub that is there before its service leaves no empty file; nor does it need one."""
    engine = open_engine(f"sqlite:///{file}")
    with pytest.raises(OperationalError, match="is missing"):
        engine.connect()
    assert not file.exists()
    assert upgrade(engine) is True
    engine.dispose()


def test_a_folder_that_is_missing_is_named(file: Path) -> None:
    """The upgrade says what it could not make, and why."""
    engine = open_engine(f"sqlite:///{file.parent / 'nowhere' / 'images.sqlite'}")
    with pytest.raises(DatabaseNotReady, match=r"nowhere/images\.sqlite: No such file"):
        upgrade(engine)


@pytest.mark.parametrize("given", [None, 0o640])
def test_others_cannot_read_a_new_file(file: Path, given: int | None) -> None:
    """File, `-wal` and `-shm` are their owner's alone; a file that was there keeps its mode."""
    if given is not None:
        file.touch()
        file.chmod(given)
    before = os.umask(0o022)
    try:
        engine = open_engine(f"sqlite:///{file}")
        upgrade(engine)
        with engine.connect() as connection:
            _names(connection)
            modes = {path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    finally:
        os.umask(before)
    assert len(list(file.parent.iterdir())) == 3
    assert modes == {given or 0o600}
    engine.dispose()


async def test_names_with_odd_characters(tmp_path: Path) -> None:
    """A path is a path, whatever a URI would make of its characters."""
    file = tmp_path / "a ?b#c%41&d.sqlite"
    database = Database(URL.create("sqlite", database=str(file)))
    upgrade(database.engine)
    await _write(database, "old")
    database.close()
    assert _stored(file) == ["old"]


async def test_what_cannot_be_set_aside_is_not_used(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its log cannot be renamed, every connection to the new file is refused."""
    await _write(database, "old")
    copy = _backup(file)
    await _write(database, "newer")
    copy.rename(file)

    def refuse(self: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        for _attempt in range(2):
            with pytest.raises(DatabaseUnavailable, match="cannot be renamed: Permission denied"):
                await database.query(_names)
    assert await database.query(_names) == ["old"]
