"""How long the hub takes for the options form."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import update

from hub_images.catalogue.image import ImageSpec
from hub_images.store.orm import CatalogueState
from tests.bench.catalogue import filled, first_for_everyone, images
from tests.bench.findings import Finding, Goal, Part, ratio
from tests.bench.hooks import hooks_over, make_spawner, write_kubeconfig
from tests.bench.measure import Series, in_turns

TWENTY_TIMES = Goal("at least 20 times faster", 20, at_least=True)
GROWTH = Goal("at most 1.5 times", 1.5)
VISIBLE = 20
SIZES = (VISIBLE, 100, 1_000, 10_000)

METHOD = """
**Options form.** Subject: the hook that a hub calls, `await spawner.options_form(spawner)`, over
an SQLite file. The catalogue is in memory, as in a hub that has shown a form before. The time
includes the thread and the query for the catalogue's revision. Everyone may use all images.

Peer: KubeSpawner's own form, `await spawner.get_options_form()`. Its `profile_list` is a
callable, because only a callable can give each user what their groups allow. It has one profile,
whose `profile_options.image.choices` have the same number of images with the same display names.
Ours shows descriptions too, which KubeSpawner's does not.

The growing catalogue has 20 images for everyone at each size; the others are for groups that the
user is not in. A turn is 20 forms one after the other.
"""


def run(folder: Path) -> Part:
    """Measure the form against KubeSpawner's, and as the catalogue grows."""
    write_kubeconfig(folder)
    findings, also = [], []
    for count in (100, 5_000):
        finding, cold = asyncio.run(_against_profile_list(folder, count))
        findings.append(finding)
        also.append(f"Options form at {count:,} images, first time after a change: {cold}")
    findings.append(asyncio.run(_growth(folder)))
    return Part(findings, METHOD, also)


async def _against_profile_list(folder: Path, count: int) -> tuple[Finding, Series]:
    url = f"sqlite:///{folder / f'form-{count}.sqlite'}"
    profiles = _profile_list(list(images(count)))
    theirs = make_spawner(profile_list=lambda _spawner: profiles)
    spawner = make_spawner()
    with filled(url, count) as engine, hooks_over(url) as hooks:
        assert (await hooks.options_form(spawner)).count('name="image"') == count
        assert (await theirs.get_options_form()).count("<option ") == count
        measured = await in_turns(
            {"ours": lambda: hooks.options_form(spawner), "theirs": theirs.get_options_form},
            rounds=20,
            repeat=20,
        )
        cold = []
        for _ in range(7):
            with engine.begin() as connection:
                connection.execute(
                    update(CatalogueState).values(revision=CatalogueState.revision + 1)
                )
            began = time.perf_counter()
            await hooks.options_form(spawner)
            cold.append((time.perf_counter() - began) * 1000)
    what = f"options form at {count:,} visible images, against KubeSpawner's `profile_list`"
    return ratio(
        what, TWENTY_TIMES, measured["ours"], measured["theirs"], ("ours", "KubeSpawner's")
    ), Series(cold)


def _profile_list(specs: Sequence[ImageSpec]) -> list[dict[str, Any]]:
    choices = {
        spec.name: {
            "display_name": spec.display_name,
            "kubespawner_override": {"image": spec.url},
        }
        for spec in specs
    }
    option = {"display_name": "Image", "choices": choices}
    return [{"display_name": "Small", "default": True, "profile_options": {"image": option}}]


async def _growth(folder: Path) -> Finding:
    spawner = make_spawner()
    subjects: dict[str, Callable[[], Awaitable[object]]] = {}
    with ExitStack() as stack:
        for size in SIZES:
            url = f"sqlite:///{folder / f'growth-{size}.sqlite'}"
            stack.enter_context(filled(url, size, first_for_everyone(VISIBLE)))
            hooks = stack.enter_context(hooks_over(url))
            assert (await hooks.options_form(spawner)).count('name="image"') == VISIBLE
            subjects[f"{size:,}"] = partial(hooks.options_form, spawner)
        measured = await in_turns(subjects, rounds=30, repeat=20)
    largest, smallest = f"{SIZES[-1]:,}", f"{SIZES[0]:,}"
    what = f"options form for {VISIBLE} visible images as the catalogue grows to {largest}"
    return ratio(
        what, GROWTH, measured[largest], measured[smallest], (f"at {largest}", f"at {smallest}")
    )
