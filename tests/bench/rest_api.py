"""How long the REST API takes for a page of images, against a handler that has it ready."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from tests.bench.catalogue import fill
from tests.bench.findings import Goal, Part, ratio
from tests.bench.hubs import bare_service, make_hub
from tests.bench.measure import in_turns
from tests.support.catalogue import open_engine
from tests.support.hub import Hub
from tests.support.hub_config import ADMIN_TOKEN

GOAL = Goal("at most 2 times", 2)
COUNT = 10_000

METHOD = f"""
**REST.** A real hub, its proxy and both services run over SQLite. A client with a service's
token sends requests one after the other on one open connection:
`GET /services/images/api/images?limit=50` at {COUNT:,} images, and `GET /services/bare/`. The
bare service is a Tornado handler of three lines. It identifies the caller with the hub, uncached
as ours, and sends the same bytes from memory. Both times include the proxy and the request to
the hub.
"""


def run(folder: Path) -> Part:
    """Measure both through the proxy."""
    body = folder / "body.json"
    url = f"sqlite:///{folder / 'images.sqlite'}"
    engine = open_engine(url)
    fill(engine, COUNT, lambda index: f"group-{index % 200}")
    engine.dispose()
    with make_hub(folder / "first", db_url=url) as hub:
        body.write_bytes(_first_page(hub))
    with make_hub(folder / "hub", db_url=url, extra=bare_service(body)) as hub:
        return asyncio.run(_measure(hub))


def _first_page(hub: Hub) -> bytes:
    return hub.images("GET", "images?limit=50").content


async def _measure(hub: Hub) -> Part:
    headers = {"Authorization": f"token {ADMIN_TOKEN}"}
    async with httpx.AsyncClient(headers=headers, timeout=60, base_url=hub.url) as client:

        async def get(path: str) -> int:
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
            return len(answer.content)

        ours, bare = "services/images/api/images?limit=50", "services/bare/"
        lengths = [await get(ours), await get(bare)]
        # the address of the next page holds the hub's port, of as many digits in both hubs
        assert lengths[0] == lengths[1], lengths
        measured = await in_turns(
            {"ours": lambda: get(ours), "bare": lambda: get(bare)}, rounds=150, warm_up=20
        )
    what = f"`GET images?limit=50` at {COUNT:,} images, against a bare Tornado handler"
    finding = ratio(what, GOAL, measured["ours"], measured["bare"], ("ours", "bare"))
    return Part([finding], METHOD, [f"The page is {lengths[0]:,} bytes."])
