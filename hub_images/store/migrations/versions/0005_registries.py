"""Add the registries of an image's references, which lists are filtered by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub_images.store.column_types import text

revision = "0005"
down_revision = "0004"

_TABLE = "hub_images_image"
_COLUMNS = ("url_registry", "gpu_url_registry")


def upgrade() -> None:
    """Add the columns; whoever upgrades derives their values afterwards.

    What an upgrade that was interrupted has made on MySQL or MariaDB stays; see 0003.
    """
    inspector = sa.inspect(op.get_bind())
    columns = {column["name"] for column in inspector.get_columns(_TABLE)}
    indexes = {index["name"] for index in inspector.get_indexes(_TABLE)}
    for name in _COLUMNS:
        if name not in columns:
            op.add_column(_TABLE, sa.Column(name, text(255)))
        if _index(name) not in indexes:
            op.create_index(_index(name), _TABLE, [name])


def downgrade() -> None:
    """Drop the columns."""
    for name in _COLUMNS:
        op.drop_index(_index(name), _TABLE)
        op.drop_column(_TABLE, name)


def _index(column: str) -> str:
    return f"ix_{_TABLE}_{column}"
