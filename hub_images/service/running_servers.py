"""The servers that run now, by image, read from the hub's answer about its users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub_images.catalogue.user_options import IDENTITY_KEY, IMAGE_KEY


@dataclass(frozen=True)
class RunningServer:
    """A server that runs or starts, as the hub knows it; the default server's name is blank."""

    user: str
    name: str
    image: str
    identity: str | None = None
    """Tells apart images that had the same name one after the other; None if unknown."""
    started: datetime | None = None

    @property
    def key(self) -> str:
        """Text that names the server in a form; neither part may hold a slash."""
        return f"{self.user}/{self.name}"

    @property
    def shown(self) -> str:
        """What a sentence calls the server."""
        return f"{self.user}’s server {self.name}" if self.name else f"{self.user}’s server"

    def runs(self, image: str, identity: str | None = None) -> bool:
        """Say whether it runs that image; an identity that either side lacks decides nothing."""
        unknown = identity is None or self.identity is None
        return self.image == image and (unknown or self.identity == identity)


class RunningServers:
    """The servers that run some image, found by its name."""

    def __init__(self, servers: Iterable[RunningServer]) -> None:
        self._by_image: dict[str, list[RunningServer]] = {}
        for server in servers:
            self._by_image.setdefault(server.image, []).append(server)

    @property
    def images(self) -> list[str]:
        """The names of the images that any server runs, sorted."""
        return sorted(self._by_image)

    def of(self, image: str, identity: str | None = None) -> list[RunningServer]:
        """Return the servers that run the image, by user and server name."""
        found = [s for s in self._by_image.get(image, ()) if s.runs(image, identity)]
        return sorted(found, key=lambda server: (server.user, server.name))


def read_users(users: Iterable[Mapping[str, Any]]) -> RunningServers:
    """Read the hub's models of users; raises ValueError, KeyError or TypeError for other shapes."""
    return RunningServers(server for user in users for server in servers_of(user))


def servers_of(user: Mapping[str, Any]) -> Sequence[RunningServer]:
    """Return a user's servers that run an image; raises what `read_users` raises."""
    found = []
    for name, server in (user.get("servers") or {}).items():
        options = server.get("user_options")
        options = options if isinstance(options, dict) else {}
        image, identity = options.get(IMAGE_KEY), options.get(IDENTITY_KEY)
        ending = server.get("stopped", False) or server.get("pending") == "stop"
        if isinstance(image, str) and not ending:
            found.append(
                RunningServer(
                    user=str(user["name"]),
                    name=name,
                    image=image,
                    identity=identity if isinstance(identity, str) else None,
                    started=_time(server.get("started")),
                )
            )
    return found


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
