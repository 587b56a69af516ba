"""The options that JupyterHub saves with a server: read for the form, written by allowed starts.

JupyterHub saves the `user_options` of a start before any hook can refuse them
(`User.spawn`). Here the ones before are kept at hand, so that a refused start changes
nothing of what is remembered as the last choice.
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
    """What JupyterHub was given to save, and what it replaced."""

    given: Any
    before: dict[str, Any] | None


def keep_replaced_options() -> None:
    """Let every server of this hub keep the options that new ones replace, until it has started."""
    if not event.contains(orm.Spawner.user_options, "set", _keep):
        event.listen(orm.Spawner.user_options, "set", _keep, retval=True, active_history=True)


def _keep(server: orm.Spawner, value: Any, before: Any, _initiator: Any) -> Any:
    server._hub_images_replaced = _Replaced(value, before if isinstance(before, dict) else None)
    # A copy, so that a start's own options can be told from options loaded for it.
    return dict(value) if isinstance(value, dict) else value


def saved_options(spawner: Spawner) -> dict[str, Any]:
    """Return the options of the last allowed start of this server."""
    return getattr(spawner.orm_spawner, "user_options", None) or spawner.user_options or {}


def remember(spawner: Spawner, user_options: Mapping[str, Any], choice: Choice) -> None:
    """Save what is started with the server, for the options form and the figures of use."""
    options = remembered(user_options, choice)
    if spawner.has_trait("profile_list"):
        # KubeSpawner fails a start that names a profile where there are none: what was
        # saved before hub-images came, or what someone sends.
        options.pop("profile", None)
    spawner.user_options = options
    # the replaced ones stay at hand: a later hook may still refuse the start
    replaced = _replaced_by_this_start(spawner, user_options)
    spawner.orm_spawner.user_options = options  # committed by the hub with the start
    if replaced is not None:
        spawner.orm_spawner._hub_images_replaced = _Replaced(options, replaced.before)


def restore(spawner: Spawner) -> None:
    """Save again what was remembered before this start, where the start replaced it."""
    replaced = _replaced_by_this_start(spawner, spawner.user_options)
    if replaced is not None:
        spawner.orm_spawner.user_options = spawner.user_options = replaced.before or {}
        spawner.orm_spawner._hub_images_replaced = None


def _replaced_by_this_start(spawner: Spawner, user_options: Any) -> _Replaced | None:
    replaced: _Replaced | None = getattr(spawner.orm_spawner, "_hub_images_replaced", None)
    return replaced if replaced is not None and replaced.given is user_options else None
