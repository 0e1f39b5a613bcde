"""What a failure of the database means, and what to do about it."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy.engine import ExceptionContext

from i18n import Problem


class StoreError(Problem):
    """The store cannot be used as asked: locked, full, read-only, out of reach, or no such thing in it."""


_SQLITE = {
    sqlite3.SQLITE_BUSY: "store_locked",
    sqlite3.SQLITE_LOCKED: "store_locked",
    sqlite3.SQLITE_FULL: "store_full",
    sqlite3.SQLITE_IOERR: "store_full",
    sqlite3.SQLITE_READONLY: "store_unusable",
    sqlite3.SQLITE_CANTOPEN: "store_unusable",
    sqlite3.SQLITE_CORRUPT: "store_damaged",
    sqlite3.SQLITE_NOTADB: "store_damaged",
}

_POSTGRESQL: tuple[tuple[type[psycopg.Error], str], ...] = (
    (psycopg.errors.LockNotAvailable, "store_locked"),
    (psycopg.errors.DiskFull, "store_full"),
    (psycopg.errors.ReadOnlySqlTransaction, "store_unusable"),
    (psycopg.errors.InvalidAuthorizationSpecification, "store_unreachable"),
    (psycopg.errors.InvalidCatalogName, "store_unreachable"),
    (psycopg.errors.AdminShutdown, "store_unreachable"),
)


def translate(context: ExceptionContext) -> None:
    """Raise a `StoreError` in place of a failure that a person can do something about; leave the others.

    Hook for SQLAlchemy's event `handle_error`.
    """
    original = context.original_exception
    key = _key(original, connecting=context.connection is None)
    if key is not None:
        raise StoreError(key, reason=_first_line(original)) from original


def _key(error: BaseException, *, connecting: bool) -> str | None:
    if isinstance(error, sqlite3.Error):
        code: int | None = getattr(error, "sqlite_errorcode", None)
        return None if code is None else _SQLITE.get(code & 0xFF)
    for kind, key in _POSTGRESQL:
        if isinstance(error, kind):
            return key
    lost = isinstance(error, psycopg.OperationalError) and (connecting or error.sqlstate is None)
    return "store_unreachable" if lost else None


def _first_line(error: BaseException) -> str:
    """The failure in the database's words; the lines after the first repeat the statement."""
    return str(error).strip().partition("\n")[0]
