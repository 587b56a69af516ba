"""At least 500 generated `user_options` for each start path, by the code that the path runs.

The spawner is a real one with the hooks that `configure(c)` sets; the hub around it is
left out, because a start through it takes a tenth of a second. Some of the same options
go through a hub in test_generated_starts.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jupyterhub import orm
from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner
from jupyterhub.user import User
from jupyterhub.utils import maybe_future
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tornado.web import HTTPError
from traitlets.config import Config

import hub_images
from tests.support.catalogue import fill
from tests.support.examples import at_most
from tests.support.generated_options import (
    FIELDS,
    JSON_OPTIONS,
    MAY_START,
    USERS,
    asked_for,
)
from tests.support.starts import IMAGES

EXAMPLES = 500

TYPES: list[dict[str, Any]] = [
    {"name": "small", "cpu_limit": 1},
    {"name": "large", "cpu_limit": 4, "global": False, "groups": ["data-science"]},
    {"name": "gpu-1", "gpu_limit": 1, "global": False, "groups": ["data-science"]},
]
GROUPS = {"student": ["students"], "scientist": ["data-science"], "nobody": []}


@pytest.fixture(scope="module")
def spawners(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Spawner]]:
    """Give everybody a spawner with the hooks that `configure(c)` sets, without a cluster."""
    folder: Path = tmp_path_factory.mktemp("spawners")
    c = Config()
    c.JupyterHub.spawner_class = SimpleLocalProcessSpawner
    c.HubImages.db_url = f"sqlite:///{folder / 'images.sqlite'}"
    c.HubImages.instance_types = TYPES
    hub_images.configure(c)
    fill(c.HubImages.db_url, IMAGES)
    hubs_own = create_engine("sqlite://")
    orm.Base.metadata.create_all(hubs_own)
    made = {}
    with Session(hubs_own) as session:
        for name, groups in GROUPS.items():
            row = orm.User(name=name)
            row.groups = [orm.Group(name=group) for group in groups]
            session.add(row)
            session.flush()
            server = orm.Spawner(name="", user=row)
            session.add(server)
            session.commit()
            user = User(row, {"config": c})
            made[name] = SimpleLocalProcessSpawner(
                user=user, orm_spawner=server, db=session, config=c
            )
        yield made


async def _options_of(spawner: Spawner, path: str, sent: dict[str, Any]) -> dict[str, Any]:
    """Return what the hub makes of what was sent, as its handlers do."""
    if path == "form":
        return dict(await maybe_future(spawner.run_options_from_form(sent)))
    if path == "link":
        return dict(await maybe_future(spawner.options_from_query(sent)))
    return sent


@pytest.mark.parametrize("path", ["rest", "named and saved", "form", "link"])
def test_the_check_itself(spawners: dict[str, Spawner], path: str) -> None:
    """The hooks of each path, without the hub around them: allowed, or refused in a sentence."""
    started, refused = 0, 0
    loop = asyncio.new_event_loop()
    carried = FIELDS if path in ("form", "link") else JSON_OPTIONS

    @at_most(EXAMPLES)
    @given(user=USERS, sent=carried)
    def run(user: str, sent: dict[str, Any]) -> None:
        nonlocal started, refused
        spawner = spawners[user]
        options = loop.run_until_complete(_options_of(spawner, path, sent))
        asked = asked_for(options)
        if path == "named and saved":  # the hub hands back what it saved, as JSON has it
            options = {**options, **(spawner.user_options if started % 2 else {})}
            asked = asked_for(options)
        refusal = None
        try:
            loop.run_until_complete(spawner._run_apply_user_options(options))
        except HTTPError as error:
            refusal = error
        if refusal is not None:
            assert refusal.status_code in (400, 403)
            # JupyterHub's own, which tornado's class does not know
            assert refusal.jupyterhub_message.endswith(".")  # type: ignore[attr-defined]
            refused += 1
            return
        kept, environment = spawner.user_options, spawner.environment
        got = (kept["instance_type"], kept["image"], environment["JUPYTER_IMAGE"])
        assert got in MAY_START[user]
        for key, value in zip(("instance_type", "image"), got[:2], strict=True):
            assert asked.get(key) in (None, "", value)
        started += 1

    try:
        run()
    finally:
        loop.close()
    assert started + refused >= EXAMPLES
    assert started >= EXAMPLES // 10
    assert refused >= EXAMPLES // 10
