"""A real hub over a database that another process upgrades, and over one it may only read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic import command

from hub_images.store.upgrade import alembic_config, current_revision
from tests.support.catalogue import open_engine
from tests.support.starts import recording_hub, records, start


def test_forms_while_another_process_upgrades(tmp_path: Path) -> None:
    """A form is a sentence before and the images after; none is an error in between."""
    with recording_hub(tmp_path) as hub:
        # before the hub's first look
        engine = open_engine(hub.db_url)
        command.downgrade(alembic_config(engine), "base")
        engine.dispose()
        browser = hub.browser("student")
        pages = [browser.get("hub/spawn")]
        assert "cannot be read at the moment" in pages[0].text
        assert start(hub, "student", {"image": "minimal"}).status_code == 503
        upgrade = subprocess.Popen(
            [sys.executable, "-m", "hub_images", "upgrade-db", "--db-url", hub.db_url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        while upgrade.poll() is None:
            pages.append(browser.get("hub/spawn"))
        assert upgrade.returncode == 0, upgrade.communicate()[0]
        hub.add_image("minimal", display_name="Minimal again")
        last = browser.get("hub/spawn")
        assert {page.status_code for page in [*pages, last]} == {200}
        assert "Minimal again" in last.text
        assert "cannot be read" not in last.text
        assert start(hub, "student", {"image": "minimal"}).status_code == 201


def test_a_file_that_can_only_be_read(tmp_path: Path) -> None:
    """Forms and starts go on, a change gets a sentence, and what is stored stays."""
    with recording_hub(tmp_path) as hub:
        file = tmp_path / "images.sqlite"
        engine = open_engine(hub.db_url)
        with engine.connect() as kept:  # without -wal and -shm a WAL file cannot be read so
            current_revision(kept)
            hub.stop()
            config = hub.config_file.read_text()
            read_only = f"sqlite:///file:{file}?mode=ro&uri=true"
            assert hub.db_url in config
            hub.config_file.write_text(config.replace(hub.db_url, read_only))
            hub.start()
            for answer in (
                hub.images("POST", json={"name": "new", "url": "a/b:1"}),
                hub.images("PATCH", "images/minimal", json={"description": "new"}),
                hub.images("DELETE", "images/minimal"),
            ):
                assert answer.status_code == 503, answer.text
                assert "is read-only at the moment" in answer.json()["message"]
            assert hub.images("GET", "images/minimal").json()["version"] == 1
            page = hub.browser("student").get("hub/spawn")
            assert page.status_code == 200
            assert "Minimal" in page.text
            assert start(hub, "student", {"image": "minimal"}).status_code == 201
            assert len(records(hub)) == 1
        engine.dispose()
