"""Revisions on either side, a migration while the hub reads, and the way back to a plain hub."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from hub_images.store.database import DatabaseUnavailable
from hub_images.store.engine import parse_url
from hub_images.store.snapshots import CatalogueReader
from hub_images.store.upgrade import VERSION_TABLE, head_revision, upgrade
from tests.support.catalogue import add_image, open_engine
from tests.support.hub import Hub
from tests.support.services import Services
from tests.support.starts import recording_hub, records, start


async def test_a_migration_while_the_hub_reads(database_url: str) -> None:
    """Until it is done people get a sentence, afterwards the images; never anything else."""
    reader = CatalogueReader(parse_url(database_url))
    engine = open_engine(database_url)
    done = threading.Event()

    def migrate() -> None:
        upgrade(engine)
        add_image(engine, "first", **{"global": True})
        done.set()

    migration = threading.Thread(target=migrate)
    outcomes: list[str] = []
    looks = 0
    while looks < 3 or not done.is_set():
        if looks == 1:
            migration.start()
        try:
            found = await reader.read(lambda snapshot: snapshot)
        except DatabaseUnavailable as error:
            sentences = ("is missing", "no catalogue", "cannot be used", "older revision")
            known = any(words in str(error) for words in sentences)
            outcomes.append("sentence" if known else str(error))
        else:
            outcomes.append(f"{len(found.entries)}")
        looks += 1
        assert looks < 100_000
    migration.join()
    assert outcomes[0] == "sentence"
    assert set(outcomes) <= {"sentence", "0", "1"}
    assert await reader.read(lambda snapshot: [entry.name for entry in snapshot.entries]) == [
        "first"
    ]
    engine.dispose()


@pytest.mark.parametrize("revision", ["9999", None], ids=["newer", "empty"])
def test_another_revision_than_the_hubs(tmp_path: Path, revision: str | None) -> None:
    """People read a sentence, nothing starts, the hub goes on; the log says what to do."""
    with recording_hub(tmp_path) as hub:
        # before the hub's first look, which is when it checks
        engine = open_engine(hub.db_url)
        _set_revision(engine, revision)
        engine.dispose()
        page = hub.browser("student").get("hub/spawn")
        assert page.status_code == 200
        assert "cannot be read at the moment" in page.text
        answer = start(hub, "student", {"image": "minimal"})
        assert answer.status_code == 503, answer.text
        assert records(hub) == []
        assert hub.api("GET", "info").status_code == 200
        words = "was upgraded by a newer one" if revision else "no catalogue of images yet"
        assert words in hub.log(until=words)


def test_a_service_over_a_newer_database_says_so(
    hub: Hub, tmp_path: Path, database_url: str
) -> None:
    """It stays up, for the hub ends with a service that does; nothing is read or written."""
    engine = open_engine(database_url)
    upgrade(engine)
    _set_revision(engine, "9999")
    with Services(hub, tmp_path) as services:
        service = services.start(database_url, health=503)
        time.sleep(1)
        for answer in (
            service.api("GET"),
            service.api("POST", json={"name": "new", "url": "a/b:1"}),
        ):
            assert answer.status_code == 503
            assert "was upgraded by a newer one" in answer.json()["message"]
        _set_revision(engine, head_revision())
        service.wait_for(200)
        assert service.api("GET").json()["items"] == []
        # and where it is upgraded beside a service that runs, that one writes no more
        _set_revision(engine, "9999")
        answer = service.api("POST", json={"name": "new", "url": "a/b:1"})
        assert answer.status_code == 503
        assert "was upgraded by a newer one" in answer.json()["message"]
    engine.dispose()


def _set_revision(engine: Engine, revision: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"DELETE FROM {VERSION_TABLE}"))
        if revision is not None:
            statement = text(f"INSERT INTO {VERSION_TABLE} VALUES (:revision)")
            connection.execute(statement, {"revision": revision})


def test_without_configure_it_is_the_plain_hub_again(tmp_path: Path) -> None:
    """Servers that run go on running, and new ones start as the hub starts them."""
    with Hub(tmp_path, after="c.JupyterHub.cleanup_servers = False") as hub:
        hub.add_image("minimal")
        assert start(hub, "student", {"image": "minimal"}).status_code == 201
        pid = _server_pid(hub)
        hub.stop()
        hub.config_file.write_text(
            hub.config_file.read_text().replace("hub_images.configure(c)", "")
        )
        hub.start()
        assert hub.api("GET", "users/student").json()["servers"][""]["ready"]
        assert _server_pid(hub) == pid
        assert hub.browser("student").get("user/student/api/status").status_code == 200
        assert start(hub, "scientist").status_code == 201
        for user in ("student", "scientist"):
            assert hub.api("DELETE", f"users/{user}/server").status_code in (202, 204)


def _server_pid(hub: Hub) -> int:
    state = hub.api("GET", "users/student?include_state=1").json()["servers"][""]["state"]
    return int(state["pid"])
