"""The options that JupyterHub saves with a server: read for the form, written by allowed starts.

JupyterHub saves the `user_options` of a start before any hook can refuse it
(`User.spawn`). This module keeps the previous ones, so that a refused start does not
change the last choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyterhub import orm
from sqlalchemy import event

from hub_images.catalogue.choice import Choice, remembered

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner


class _Replaced(NamedTuple):
    """The options that JupyterHub was given to save, and those that they replaced."""

    given: Any
    before: dict[str, Any] | None


def keep_replaced_options() -> None:
    """Keep, for every server of this hub, the options that new ones replace."""
    if not event.contains(orm.Spawner.user_options, "set", _keep):
        event.listen(orm.Spawner.user_options, "set", _keep, retval=True, active_history=True)


def _keep(server: orm.Spawner, value: Any, before: Any, _initiator: Any) -> Any:
    server._hub_images_replaced = _Replaced(value, before if isinstance(before, dict) else None)
    # A copy: only the options of this very start are then `given` itself.
    return dict(value) if isinstance(value, dict) else value


def saved_options(spawner: Spawner) -> dict[str, Any]:
    """Return the options of the last allowed start of this server."""
    return getattr(spawner.orm_spawner, "user_options", None) or spawner.user_options or {}


def remember(spawner: Spawner, user_options: Mapping[str, Any], choice: Choice) -> None:
    """Save `choice` with the server, for the options form and the usage figures."""
    options = remembered(user_options, choice)
    if spawner.has_trait("profile_list"):
        # KubeSpawner fails a start that names a profile where there are none. A name may be
        # saved from before hub-images came, or someone may send one.
        options.pop("profile", None)
    spawner.user_options = options
    # keep the replaced ones: a later hook may still refuse the start
    replaced = _replaced_by_this_start(spawner, user_options)
    spawner.orm_spawner.user_options = options  # committed by the hub with the start
    if replaced is not None:
        spawner.orm_spawner._hub_images_replaced = _Replaced(options, replaced.before)


def restore(spawner: Spawner) -> None:
    """Restore the saved options that this start replaced, if any."""
    replaced = _replaced_by_this_start(spawner, spawner.user_options)
    if replaced is not None:
        spawner.orm_spawner.user_options = spawner.user_options = replaced.before or {}
        spawner.orm_spawner._hub_images_replaced = None


def _replaced_by_this_start(spawner: Spawner, user_options: Any) -> _Replaced | None:
    replaced: _Replaced | None = getattr(spawner.orm_spawner, "_hub_images_replaced", None)
    return replaced if replaced is not None and replaced.given is user_options else None
