"""Count the changes of the findings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COUNT = (
    "INSERT INTO revisions (writer, changes) VALUES ({writer}, 1) "
    "ON CONFLICT (writer) DO UPDATE SET changes = revisions.changes + 1"
)
TABLES = ("findings", "finding_entities")


def upgrade() -> None:
    """Create the table and the triggers that count in it."""
    op.create_table(
        "revisions",
        sa.Column("writer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_revisions")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for change in ("INSERT", "UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_revision_{change.lower()} AFTER {change} ON {table} "
                    f"BEGIN {COUNT.format(writer=0)}; END"
                )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {COUNT.format(writer='pg_backend_pid()')}; RETURN NULL; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_revision AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION count_revision()"
        )
