"""Writes to the catalogue: under its one lock, and only if something changes.

Guarantees: a write takes the lock before it reads, so it never overwrites a change that it
has not seen; it commits whole or not at all; every commit, and nothing else, raises the
catalogue's revision and seals the catalogue anew (see `seal`); no write touches tables of
another revision than the code's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Engine, column, event, exists, table, update
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from hub_images.store.orm import CatalogueState
from hub_images.store.seal import is_whole, seal
from hub_images.store.upgrade import VERSION_TABLE, DatabaseNotReady, check_revision, head_revision

T = TypeVar("T")

_SCHEMA_REVISIONS = table(VERSION_TABLE, column("version_num"))


class NotWhole(DatabaseNotReady):
    """Not everything is there that the seal says."""

    def __init__(self) -> None:
        super().__init__(
            "The catalogue in the database is not whole. If somebody is restoring it, wait until "
            "that has ended. If somebody changed the tables by hand, run `hub-images upgrade-db`."
        )


class WriteSession(Session):
    """A session that knows whether it has written anything."""

    written = False


@event.listens_for(WriteSession, "after_flush")
def _note_flush(session: WriteSession, _context: UOWTransaction) -> None:
    session.written = True


@event.listens_for(WriteSession, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        cast("WriteSession", state.session).written = True


def write(engine: Engine, function: Callable[[Session], T], *, repair: bool = False) -> T:
    """Run `function` in a transaction under the write lock; commit what it wrote, if anything.

    Rows that it returns stay usable. Raises `DatabaseNotReady`, `NotWhole` unless it is a
    `repair`, and what `function` raises; then nothing has changed.
    """
    with WriteSession(engine, expire_on_commit=False) as session:
        return write_in(session, function, repair=repair)


def write_in(session: WriteSession, function: Callable[[Session], T], *, repair: bool = False) -> T:
    """As `write`, in a new session that is already connected."""
    _take_lock(session)
    try:
        if not repair:
            _require_whole(session)
        result = function(session)
        session.flush()
        if session.written:
            seal(session)
            session.commit()
        else:
            session.expunge_all()  # a rollback would empty what `function` returns
            session.rollback()
    except BaseException:
        session.rollback()
        raise
    return result


def _require_whole(session: Session) -> None:
    # Otherwise a change while a restore goes on would seal what is there so far.
    if not is_whole(session):
        raise NotWhole


def _take_lock(session: Session) -> None:
    """Raise the catalogue's revision, which makes other writers wait; see `orm.CatalogueState`.

    The same statement checks that no other version has upgraded the tables since.
    """
    own_revision = exists().where(_SCHEMA_REVISIONS.c.version_num == head_revision())
    statement = update(CatalogueState.__table__).where(  # type: ignore[arg-type]
        CatalogueState.id == 1, own_revision
    )
    connection = session.connection()
    locked = connection.execute(statement.values(revision=CatalogueState.revision + 1))
    if cast("CursorResult[Any]", locked).rowcount == 0:
        session.rollback()
        check_revision(session.connection())
