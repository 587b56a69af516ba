"""The types of the columns, which mean the same on every database.

Text compares by code point everywhere ("C", utf8mb4_bin), so that sorting, uniqueness and search
mean the same everywhere. Migrations use these types too, so change none that a released one uses.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

MYSQL_COLLATION = "utf8mb4_bin"


def text(length: int) -> TypeEngine[str]:
    """Text of at most `length` characters that compares by code point on every database."""
    return (
        String(length)
        .with_variant(String(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, collation=MYSQL_COLLATION), "mysql", "mariadb")
    )


class _Utf8(TypeDecorator[str]):
    """Text as the bytes of its UTF-8."""

    impl = mysql.VARBINARY
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Encode what is stored or compared."""
        return None if value is None else value.encode()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Decode what was stored."""
        return None if value is None else bytes(value).decode()


def exact_text(length: int) -> TypeEngine[str]:
    """As `text`, where blanks at the end count too.

    In MySQL's and MariaDB's `utf8mb4_bin` they do not, and the collations in which they do have
    another name in each; bytes compare as they are.
    """
    return (
        String(length)
        .with_variant(String(length, collation="C"), "postgresql")
        .with_variant(_Utf8(4 * length), "mysql", "mariadb")
    )


def long_text() -> TypeEngine[str]:
    """Text without a length in the database, compared by code point."""
    return (
        Text()
        .with_variant(Text(collation="C"), "postgresql")
        .with_variant(mysql.TEXT(collation=MYSQL_COLLATION), "mysql", "mariadb")
    )


def folded_text() -> TypeEngine[str]:
    """As `long_text`, with room for folded text, which MySQL's TEXT (64 KiB) may lack."""
    return (
        Text()
        .with_variant(Text(collation="C"), "postgresql")
        .with_variant(mysql.MEDIUMTEXT(collation=MYSQL_COLLATION), "mysql", "mariadb")
    )


class JsonText(TypeDecorator[Any]):
    """A list or mapping of texts as JSON, which keeps the order of a mapping's keys.

    Each value is replaced as a whole, never changed in place. Two that differ in order alone
    differ here, although they are equal in Python: the seal covers the order too.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Ask MySQL for more than the 64 KiB of its TEXT: fifty variables may take 800 KiB."""
        return dialect.type_descriptor(folded_text().dialect_impl(dialect))

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write it as JSON; None is NULL."""
        return None if value is None else _json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read the JSON."""
        return None if value is None else json.loads(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        """Say whether the same is stored for both."""
        return _json(x) == _json(y)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time with microseconds, stored without an offset."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Ask MySQL for microseconds; its default is whole seconds."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a naive time: nobody knows what it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what was stored, as UTC."""
        return None if value is None else value.replace(tzinfo=UTC)
