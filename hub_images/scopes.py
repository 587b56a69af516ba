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


def may_write(scopes: Collection[str]) -> bool:
    """Say whether expanded `scopes` allow changes; a filtered scope (`…!group=x`) does not."""
    return WRITE in scopes or HUB_ADMIN in scopes


def may_read(scopes: Collection[str]) -> bool:
    """Say whether expanded `scopes` allow reading; a filtered scope does not."""
    return READ in scopes or may_write(scopes)
