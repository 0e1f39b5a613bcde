"""Migrations: the tables of a store brought to the product's version, by Alembic, from Python."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

_FOLDER = Path(__file__).resolve().parent / "migrations"
_ADVISORY_LOCK = 7_126_540_021
"""Number of the PostgreSQL lock under which tables change; any, but always the same."""


def configuration() -> Config:
    """Alembic's configuration; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def head() -> str:
    """The revision that this version of the product wants."""
    revision = ScriptDirectory.from_config(configuration()).get_current_head()
    assert revision is not None
    return revision


def current_version(engine: Engine) -> str | None:
    """The revision that the tables have, None in an empty store."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> str:
    """Run the missing migrations in one transaction, which another process that starts at once waits for."""
    config = configuration()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head()
