"""A hub in the test's own process, for what needs a hub but none of its processes.

pytest-jupyterhub's `hub_app` starts it, with the configuration that `tests.support.hub`
writes for a hub of its own process, so both are configured by the same `configure(c)`. It
takes a fifth of a second, so most tests have their own. No process is started:

- The spawners record in memory what they would start.
- The proxy is a table in memory, and tests ask the hub directly. The hub's own tables are
  in memory too; only the catalogue is a file.
- The service has its name, scopes and OAuth client as ever, and the hub finds it up, but at
  its address stands a server that answers anything. Its process would take a second to
  start, five times as long as the hub, and no hook asks it: the hub reads the catalogue
  itself.

What is about one of these processes is tested with `tests.support.hub`.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import kubernetes_asyncio.config.kube_config as kubernetes_config
import pytest
import pytest_asyncio
from jupyterhub import orm
from pytest_jupyterhub import jupyterhub_spawners as plugin
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from tests.support.catalogue import Images, fill
from tests.support.hub_config import ADMIN_TOKEN, PASSWORD, write_config
from tests.support.no_cluster import KUBECONFIG
from tests.support.processes import free_port
from tests.support.recording_spawner import (
    CONFIG,
    MemorySpawner,
    port_of_what_is_up,
)
from tests.support.starts import IMAGES, start_request
from tests.support.table_proxy import TableProxy

WAIT_SECONDS = 20

_SPAWNER = """
from tests.support.recording_spawner import EnvironmentSpawner, MemorySpawner
c.JupyterHub.spawner_class = MemorySpawner
"""


class HubApp:
    """A hub that runs in this process, its catalogue, and what its spawners were told."""

    def __init__(
        self, app: Any, folder: Path, db_url: str, images: Images, clients: AsyncExitStack
    ) -> None:
        self.app = app
        self.folder = folder
        self.db_url = db_url
        self.url = f"http://127.0.0.1:{app.hub_port}/"
        self.images = dict(images)
        self.starts = MemorySpawner.records
        self._clients = clients
        self._api: httpx.AsyncClient | None = None

    def add_image(self, name: str, **fields: Any) -> None:
        """Add an image to the catalogue; without fields one that everyone may use."""
        self.images[name] = fields
        fill(self.db_url, self.images)

    def change_image(self, name: str, **fields: Any) -> None:
        """Change fields of an image."""
        self.add_image(name, **{**self.images[name], **fields})

    def delete_image(self, name: str) -> None:
        """Take an image out of the catalogue."""
        del self.images[name]
        fill(self.db_url, self.images)

    async def client(self) -> httpx.AsyncClient:
        """Return a new client that is closed with the hub."""
        # there is no TLS here, and reading the certificates takes longer than a request
        client = httpx.AsyncClient(base_url=self.url, timeout=WAIT_SECONDS, verify=False)
        return await self._clients.enter_async_context(client)

    async def api(
        self, method: str, path: str, token: str = ADMIN_TOKEN, **rest: Any
    ) -> httpx.Response:
        """Call the hub's REST API, by default as an admin service."""
        self._api = self._api or await self.client()
        headers = {"Authorization": f"token {token}"}
        return await self._api.request(method, f"hub/api/{path}", headers=headers, **rest)

    async def token(self, user: str, scopes: list[str] | None = None) -> str:
        """Return a new API token of `user`, with all that the user may or just `scopes`."""
        body = {} if scopes is None else {"scopes": scopes}
        answer = await self.api("POST", f"users/{user}/tokens", content=json.dumps(body))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def service_token(self, name: str) -> str:
        """Return a new API token of a service, which may what the service may."""
        return str(orm.Service.find(self.app.db, name).new_api_token())

    async def scopes(self, token: str) -> set[str]:
        """Return the expanded scopes of a token, as the hub tells them to a service."""
        answer = await self.api("GET", "user", token=token)
        assert answer.status_code == 200, answer.text
        return set(answer.json()["scopes"])

    async def browser(self, user: str) -> httpx.AsyncClient:
        """Return a client with the cookies of `user`, signed in; it follows no redirect."""
        client = await self.client()
        assert (await client.get("hub/login")).status_code == 200
        xsrf = client.cookies.get("_xsrf", path="/hub/") or ""
        form = {"username": user, "password": PASSWORD, "_xsrf": xsrf}
        answer = await client.post("hub/login", data=form)
        assert answer.is_redirect, answer.text
        return client

    async def visit(self, user: str, path: str) -> httpx.Response:
        """Open a page as someone who has just signed in."""
        return await (await self.browser(user)).get(path)

    async def start(
        self, user: str, options: Any = None, *, server: str = "", token: str = ADMIN_TOKEN
    ) -> httpx.Response:
        """Start a server over REST; `options` is the body, None sends none."""
        path, body = start_request(user, options, server)
        return await self.api("POST", path, token, **body)

    async def started(self, user: str, server: str = "") -> dict[str, Any]:
        """Wait until the server is up, and return what was started last."""
        spawner = self.app.users[user].spawners[server]
        deadline = time.monotonic() + WAIT_SECONDS
        while not spawner.ready:
            assert time.monotonic() < deadline, f"{user}'s server {server} is not up"
            await asyncio.sleep(0.01)
        return self.starts[-1]

    async def stop(self, user: str, server: str = "") -> None:
        """Stop a server; a named one stays.

        A start that comes while the hub removes a named server is the hub's own 500.
        """
        path = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
        answer = await self.api("DELETE", path)
        assert answer.status_code == 204, answer.text

    async def forget(self, user: str) -> None:
        """Forget the saved options of a user's server, by making the user anew."""
        await self.stop(user)
        groups = (await self.api("GET", f"users/{user}")).json()["groups"]
        assert (await self.api("DELETE", f"users/{user}")).status_code == 204
        assert (await self.api("POST", f"users/{user}")).status_code == 201
        for group in groups:
            await self.member("POST", group, user)

    async def member(self, method: str, group: str, user: str) -> None:
        """Put a user into a group (POST) or take them out of it (DELETE)."""
        body = json.dumps({"users": [user]})
        answer = await self.api(method, f"groups/{group}/users", content=body)
        assert answer.status_code == 200, answer.text


