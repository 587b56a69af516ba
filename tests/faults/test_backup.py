"""What docs/operations.md says of backups, with the databases' own programs."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

from tests.support.databases import SERVER_KINDS, DatabaseServer, Kind
from tests.support.services import Service, Services

IMAGES: list[dict[str, Any]] = [
    {"name": "plain", "url": "a/b:1"},
    {
        "name": "odd",
        "display_name": "Zürich 日本 🚀",
        "description": 'it\'s a \\ "quoted"\nline %s; --',
        "type": "universal",
        "url": "a/b:2",
        "gpu_url": "a/b:gpu",
        "global": False,
        "groups": ["students", "Ünïcödé"],
        "enabled": False,
    },
]


def _catalogue(service: Service) -> list[dict[str, Any]]:
    answer = service.api("GET")
    assert answer.status_code == 200
    images: list[dict[str, Any]] = answer.json()["items"]
    return images


def _run(*command: str, password: str | None, sent: str | None = None) -> str:
    environment = {**os.environ, "PGPASSWORD": password or "", "MYSQL_PWD": password or ""}
    done = subprocess.run(
        command, env=environment, input=sent, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _copy(source: URL, target: URL) -> None:
    """Back up the database at `source`, which is in use, and restore it as `target`."""
    kind = source.get_backend_name()
    old, new = str(source.database), str(target.database)
    if kind == "sqlite":
        # what the program's `.backup` calls; the program itself is on few machines
        with closing(sqlite3.connect(old)) as reading, closing(sqlite3.connect(new)) as writing:
            reading.backup(writing)
        return
    host, port, user = str(source.host), str(source.port), str(source.username)
    if kind == "postgresql":
        place = ["-h", host, "-p", port, "-U", user]
        dump = _run("pg_dump", *place, old, password=source.password)
        restore = ["psql", *place, "-v", "ON_ERROR_STOP=1", "-q", new]
    else:
        place = ["-h", host, "-P", port, "-u", user, "--protocol=tcp"]
        dump = _run("mariadb-dump", *place, old, password=source.password)
        restore = ["mariadb", *place, new]
    _run(*restore, password=source.password, sent=dump)


def test_a_backup_is_the_catalogue(
    services: Services,
    database_url: str,
    database_servers: dict[Kind, DatabaseServer],
    tmp_path: Path,
) -> None:
    """Dumped with the service running and restored elsewhere it is the same, versions too."""
    source = make_url(database_url)
    copy = f"sqlite:///{tmp_path / 'copy.sqlite'}"
    for kind in SERVER_KINDS:
        if source.get_backend_name() == {"mariadb": "mysql"}.get(kind, kind):
            copy = database_servers[kind].create_database()
    service = services.start(database_url)
    for image in IMAGES:
        assert service.api("POST", json=image).status_code == 201
    assert service.api("PATCH", "images/plain", json={"description": "2nd"}).status_code == 200
    _copy(source, make_url(copy))
    restored = services.start(copy)
    assert _catalogue(restored) == _catalogue(service)
    changed = restored.api("PATCH", "images/odd", json={"enabled": True})
    assert changed.json()["version"] == 2
    assert restored.api("POST", json={"name": "new"}).status_code == 201
    assert len(_catalogue(service)) == len(IMAGES)


def test_what_rest_gives_it_takes_again(services: Services, tmp_path: Path) -> None:
    """The items of a list, each sent to an empty catalogue as they are."""
    service = services.start(f"sqlite:///{tmp_path / 'first.sqlite'}")
    for image in IMAGES:
        assert service.api("POST", json=image).status_code == 201
    empty = services.start(f"sqlite:///{tmp_path / 'second.sqlite'}")
    items = _catalogue(service)
    for item in items:
        assert empty.api("POST", json=item).status_code == 201
    own = {"version", "created_at", "updated_at", "created_by", "updated_by"}
    for old, new in zip(items, _catalogue(empty), strict=True):
        assert {k: v for k, v in old.items() if k not in own} == {
            k: v for k, v in new.items() if k not in own
        }
