"""Tables of the first version."""

from __future__ import annotations

from alembic import op

from findings.store.metadata import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    METADATA.create_all(op.get_bind())
