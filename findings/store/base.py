"""What every table of the store is declared on: the base class, names of constraints, portable column types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints have names, so that a migration can change them on either database."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always with its time zone in Python and always UTC in the database.

    SQLite has no zone: without this a value written as 10:00+08:00 would come back as 10:00 of nowhere.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC.

        Raises:
            ValueError: the moment has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: use datetime.now(UTC)")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From UTC, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonText = JSON(none_as_null=True)
"""JSON kept as text on both databases: its keys keep their order, so what is read has the bytes that were written."""


class Base(DeclarativeBase):
    """Base class of all tables; `datetime` is `UtcDateTime`, dictionaries and lists are JSON."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
        datetime: UtcDateTime,
        dict[str, Any]: JsonText,
        list[Any]: JsonText,
        list[str]: JsonText,
    }


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
