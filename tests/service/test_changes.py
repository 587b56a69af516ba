"""The one way to change the catalogue: permission, check, store, log, each where it is due."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from jinja2 import Environment

from hub_images.catalogue.bulk import parse_bulk_change
from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import patched
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.scopes import READ, WRITE, PermissionMissing
from hub_images.service.changes import Changes
from hub_images.service.context import ServiceContext
from hub_images.service.hub_client import HubClient
from hub_images.service.pull_secrets import PullSecrets
from hub_images.service.web.identity import Caller
from hub_images.store.database import Database
from hub_images.store.engine import parse_url
from hub_images.store.images import Change
from hub_images.store.selection import Selection
from hub_images.store.snapshots import catalogue_state
from hub_images.store.upgrade import upgrade
from tests.support.catalogue import spec

DISABLE = parse_bulk_change("disable", {})


class Service:
    """A catalogue, and a cluster that counts how often it is asked for its pull secrets."""

    def __init__(self, folder: Path) -> None:
        self.asked = 0
        self.database = Database(parse_url(f"sqlite:///{folder / 'images.sqlite'}"))
        upgrade(self.database.engine)
        self._context = ServiceContext(
            database=self.database,
            hub=HubClient(),
            pull_secrets=PullSecrets(None, self._names),
            policy=ReferencePolicy(),
            instance_types=(),
            templates=Environment(autoescape=True),
            template_vars={},
            service_name="images",
        )

    async def _names(self) -> list[str]:
        self.asked += 1
        return ["lab"]

    def changes(self, scope: str = WRITE) -> Changes:
        """Return what one request of Maria's works with."""
        return Changes(self._context, Caller("maria", frozenset({scope})))

    async def revision(self) -> int:
        """Return the catalogue's revision."""
        return (await self.database.query(catalogue_state)).revision

    async def patch(self, **fields: Any) -> Change:
        """Change the image `a`."""
        return await self.changes().change("a", lambda stored: patched(stored, fields))


@pytest_asyncio.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Give a catalogue with one image."""
    made = Service(tmp_path)
    await made.changes().add(spec("a"))
    yield made
    made.database.close()


async def test_a_reader_changes_nothing(service: Service) -> None:
    """Every way asks for the permission itself, whoever calls it."""
    revision, changes = await service.revision(), service.changes(READ)
    for change in (
        changes.add(spec("b")),
        changes.change("a", lambda _s: spec("a", description="x")),
        changes.preview(Selection.of(["a"]), DISABLE),
        changes.change_several(Selection.of(["a"]), DISABLE),
        changes.delete("a"),
        changes.delete_several(Selection.of(["a"])),
    ):
        with pytest.raises(PermissionMissing, match=WRITE):
            await change
    assert await service.revision() == revision


async def test_says_and_logs_what_changed(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer and the log have the fields, with old and new value; neither without a change."""
    caplog.set_level(logging.INFO, logger="hub_images")
    change = await service.patch(description="new words", enabled=False)
    assert (change.action, list(change.fields)) == ("changed", ["description", "enabled"])
    assert caplog.messages == [
        'maria changed the image a: description: "" → "new words"; enabled: true → false'
    ]
    revision = await service.revision()
    caplog.clear()
    again = await service.patch(description="new words", enabled=False)
    assert (again.action, again.image.version) == (None, change.image.version)
    assert await service.changes().change_several(Selection.of(["a", "absent"]), DISABLE) == []
    assert await service.changes().delete_several(Selection.of(["absent"])) == []
    assert caplog.messages == []
    assert await service.revision() == revision
    await service.changes().delete("a")
    assert caplog.messages == ["maria deleted the image a"]
    caplog.clear()
    await service.changes().add(spec("b", url="a/b:1", groups=["ds"], pull_secret="lab"))
    (line,) = caplog.messages
    assert line.startswith("maria added the image b: ")
    for said in ('url: "" → "a/b:1"', 'pull_secret: null → "lab"', "groups: +ds"):
        assert said in line


async def test_a_change_is_one_line_of_the_log(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """However long it is and whatever is in it; nobody writes a line of their own."""
    caplog.set_level(logging.INFO, logger="hub_images")
    await service.patch(description="x\n[I] admin deleted\u2028\u202e" + "y" * 1900)
    groups = [f"group {number}" for number in range(1000)]
    await service.patch(groups=groups)
    await service.patch(groups=groups[1:])
    first, second, third = caplog.messages
    assert "x\\n[I] admin deleted\\u2028\\u202eyyy" in first
    assert all(line.isprintable() and len(line) < 300 for line in caplog.messages)
    assert re.search(r': \+"group 0" \+"group 1" .* and 9\d\d more$', second)
    assert third.endswith('groups: -"group 0"')


async def test_the_cluster_is_asked_only_for_another_secret(service: Service) -> None:
    """Not where none is given or the image has it already, and once in a request."""
    await service.patch(description="x")
    await service.patch(pull_secret=None)
    assert service.asked == 0
    assert (await service.patch(pull_secret="lab")).image.pull_secret == "lab"
    assert service.asked == 1
    await service.patch(description="y", pull_secret="lab")
    assert service.asked == 1
    changes = service.changes()
    with pytest.raises(InvalidFields, match="old is not in the list"):
        await changes.add(spec("b", pull_secret="old"))
    with pytest.raises(InvalidFields, match="old is not in the list"):
        await changes.change("a", lambda _stored: spec("a", pull_secret="old"))
    assert (await changes.known_secrets()).names == ["lab"]
    assert service.asked == 2


async def test_a_change_keeps_the_name(service: Service) -> None:
    """Whatever a caller makes of an image, it stays that image."""
    with pytest.raises(InvalidFields, match="The name is fixed"):
        await service.changes().change("a", lambda _stored: spec("b"))
