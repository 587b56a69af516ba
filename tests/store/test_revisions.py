"""The database one revision older than the code, or newer, on each database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import hub_images
from hub_images.catalogue.image import parse_image
from hub_images.store import engine as db
from hub_images.store import images as store
from hub_images.store.snapshots import CachedCatalogue, read_snapshot

_SECOND = '''"""Make a table that the code does not use."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
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
    second = copy / "migrations" / "versions" / "0002_second.py"
    second.write_text(_SECOND.format(head=db.head_revision()))

    def install() -> None:
        monkeypatch.setattr(hub_images.__spec__.loader, "path", str(copy / "__init__.py"))
        db.head_revision.cache_clear()
        assert db.head_revision() == "0002"

    yield install
    monkeypatch.undo()
    db.head_revision.cache_clear()


def _add(engine: Engine, name: str) -> None:
    with Session(engine) as session:
        fields = {"name": name, "url": "a/b:1", "global": True}
        store.create_image(session, parse_image(fields), actor="tester")


def _names(engine: Engine, cached: CachedCatalogue | None = None) -> list[str]:
    with Session(engine) as session:
        snapshot = cached.current(session) if cached else read_snapshot(session)
        return [entry.name for entry in snapshot.entries]


def test_an_older_database_waits_for_its_upgrade(
    engine: Engine, release: Callable[[], None]
) -> None:
    """It is neither read nor written; upgraded, it has what it had and takes more."""
    _add(engine, "before")
    release()
    sentence = "older revision 0001: restart the service or run `hub-images upgrade-db`"
    with pytest.raises(db.DatabaseNotReady, match=sentence):
        db.check_revision(engine)
    with pytest.raises(db.DatabaseNotReady, match=sentence):
        _names(engine)
    with pytest.raises(db.DatabaseNotReady, match=sentence):
        _add(engine, "refused")
    assert db.upgrade(engine) is True
    assert db.upgrade(engine) is False
    with engine.connect() as connection:
        assert db.current_revision(connection) == "0002"
        assert connection.execute(text("SELECT id FROM hub_images_second")).all() == []
    assert _names(engine) == ["before"]
    _add(engine, "new")
    assert _names(engine) == ["before", "new"]


def test_a_hub_of_the_older_release_notices(
    engine: Engine, release: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A catalogue that is remembered is not used on after somebody else's upgrade."""
    _add(engine, "before")
    cached = CachedCatalogue()
    assert _names(engine, cached) == ["before"]
    release()
    db.upgrade(engine)
    monkeypatch.undo()
    db.head_revision.cache_clear()
    with pytest.raises(db.DatabaseNotReady, match="upgraded by a newer one"):
        _names(engine, cached)
    with pytest.raises(db.DatabaseNotReady, match="upgraded by a newer one"):
        _add(engine, "refused")
