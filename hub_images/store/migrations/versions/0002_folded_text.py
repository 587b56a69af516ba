"""Give folded text more room on MySQL and MariaDB, whose TEXT holds 64 KiB."""

from __future__ import annotations

from alembic import op

from hub_images.store.column_types import folded_text, long_text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the column a MEDIUMTEXT."""
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        op.alter_column("hub_images_image", "search_text", type_=folded_text(), nullable=False)


def downgrade() -> None:
    """Make the column a TEXT again; fails, and changes nothing, if a text is too long."""
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        op.alter_column("hub_images_image", "search_text", type_=long_text(), nullable=False)
