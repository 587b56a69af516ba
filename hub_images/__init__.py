"""hub-images: the container images that people of a JupyterHub may start.

`configure(c)` in `jupyterhub_config.py` adds the service, its permissions, the
pages and the spawner hooks to a hub.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub_images.config import HubImages, configure

__version__ = "0.1.0"

__all__ = ["HubImages", "__version__", "configure"]


def __getattr__(name: str) -> Any:
    """Import `HubImages` and `configure` on first use.

    They import JupyterHub's whole application, which the service does not need and which
    would take half as much memory again.
    """
    if name in ("HubImages", "configure"):
        from hub_images import config

        return getattr(config, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
