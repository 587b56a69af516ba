"""The deployer's own hooks and settings work beside ours, and nobody can go around ours."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.hub import Hub
from tests.support.hub_app import HubApp, StartHubApp
from tests.support.hub_config import REG
from tests.support.starts import notebook, recording_hub, start

pytestmark = pytest.mark.hub


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


def _environment(hub: HubApp) -> dict[str, str]:
    return {i["name"]: i.get("value", "") for i in notebook(hub.starts[-1])["env"]}


async def test_deployers_hooks_are_kept(start_hub_app: StartHubApp) -> None:
    """Their form, form parsing, apply and pre-spawn hook run; the image is ours to say."""
    hub = await start_hub_app(extra=DEPLOYERS)
    page = (await hub.visit("student", "hub/spawn")).text
    assert 'name="course"' in page
    assert 'name="image"' in page
    options = {"image": "scipy", "course": "physics"}
    assert (await hub.start("student", {"user_options": options})).status_code == 201
    assert notebook(hub.starts[-1])["image"] == f"{REG}scipy:1"
    assert _environment(hub)["COURSE"] == "physics"
    assert _environment(hub)["SEEN"] == f"{REG}scipy:1"
    await hub.stop("student")
    await hub.visit("student", "hub/spawn?opt-image=minimal&opt-course=maths")
    assert notebook(await hub.started("student"))["image"] == f"{REG}minimal:1"
    assert _environment(hub)["COURSE"] == "maths"


async def test_mapping_of_user_options_is_kept_and_harmless(start_hub_app: StartHubApp) -> None:
    """`apply_user_options = {"image": "image"}` cannot bring in a reference of the user's."""
    hub = await start_hub_app(
        extra='c.Spawner.apply_user_options = {"image": "image", "wd": "working_dir"}\n'
    )
    evil = {"user_options": {"image": "registry.example.org/evil:1"}}
    assert (await hub.start("student", evil)).status_code == 403
    fine = {"user_options": {"image": "scipy", "wd": "/data"}}
    assert (await hub.start("student", fine)).status_code == 201
    assert notebook(hub.starts[-1])["image"] == f"{REG}scipy:1"
    assert notebook(hub.starts[-1])["workingDir"] == "/data"


@pytest.mark.parametrize(
    "line",
    [
        "c.MemorySpawner.apply_user_options = lambda spawner, options: None",
        "c.KubeSpawner.profile_list.append({'display_name': 'x'})",
    ],
)
async def test_a_hook_taken_away_starts_nothing(
    start_hub_app: StartHubApp, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    """Where a later line replaces our check, no server starts, and the log says why."""
    hub = await start_hub_app(after=line)
    assert (await hub.start("student")).status_code == 500
    assert hub.starts == []
    assert "hub_images.configure(c)" in caplog.text


INVALID = [
    ("c.HubImages.instance_types = [{'name': 'Bad Name'}]", "c.HubImages.instance_types[0]"),
    ("c.KubeSpawner.profile_list = [{'display_name': 'x'}]", "profile_list"),
    ("c.JupyterHub.spawner_class = 'nowhere.Spawner'", "c.JupyterHub.spawner_class"),
]


@pytest.mark.parametrize(("settings", "words"), INVALID)
async def test_an_invalid_setting_is_named(
    start_hub_app: StartHubApp, settings: str, words: str
) -> None:
    """The configuration ends with a message that names the setting."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is asserted below)
        await start_hub_app(extra=settings)
    assert words in str(caught.value)


def test_an_invalid_setting_stops_the_hub(folder: Path) -> None:
    """The hub ends at start, and its log has the message."""
    settings, words = INVALID[0]
    hub = Hub(folder, extra=f'c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"\n{settings}\n')
    process = hub.launch()
    try:
        assert process.wait(30) != 0
    finally:
        hub.stop()
    assert words in hub.log()


def test_users_start_servers_while_the_service_is_down(folder: Path) -> None:
    """The hub reads the catalogue itself: a service that ends costs no user a start."""
    with recording_hub(folder) as hub:
        service = hub.api("GET", "services/images").json()
        assert service["name"] == "images"
        os.kill(service["pid"], signal.SIGSTOP)
        try:
            assert start(hub, "student", {"image": "scipy"}).status_code == 201
            page = hub.browser("nobody").get("hub/spawn").text
            assert 'value="minimal"' in page
        finally:
            os.kill(service["pid"], signal.SIGCONT)


async def test_without_a_database_the_user_gets_a_sentence(hub: HubApp) -> None:
    """A database that cannot be opened: a sentence on form and start, and the hub answers."""
    file = hub.folder / "images.sqlite"
    file.unlink()
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    file.mkdir()
    # the hub has not opened it yet, and cannot
    assert "cannot be read at the moment" in (await hub.visit("student", "hub/spawn")).text
    assert (await hub.start("student")).status_code == 503
    assert hub.starts == []
    began = time.monotonic()
    assert (await hub.api("GET", "")).status_code == 200
    assert time.monotonic() - began < 5


async def test_local_processes_get_the_reference_in_their_environment(
    start_hub_app: StartHubApp,
) -> None:
    """A spawner without an image trait passes JUPYTER_IMAGE and JUPYTER_IMAGE_SPEC."""
    extra = """
c.JupyterHub.spawner_class = EnvironmentSpawner
c.Spawner.environment = {"KEPT": "yes"}
"""
    hub = await start_hub_app(extra=extra, images={"only": {}})
    assert (await hub.start("student")).status_code == 201
    environment = hub.starts[-1]["environment"]
    assert environment["JUPYTER_IMAGE"] == f"{REG}only:1"
    assert environment["JUPYTER_IMAGE_SPEC"] == f"{REG}only:1"
    assert environment["KEPT"] == "yes"
