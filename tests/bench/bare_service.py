"""A hub service that does nothing but ask the hub who is asking: the peer of ours.

`python -m tests.bench.bare_service`, started by the hub. It answers with the bytes of the file
named in $BENCH_BODY, blank without one, and identifies every caller with the hub anew, as
hub-images does.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler


class FreshHubOAuth(HubOAuth):
    """Asks the hub about every token."""

    def user_for_token(self, token: str, use_cache: bool = True, **rest: Any) -> Any:
        """Identify the owner of `token`, without a cache."""
        return super().user_for_token(token, use_cache=False, **rest)


class Bare(HubOAuthenticated, RequestHandler):
    """The same bytes for whoever the hub knows."""

    hub_auth_class = FreshHubOAuth

    def initialize(self, body: bytes) -> None:
        """Keep the bytes."""
        self.body = body

    async def get(self) -> None:
        """Send them."""
        if await self.hub_auth.get_user(self, sync=False) is None:
            raise HTTPError(403)
        self.set_header("Content-Type", "application/json")
        self.finish(self.body)


class Callback(HubOAuthCallbackHandler):
    """Where the hub sends a browser back after its login."""

    hub_auth_class = FreshHubOAuth


async def serve() -> None:
    """Serve until killed."""
    prefix, url = os.environ["JUPYTERHUB_SERVICE_PREFIX"], os.environ["JUPYTERHUB_SERVICE_URL"]
    file = os.environ.get("BENCH_BODY")
    body = Path(file).read_bytes() if file else b""
    routes: list[Any] = [
        (f"{prefix}oauth_callback", Callback), (f"{prefix}.*", Bare, {"body": body})
    ]  # fmt: skip
    HTTPServer(Application(routes, cookie_secret=os.urandom(32))).listen(
        urlparse(url).port or 80, "127.0.0.1"
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
