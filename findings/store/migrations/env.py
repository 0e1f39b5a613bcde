"""Alembic's entry: runs in the transaction that `findings.store.migrating` opened."""

from __future__ import annotations

from alembic import context

from findings.store.metadata import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
