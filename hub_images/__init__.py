"""hub-images: the container images that people of a JupyterHub may start.

`configure(c)` in `jupyterhub_config.py` adds the service, its permissions, the
pages and the spawner hooks to a hub.
"""

__version__ = "0.1.0"

from hub_images.config import HubImages, configure

__all__ = ["HubImages", "__version__", "configure"]
