"""Make the catalogue's tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub_images.store.column_types import UtcDateTime, long_text, text

revision = "0001"
down_revision = None

_TABLE_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Make the tables and the catalogue's one row."""
    catalogue = op.create_table(
        "hub_images_catalogue",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hub_images_catalogue"),
        sa.CheckConstraint("id = 1", name=op.f("ck_hub_images_catalogue_one_row")),
        **_TABLE_OPTIONS,
    )
    op.bulk_insert(catalogue, [{"id": 1, "revision": 0}])
    op.create_table(
        "hub_images_image",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", text(63), nullable=False),
        sa.Column("display_name", text(200), nullable=False),
        sa.Column("description", long_text(), nullable=False),
        sa.Column("type", text(9), nullable=False),
        sa.Column("url", text(512), nullable=False),
        sa.Column("gpu_url", text(512)),
        sa.Column("pull_secret", text(253)),
        sa.Column("is_global", sa.Boolean, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("created_by", text(255), nullable=False),
        sa.Column("updated_by", text(255), nullable=False),
        sa.Column("sort_key", text(600), nullable=False),
        sa.Column("search_text", long_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hub_images_image"),
        sa.UniqueConstraint("name", name="uq_hub_images_image_name"),
        sa.CheckConstraint(
            "type IN ('cpu', 'gpu', 'universal')", name=op.f("ck_hub_images_image_type")
        ),
        sa.CheckConstraint(
            "gpu_url IS NULL OR type = 'universal'", name=op.f("ck_hub_images_image_gpu_url")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_hub_images_image_version")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_hub_images_image_name")),
        **_TABLE_OPTIONS,
    )
    op.create_index("ix_hub_images_image_sort_key", "hub_images_image", ["sort_key", "name"])
    op.create_index("ix_hub_images_image_updated_at", "hub_images_image", ["updated_at", "name"])
    op.create_table(
        "hub_images_image_group",
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("group_name", text(255), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("image_id", "group_name", name="pk_hub_images_image_group"),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["hub_images_image.id"],
            name="fk_hub_images_image_group_image_id",
            ondelete="CASCADE",
        ),
        **_TABLE_OPTIONS,
    )
    op.create_index(
        "ix_hub_images_image_group_group_name", "hub_images_image_group", ["group_name"]
    )


def downgrade() -> None:
    """Drop the tables, and with them the catalogue."""
    op.drop_table("hub_images_image_group")
    op.drop_table("hub_images_image")
    op.drop_table("hub_images_catalogue")
