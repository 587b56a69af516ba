"""What the service asks the hub: its groups, and which servers run which image.

Every request is bounded in time. If the hub does not answer, the result is None: a page
then says "unknown" and does not fail.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

TIMEOUT_SECONDS = 5.0
FRESH_SECONDS = 2.0  # several parts of one page, and several people, ask for the same
PAGE_SIZE = 200  # the most that the hub's API gives by default

#: What reading an answer raises that is no JSON, or JSON of another shape.
_ODD_ANSWERS = (ValueError, KeyError, TypeError)

log = logging.getLogger("hub_images")


@dataclass(frozen=True)
class Group:
    """A group of the hub and how many members it has."""

    name: str
    members: int


class _SharedAnswer:
    """An answer for which the hub is asked at most every `FRESH_SECONDS`, by all callers together.

    A hub with many users takes seconds of its one event loop to list them.
    """

    def __init__(self, ask: Callable[[], Awaitable[Any]]) -> None:
        self._ask = ask
        self._answer: Any = None
        self._asked_at = -math.inf
        self._next: asyncio.Task[Any] | None = None

    async def get(self, *, now: bool) -> Any:
        """Return the last answer if it is fresh enough; else, and with `now`, the next one."""
        if not now and time.monotonic() - self._asked_at <= FRESH_SECONDS:
            return self._answer
        if self._next is None:
            self._next = asyncio.ensure_future(self._ask_again())
        # shielded: a page that is gone must not cancel the request of the others
        return await asyncio.shield(self._next)

    async def _ask_again(self) -> Any:
        await asyncio.sleep(max(0.0, self._asked_at + FRESH_SECONDS - time.monotonic()))
        asked_at = time.monotonic()
        try:
            self._answer = await self._ask()
            self._asked_at = asked_at
        finally:
            self._next = None
        return self._answer


class HubClient:
    """A client of the hub's REST API with the service's own token."""

    def __init__(self, api_url: str | None = None, token: str | None = None) -> None:
        """Take the hub's address and a token, by default those that the hub gave its service."""
        self._api_url = (api_url or os.environ.get("JUPYTERHUB_API_URL", "")).rstrip("/")
        self._token = token or os.environ.get("JUPYTERHUB_API_TOKEN", "")
        self._answers: dict[str, _SharedAnswer] = {}

    async def groups(self) -> list[Group] | None:
        """Return the hub's groups, sorted by name; None if the hub does not answer."""
        items = await self._all("groups", {})
        if items is None:
            return None
        found = [Group(str(item.get("name")), len(item.get("users") or [])) for item in items]
        return sorted(found, key=lambda group: group.name.casefold())

    async def images_in_use(self, *, now: bool = False) -> Mapping[str, int] | None:
        """Return how many running servers use each image; None if the hub does not answer.

        With `now`, the hub has not answered before the call: for images about to be deleted.
        If it has just been asked, that waits until it may be asked again.
        """
        users = await self._all("users", {"state": "active"}, now=now)
        if users is None:
            return None
        counts: Counter[str] = Counter()
        for user in users:
            for server in (user.get("servers") or {}).values():
                options = server.get("user_options")
                name = options.get("image") if isinstance(options, dict) else None
                if isinstance(name, str) and not server.get("stopped", False):
                    counts[name] += 1
        return counts

    async def _all(
        self, path: str, query: dict[str, str], *, now: bool = False
    ) -> list[dict[str, Any]] | None:
        key = f"{path}?{urlencode(query)}"
        if key not in self._answers:
            self._answers[key] = _SharedAnswer(lambda: self._bounded(path, query))
        items: list[dict[str, Any]] | None = await self._answers[key].get(now=now)
        return items

    async def _bounded(self, path: str, query: dict[str, str]) -> list[dict[str, Any]] | None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._pages(path, query)
        except (TimeoutError, OSError, HTTPClientError, *_ODD_ANSWERS) as error:
            log.warning("Could not read the hub's %s: %s", path, error or type(error).__name__)
            return None

    async def _pages(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        client = AsyncHTTPClient()
        items: list[dict[str, Any]] = []
        offset: int | None = 0
        while offset is not None:
            parameters = urlencode({**query, "limit": PAGE_SIZE, "offset": offset})
            response = await client.fetch(
                HTTPRequest(
                    f"{self._api_url}/{path}?{parameters}",
                    headers={
                        "Authorization": f"token {self._token}",
                        "Accept": "application/jupyterhub-pagination+json",
                    },
                    request_timeout=TIMEOUT_SECONDS,
                )
            )
            answer = json.loads(response.body)
            items.extend(dict(item) for item in answer["items"])
            following = answer["_pagination"]["next"]
            offset = following["offset"] if following else None
        return items
