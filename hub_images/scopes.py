"""Names of the permissions, and the one place that decides who holds them."""

from __future__ import annotations

from collections.abc import Collection

READ = "custom:hub-images:read"
WRITE = "custom:hub-images:write"

#: We know hub admins by this scope of the hub's built-in `admin` role, because that role
#: takes no custom scopes (`jupyterhub.roles` refuses to redefine it).
HUB_ADMIN = "admin:services"

CUSTOM_SCOPES = {
    READ: {"description": "See the catalogue of container images."},
    WRITE: {
        "description": "Add, change and delete container images of the catalogue.",
        "subscopes": [READ],
    },
}


class PermissionMissing(Exception):
    """The caller lacks a scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"You need the permission {scope} for this.")
        self.scope = scope


def access_scope(service_name: str) -> str:
    """Return the scope that a browser needs before the hub lets it into the service."""
    return f"access:services!service={service_name}"


def hub_admin_mark(service_name: str) -> str:
    """Return the scope by which we know a hub admin in a browser's session.

    A session must be worth no more than our own scopes: whoever steals one with `admin:services`
    adds a service that may do anything. Filtered to a service of the hub's configuration, that
    scope shows the service's entry; the hub's API neither adds, changes nor deletes it
    (`jupyterhub.apihandlers.services`). Anything less is held by others than admins.
    """
    return f"{HUB_ADMIN}!service={service_name}"


def held_scopes(scopes: Collection[str], service_name: str) -> frozenset[str]:
    """Return what a caller with expanded `scopes` holds; the mark stands for the scope itself."""
    held = frozenset(scopes)
    return held | {HUB_ADMIN} if hub_admin_mark(service_name) in held else held


def may_write(scopes: Collection[str]) -> bool:
    """Say whether expanded `scopes` allow changes; a filtered scope (`…!group=x`) does not."""
    return WRITE in scopes or HUB_ADMIN in scopes


def may_read(scopes: Collection[str]) -> bool:
    """Say whether expanded `scopes` allow reading; a filtered scope does not."""
    return READ in scopes or may_write(scopes)
