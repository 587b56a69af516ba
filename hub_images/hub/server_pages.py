"""What the hub's own pages say of a server: its image and instance type.

The hub renders its pages in its event loop. So this looks only at what is in memory, the options
saved with the server and the snapshot that was read last, and never asks the database. While a
start is not checked yet, the options are what a request sent: what cannot be a name or a tag is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from hub_images.catalogue.fields import is_name
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.snapshot import Snapshot
from hub_images.catalogue.user_options import (
    IDENTITY_KEY,
    IMAGE_KEY,
    INSTANCE_TYPE_KEY,
    is_another,
    saved_tag,
)
from hub_images.store.snapshots import CatalogueReader

if TYPE_CHECKING:
    from jupyterhub import orm
    from jupyterhub.spawner import Spawner

#: The variable of the hub's templates that holds `Describe`.
VARIABLE = "hub_images_started"


class Started(NamedTuple):
    """What a server runs, or ran last, for people."""

    image: str
    tag: str | None
    instance_type: str | None


#: Takes a server as the hub's templates have it; None where nothing is known of it.
Describe = Callable[["Spawner | orm.Spawner | None"], Started | None]


def make_variables(
    catalogue: CatalogueReader, instance_types: Sequence[InstanceType]
) -> dict[str, Callable[[Any], Describe]]:
    """Return the variables for `c.JupyterHub.template_vars`.

    The hub calls them with the visitor. They are plain functions for the reason that `Hooks`
    gives.
    """

    def describe(spawner: Spawner | orm.Spawner | None) -> Started | None:
        if not spawner:  # a template of the deployer's may not have it
            return None
        # a named server that does not run is only its row
        row = getattr(spawner, "orm_spawner", spawner)
        return started(row.user_options or {}, catalogue.last, instance_types)

    return {VARIABLE: lambda _visitor: describe}


def started(
    options: Mapping[str, Any], snapshot: Snapshot | None, instance_types: Sequence[InstanceType]
) -> Started | None:
    """Return what the saved `options` say, with the display names that are known.

    An image that is deleted, or disabled, has its name.
    """
    name = options.get(IMAGE_KEY)
    if not isinstance(name, str) or not is_name(name):
        return None
    image = snapshot.named(name) if snapshot is not None else None
    if image is None or is_another(image, options.get(IDENTITY_KEY)):
        shown = name
    else:
        shown = image.display_name
    return Started(
        shown, saved_tag(options), _shown_type(options.get(INSTANCE_TYPE_KEY), instance_types)
    )


def _shown_type(name: object, instance_types: Sequence[InstanceType]) -> str | None:
    for instance_type in instance_types:
        if instance_type.name == name:
            return instance_type.display_name
    return name if isinstance(name, str) and is_name(name) else None
