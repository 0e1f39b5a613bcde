"""Keep no secret of a webhook: each is derived from the signing key. Webhooks with a stored one are switched off."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the secrets. A receiver that knows an old one would refuse what is signed with the derived one."""
    op.execute("UPDATE subscriptions SET active = false WHERE kind = 'webhook'")
    op.drop_column("subscriptions", "secret")
