"""How long the check at start takes, as groups and images become more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.catalogue import filled, images
from tests.bench.findings import Finding, Goal, Part
from tests.bench.hooks import hooks_over, make_spawner, write_kubeconfig
from tests.bench.measure import in_turns, number

GOAL = Goal("at most 1.5 times", 1.5)
SIZES = (10, 100, 1_000, 10_000)
MEMBERSHIPS = (1, 10, 100)
GROUPS = 200

METHOD = f"""
**Check at start.** `await apply_user_options(spawner, user_options)` on a KubeSpawner, over
SQLite, with the catalogue in memory. Every image is for one of {GROUPS} groups, so somebody in
100 groups may use half of them. We measure twice: with a named image, and with `{{}}`, where the
hook looks for the first image that fits. We measure every pair of 1, 10 and 100 groups and 10 to
10,000 images. The table compares the slowest pair with the smallest, one group and 10 images.
"""


def run(folder: Path) -> Part:
    """Measure both ways to start."""
    write_kubeconfig(folder)
    findings = asyncio.run(_measure(folder))
    return Part(findings, METHOD)


async def _measure(folder: Path) -> list[Finding]:
    subjects: dict[str, dict[tuple[int, int], Callable[[], Awaitable[object]]]] = {
        "a named image": {}, "nothing chosen": {}
    }  # fmt: skip
    with ExitStack() as stack:
        for size in SIZES:
            url = f"sqlite:///{folder / f'start-{size}.sqlite'}"
            stack.enter_context(filled(url, size, _sharing))
            hooks = stack.enter_context(hooks_over(url))
            named = {"image": next(iter(images(size, _sharing))).name}
            for groups in MEMBERSHIPS:
                spawner = make_spawner(f"group-{index}" for index in range(groups))
                for kind, options in (("a named image", named), ("nothing chosen", {})):
                    subjects[kind][groups, size] = _check(
                        hooks.apply_user_options, spawner, options
                    )
        return [await _finding(kind, subjects[kind]) for kind in subjects]


def _sharing(index: int) -> str:
    return f"group-{index % GROUPS}"


def _check(hook: Any, spawner: Any, options: dict[str, str]) -> Callable[[], Awaitable[object]]:
    return lambda: hook(spawner, options)


async def _finding(
    kind: str, subjects: dict[tuple[int, int], Callable[[], Awaitable[object]]]
) -> Finding:
    names = {f"{groups} groups, {size:,} images": (groups, size) for groups, size in subjects}
    measured = await in_turns(
        {name: subjects[corner] for name, corner in names.items()}, rounds=30, repeat=5
    )
    first, *others = measured
    peer = measured[first]
    slowest = max(others, key=lambda name: measured[name].median)
    value = measured[slowest].median / peer.median
    text = f"**{number(value)}**; {slowest} {measured[slowest]}, 1 group, 10 images {peer}"
    return Finding(
        f"check at start, {kind}: 1, 10, 100 groups, 10 to 10,000 images", GOAL, value, text
    )
