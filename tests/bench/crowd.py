"""Two hundred people who open the spawn page at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.catalogue import fill, first_for_everyone
from tests.bench.findings import Goal, Part, ratio
from tests.bench.heartbeat import longest_stall
from tests.bench.hubs import make_hub
from tests.bench.measure import Series, percentile
from tests.support.catalogue import open_engine
from tests.support.hub import Hub

P99 = Goal("at most 1.3 times", 1.3)
STALL = Goal("at most 1.2 times", 1.2)
USERS = 200
COUNT = 10_000
GROUPS = 499
FOR_EVERYONE = 30
ROUNDS = 9

METHOD = f"""
**Spawn page.** Two real hubs run at once. One has hub-images with {COUNT:,} images, of which
each user sees about 50: {FOR_EVERYONE} for everyone and about 20 for their group. The other has
an options form with one text field. {USERS} signed-in users each have an open connection to the
hub itself; the proxy would only add the same to both. All send `GET /hub/spawn` at once and read
the whole page. The two hubs take turns, {ROUNDS} times. The p99 is of the {USERS} answers of one
turn. The stall is the longest lateness of a coroutine inside the hub that sleeps 10 ms at a
time.
"""

PLAIN = "c.Spawner.options_form = '<label>Course <input name=\"course\"></label>'\n"


@dataclass
class Crowd:
    """The users of one hub, with their cookies, and what was measured of them."""

    hub: Hub
    cookies: list[str] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)

    def sign_in(self) -> None:
        """Sign everyone in; the hub shows each of them the spawn page then."""
        for index in range(USERS):
            with closing(self.hub.browser(f"user-{index}")) as client:
                cookies = [c for c in client.cookies.jar if "/hub/".startswith(c.path)]
                self.cookies.append("; ".join(f"{c.name}={c.value}" for c in cookies))

    async def rush(self) -> None:
        """Let everyone open the page at once."""
        connections = [
            await asyncio.open_connection("127.0.0.1", self.hub.hub_port) for _ in self.cookies
        ]
        await asyncio.sleep(0.3)
        began = time.monotonic()
        taken = await asyncio.gather(
            *(_open(*c, cookie) for c, cookie in zip(connections, self.cookies, strict=True))
        )
        ended = time.monotonic()
        await asyncio.sleep(0.3)  # for the beat after the last answer
        self.p99.append(percentile(taken, 0.99))
        file = self.hub.folder / "heartbeat"
        self.stalls.append(longest_stall(file, began, ended + 0.2))


async def _open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cookie: str) -> float:
    began = time.perf_counter()
    request = (
        "GET /hub/spawn HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Connection: close",
    )  # fmt: skip
    writer.write("\r\n".join([*request, "", ""]).encode())
    answer = await reader.read(-1)
    taken = (time.perf_counter() - began) * 1000
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:400]
    assert b"spawn_form" in answer, answer[:400]
    return taken


def run(folder: Path) -> Part:
    """Let the crowds of both hubs take turns."""
    url = f"sqlite:///{folder / 'images.sqlite'}"
    engine = open_engine(url)
    fill(engine, COUNT, first_for_everyone(FOR_EVERYONE, GROUPS))
    engine.dispose()
    groups = {f"group-{i}": {"users": [f"user-{i}"]} for i in range(USERS)}
    extra = f"c.JupyterHub.load_groups = {groups!r}\n"
    with (
        make_hub(folder / "ours", db_url=url, extra=extra + _heartbeat(folder / "ours")) as ours,
        make_hub(
            folder / "plain", configure=False, extra=extra + PLAIN + _heartbeat(folder / "plain")
        ) as plain,
    ):
        crowds = Crowd(ours), Crowd(plain)
        for crowd in crowds:
            crowd.sign_in()
        asyncio.run(_turns(crowds))
    mine, theirs = crowds
    what = f"{USERS} users opening the spawn page at once"
    names = ("with hub-images", "plain hub")
    return Part(
        [
            ratio(f"{what}, p99", P99, Series(mine.p99), Series(theirs.p99), names),
            ratio(
                "longest stall of the hub's event loop in that run", STALL,
                Series(mine.stalls), Series(theirs.stalls), names,
            ),
        ],
        METHOD,
    )  # fmt: skip


async def _turns(crowds: Sequence[Crowd]) -> None:
    for turn in range(ROUNDS + 1):
        for crowd in crowds if turn % 2 else reversed(crowds):
            await crowd.rush()
    for crowd in crowds:  # the first turn warms up
        del crowd.p99[0], crowd.stalls[0]


def _heartbeat(folder: Path) -> str:
    return (
        "import tests.bench.heartbeat\n"
        f"tests.bench.heartbeat.start({str(folder / 'heartbeat')!r})\n"
    )
