"""Add what an image needs to start, what it is found by, and its place in people's order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub_images.store.column_types import JsonText, long_text, text

revision = "0004"
down_revision = "0003"

_INDEX = "ix_hub_images_image_order"
_COLUMNS = (
    "tags",
    "documentation_url",
    "default_url",
    "environment",
    "command",
    "working_dir",
    "image_pull_policy",
    "order",
)


def upgrade() -> None:
    """Add the columns; whoever upgrades folds the text for searches anew afterwards.

    What an upgrade that was interrupted has made on MySQL or MariaDB stays; see 0003.
    """
    inspector = sa.inspect(op.get_bind())
    there = {column["name"] for column in inspector.get_columns("hub_images_image")}
    # MySQL takes a default for its texts in parentheses only, and SQLite none in parentheses.
    mysql = op.get_bind().dialect.name in ("mysql", "mariadb")
    for column in (
        sa.Column("tags", JsonText, nullable=False, server_default=_default("[]", mysql)),
        sa.Column("documentation_url", long_text()),
        sa.Column("default_url", long_text()),
        sa.Column("environment", JsonText, nullable=False, server_default=_default("{}", mysql)),
        sa.Column("command", JsonText),
        sa.Column("working_dir", long_text()),
        sa.Column("image_pull_policy", text(12)),
        sa.Column("order", sa.Integer, nullable=False, server_default="0"),
    ):
        if column.name not in there:
            op.add_column("hub_images_image", column)
    if _INDEX not in {index["name"] for index in inspector.get_indexes("hub_images_image")}:
        op.create_index(_INDEX, "hub_images_image", ["order", "sort_key", "name"])


def _default(value: str, mysql: bool) -> sa.TextClause:
    return sa.text(f"('{value}')" if mysql else f"'{value}'")


def downgrade() -> None:
    """Drop the columns, and with them what they hold."""
    op.drop_index(_INDEX, "hub_images_image")
    for name in _COLUMNS:
        op.drop_column("hub_images_image", name)
