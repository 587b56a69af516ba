"""The commands of docs/operations.md that back up and restore, word by word, under a real hub."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.support.catalogue import open_engine
from tests.support.databases import DatabaseServer, Kind, missing_reason
from tests.support.hub import Hub
from tests.support.requirements import require, sqlite_program_missing
from tests.support.starts import recording_hub, start, stop

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
NAME = "hub_images"  # the page's name for the database

#: What begins the part on a kind of database, in both sections of the page.
WORDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MySQL/MariaDB"}


def _commands(section: str, kind: str) -> list[str]:
    """Return the blocks of commands for one kind of database in a section of the page."""
    (found,) = re.findall(rf"^## {section}\n(.*?)(?=^## )", PAGE.read_text(), re.M | re.S)
    begins = "|".join(map(re.escape, WORDS.values()))
    parts = re.split(rf"^(?:### )?({begins})\b", found, flags=re.M)
    blocks: list[str] = []
    for word, part in zip(parts[1::2], parts[2::2], strict=True):
        if word == WORDS[kind]:
            blocks += re.findall(r"```sh\n(.*?)```", part, re.S)
    return blocks


@dataclass(frozen=True)
class Shell:
    """Runs commands where the page says, as an account that need not name the server."""

    folder: Path
    db_url: str

    def run(self, commands: str) -> None:
        """Run a block of the page; each command must succeed."""
        url = make_url(self.db_url)
        host, port = str(url.host), str(url.port)
        user, password = str(url.username), str(url.password)
        (self.folder / ".my.cnf").write_text(
            f"[client]\nhost={host}\nport={port}\nuser={user}\npassword={password}\nprotocol=tcp\n"
        )
        postgresql = {"PGHOST": host, "PGPORT": port, "PGUSER": user, "PGPASSWORD": password}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            env={**os.environ, **postgresql, "HOME": str(self.folder)},
            cwd=self.folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@contextmanager
def _database(
    kind: str, servers: dict[Kind, DatabaseServer], folder: Path
) -> Iterator[tuple[str, Shell]]:
    """Make a database with the page's name; give its URL and a shell for it."""
    if kind == "sqlite":
        require(sqlite_program_missing())
        url = f"sqlite:///{folder / NAME}.sqlite"
        yield url, Shell(folder, url)
        return
    assert kind in ("postgresql", "mariadb")
    server_kind: Kind = "postgresql" if kind == "postgresql" else "mariadb"
    require(missing_reason(server_kind))
    url = servers[server_kind].create_database(NAME)
    try:
        yield url, Shell(folder, url)
    finally:
        servers[server_kind].drop_database(NAME)


def _change(hub: Hub, name: str, **fields: object) -> None:
    answer = hub.images("PATCH", f"images/{name}", json=fields)
    assert answer.status_code == 200, answer.text


def _description(db_url: str, name: str) -> str:
    engine = open_engine(db_url)
    with engine.connect() as connection:
        statement = text("SELECT description FROM hub_images_image WHERE name = :name")
        found = connection.execute(statement, {"name": name}).scalar_one()
    engine.dispose()
    return str(found)


def _starts(hub: Hub, image: str) -> int:
    status = start(hub, "student", {"image": image}).status_code
    if status == 201:
        stop(hub, "student")
    return status


WAYS = [("sqlite", 0), ("sqlite", 1), ("sqlite", 2), ("postgresql", 0), ("mariadb", 0)]


