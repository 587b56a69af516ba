"""Spawners that go on with what an earlier start left, instead of starting anew.

DockerSpawner keeps the container of a stopped server, and starts it again with the image and
the limits that it was made with, whatever the spawner is told since. Then another image runs
than the one that hub-images has checked. JupyterHub's word for such spawners is `will_resume`.
DockerSpawner and its subclasses do not, if `remove` is true: they delete the container when
the server stops, and one that is still there when it starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from traitlets.config import Configurable

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

#: The traits that decide it, in the order in which they count: the second is the first one's
#: old name, and DockerSpawner copies it there.
DECIDING_TRAITS = ("remove", "remove_containers")

_DOCKER = (
    "c.DockerSpawner.remove is not True, so {name} starts the old container of a server again, "
    "with the image and the limits that its user may have had once, and not those that hub-images "
    "has checked. Set c.DockerSpawner.remove = True before hub_images.configure(c). Servers that "
    "stop then lose what is not in a volume."
)
_OTHERS = (
    "{name}.will_resume is true, so it resumes the old server, with the image and the limits "
    "that its user may have had once, and not those that hub-images has checked. Configure it "
    "to start a new server each time."
)


def reuse_problem(spawner: Spawner) -> str | None:
    """Return a sentence if `spawner` reuses what an earlier start left, else None."""
    name = type(spawner).__name__
    if _is_docker_spawner(spawner):
        # its start looks at this one, whatever a subclass makes of will_resume
        return None if spawner.remove else _DOCKER.format(name=name)
    return _OTHERS.format(name=name) if getattr(spawner, "will_resume", False) else None


def configured_reuse_problem(
    spawner_class: type[Configurable], configured: Mapping[str, Any]
) -> str | None:
    """As `reuse_problem`, for the spawners of a hub with these values of `DECIDING_TRAITS`.

    Returns None too where only a spawner with a user can tell; its start is checked again.
    """
    try:
        # Made without its __init__: that wants a user and a Docker, a trait does not.
        spawner: Any = spawner_class.__new__(spawner_class)
        for name in DECIDING_TRAITS:
            if name in configured and spawner.has_trait(name):
                setattr(spawner, name, configured[name])
        return reuse_problem(spawner)
    except Exception:  # noqa: BLE001 (the deployer's own class; its default may want a user)
        return None


def _is_docker_spawner(spawner: Spawner) -> bool:
    # by name: hub-images does not need dockerspawner
    return any(
        parent.__module__.partition(".")[0] == "dockerspawner" for parent in type(spawner).__mro__
    )
