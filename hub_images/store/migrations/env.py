"""Alembic's environment: the catalogue's tables only, under their own version table."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

from hub_images.store.orm import Base
from hub_images.store.upgrade import VERSION_TABLE


def include_name(name: str | None, type_: str, _parents: Any) -> bool:
    """Leave the hub's own tables alone if it shares the database."""
    if type_ == "table":
        return name is not None and name in Base.metadata.tables
    return True


def run(connection: Connection) -> None:
    """Run Alembic's command on `connection`, in its transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        include_name=include_name,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


attributes = context.config.attributes
if "connection" in attributes:
    run(attributes["connection"])
else:
    with attributes["engine"].begin() as opened:
        run(opened)
