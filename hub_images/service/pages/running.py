"""The page of the servers that run one image: who runs it, and a way to stop them.

For an image that is withdrawn while people use it. It works for a deleted image too, as long
as servers run it. Only servers that run the image at that moment are stopped, whatever is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from sqlalchemy.orm import Session

from hub_images.service.pages.images_page import ImagesPage
from hub_images.service.pages.times import time_since
from hub_images.service.pages.usage import servers_text
from hub_images.service.running_servers import RunningServer
from hub_images.service.stops import Stopped, Stops
from hub_images.store.images import ImageNotFound, identities, named_images

#: On one page; the hub takes seconds to stop some ten.
MAX_SERVERS = 100


class RunningPage(ImagesPage):
    """Lists the servers that run an image, and stops them."""

    needs_write_scope = True
    expensive = True  # it asks the hub for all servers

    async def get(self, name: str) -> None:
        """Show the servers."""
        await self._show(name, await self._running(name))

    async def post(self, name: str) -> None:
        """Stop the servers in `servers`; ask before unless `confirmed`."""
        sent = set(self.get_body_arguments("servers", strip=False))
        running = await self._running(name)
        chosen = [server for server in running or [] if server.key in sent][:MAX_SERVERS]
        if running is None:
            await self._show(name, None)
        elif not chosen:
            none = "None of these servers runs the image now." if sent else "No server was chosen."
            self._back(name, none, "warning")
        elif not self.get_body_argument("confirmed", ""):
            await self._show(name, running, asked=chosen)
        else:
            done = await Stops(self.context, self.caller).stop(chosen)
            if done.failed:
                await self._show(name, await self._running(name), done=done)
            elif not done.stopped:
                self._back(name, "None of these servers was running the image any more.", "warning")
            else:
                self._back(name, _told(done))

    async def _running(self, name: str) -> list[RunningServer] | None:
        running, stored = await asyncio.gather(
            self.context.hub.running_servers(now=True),
            self.context.database.read(lambda session: identities(session, [name])),
        )
        return None if running is None else running.of(name, stored.get(name))

    async def _show(
        self,
        name: str,
        running: Sequence[RunningServer] | None,
        *,
        asked: Sequence[RunningServer] = (),
        done: Stopped | None = None,
    ) -> None:
        """Show the servers; with `asked`, ask whether to stop these, with `done`, what failed."""
        shown = await self.context.database.read(lambda session: _display_name(session, name))
        if shown is None and not running and done is None:
            raise ImageNotFound(name)
        now = datetime.now(UTC)
        status = HTTPStatus.SERVICE_UNAVAILABLE if running is None else HTTPStatus.OK
        self.render_page(
            "running.html",
            status,
            name=name,
            shown=shown or name,
            deleted=shown is None,
            action=self.root + _address(name) + self.state.query_string(),
            state=self.state,
            servers=None if running is None else running[:MAX_SERVERS],
            total=len(running or ()),
            since=lambda started: time_since(started, now),
            ticked={server.key for server in asked or running or ()},
            asked=asked,
            failed=done.failed if done else (),
            told=_told(done) if done else "",
            flash=self.take_flash(),
        )

    def _back(self, name: str, message: str, kind: str = "success") -> None:
        self.flash(message, kind)
        address = self.root + _address(name) + self.state.query_string()
        self.redirect(address, status=HTTPStatus.SEE_OTHER)


def _address(name: str) -> str:
    return f"running/{quote(name, safe='')}"


def _told(done: Stopped) -> str:
    return f"Stopped {servers_text(len(done.stopped))}."


def _display_name(session: Session, name: str) -> str | None:
    images = named_images(session, [name])
    return images[0].display_name if images else None
