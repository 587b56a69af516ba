"""Seal the catalogue, tell images of one name apart, and let blanks at a group's end count."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from hub_images.store.column_types import exact_text, text

revision = "0003"
down_revision = "0002"

_IMAGE = sa.table("hub_images_image", sa.column("id"), sa.column("identity"))


def upgrade() -> None:
    """Add the columns and the table; whoever upgrades seals the catalogue afterwards.

    On MySQL and MariaDB each change of a table is committed by itself. So an upgrade that was
    interrupted finds some of them made, and makes the others.
    """
    _add(
        "hub_images_catalogue",
        sa.Column("token", text(32), nullable=False, server_default=""),
        sa.Column("offered", sa.Integer, nullable=False, server_default="0"),
        sa.Column("checksum", sa.BigInteger, nullable=False, server_default="0"),
    )
    _add(
        "hub_images_image",
        sa.Column("identity", text(32), nullable=False, server_default=""),
        sa.Column("fingerprint", sa.BigInteger, nullable=False, server_default="0"),
    )
    connection = op.get_bind()
    without = sa.select(_IMAGE.c.id).where(_IMAGE.c.identity == "").order_by(_IMAGE.c.id)
    for number in connection.execute(without).scalars().all():
        connection.execute(
            sa.update(_IMAGE).where(_IMAGE.c.id == number).values(identity=uuid4().hex)
        )
    if not sa.inspect(connection).has_table("hub_images_past_name"):
        _create_past_name()
    if connection.dialect.name in ("mysql", "mariadb"):
        op.alter_column(
            "hub_images_image_group", "group_name", type_=exact_text(255), nullable=False
        )


def _add(table: str, *columns: sa.Column[Any]) -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
    with op.batch_alter_table(table) as batch:
        for column in columns:
            if column.name not in there:
                batch.add_column(column)


def _create_past_name() -> None:
    op.create_table(
        "hub_images_past_name",
        sa.Column("name", text(63), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_hub_images_past_name"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    """Take them away; on MySQL and MariaDB, fails if two groups differ in blanks at the end."""
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        op.alter_column("hub_images_image_group", "group_name", type_=text(255), nullable=False)
    op.drop_table("hub_images_past_name")
    with op.batch_alter_table("hub_images_image") as image:
        image.drop_column("fingerprint")
        image.drop_column("identity")
    with op.batch_alter_table("hub_images_catalogue") as catalogue:
        catalogue.drop_column("checksum")
        catalogue.drop_column("offered")
        catalogue.drop_column("token")
