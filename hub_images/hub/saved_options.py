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

from hub_images.catalogue.choice import Choice
from hub_images.catalogue.user_options import remembered

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


def begin(spawner: Spawner, user_options: Any) -> None:
    """Note what is remembered, before a start with `user_options` changes it."""
    replaced: _Replaced | None = getattr(spawner.orm_spawner, "_hub_images_replaced", None)
    if replaced is not None and replaced.given is user_options:
        before = replaced.before
    else:  # a start without options of its own, which uses the saved ones
        before = spawner.orm_spawner.user_options
    spawner._hub_images_remembered = dict(before or {})


def remember(spawner: Spawner, theirs: Mapping[str, Any], choice: Choice) -> None:
    """Save `choice` with the server, and the deployer's options beside it."""
    options = {**theirs, **remembered(choice)}
    if spawner.has_trait("profile_list"):
        # KubeSpawner fails a start that names a profile where there are none. A name may be
        # saved from before hub-images came, or someone may send one.
        options.pop("profile", None)
    _save(spawner, options)


def restore(spawner: Spawner) -> None:
    """Save again what was remembered before this start."""
    if not hasattr(spawner, "_hub_images_remembered"):  # something replaced our first hook
        begin(spawner, spawner.user_options)
    _save(spawner, spawner._hub_images_remembered)
    end(spawner)


def end(spawner: Spawner) -> None:
    """Forget what `begin` noted: nothing refuses this start any more."""
    spawner.__dict__.pop("_hub_images_remembered", None)


def _save(spawner: Spawner, options: dict[str, Any]) -> None:
    spawner.orm_spawner.user_options = spawner.user_options = options
    # Now, not with the hub's next commit: the end of any other request rolls back what is not
    # committed (`BaseHandler.finish`), and the deployer's hook may take minutes.
    spawner.db.commit()
