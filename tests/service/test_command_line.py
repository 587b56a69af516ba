"""The command line: what `hub-images` and `hub-images upgrade-db` say and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from hub_images.service.app import HubImagesService
from hub_images.settings import HubImages
from hub_images.store.upgrade import VERSION_TABLE, current_revision, upgrade
from tests.support.catalogue import check, open_engine
from tests.support.hub_config import script
from tests.support.processes import free_port


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTERHUB", "HUB_IM"))}
    return subprocess.run(
        [script("hub-images"), *arguments],
        capture_output=True, text=True, timeout=60, env={**clean, **environment}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["upgrade-db", "--help"]])
def test_help(arguments: list[str]) -> None:
    """Both take --help."""
    done = _run(*arguments)
    assert done.returncode == 0
    assert "--config" in done.stdout


def test_upgrade_db_with_a_config_file(tmp_path: Path) -> None:
    """`c.HubImages` is read from --config; the second time there is nothing to do."""
    config = tmp_path / "config.py"
    config.write_text(f"c.HubImages.db_url = 'sqlite:///{tmp_path / 'x.sqlite'}'\n")
    first = _run("upgrade-db", "--config", str(config))
    assert (first.returncode, "Upgraded the database" in first.stderr) == (0, True)
    again = _run("upgrade-db", "--config", str(config))
    assert (again.returncode, "already" in again.stderr) == (0, True)
    check(open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}"))


@pytest.mark.parametrize(
    ("name", "text_", "told"),
    [
        ("broken.py", "raise RuntimeError('half a file')\n", "RuntimeError: half a file"),
        ("config.cfg", "c.HubImages.db_url = 'sqlite:///x.sqlite'\n", "end in .py or .json"),
    ],
)
def test_a_config_file_that_cannot_be_read(
    tmp_path: Path, name: str, text_: str, told: str
) -> None:
    """It ends with status 1, and no other database is upgraded instead."""
    (tmp_path / name).write_text(text_)
    default = tmp_path / "other.sqlite"
    done = _run("upgrade-db", "--config", str(tmp_path / name),
                HUB_IMAGES_DB_URL=f"sqlite:///{default}")  # fmt: skip
    assert done.returncode == 1
    assert told in done.stderr
    assert not default.exists()


def test_the_url_comes_from_the_environment(tmp_path: Path) -> None:
    """HUB_IMAGES_DB_URL is the default of db_url."""
    done = _run("upgrade-db", HUB_IMAGES_DB_URL=f"sqlite:///{tmp_path / 'y.sqlite'}")
    assert done.returncode == 0
    assert (tmp_path / "y.sqlite").exists()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """upgrade-db ends with status 1 and the sentence; nothing is changed."""
    url = f"sqlite:///{tmp_path / 'z.sqlite'}"
    engine = open_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = 'future'"))
    done = _run("upgrade-db", HUB_IMAGES_DB_URL=url)
    assert done.returncode == 1
    assert "does not know: it was upgraded by a newer one" in done.stderr
    assert "Traceback" not in done.stderr
    with engine.connect() as connection:
        assert current_revision(connection) == "future"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("c.HubImages.pull_secrets = ['No Name']", "c.HubImages.pull_secrets"),
        ("c.HubImages.nonsense = 1", "c.HubImages.nonsense"),
        (None, "There is no configuration file"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, config: str | None, words: str) -> None:
    """Wrong settings and missing files end with status 1 and a sentence."""
    file = tmp_path / "config.py"
    if config is not None:
        file.write_text(config)
    done = _run("upgrade-db", "--config", str(file))
    assert done.returncode == 1
    assert words in done.stderr


def test_started_by_hand_it_says_who_starts_it() -> None:
    """Without a hub around it the service says so."""
    done = _run()
    assert done.returncode == 1
    assert "Do not start this program yourself" in done.stderr


def test_sigterm_stops_gracefully(tmp_path: Path) -> None:
    """The service answers 503 while its database is away, and ends with status 0 on SIGTERM."""
    port = free_port()
    environment = {
        **os.environ,
        "HUB_IMAGES_DB_URL": f"sqlite:///{tmp_path / 'absent' / 'x.sqlite'}",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
        "JUPYTERHUB_API_TOKEN": "x",
        "JUPYTERHUB_API_URL": "http://127.0.0.1:9/hub/api",
        "JUPYTERHUB_SERVICE_PREFIX": "/services/images/",
    }
    process = subprocess.Popen(
        [script("hub-images")], env=environment, stderr=subprocess.PIPE, text=True
    )
    health = f"http://127.0.0.1:{port}/services/images/health"
    try:
        _wait_for(health, 503)
        (tmp_path / "absent").mkdir()
        _wait_for(health, 200)
    finally:
        process.send_signal(signal.SIGTERM)
        _out, log = process.communicate(timeout=20)
    assert process.returncode == 0, log
    assert "Stopping" in log


def _wait_for(url: str, status: int) -> None:
    deadline = time.monotonic() + 30
    answered = None
    while time.monotonic() < deadline:
        try:
            answered = httpx.get(url, timeout=10).status_code
        except httpx.TransportError:
            answered = None
        if answered == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} answers {answered}, not {status}")


def test_internal_ssl_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hub whose configuration turned it on after configure(c) reads why the service ends."""
    for name in ("JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SSL_CERTFILE"):
        monkeypatch.setenv(name, "https://127.0.0.1:1")
    service = HubImagesService()
    service.initialize([])
    with pytest.raises(SystemExit):
        service.start()
    assert "c.JupyterHub.internal_ssl" in capsys.readouterr().err


async def test_a_pod_without_the_kubernetes_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub in a pod whose spawner is another has no need of it; the service says what lacks."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setitem(sys.modules, "hub_images.service.kubernetes", None)
    service = HubImagesService()
    service.settings = HubImages()
    known = await service.pull_secrets().known()
    assert "hub-images[kubernetes]" in str(known.message)
    assert not known.readable
