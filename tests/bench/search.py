"""How long a search takes, on each kind of database."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from hub_images.store.database import Database
from hub_images.store.engine import parse_url
from hub_images.store.search import ImageQuery, list_images
from tests.bench.catalogue import filled
from tests.bench.findings import Finding, Goal, Part
from tests.bench.measure import in_turns, number
from tests.support.databases import SERVER_KINDS, Kind, make_server, missing_reason

GOAL = Goal("at most 3 times the unfiltered page", 3)
COUNT = 10_000
SEARCHES = (
    "pytorch",
    "numpy",
    "genomics",
    "ask zhang",
    "physics-1",
    "nothing has this",
    "a",
    "2024",
)

METHOD = f"""
**Search.** We call `list_images` in its thread, as pages and REST do, but without HTTP, which
would only bring the two times closer together. It gives 50 of {COUNT:,} images with their
groups, and the number of all that match. We search for
{", ".join(f"`{term}`" for term in SEARCHES)}: frequent, rare and absent words, in names and in
descriptions. The table has the slowest of them.
"""


def run(folder: Path) -> Part:
    """Measure on SQLite, PostgreSQL and MariaDB, those that this machine has."""
    findings, also = [], []
    for kind in (None, *SERVER_KINDS):
        reason = None if kind is None else missing_reason(kind)
        if reason:
            also.append(f"Not measured: {reason}")
            continue
        findings.append(asyncio.run(_measure(kind, folder)))
    return Part(findings, METHOD, also)


async def _measure(kind: Kind | None, folder: Path) -> Finding:
    """Search a database of a server of `kind`, or of SQLite without one."""
    with ExitStack() as stack:
        if kind is None:
            url, title = f"sqlite:///{folder / 'search.sqlite'}", "SQLite"
        else:
            server = stack.enter_context(make_server(kind))
            url, title = server.create_database(), server.title
        stack.enter_context(filled(url, COUNT, lambda index: f"group-{index % 200}"))
        database = Database(parse_url(url))
        stack.callback(database.close)
        queries = {"": ImageQuery(), **{term: ImageQuery(search=term) for term in SEARCHES}}
        measured = await in_turns(
            {
                term: partial(database.read, partial(list_images, query=query))
                for term, query in queries.items()
            },
            rounds=25,
        )
    page = measured.pop("")
    slowest = max(measured, key=lambda term: measured[term].median)
    value = measured[slowest].median / page.median
    return Finding(
        f"search at {COUNT:,} images, {title}", GOAL, value,
        f"**{number(value)}**; searching `{slowest}` {measured[slowest]}, unfiltered {page}",
    )  # fmt: skip
