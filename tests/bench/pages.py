"""How long the list of images and the page of one image take as the catalogue grows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path

import httpx
from playwright.sync_api import Page

from tests.bench.catalogue import sqlite
from tests.bench.findings import Finding, Goal, Part, ratio
from tests.bench.hubs import make_hub
from tests.bench.measure import Series, in_turns
from tests.support.browser import chromium_browser, sign_in
from tests.support.hub import Hub
from tests.support.processes import free_port
from tests.support.requirements import chromium_missing

GOAL = Goal("at most 1.3 times", 1.3)
FEW, MANY = 100, 10_000
GROUPS = 50
NAME = "measured"
PATHS = {"list": "", "last page of the list": "?page=1000000", "page of an image": f"image/{NAME}"}
ROUNDS = 100
PAINTS = 25

METHOD = f"""
**Pages.** Two real hubs run at once, one over {FEW} images, the other over {MANY:,}, each image
for one of the same {GROUPS} groups. An admin's browser session opens `GET /services/images/`, which
shows 25 images in both, and `GET /services/images/image/{NAME}`, an image that both have. The two
hubs take turns. The server time is that of the service's own port; it includes the service's
question to the hub who is asking. The first paint is Chromium's `first-contentful-paint`, through
the proxy, from the start of the navigation, with the styles and scripts in the browser's cache.
"""

Names = tuple[str, str]
NAMES: Names = (f"at {MANY:,}", f"at {FEW}")


def run(folder: Path) -> Part:
    """Open the pages of both hubs in turns, first without a browser, then in Chromium."""
    with ExitStack() as stack:
        hubs, ports = {}, {}
        for count in (FEW, MANY):
            ports[count] = free_port()
            hubs[count] = stack.enter_context(
                make_hub(
                    folder / str(count),
                    db_url=sqlite(folder, count, lambda index: f"group-{index % GROUPS}"),
                    extra=f"c.HubImages.service_url = 'http://127.0.0.1:{ports[count]}'",
                )
            )
            hubs[count].add_image(
                NAME, description="**SciPy** for the seminar.", groups=["group-1"], tags=["scipy"]
            )
        taken = asyncio.run(_server_times(hubs, ports))
        findings = [
            _growth(f"{name}, server time", {count: taken[count, name] for count in hubs})
            for name in ("list", "page of an image")
        ]
        last = _growth(
            "last page", {count: taken[count, "last page of the list"] for count in hubs}
        )
        also = [f"Last page of the list, server time: {last.measured}"]
        if reason := chromium_missing():
            also.append(f"Not measured: {reason}")
        else:
            findings += _paints(hubs)
    return Part(findings, METHOD, also)


def _growth(what: str, taken: Mapping[int, Series]) -> Finding:
    return ratio(f"{what} at {MANY:,} images, against {FEW}", GOAL, taken[MANY], taken[FEW], NAMES)


async def _server_times(
    hubs: Mapping[int, Hub], ports: Mapping[int, int]
) -> dict[tuple[int, str], Series]:
    """Return the times of each path of each hub."""
    subjects: dict[str, Callable[[], Awaitable[object]]] = {}
    keys: dict[str, tuple[int, str]] = {}
    async with AsyncExitStack() as stack:
        for name, path in PATHS.items():
            for count, hub in hubs.items():
                session, _xsrf = hub.session("admin")
                session.close()
                client = await stack.enter_async_context(
                    httpx.AsyncClient(
                        base_url=f"http://127.0.0.1:{ports[count]}/services/images/",
                        cookies=session.cookies,
                        timeout=60,
                    )
                )
                subjects[f"{name} {count}"] = partial(_get, client, path)
                keys[f"{name} {count}"] = count, name
        measured = await in_turns(subjects, rounds=ROUNDS, warm_up=10)
    return {keys[subject]: series for subject, series in measured.items()}


async def _get(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text


def _paints(hubs: Mapping[int, Hub]) -> list[Finding]:
    """Measure the first paint of both pages."""
    with chromium_browser() as browser:
        pages = {count: sign_in(browser, hub, "admin") for count, hub in hubs.items()}
        findings = []
        for name in ("list", "page of an image"):
            taken: dict[int, list[float]] = {count: [] for count in hubs}
            for turn in range(PAINTS + 2):
                for count, page in pages.items():
                    painted = _paint(page, f"{hubs[count].images_url}{PATHS[name]}")
                    if turn >= 2:  # the first ones fill the browser's cache
                        taken[count].append(painted)
            series = {count: Series(values) for count, values in taken.items()}
            findings.append(_growth(f"{name}, first paint in Chromium", series))
    return findings


def _paint(page: Page, url: str) -> float:
    page.goto(url)
    found = page.wait_for_function(
        "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    )
    return float(found.json_value())
