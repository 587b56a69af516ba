"""What the service asks the hub: its groups and users, which servers run what, and to stop one.

Every request is bounded in time. If the hub does not answer a question, the result is None:
a page then says "unknown" and does not fail.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from hub_images.service.running_servers import RunningServer, RunningServers, read_users, servers_of

TIMEOUT_SECONDS = 5.0
FRESH_SECONDS = 2.0  # several parts of one page, and several people, ask for the same
#: The hub answers after its `slow_stop_timeout`, ten seconds by default.
STOP_SECONDS = 20.0
STOP_AT_ONCE = 10
PAGE_SIZE = 200  # the most that the hub's API gives by default

_TIMEOUT = 599  # Tornado's own status
#: What reading an answer raises that is no JSON, or JSON of another shape.
_ODD_ANSWERS = (ValueError, KeyError, TypeError)

_T = TypeVar("_T")

log = logging.getLogger("hub_images")


class NotStopped(Exception):
    """The hub did not stop a server; the text says why."""


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
        self._stopping: AsyncHTTPClient | None = None

    async def groups(self) -> list[Group] | None:
        """Return the hub's groups, sorted by name; None if the hub does not answer."""
        items = await self._all("groups", {})
        if items is None:
            return None
        found = [Group(str(item.get("name")), len(item.get("users") or [])) for item in items]
        return sorted(found, key=lambda group: group.name.casefold())

    async def members(self, groups: Collection[str]) -> dict[str, frozenset[str]] | None:
        """Return who is in each of `groups` that the hub knows; None if it does not answer."""
        items = await self._all("groups", {})
        if items is None:
            return None
        return {
            name: frozenset(map(str, item.get("users") or []))
            for item in items
            if (name := str(item.get("name"))) in groups
        }

    async def user_count(self) -> int | None:
        """Return how many users the hub has; None if it does not answer."""
        count: int | None = await self._shared("user count", self._ask_user_count)
        return count

    async def running_servers(self, *, now: bool = False) -> RunningServers | None:
        """Return the servers that run an image; None if the hub does not answer.

        With `now`, the hub has not answered before the call: for images about to be deleted.
        If it has just been asked, that waits until it may be asked again.
        """
        users = await self._all("users", {"state": "active"}, now=now)
        try:
            return None if users is None else read_users(users)
        except _ODD_ANSWERS as error:
            log.warning("Could not read the hub's users: %s", error)
            return None

    async def stop_server(self, server: RunningServer) -> bool:
        """Stop a server if it still runs its image; say whether it did.

        Raises `NotStopped`. A hub that is still stopping it after a while counts as done.
        """
        user = f"users/{quote(server.user, safe='')}"
        path = f"servers/{quote(server.name, safe='')}" if server.name else "server"
        try:
            model = json.loads((await self._stop_request("GET", user)).body)
            if not any(
                s.name == server.name and s.runs(server.image, server.identity)
                for s in servers_of(model)
            ):
                return False
            await self._stop_request("DELETE", f"{user}/{path}")
        except HTTPClientError as error:
            if error.code == HTTPStatus.NOT_FOUND:  # gone in between
                return False
            raise NotStopped(_reason(error)) from error
        except (OSError, *_ODD_ANSWERS) as error:
            raise NotStopped("The hub does not answer.") from error
        return True

    async def _stop_request(self, method: str, path: str) -> HTTPResponse:
        if self._stopping is None:
            # of its own: stops take seconds, and everybody's requests wait for the shared one
            self._stopping = AsyncHTTPClient(force_instance=True, max_clients=STOP_AT_ONCE)
        request = HTTPRequest(
            f"{self._api_url}/{path}",
            method=method,
            headers={"Authorization": f"token {self._token}"},
            request_timeout=STOP_SECONDS,
        )
        return await self._stopping.fetch(request)

    async def _all(
        self, path: str, query: dict[str, str], *, now: bool = False
    ) -> list[dict[str, Any]] | None:
        def ask() -> Awaitable[Any]:
            return _bounded(path, self._pages(path, query))

        key = f"{path}?{urlencode(query)}"
        items: list[dict[str, Any]] | None = await self._shared(key, ask, now=now)
        return items

    async def _shared(
        self, key: str, ask: Callable[[], Awaitable[Any]], *, now: bool = False
    ) -> Any:
        if key not in self._answers:
            self._answers[key] = _SharedAnswer(ask)
        return await self._answers[key].get(now=now)

    async def _ask_user_count(self) -> int | None:
        # one user is enough: the answer says how many there are
        answer = await _bounded("users", self._page("users", {"limit": 1}))
        try:
            return None if answer is None else int(answer["_pagination"]["total"])
        except _ODD_ANSWERS as error:
            log.warning("Could not read the number of the hub's users: %s", error)
            return None

    async def _pages(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        offset: int | None = 0
        while offset is not None:
            answer = await self._page(path, {**query, "limit": PAGE_SIZE, "offset": offset})
            items.extend(dict(item) for item in answer["items"])
            following = answer["_pagination"]["next"]
            offset = following["offset"] if following else None
        return items

    async def _page(self, path: str, query: Mapping[str, str | int]) -> Any:
        response = await AsyncHTTPClient().fetch(
            HTTPRequest(
                f"{self._api_url}/{path}?{urlencode(query)}",
                headers={
                    "Authorization": f"token {self._token}",
                    "Accept": "application/jupyterhub-pagination+json",
                },
                request_timeout=TIMEOUT_SECONDS,
            )
        )
        return json.loads(response.body)


async def _bounded(asked: str, answer: Awaitable[_T]) -> _T | None:
    """Return an answer of the hub; None if it takes too long or cannot be read."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await answer
    except (TimeoutError, OSError, HTTPClientError, *_ODD_ANSWERS) as error:
        log.warning("Could not read the hub's %s: %s", asked, error or type(error).__name__)
        return None


def _reason(error: HTTPClientError) -> str:
    """Return what the hub says about a request that it did not carry out."""
    if error.code == _TIMEOUT:
        return "The hub does not answer."
    try:
        said = json.loads(error.response.body)["message"] if error.response else ""
    except _ODD_ANSWERS:
        said = ""
    return f"The hub answers {error.code}: {said or error.message}"
