"""What `make demo` needs beside hub-images: a hub, sample images, a notebook, a welcome.

The notebook shows the image that a server was given.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import socket
import sys
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.request import OpenerDirector, ProxyHandler, build_opener

from jupyterhub.auth import Authenticator
from jupyterhub.utils import random_port
from sample_images import SAMPLE_IMAGES
from sqlalchemy.orm import Session

from hub_images.catalogue.image import parse_image
from hub_images.store.engine import make_engine, parse_url
from hub_images.store.images import create_image
from hub_images.store.search import ImageQuery, list_images
from hub_images.store.transaction import write
from hub_images.store.upgrade import upgrade

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner
    from tornado.web import RequestHandler
    from traitlets.config import Config

PASSWORD = "hub-images"  # noqa: S105 (of a trial on one's own machine; it is printed)
NOTEBOOK = "your-image.ipynb"
#: Of hub, proxy, service and servers: a newcomer looks for the address, not for requests.
LOG_LEVEL = logging.WARNING
MORE_LOG = "To see why, stop it with Ctrl-C and start it with `make demo ARGS=--log-level=INFO`."
#: When the hub should have started, also on a slow machine.
LATE_SECONDS = 60
PAUSE_SECONDS = 1

#: The locks that this process holds, open until it ends.
_claimed: list[IO[str]] = []


def add_sample_images(db_url: str) -> None:
    """Fill an empty catalogue with samples; leave any other alone."""
    engine = make_engine(parse_url(db_url))
    upgrade(engine)

    def add(session: Session) -> None:
        if list_images(session, ImageQuery(limit=1))[1] == 0:
            for fields in SAMPLE_IMAGES:
                create_image(session, parse_image(fields), actor="demo")

    write(engine, add)
    engine.dispose()


def show_image(spawner: Spawner) -> None:
    """Write the notebook that opens in the started server and shows its image."""
    reference = spawner.environment.get("JUPYTER_IMAGE", "none")
    options = spawner.user_options
    text = [
        "# Your image\n",
        "\n",
        f"This server was started with **`{reference}`**\n",
        f"on the instance type **{options.get('instance_type')}**.\n",
        "\n",
        "On Kubernetes this would be a pod with that container image. "
        "The demo starts local processes, which get the reference in `JUPYTER_IMAGE`.",
    ]
    cells = [
        {"cell_type": "markdown", "id": "image", "metadata": {}, "source": text},
        {
            "cell_type": "code",
            "id": "ask",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": ["import os\n", "os.environ['JUPYTER_IMAGE']"],
        },
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    home = Path(spawner.home_dir)
    home.mkdir(parents=True, exist_ok=True)
    (home / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf8")


class OnePassword(Authenticator):  # type: ignore[misc]  # JupyterHub publishes no types
    """Let everybody in with one password; for a hub that only this machine reaches."""

    async def authenticate(self, _handler: RequestHandler, data: dict[str, str]) -> str | None:
        """Return the user's name, or None where the password is wrong."""
        return data["username"] if data["password"] == PASSWORD else None


