"""The database one revision older than the code, or newer, on each database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import hub_images
from hub_images.store.snapshots import SnapshotCache, read_snapshot
from hub_images.store.upgrade import (
    DatabaseNotReady,
    current_revision,
    head_revision,
    upgrade,
)
from tests.support.catalogue import add_image, check

_SECOND = '''"""Make a table that the code does not use."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("hub_images_second", sa.Column("id", sa.Integer, primary_key=True))
'''


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Give a function that makes the code a release with one more migration.

    The package's loader says where its files are; it is told of a copy.
    """
    copy = tmp_path / "release" / "hub_images"
    package = Path(hub_images.__file__).parent
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    second = copy / "store" / "migrations" / "versions" / "9999_second.py"
    second.write_text(_SECOND.format(head=head_revision()))

    def install() -> None:
        monkeypatch.setattr(hub_images.__spec__.loader, "path", str(copy / "__init__.py"))
        head_revision.cache_clear()
        assert head_revision() == "9999"

    yield install
    monkeypatch.undo()
    head_revision.cache_clear()


def _add(engine: Engine, name: str) -> None:
    add_image(engine, name, **{"global": True})


def _names(engine: Engine, cached: SnapshotCache | None = None) -> list[str]:
    with engine.connect() as connection:
        snapshot = cached.current(connection) if cached else read_snapshot(connection)[1]
        return [entry.name for entry in snapshot.entries]


def test_an_older_database_waits_for_its_upgrade(
    engine: Engine, release: Callable[[], None]
) -> None:
    """It is neither read nor written; upgraded, it has what it had and takes more."""
    _add(engine, "before")
    older = head_revision()
    release()
    sentence = f"older revision {older}: restart the service or run `hub-images upgrade-db`"
    with pytest.raises(DatabaseNotReady, match=sentence):
        check(engine)
    with pytest.raises(DatabaseNotReady, match=sentence):
        _names(engine)
    with pytest.raises(DatabaseNotReady, match=sentence):
        _add(engine, "refused")
    assert upgrade(engine) is True
    assert upgrade(engine) is False
    with engine.connect() as connection:
        assert current_revision(connection) == "9999"
        assert connection.execute(text("SELECT id FROM hub_images_second")).all() == []
    assert _names(engine) == ["before"]
    _add(engine, "new")
    assert _names(engine) == ["before", "new"]


def test_a_hub_of_the_older_release_notices(
    engine: Engine, release: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A catalogue that is remembered is not used on after somebody else's upgrade."""
    _add(engine, "before")
    cached = SnapshotCache()
    assert _names(engine, cached) == ["before"]
    release()
    upgrade(engine)
    monkeypatch.undo()
    head_revision.cache_clear()
    with pytest.raises(DatabaseNotReady, match="upgraded by a newer one"):
        _names(engine, cached)
    with pytest.raises(DatabaseNotReady, match="upgraded by a newer one"):
        _add(engine, "refused")
