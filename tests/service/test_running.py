"""The page of the servers that run an image, and how they are stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from hub_images.service.hub_client import HubClient
from hub_images.service.running_servers import RunningServer
from tests.support.hub import Hub
from tests.support.hub_config import ADMIN_TOKEN
from tests.support.markup import element
from tests.support.starts import recording_hub, start, stop
from tests.support.visitor import Visitor, cell, text

pytestmark = pytest.mark.hub

#: One user's server cannot be looked at for a while, and another's takes longer to stop than
#: the hub waits. (The hub takes a `stop` that raises for one that has worked.)
STUBBORN = """
import asyncio

class Stubborn(RecordingSpawner):
    async def poll(self):
        if self.user.name == "nobody" and Path("broken").exists():
            raise RuntimeError("The machine does not answer")
        return await super().poll()

    async def stop(self, now=False):
        if self.user.name == "reader":
            await asyncio.sleep(2)
        await super().stop(now)

c.JupyterHub.spawner_class = Stubborn
c.JupyterHub.tornado_settings["slow_stop_timeout"] = 0.2
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub whose servers are recorded."""
    with recording_hub(tmp_path_factory.mktemp("running"), extra=STUBBORN) as running:
        yield running


@pytest.fixture
def editor(hub: Hub) -> Iterator[Visitor]:
    """Sign in an editor, with three servers of one image and one of another."""
    for user, server, image in [
        ("student", "", "scipy"),
        ("student", "two", "scipy"),
        ("scientist", "", "scipy"),
        ("scientist", "two", "minimal"),
    ]:
        assert start(hub, user, {"image": image}, server=server).status_code == 201
    with Visitor.sign_in(hub, "editor") as visitor:
        yield visitor
    for user, server in [
        ("student", ""), ("student", "two"), ("scientist", ""), ("scientist", "two"),
    ]:  # fmt: skip
        stop(hub, user, server)


def _running(hub: Hub) -> list[str]:
    users = hub.api("GET", "users?state=active").json()
    return sorted(f"{user['name']}/{name}" for user in users for name in user["servers"])


def _listed(page: BeautifulSoup) -> list[str]:
    return [str(box["value"]) for box in page.select("input[name=servers][type=checkbox][checked]")]


def test_it_lists_who_runs_the_image(hub: Hub, editor: Visitor) -> None:
    """Editors come from the list; all servers of the image are ticked, and no others shown."""
    link = element(editor.get(), "td[data-label='In use'] a[href*='running/scipy']")
    assert link.get_text(" ", strip=True) == "3 servers of SciPy"
    page = editor.get("running/scipy?search=x")
    assert _listed(page) == ["scientist/", "student/", "student/two"]
    assert text(page, "h1") == "Servers that run SciPy"
    rows = [" ".join(row.get_text(" ", strip=True).split()) for row in page.select("tbody tr")]
    servers = ["scientist default", "student default", "student two"]
    assert rows == [f"{server} just now" for server in servers]
    assert element(page, "form#stop")["action"] == "/services/images/running/scipy?search=x"
    assert text(editor.get("running/torch"), ".hub-images-empty h2") == (
        "No running server uses this image"
    )


def test_it_is_for_editors(hub: Hub, editor: Visitor) -> None:
    """A reader sees the number without a link, and learns no names."""
    with Visitor.sign_in(hub, "reader") as reader:
        assert cell(reader.get(), "scipy", "In use") == "3 servers"
        assert not reader.get().select("a[href*=running]")
        assert "student" not in reader.get("running/scipy", 403).get_text()
        reader.post("running/scipy", 403, servers="student/", confirmed="yes")
    assert "student/" in _running(hub)


def test_it_asks_and_stops_the_chosen_servers(hub: Hub, editor: Visitor) -> None:
    """Named servers too; the log says who stopped whose server with which image."""
    chosen = ["student/", "student/two"]
    page = editor.post("running/scipy", 200, servers=chosen)
    assert text(page, "dialog[open] h2") == "Stop 2 servers?"
    hidden = page.select("dialog input[name=servers]")
    assert [field["value"] for field in hidden] == chosen
    assert _listed(page) == chosen
    assert len(_running(hub)) == 4
    page = editor.post("running/scipy", 303, servers=chosen, confirmed="yes")
    assert text(page, "#flash") == "Stopped 2 running servers."
    assert _listed(page) == ["scientist/"]
    assert _running(hub) == ["scientist/", "scientist/two"]
    line = "editor stopped the server 'two' of student, which ran the image scipy"
    assert line in hub.log(line)


def test_it_stops_only_what_runs_the_image(hub: Hub, editor: Visitor) -> None:
    """Whatever is sent."""
    sent = ["scientist/two", "absent/", "student", "", "scientist/../two"]
    page = editor.post("running/scipy", 303, servers=sent, confirmed="yes")
    assert text(page, "#flash") == "None of these servers runs the image now."
    page = editor.post("running/scipy", 303, confirmed="yes")
    assert text(page, "#flash") == "No server was chosen."
    editor.post("running/absent", 303, servers=["student/"], confirmed="yes")
    assert len(_running(hub)) == 4


async def test_it_looks_again_before_it_stops(hub: Hub, editor: Visitor) -> None:
    """A server that was started with another image since then runs on."""
    client = HubClient(f"{hub.url}hub/api", ADMIN_TOKEN)
    assert not await client.stop_server(RunningServer("scientist", "two", "scipy"))
    assert not await client.stop_server(RunningServer("scientist", "gone", "scipy"))
    assert not await client.stop_server(RunningServer("gone", "", "scipy"))
    assert not await client.stop_server(RunningServer("student", "", "minimal"))
    assert len(_running(hub)) == 4
    assert await client.stop_server(RunningServer("student", "two", "scipy"))
    assert "student/two" not in _running(hub)


def test_a_failure_does_not_keep_the_others(hub: Hub, editor: Visitor) -> None:
    """It is told by name with the hub's reason; a slow stop is none."""
    for user in ("nobody", "reader"):
        assert start(hub, user, {"image": "scipy"}).status_code == 201
    sent, broken = ["nobody/", "reader/", "student/"], hub.folder / "broken"
    broken.touch()
    page = editor.post("running/scipy", 200, servers=sent, confirmed="yes")
    assert text(page, "#problem h2") == "One server was not stopped"
    assert text(page, "#problem li").startswith("nobody’s server: The hub answers 500")
    assert text(page, "#problem p") == "Stopped 2 running servers."
    assert "student/" not in _running(hub)
    assert "editor could not stop the server '' of nobody" in hub.log("could not stop")
    broken.unlink()
    page = editor.post("running/scipy", 303, servers=sent, confirmed="yes")
    assert text(page, "#flash") == "Stopped 1 running server."


def test_a_deleted_image_has_a_page_while_servers_run_it(hub: Hub, editor: Visitor) -> None:
    """An image is often deleted first; a name that nothing has is 404."""
    hub.add_image("doomed")
    assert start(hub, "nobody", {"image": "doomed"}).status_code == 201
    assert hub.images("DELETE", "images/doomed").status_code == 204
    page = editor.get("running/doomed")
    assert "There is no image named doomed any more." in page.get_text()
    answer = editor.client.post(
        "services/images/running/doomed",
        data={"_xsrf": editor.xsrf, "servers": "nobody/", "confirmed": "yes"},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert "nobody/" not in _running(hub)
    assert "There is no image named" in editor.get("running/doomed", 404).get_text()
    editor.get("running/a%00b", 404)