def set_up_hub(c: Config, folder: Path, port: str) -> None:
    """Configure a hub for three people on this machine, with all its data in `folder`.

    Ends the program with a sentence where another demo uses the folder or a program the port.
    """
    number = _port_number(port)
    _claim(folder)
    _check_port(number)
    _say("Starting the hub. The address and who can sign in follow when it answers.")

    c.JupyterHub.bind_url = f"http://127.0.0.1:{number}"
    c.JupyterHub.hub_port = random_port()
    c.JupyterHub.db_url = f"sqlite:///{folder / 'jupyterhub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
    c.JupyterHub.log_level = LOG_LEVEL
    c.JupyterHub.services = []
    c.HubImages.db_url = f"sqlite:///{folder / 'hub_images.sqlite'}"
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{random_port()}"
    c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
    c.ConfigurableHTTPProxy.command = [_program("configurable-http-proxy")]
    # The hub would say "warn", which the proxy without Node calls "warning".
    c.ConfigurableHTTPProxy.log_level = "error"

    c.JupyterHub.authenticator_class = OnePassword
    c.Authenticator.allowed_users = {"admin", "scientist", "student"}
    c.Authenticator.admin_users = {"admin"}
    c.JupyterHub.load_groups = {
        "data-science": {"users": ["scientist"]},
        "students": {"users": ["student"]},
    }
    c.JupyterHub.allow_named_servers = True

    # Local processes start no container: the reference they were given stands in
    # JUPYTER_IMAGE, and the notebook that opens shows it.
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "homes" / "{username}")
    c.Spawner.cmd = [_program("jupyterhub-singleuser"), f"--log-level={LOG_LEVEL}"]
    c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
    c.Spawner.default_url = f"/lab/tree/{NOTEBOOK}"
    c.Spawner.pre_spawn_hook = show_image


def _program(name: str) -> str:
    """Return the path of a program, first of those beside this Python."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or name


def _port_number(port: str) -> int:
    if port.isdecimal() and 0 < int(port) < 65536:
        return int(port)
    raise SystemExit(f"PORT is {port!r}, and a port is a number from 1 to 65535.")


def _claim(folder: Path) -> None:
    """Lock the folder until this process ends: two hubs with one database stop each other."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(
            "The demo of this checkout is running already. Stop it with Ctrl-C where it runs, "
            "then start it again."
        ) from None
    _claimed.append(lock)


def _check_port(port: int) -> None:
    with socket.socket() as trial:
        # as the proxy does; without it, connections that ended a minute ago are in the way
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except PermissionError:
            reason = f"You may not use port {port} on this machine"
        except OSError:
            reason = f"Another program uses port {port} on this machine"
        else:
            return
    other = port + 1 if 1024 < port < 65535 else 8001
    raise SystemExit(f"{reason}. Start the demo on another one: make demo PORT={other}")


def quiet_service(c: Config) -> None:
    """Let the service log what the hub logs; call it after `configure(c)`."""
    for service in c.JupyterHub.services:
        service["command"] = [*service["command"], f"--log-level={LOG_LEVEL}"]


def welcome_when_ready(c: Config) -> None:
    """Say where the demo is and who can sign in, when hub and service answer.

    Waits in a thread of its own, which ends with the hub. Call it after `configure(c)`.
    """
    address = c.JupyterHub.bind_url
    threading.Thread(
        target=_wait_and_welcome,
        args=(
            address,
            f"http://127.0.0.1:{c.JupyterHub.hub_port}/hub/health",
            f"{c.JupyterHub.services[-1]['url']}/services/images/health",
            # Last, because the proxy logs an error for each question before it has the route.
            f"{address}/services/images/health",
        ),
        daemon=True,
    ).start()


def _wait_and_welcome(address: str, *healths: str) -> None:
    # No proxy of the environment: it knows nothing of this machine's own addresses.
    opener = build_opener(ProxyHandler({}))
    late = time.monotonic() + LATE_SECONDS
    for url in healths:
        time.sleep(PAUSE_SECONDS)
        while not _answers(opener, url):
            if time.monotonic() > late:
                _say(f"The demo takes longer than usual: {url} does not answer yet. {MORE_LOG}")
                late = float("inf")
            time.sleep(PAUSE_SECONDS)
    _say(
        f"""
  hub-images demo: {address}

    admin      keeps the images, at {address}/services/images/
    scientist  member of data-science, may use GPUs
    student    member of students

  Everybody's password: {PASSWORD}

  Ctrl-C ends the demo. `make clean` removes what it made.
"""
    )


def _answers(opener: OpenerDirector, url: str) -> bool:
    try:
        with opener.open(url, timeout=5):
            return True
    except (OSError, HTTPException):
        return False


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody may be left who reads it
        sys.stderr.write(f"{text}\n")
