"""A real JupyterHub for tests: a process of its own, with a real proxy and a real database.

`Hub` writes a configuration file, starts `jupyterhub` with it on free loopback ports,
waits until hub and service answer, and ends both by their process group.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import jupyterhub

from tests.support.hub_config import ADMIN_TOKEN, PASSWORD, REG, ROOT, write_config
from tests.support.processes import Watcher, free_port, kill_tree

#: JupyterHub 6.0 took user_options into a field of their own.
BEFORE_6 = jupyterhub.version_info < (6,)
#: Later ones show the options form of a refused start with the status of the refusal,
#: 5.3 does so with 200.
BEFORE_5_5 = jupyterhub.version_info < (5, 5)

START_SECONDS = 60


class Hub:
    """A running hub with hub-images; use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        extra: str = "",
        after: str = "",
        db_url: str | None = None,
        configure: bool = True,
        environment: dict[str, str] | None = None,
        base_url: str = "/",
    ) -> None:
        """Prepare, with a configuration as `write_config` has it."""
        self.folder = folder
        self.port, self.hub_port = free_port(), free_port()
        self.base_url = base_url
        self.db_url = db_url or f"sqlite:///{folder / 'images.sqlite'}"
        self.environment = environment or {}
        self.config_file = write_config(
            folder,
            db_url=self.db_url,
            port=self.port,
            hub_port=self.hub_port,
            base_url=base_url,
            extra=extra,
            after=after,
            configure=configure,
        )
        self.log_file = folder / "hub.log"
        self.url = f"http://127.0.0.1:{self.port}{base_url}"
        self.images_url = f"{self.url}services/images/"
        self.client = httpx.Client(timeout=60)
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.client.close()

    @property
    def pid(self) -> int:
        """The hub's process id."""
        assert self._process is not None
        return self._process.pid

    def exit_status(self) -> int | None:
        """Return the status with which the hub ended by itself; None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process without waiting for it to answer."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTERHUB", "HUB_IM"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            **self.environment,
        }
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(self.config_file)],
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, env=environment,
                start_new_session=True,
            )  # fmt: skip
        return self._process

    def start(self) -> None:
        """Start and wait until the hub and the service answer."""
        process = self.launch()
        self._watcher = Watcher(process.pid, self.folder / "nothing-to-remove")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(
                    f"the hub ended with {process.returncode}:\n{self.log()[-6000:]}"
                )
            if self._answers() and self._ready():
                return
            time.sleep(0.1)
        log = self.log()[-6000:]
        self.stop()
        raise RuntimeError(f"the hub did not start:\n{log}")

    def _answers(self) -> bool:
        # first without the proxy, which sends what it does not know to a hub that is busy
        for url in (f"http://127.0.0.1:{self.hub_port}{self.base_url}", self.url):
            try:
                if self.client.get(f"{url}hub/api/health").status_code != 200:
                    return False
            except httpx.TransportError:
                return False
        return True

    def _ready(self) -> bool:
        if "hub_images.configure(c)" not in self.config_file.read_text():
            return True
        try:
            return self.client.get(self.images_url + "health").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End the hub, and with it the proxy, the service and the servers."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            # with the proxy and the services, each of which is a session of its own
            kill_tree(self._process.pid)
            self._process.wait(10)
        if self._watcher is not None:
            self._watcher.dismiss()
        self._process = self._watcher = None

    def log(self, until: str = "", keep: Callable[[str], bool] = bool) -> str:
        """Return what hub, proxy, service and servers have written so far.

        `keep` says which lines count. Waits up to ten seconds for the words `until`: a request
        is logged after its answer has gone, so a test may be here first.
        """

        def read() -> str:
            lines = self.log_file.read_text(errors="replace").splitlines()
            return "\n".join(line for line in lines if keep(line))

        deadline = time.monotonic() + 10
        while until not in (written := read()):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        return written

    def api(self, method: str, path: str, token: str = ADMIN_TOKEN, **rest: Any) -> httpx.Response:
        """Call the hub's REST API, by default as an admin service."""
        headers = {"Authorization": f"token {token}", **rest.pop("headers", {})}
        return self.client.request(method, f"{self.url}hub/api/{path}", headers=headers, **rest)

    def images(
        self, method: str, path: str = "images", token: str | None = ADMIN_TOKEN, **rest: Any
    ) -> httpx.Response:
        """Call the REST API of hub-images."""
        headers = {**({"Authorization": f"token {token}"} if token else {})}
        headers.update(rest.pop("headers", {}))
        return self.client.request(method, f"{self.images_url}api/{path}", headers=headers, **rest)

    def add_image(self, name: str, **fields: Any) -> dict[str, Any]:
        """Add an image to the catalogue; without fields one that everyone may use."""
        data = {"name": name, "url": f"{REG}{name}:1", "global": True, **fields}
        answer = self.images("POST", json=data)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def token(self, user: str, scopes: list[str] | None = None) -> str:
        """Return a new API token of `user`, with all that the user may or just `scopes`."""
        body = {} if scopes is None else {"scopes": scopes}
        answer = self.api("POST", f"users/{user}/tokens", content=json.dumps(body))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def member(self, method: str, group: str, user: str) -> None:
        """Put a user into a group (POST) or take them out of it (DELETE)."""
        answer = self.api(method, f"groups/{group}/users", content=json.dumps({"users": [user]}))
        assert answer.status_code == 200, answer.text

    def browser(self, user: str) -> httpx.Client:
        """Return a client with the cookies of `user`, signed in through the login form."""
        client = httpx.Client(follow_redirects=True, timeout=60, base_url=self.url)
        page = client.get("hub/login")
        xsrf = client.cookies.get("_xsrf", path=f"{self.base_url}hub/")
        assert page.status_code == 200
        answer = client.post(
            "hub/login", data={"username": user, "password": PASSWORD, "_xsrf": xsrf or ""}
        )
        assert answer.status_code < 400, answer.text
        return client

    def session(self, user: str) -> tuple[httpx.Client, str]:
        """Return a client signed in to the service, and the XSRF token its pages carry."""
        client = self.browser(user)
        client.get("services/images/")
        token = client.cookies.get("_xsrf", path=f"{self.base_url}services/images/")
        return client, token or ""
