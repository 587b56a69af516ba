"""A proxy for hubs whose tests ask the hub itself: it notes the routes and forwards nothing."""

from __future__ import annotations

from typing import Any

from jupyterhub.proxy import Proxy


class TableProxy(Proxy):
    """The table of a proxy, and no proxy."""

    should_start = False

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self._routes: dict[str, dict[str, Any]] = {}

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Add a row."""
        self._routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec: str) -> None:
        """Take a row away."""
        self._routes.pop(routespec, None)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """Return the table."""
        return dict(self._routes)
