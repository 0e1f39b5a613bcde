"""All tables of the store, of every part: importing this module declares them."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

from findings.store.base import Base

for _name in ("store", "access", "audit", "notify", "schedule"):
    with suppress(ModuleNotFoundError):
        import_module(f"findings.{_name}.models")

METADATA = Base.metadata
