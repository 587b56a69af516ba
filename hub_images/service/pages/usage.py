"""How many running servers use images, in the pages' words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub_images.service.running_servers import RunningServers


@dataclass(frozen=True)
class Usage:
    """How many servers run each of some images; None where the hub does not answer."""

    servers: Mapping[str, int | None]

    @classmethod
    def of(cls, images: Mapping[str, str | None], running: RunningServers | None) -> Usage:
        """Count the servers that run each of `images`: identities, where known, by name."""
        return cls(
            {
                name: None if running is None else len(running.of(name, identity))
                for name, identity in images.items()
            }
        )

    @property
    def total(self) -> int | None:
        """How many servers use any of the images; None if unknown."""
        if None in self.servers.values():
            return None
        return sum(count or 0 for count in self.servers.values())

    @property
    def sentence(self) -> str:
        """Say how many servers run the images that would be deleted."""
        return usage_sentence(self.total, len(self.servers))

    @staticmethod
    def unknown(images: int) -> str:
        """Say of so many images that it is not known how many servers run them."""
        return usage_sentence(None, images)

    @property
    def texts(self) -> dict[str, str]:
        """The number of servers in words, by image."""
        return {name: servers_text(count) for name, count in self.servers.items()}

    @property
    def after_deletion(self) -> str:
        """The end of a sentence about deleted images: how many servers keep running."""
        total = self.total
        if not total:
            return "."
        return f"; {servers_text(total)} {'keeps' if total == 1 else 'keep'} running."

    def model(self) -> dict[str, Any]:
        """Return what the list's script shows."""
        return {"sentence": self.sentence, "servers": dict(self.servers), "texts": self.texts}


def usage_sentence(servers: int | None, images: int = 1) -> str:
    """Say how many servers run the image, or images, that would be deleted."""
    if servers is None:
        them = "this image" if images == 1 else "these images"
        return f"Could not find out whether running servers use {them}."
    them = "it" if images == 1 else "them"
    if servers == 0:
        return f"No running server uses {them}."
    if servers == 1:
        return f"1 running server uses {them} now; it keeps running."
    return f"{servers:,} running servers use {them} now; they keep running."


def servers_text(servers: int | None) -> str:
    """Return the number of servers in words."""
    if servers is None:
        return "an unknown number of running servers"
    if servers == 0:
        return "no running servers"
    return "1 running server" if servers == 1 else f"{servers:,} running servers"
