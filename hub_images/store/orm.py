"""The tables, their constraints and indexes; no queries.

All names begin with `hub_images_`, so that the hub's own database can hold them.
`search_text` and `sort_key` are folded when a row is written, because text compares by code
point (see `column_types`) and people ignore case.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from hub_images.catalogue.fields import (
    DISPLAY_NAME_MAX_LENGTH,
    GROUP_MAX_LENGTH,
    NAME_MAX_LENGTH,
    PULL_SECRET_MAX_LENGTH,
)
from hub_images.catalogue.image import IMAGE_TYPES
from hub_images.catalogue.reference import MAX_LENGTH as REFERENCE_MAX_LENGTH
from hub_images.catalogue.reference import NAME_MAX_LENGTH as REGISTRY_MAX_LENGTH
from hub_images.store.column_types import (
    MYSQL_COLLATION,
    JsonText,
    UtcDateTime,
    exact_text,
    folded_text,
    long_text,
    text,
)

ACTOR_MAX_LENGTH = 255  # of `users.name` in JupyterHub's database
TOKEN_LENGTH = 32  # of a random UUID in hexadecimal digits
SORT_KEY_MAX_LENGTH = 3 * DISPLAY_NAME_MAX_LENGTH  # case folding makes one character up to three


class Base(DeclarativeBase):
    """Base of the tables, with a name for each constraint so that migrations can find it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_TABLE_OPTIONS = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": MYSQL_COLLATION,
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": MYSQL_COLLATION,
}


class CatalogueState(Base):
    """The one row that every write changes: the catalogue's lock, clock and seal.

    Writers wait for each other here. `revision` and `token` tell a reader whether its cache is
    still valid; `offered` and `checksum` prove that it has read everything (see `seal`).
    """

    __tablename__ = "hub_images_catalogue"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"), _TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(Integer, nullable=False)
    token: Mapped[str] = mapped_column(text(TOKEN_LENGTH), nullable=False)
    offered: Mapped[int] = mapped_column(Integer, nullable=False)
    checksum: Mapped[int] = mapped_column(BigInteger, nullable=False)


class Image(Base):
    """A container image of the catalogue."""

    __tablename__ = "hub_images_image"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("type IN ({})".format(", ".join(f"'{t}'" for t in IMAGE_TYPES)), "type"),
        CheckConstraint("gpu_url IS NULL OR type = 'universal'", "gpu_url"),
        CheckConstraint("version >= 1", "version"),
        CheckConstraint("name <> ''", "name"),
        Index("ix_hub_images_image_sort_key", "sort_key", "name"),
        Index("ix_hub_images_image_order", "order", "sort_key", "name"),
        Index("ix_hub_images_image_updated_at", "updated_at", "name"),
        Index("ix_hub_images_image_url_registry", "url_registry"),
        Index("ix_hub_images_image_gpu_url_registry", "gpu_url_registry"),
        _TABLE_OPTIONS,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)

    # what it is called
    name: Mapped[str] = mapped_column(text(NAME_MAX_LENGTH), nullable=False)
    display_name: Mapped[str] = mapped_column(text(DISPLAY_NAME_MAX_LENGTH), nullable=False)
    description: Mapped[str] = mapped_column(long_text(), nullable=False)
    tags: Mapped[list[str]] = mapped_column(JsonText, nullable=False)
    documentation_url: Mapped[str | None] = mapped_column(long_text())

    # what is started
    type: Mapped[str] = mapped_column(text(9), nullable=False)
    url: Mapped[str] = mapped_column(text(REFERENCE_MAX_LENGTH), nullable=False)
    gpu_url: Mapped[str | None] = mapped_column(text(REFERENCE_MAX_LENGTH))
    pull_secret: Mapped[str | None] = mapped_column(text(PULL_SECRET_MAX_LENGTH))
    default_url: Mapped[str | None] = mapped_column(long_text())
    environment: Mapped[dict[str, str]] = mapped_column(JsonText, nullable=False)
    command: Mapped[list[str] | None] = mapped_column(JsonText)
    working_dir: Mapped[str | None] = mapped_column(long_text())
    image_pull_policy: Mapped[str | None] = mapped_column(text(12))

    # for whom
    order: Mapped[int] = mapped_column(Integer, nullable=False)
    is_global: Mapped[bool] = mapped_column(Boolean, nullable=False)
    enabled: Mapped[bool] = mapped_column(Boolean, nullable=False)
    # One way only. When any session of its process deletes a row, JupyterHub expires
    # relationships that populate each other (`jupyterhub.orm`); lazy="raise" could not load
    # them again.
    group_rows: Mapped[list[ImageGroup]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        lazy="raise",
        order_by="ImageGroup.position",
    )

    # which one it is, since when and by whom
    identity: Mapped[str] = mapped_column(text(TOKEN_LENGTH), nullable=False)
    """Random; tells it from another image that had or will have its name."""
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, nullable=False)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, nullable=False)
    created_by: Mapped[str] = mapped_column(text(ACTOR_MAX_LENGTH), nullable=False)
    updated_by: Mapped[str] = mapped_column(text(ACTOR_MAX_LENGTH), nullable=False)

    # derived when the row is written: see the module's docstring
    sort_key: Mapped[str] = mapped_column(text(SORT_KEY_MAX_LENGTH), nullable=False)
    search_text: Mapped[str] = mapped_column(folded_text(), nullable=False)
    url_registry: Mapped[str | None] = mapped_column(text(REGISTRY_MAX_LENGTH))
    """The normalised host of `url`; null if that is blank."""
    gpu_url_registry: Mapped[str | None] = mapped_column(text(REGISTRY_MAX_LENGTH))
    fingerprint: Mapped[int] = mapped_column(BigInteger, nullable=False)

    @property
    def ready(self) -> bool:
        """Whether there is something to start."""
        return self.url != ""

    @property
    def groups(self) -> list[str]:
        """The groups that may use the image if it is not global, in the given order."""
        return [row.group_name for row in self.group_rows]

    @groups.setter
    def groups(self, names: list[str]) -> None:
        stored = {row.group_name: row for row in self.group_rows}
        rows = [stored.get(name) or ImageGroup(group_name=name) for name in names]
        for position, row in enumerate(rows):
            row.position = position
        self.group_rows = rows


class ImageGroup(Base):
    """A group that may use an image that is not global."""

    __tablename__ = "hub_images_image_group"
    __table_args__ = (
        Index("ix_hub_images_image_group_group_name", "group_name"),
        _TABLE_OPTIONS,
    )

    image_id: Mapped[int] = mapped_column(
        ForeignKey("hub_images_image.id", ondelete="CASCADE"), primary_key=True
    )
    group_name: Mapped[str] = mapped_column(exact_text(GROUP_MAX_LENGTH), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, nullable=False)


class PastName(Base):
    """The version that the last deleted image of a name had.

    Versions of a name go on from there, so that none ever comes twice.
    """

    __tablename__ = "hub_images_past_name"
    __table_args__ = (_TABLE_OPTIONS,)

    name: Mapped[str] = mapped_column(text(NAME_MAX_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
