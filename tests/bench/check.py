"""How long the rules of a start take by themselves, where they have the most to look at."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub_images.catalogue.choice import Choice, NotStarted, choose
from hub_images.catalogue.instance_type import InstanceType, parse_instance_types
from hub_images.catalogue.snapshot import Snapshot
from tests.bench.findings import Finding, Goal, Part
from tests.bench.measure import in_turns, number
from tests.support.catalogue import entry

GOAL = Goal("at most 5 ms", 5)
IMAGES, GROUPS, TYPES = 10_000, 100, 50

METHOD = f"""
**The rules of a start.** `choose({{}}, …)`, the part of the check at start that decides, without
hub, database and thread: {IMAGES:,} GPU images, each for one of {GROUPS} groups, a member of all
of them, and {TYPES} instance types, of which no GPU fits any, or only the last. An earlier
version looked at every image for every type, on the hub's event loop.
"""


def run(_folder: Path) -> Part:
    """Measure both cases."""
    return Part(asyncio.run(_measure()), METHOD)


async def _measure() -> list[Finding]:
    groups = frozenset(f"group-{number}" for number in range(GROUPS))
    snapshot = Snapshot(
        tuple(
            entry(
                f"image-{index:05}",
                type="gpu",
                is_global=False,
                groups=(f"group-{index % GROUPS}",),
            )
            for index in range(IMAGES)
        )
    )
    only_cpu = parse_instance_types([{"name": f"type-{number}"} for number in range(TYPES)])
    last_gpu = (*only_cpu[:-1], *parse_instance_types([{"name": "gpu", "gpu_limit": 1}]))
    assert _choice(only_cpu, snapshot, groups) is None
    assert _choice(last_gpu, snapshot, groups) is not None

    async def nothing_fits() -> object:
        return _choice(only_cpu, snapshot, groups)

    async def the_last_fits() -> object:
        return _choice(last_gpu, snapshot, groups)

    measured = await in_turns(
        {"nothing fits": nothing_fits, "the last type fits": the_last_fits}, rounds=30, repeat=20
    )
    return [
        Finding(
            f"rules of a start, {case}: {IMAGES:,} images, {GROUPS} groups, {TYPES} instance types",
            GOAL,
            series.median,
            f"**{number(series.median)} ms**; {series}",
        )
        for case, series in measured.items()
    ]


def _choice(
    types: tuple[InstanceType, ...], snapshot: Snapshot, groups: frozenset[str]
) -> Choice | None:
    try:
        return choose({}, types, snapshot, groups)
    except NotStarted:
        return None
