"""The configuration of the hubs that tests run, in a process of their own or in the test's."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from tests.support.processes import free_port

#: The checkout.
ROOT = Path(__file__).parents[2]

#: Where the images of tests come from; nothing is ever pulled from there.
REG = "registry.example.org/"
PASSWORD = "hub-images"
ADMIN_TOKEN = "the-testers-own-admin-token"

BASE_CONFIG = """
import os, sys
from pathlib import Path
import hub_images
c = get_config()
state = Path({folder!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{port}{base_url}"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///" + str(state / "jupyterhub.sqlite")
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.JupyterHub.cleanup_servers = True
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allowed_users = {{"admin", "scientist", "student", "nobody", "editor", "reader"}}
c.Authenticator.admin_users = {{"admin"}}
c.JupyterHub.load_groups = {{
    "data-science": {{"users": ["scientist"]}},
    "students": {{"users": ["student"]}},
    "editors": {{"users": ["editor"]}},
    "readers": {{"users": ["reader"]}},
}}
c.JupyterHub.allow_named_servers = True
c.JupyterHub.services = [{{"name": "tester", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [
    {{
        "name": "tester",
        "services": ["tester"],
        "scopes": [
            "admin:users", "admin:groups", "admin:servers", "tokens", "read:hub", "shutdown",
            "access:services", "access:servers", "admin:services",
        ],
    }}
]
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 30, "slow_stop_timeout": 10}}
c.Spawner.cmd = [{singleuser!r}]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.SimpleLocalProcessSpawner.home_dir_template = str(state / "homes" / "{{username}}")
c.HubImages.db_url = {db_url!r}
c.HubImages.admin_groups = ["editors"]
c.HubImages.reader_groups = ["readers"]
c.HubImages.pull_secrets = ["lab-registry", "nvidia-ngc"]
c.HubImages.instance_types = [
    {{"name": "small", "display_name": "Small", "cpu_limit": 1, "mem_limit": "2G"}},
    {{"name": "large", "display_name": "Large", "cpu_limit": 4, "mem_limit": "16G",
      "global": False, "groups": ["data-science"]}},
    {{"name": "gpu-1", "display_name": "One GPU", "cpu_limit": 8, "mem_limit": "32G",
      "gpu_limit": 1, "global": False, "groups": ["data-science"],
      "node_selector": {{"pool": "gpu"}},
      "tolerations": [{{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}}]}},
]
"""


def script(name: str) -> str:
    """Return the path of a program that stands beside this Python."""
    return str(Path(sys.executable).with_name(name))


def write_config(
    folder: Path,
    *,
    db_url: str,
    port: int,
    hub_port: int,
    base_url: str = "/",
    extra: str = "",
    after: str = "",
    configure: bool = True,
) -> Path:
    """Write a hub's configuration; `extra` stands before `configure(c)` in it, `after` after it."""
    config = BASE_CONFIG.format(
        folder=str(folder),
        port=port,
        base_url=base_url,
        hub_port=hub_port,
        proxy_port=free_port(),
        proxy=script("configurable-http-proxy"),
        singleuser=script("jupyterhub-singleuser"),
        password=PASSWORD,
        token=ADMIN_TOKEN,
        db_url=db_url,
    )
    call = "hub_images.configure(c)\n" if configure else ""
    file = folder / "jupyterhub_config.py"
    file.write_text(config + textwrap.dedent(extra) + "\n" + call + textwrap.dedent(after))
    return file
