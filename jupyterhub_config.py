"""A hub with hub-images to try on a laptop: `make demo`.

It is also the example to copy. Your own hub needs `import hub_images` and the part between
the two lines. The rest is the trial: three people, servers that are local processes, and
sample images. It stands in examples/demo/demo.py.
"""

import os
import sys
from pathlib import Path

import hub_images

sys.path.insert(0, str(Path(__file__).parent / "examples" / "demo"))
import demo

c = get_config()  # noqa: F821 (JupyterHub gives it)

demo.set_up_hub(
    c,
    folder=Path(os.environ.get("HUB_IMAGES_DEMO_DIR", ".demo")).absolute(),
    port=os.environ.get("HUB_IMAGES_DEMO_PORT") or "8000",
)

# ---- Copy from here, with `import hub_images` from above ---------------------------------
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
# Where images may come from, and that they are pinned; docs/configuration.md says more.
# c.HubImages.allowed_registries = ["registry.example.org", "quay.io/jupyter"]
# c.HubImages.require_digest = True
# On HTTPS, with wildcard DNS and certificate, give each user's server a domain of its own;
# docs/security.md says why.
# c.JupyterHub.subdomain_host = "https://hub.example.org"
# c.JupyterHub.cookie_host_prefix_enabled = True
# The pull secrets to choose from. On Kubernetes leave this out: the cluster is asked.
c.HubImages.pull_secrets = ["lab-registry", "nvidia-ngc"]
# Last, because it adds to the settings above it.
hub_images.configure(c)
# ---- Copy up to here ---------------------------------------------------------------------

demo.add_sample_images(c.HubImages.db_url)
demo.quiet_service(c)
demo.welcome_when_ready(c)
