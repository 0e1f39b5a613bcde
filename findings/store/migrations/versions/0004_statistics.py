"""Count the values of the findings' columns, which every scan does from now on, so that pages use the better index."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Have the database count."""
    op.execute("ANALYZE findings")