@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_starts_go_by_what_was_restored(
    database_servers: dict[Kind, DatabaseServer], tmp_path: Path, kind: str, way: int
) -> None:
    """With the hub running and with it stopped: what is restricted in the backup is refused.

    What is saved after it is in the restored database.
    """
    (back_up,) = _commands("Backup", kind)
    restore = _commands("Restore", kind)[way]
    with (
        _database(kind, database_servers, tmp_path) as (db_url, shell),
        recording_hub(tmp_path, db_url=db_url) as hub,
    ):
        for running in (True, False):
            _change(hub, "scipy", **{"global": False, "groups": ["staff"]})
            shell.run(back_up)
            _change(hub, "scipy", **{"global": True})
            _change(hub, "minimal", description="not in the backup")
            assert _starts(hub, "scipy") == 201
            if not running:
                hub.stop()
            shell.run(restore)
            if not running:
                hub.start()
            assert _starts(hub, "scipy") == 403
            assert _starts(hub, "minimal") == 201
            assert "not in the backup" not in hub.images("GET", "images/minimal").text
            _change(hub, "minimal", description=f"after {running}")
            assert _description(db_url, "minimal") == f"after {running}"
            hub.images("DELETE", "images/scipy")
            assert _starts(hub, "scipy") == 403
            hub.add_image("scipy")
            assert _starts(hub, "scipy") == 201


def test_every_command_is_tried() -> None:
    """The page has as many ways to restore as the test above tries."""
    for kind in WORDS:
        assert len(_commands("Backup", kind)) == 1
        assert len(_commands("Restore", kind)) == sum(kind == tried for tried, _way in WAYS)
    blocks = len(re.findall(r"^```sh$", PAGE.read_text(), re.M))
    assert blocks == len(WORDS) + len(WAYS)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_other_tables_stay(
    database_servers: dict[Kind, DatabaseServer], tmp_path: Path, kind: str
) -> None:
    """In the hub's own database, a restore takes back the catalogue alone."""
    (back_up,), (restore,) = _commands("Backup", kind), _commands("Restore", kind)
    with _database(kind, database_servers, tmp_path) as (db_url, shell):
        engine = open_engine(db_url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE users (name VARCHAR(9))"))
            connection.execute(text("CREATE TABLE hub_images_image (name VARCHAR(9))"))
            connection.execute(text("INSERT INTO hub_images_image VALUES ('old')"))
        shell.run(back_up)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO users VALUES ('maria')"))
            connection.execute(text("UPDATE hub_images_image SET name = 'new'"))
        shell.run(restore)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT name FROM users")).scalar_one() == "maria"
            names = connection.execute(text("SELECT name FROM hub_images_image")).scalars()
            assert list(names) == ["old"]
        engine.dispose()


def test_a_snapshot_with_its_log(tmp_path: Path) -> None:
    """A backup of a snapshot has what the snapshot's `-wal` holds."""
    require(sqlite_program_missing())
    file, snapshot = tmp_path / f"{NAME}.sqlite", tmp_path / "snapshot"
    snapshot.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute("CREATE TABLE image (name)")
            connection.execute("INSERT INTO image VALUES ('in the log')")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{file}{suffix}", snapshot / f"{file.name}{suffix}")
    (back_up,) = _commands("Backup", "sqlite")
    Shell(snapshot, f"sqlite:///{snapshot / file.name}").run(back_up)
    with closing(sqlite3.connect(snapshot / "copy.sqlite")) as connection:
        assert connection.execute("SELECT name FROM image").fetchall() == [("in the log",)]


def test_a_file_that_is_gone_for_a_while(tmp_path: Path) -> None:
    """Hub and service say so and make no empty one; with the file back they need no restart."""
    file, away = tmp_path / "images.sqlite", tmp_path / "away"
    with recording_hub(tmp_path) as hub:
        assert _starts(hub, "minimal") == 201
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).rename(f"{away}{suffix}")
        assert _starts(hub, "minimal") == 503
        assert "cannot be read at the moment" in hub.browser("student").get("hub/spawn").text
        refused = hub.images("POST", json={"name": "lost", "url": "a/b:1"})
        assert refused.status_code == 503
        assert "file images.sqlite is missing" in refused.json()["message"]
        assert hub.client.get(hub.images_url + "health").status_code == 503
        assert "file images.sqlite is missing" in hub.log(until="images.sqlite is missing")
        assert not file.exists()
        for suffix in ("", "-wal", "-shm"):
            away.with_name(away.name + suffix).rename(f"{file}{suffix}")
        assert _starts(hub, "minimal") == 201
        hub.add_image("after")
        assert _starts(hub, "after") == 201
