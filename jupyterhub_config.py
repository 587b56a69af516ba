"""A hub with hub-images to try on a laptop: `make demo`.

It is also the example to copy from. What your own hub needs is the part between the
two lines of dashes; the rest is a trial: an authenticator for three people, servers as
local processes, and sample images.
"""

import os
import shutil
import sys
from pathlib import Path

from jupyterhub.utils import random_port

import hub_images

sys.path.insert(0, str(Path(__file__).parent / "examples" / "demo"))
import demo

c = get_config()  # noqa: F821 (given by JupyterHub)

state = Path(os.environ.get("HUB_IMAGES_DEMO_DIR", ".demo")).absolute()
state.mkdir(parents=True, exist_ok=True)
port = int(os.environ.get("HUB_IMAGES_DEMO_PORT") or 8000)

# The trial hub: three people with one password, on this machine only.
c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_port = random_port()
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{random_port()}"
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
c.ConfigurableHTTPProxy.command = [
    str(Path(sys.executable).with_name("configurable-http-proxy"))
    if Path(sys.executable).with_name("configurable-http-proxy").exists()
    else shutil.which("configurable-http-proxy") or "configurable-http-proxy"
]
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = demo.PASSWORD
c.Authenticator.allowed_users = {"admin", "scientist", "student"}
c.Authenticator.admin_users = {"admin"}
c.JupyterHub.load_groups = {
    "data-science": {"users": ["scientist"]},
    "students": {"users": ["student"]},
}
c.JupyterHub.allow_named_servers = True

# Servers are local processes here, which start no container: what they were given
# stands in JUPYTER_IMAGE, and the notebook that opens shows it.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(state / "homes" / "{username}")
c.Spawner.cmd = [str(Path(sys.executable).with_name("jupyterhub-singleuser"))]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.default_url = f"/lab/tree/{demo.NOTEBOOK}"
c.Spawner.pre_spawn_hook = demo.show_image

# ------------------------------------------------------------------------------------
c.HubImages.db_url = f"sqlite:///{state / 'hub_images.sqlite'}"
c.HubImages.instance_types = [
    {
        "name": "small",
        "display_name": "Small",
        "description": "For courses and small data.",
        "cpu_limit": 1,
        "mem_limit": "2G",
    },
    {
        "name": "large",
        "display_name": "Large",
        "description": "For data that does not fit into memory elsewhere.",
        "cpu_limit": 4,
        "mem_limit": "16G",
        "global": False,
        "groups": ["data-science"],
    },
    {
        "name": "gpu-1",
        "display_name": "One GPU",
        "description": "For training and inference.",
        "cpu_limit": 8,
        "mem_limit": "32G",
        "gpu_limit": 1,
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "global": False,
        "groups": ["data-science"],
    },
]
c.HubImages.pull_secrets = ["lab-registry", "nvidia-ngc"]
hub_images.configure(c)
# ------------------------------------------------------------------------------------

demo.add_sample_images(c.HubImages.db_url)
demo.print_welcome(c.JupyterHub.bind_url)
