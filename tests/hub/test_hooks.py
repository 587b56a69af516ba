"""The deployer's own hooks and settings work beside ours, and nobody can go around ours."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support.hub import Hub
from tests.support.starts import notebook, recording_hub, records, start, stop

pytestmark = pytest.mark.hub

REG = "registry.example.org/"

DEPLOYERS = """
def form(spawner):
    return '<label>Course <input name="course"></label>'

def from_form(data):
    return {"course": data.get("course", [""])[0]}

def apply(spawner, user_options):
    spawner.image = "registry.example.org/theirs:1"
    spawner.environment = {**spawner.environment, "COURSE": str(user_options.get("course"))}

async def before(spawner):
    spawner.environment = {**spawner.environment, "SEEN": spawner.image}

c.Spawner.options_form = form
c.KubeSpawner.options_from_form = from_form
c.KubeSpawner.apply_user_options = apply
c.Spawner.pre_spawn_hook = before
"""


def _environment(hub: Hub) -> dict[str, str]:
    return {i["name"]: i.get("value", "") for i in notebook(records(hub)[-1])["env"]}


def test_deployers_hooks_are_kept(folder: Path) -> None:
    """Their form, form parsing, apply and pre-spawn hook run; the image is ours to say."""
    with recording_hub(folder, extra=DEPLOYERS) as hub:
        page = hub.browser("student").get("hub/spawn").text
        assert 'name="course"' in page
        assert 'name="image"' in page
        options = {"image": "scipy", "course": "physics"}
        assert start(hub, "student", {"user_options": options}).status_code == 201
        assert notebook(records(hub)[-1])["image"] == f"{REG}scipy:1"
        assert _environment(hub)["COURSE"] == "physics"
        assert _environment(hub)["SEEN"] == f"{REG}scipy:1"
        stop(hub, "student")
        hub.browser("student").get("hub/spawn?opt-image=minimal&opt-course=maths")
        assert _environment(hub)["COURSE"] == "maths"
        assert notebook(records(hub)[-1])["image"] == f"{REG}minimal:1"


def test_mapping_of_user_options_is_kept_and_harmless(folder: Path) -> None:
    """`apply_user_options = {"image": "image"}` cannot bring in a reference of the user's."""
    extra = 'c.Spawner.apply_user_options = {"image": "image", "wd": "working_dir"}\n'
    with recording_hub(folder, extra=extra) as hub:
        evil = {"user_options": {"image": "registry.example.org/evil:1"}}
        assert start(hub, "student", evil).status_code == 403
        fine = {"user_options": {"image": "scipy", "wd": "/data"}}
        assert start(hub, "student", fine).status_code == 201
        assert notebook(records(hub)[-1])["image"] == f"{REG}scipy:1"
        assert notebook(records(hub)[-1])["workingDir"] == "/data"


@pytest.mark.parametrize(
    "line",
    [
        "c.RecordingSpawner.apply_user_options = lambda spawner, options: None",
        "c.KubeSpawner.profile_list.append({'display_name': 'x'})",
    ],
)
def test_a_hook_taken_away_starts_nothing(folder: Path, line: str) -> None:
    """Where a later line replaces our check, no server starts, and the log says why."""
    with recording_hub(folder, after=line) as hub:
        assert start(hub, "student").status_code == 500
        assert records(hub) == []
        words = "hub_images.configure(c)"
        assert words in hub.log(until=words)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("c.HubImages.instance_types = [{'name': 'Bad Name'}]", "c.HubImages.instance_types[0]"),
        ("c.KubeSpawner.profile_list = [{'display_name': 'x'}]", "profile_list"),
        ("c.JupyterHub.spawner_class = 'nowhere.Spawner'", "c.JupyterHub.spawner_class"),
    ],
)
def test_an_invalid_setting_stops_the_hub(folder: Path, settings: str, words: str) -> None:
    """The hub ends at start with a message that names the setting."""
    kube = 'c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"\n'
    hub = Hub(folder, extra=kube + settings + "\n")
    process = hub.launch()
    try:
        assert process.wait(30) != 0
    finally:
        hub.stop()
    assert words in hub.log()


def test_users_start_servers_while_the_service_is_down(folder: Path) -> None:
    """The hub reads the catalogue itself: a service that ends costs no user a start."""
    with recording_hub(folder) as hub:
        token = hub.api("GET", "services/images").json()
        assert token["name"] == "images"
        pid = token["pid"]
        import os
        import signal

        os.kill(pid, signal.SIGSTOP)
        try:
            assert start(hub, "student", {"image": "scipy"}).status_code == 201
            page = hub.browser("nobody").get("hub/spawn").text
            assert 'value="minimal"' in page
        finally:
            os.kill(pid, signal.SIGCONT)


def test_without_a_database_the_user_gets_a_sentence(folder: Path) -> None:
    """A database that cannot be opened: a sentence on form and start, and the hub answers."""
    with recording_hub(folder) as hub:
        (folder / "images.sqlite").unlink()
        for suffix in ("-wal", "-shm"):
            (folder / f"images.sqlite{suffix}").unlink(missing_ok=True)
        (folder / "images.sqlite").mkdir()
        # the hub has not opened it yet, and cannot
        assert "cannot be read at the moment" in hub.browser("student").get("hub/spawn").text
        assert start(hub, "student").status_code == 503
        assert records(hub) == []
        began = time.monotonic()
        assert hub.api("GET", "").status_code == 200
        assert time.monotonic() - began < 5


def test_local_processes_get_the_reference_in_their_environment(folder: Path) -> None:
    """A spawner without an image trait passes JUPYTER_IMAGE and JUPYTER_IMAGE_SPEC."""
    dump = folder / "dump.py"
    dump.write_text(
        "import json, os, sys\n"
        f"json.dump(dict(os.environ), open({str(folder / 'part.json')!r}, 'w'))\n"
        f"os.replace({str(folder / 'part.json')!r}, {str(folder / 'env.json')!r})\n"
    )
    extra = f"""
import sys
c.Spawner.cmd = [sys.executable, {str(dump)!r}]
c.Spawner.args = []
c.Spawner.start_timeout = c.Spawner.http_timeout = 5
c.Spawner.environment = {{"KEPT": "yes"}}
"""
    with Hub(folder, extra=extra) as hub:
        hub.add_image("only")
        start(hub, "student")
        deadline = time.monotonic() + 20
        while not (folder / "env.json").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        environment = json.loads((folder / "env.json").read_text())
        assert environment["JUPYTER_IMAGE"] == f"{REG}only:1"
        assert environment["JUPYTER_IMAGE_SPEC"] == f"{REG}only:1"
        assert environment["KEPT"] == "yes"
