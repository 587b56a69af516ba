"""How the hub hands its settings to the service: privately, whatever their size, each time."""

from __future__ import annotations

import copy
import json
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup

from hub_images.settings_file import SETTINGS_VARIABLE, SettingsFile, take_message
from tests.support.hub import Hub
from tests.support.processes import descendants


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder for temporary files, of which nothing else has any there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


class _Spawner:
    """What JupyterHub passes to a function in a service's environment; its log is a list."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.log = SimpleNamespace(error=lambda text, error: self.said.append(text % error))


def test_the_file_is_private_and_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its owner can read it, and it is gone when the service has."""
    path = SettingsFile("geheim")(_Spawner())
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    monkeypatch.setenv(SETTINGS_VARIABLE, path)
    assert take_message() == "geheim"
    assert list(folder.iterdir()) == []
    assert take_message() == ""


def test_each_start_has_a_file_of_its_own(folder: Path) -> None:
    """What a service left that died before it read its file does not stay."""
    settings = SettingsFile("geheim")
    first, second = settings(_Spawner()), settings(_Spawner())
    assert first != second
    assert [str(path) for path in folder.iterdir()] == [second]


def test_configuration_with_it_can_be_copied_and_stored(folder: Path) -> None:
    """Traitlets copies it, and JupyterHub writes it as JSON into its own database."""
    copied = copy.deepcopy({"environment": {"X": SettingsFile("geheim")}})["environment"]["X"]
    assert Path(copied(_Spawner())).read_text() == "geheim"
    assert "geheim" not in json.dumps({"X": copied}) + repr(copied)


def test_a_file_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's log has the reason; the service ends and names the variable, and nothing else."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    spawner = _Spawner()
    monkeypatch.setenv(SETTINGS_VARIABLE, SettingsFile("geheim")(spawner))
    assert len(spawner.said) == 1
    assert "No such file" in spawner.said[0]
    with pytest.raises(ValueError, match=r"\$HUB_IMAGES_SETTINGS_FILE names no file") as caught:
        take_message()
    assert "geheim" not in str(caught.value)


LARGE = """
c.JupyterHub.template_vars = {"announcement": '<img src="data:,' + "x" * 300_000 + '">'}
c.HubImages.instance_types = [
    {"name": f"type-{n}", "description": "y" * 2_000, "mem_limit": "1G"} for n in range(70)
]
c.HubImages.db_url += "?timeout=5"
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with half a megabyte of settings, and its own folder for temporary files."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "tmp").mkdir()
    with Hub(folder, extra=LARGE, environment={"TMPDIR": str(folder / "tmp")}) as hub:
        yield hub


@pytest.mark.hub
def test_settings_of_any_size_reach_the_service(large: Hub) -> None:
    """An inlined logo and many instance types: more than one environment variable holds."""
    assert len(large.images("GET", "instance-types").json()["items"]) == 70
    client, _xsrf = large.session("admin")
    with closing(client):
        page = BeautifulSoup(client.get("services/images/").text, "html.parser")
    assert page.select_one("img[src^='data:,xxx']")


@pytest.mark.hub
def test_nothing_of_them_lies_about(large: Hub) -> None:
    """Not in the environment, on disk or in the hub's own database."""
    (service,) = [pid for pid in descendants(large.pid) if "-mhub_images" in _command(pid)]
    environment = Path(f"/proc/{service}/environ").read_bytes().decode()
    assert SETTINGS_VARIABLE in environment
    assert large.db_url not in environment
    assert large.db_url not in _command(service)
    assert not list((large.folder / "tmp").glob("hub-images-*"))
    with closing(sqlite3.connect(large.folder / "jupyterhub.sqlite")) as database:
        rows: list[Any] = database.execute("SELECT name, environment FROM services").fetchall()
    assert large.db_url not in dict(rows)["images"]
    assert "will persist None" not in large.log()


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", "")