class StartHubApp(Protocol):
    """What the fixture `start_hub_app` gives."""

    async def __call__(
        self, *, extra: str = "", after: str = "", images: Images = IMAGES
    ) -> HubApp:
        """Start a hub; `extra` stands before `configure(c)` in the configuration, `after` after."""


#: What pytest-jupyterhub's `hub_app` gives.
_Plugin = Callable[..., Awaitable[Any]]


@pytest.fixture
async def start_hub_app(
    hub_app: _Plugin, tmp_path: Path, filled_catalogue: Path
) -> AsyncIterator[StartHubApp]:
    """Give a function that starts the one hub of a test, with `IMAGES` and `MemorySpawner`."""
    async with _starting(hub_app, tmp_path, filled_catalogue) as start:
        yield start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_hub_app(
    tmp_path_factory: pytest.TempPathFactory, filled_catalogue: Path
) -> AsyncIterator[HubApp]:
    """Run one hub for the tests of a module, which share its event loop too.

    For tables, of which each row takes less than the start of a hub. The tests are marked
    with `pytest.mark.asyncio(loop_scope="module")`, and none starts a hub of its own.
    """
    # the plugin's fixtures without their scope, which is a single test
    make = await inspect.unwrap(plugin.configured_mockhub_instance)()
    plugins_app = asynccontextmanager(inspect.unwrap(plugin.hub_app))
    async with (
        plugins_app(make) as hub_app,
        _starting(hub_app, tmp_path_factory.mktemp("hub"), filled_catalogue) as start,
    ):
        yield await start()


@pytest.fixture(scope="session")
def filled_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database with `IMAGES`, to be copied: that is faster than to fill one again."""
    file = tmp_path_factory.mktemp("catalogue") / "images.sqlite"
    fill(f"sqlite:///{file}", IMAGES)
    return file


@asynccontextmanager
async def _starting(
    hub_app: _Plugin, folder: Path, filled_catalogue: Path
) -> AsyncIterator[StartHubApp]:
    db_url = f"sqlite:///{folder / 'images.sqlite'}"
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    shutil.copyfile(filled_catalogue, folder / "images.sqlite")
    MemorySpawner.records.clear()

    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # what $KUBECONFIG said when the client was imported
        patch.setattr(kubernetes_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))

        async def start(*, extra: str = "", after: str = "", images: Images = IMAGES) -> HubApp:
            file = write_config(
                folder,
                db_url=db_url,
                port=free_port(),
                hub_port=free_port(),
                extra=CONFIG + _SPAWNER + extra,
                after=after,
            )
            config = PyFileConfigLoader(file.name, path=str(folder)).load_config()
            app = await hub_app(config=_in_this_process(config))
            if not hasattr(app, "_stop_event_loop"):
                # the end of JupyterHub 5.3 also stops the loop, which is the test's
                app.shutdown_cancel_tasks = app.cleanup
            if images is not IMAGES:
                fill(db_url, images)
            return HubApp(app, folder, db_url, images, stack)

        yield start


def _in_this_process(config: Config) -> Config:
    for service in config.JupyterHub.services:
        if service.pop("command", None):
            service["url"] = f"http://127.0.0.1:{port_of_what_is_up()}"
    config.JupyterHub.proxy_class = TableProxy
    config.JupyterHub.db_url = "sqlite:///:memory:"
    return config
