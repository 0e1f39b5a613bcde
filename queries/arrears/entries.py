"""What every finding on a ledger entry names: the debt, who owes it and to whom."""

from __future__ import annotations

import pandas as pd

from queries.finding import Entity, Link, Ref


def entry_entities(row: pd.Series) -> tuple[Entity, ...]:
    """The debt, its debtor and its creditor."""
    return (
        Entity(str(row["debt_id"]), "debt", "debt"),
        Entity(str(row["debtor_id"]), "org", "debtor"),
        Entity(str(row["creditor_id"]), "org", "creditor"),
    )


def entry_links(row: pd.Series) -> tuple[Link, ...]:
    """Debtor to debt, debt to creditor."""
    ref = Ref("debts", int(row["debt_key"]))
    return (
        Link("OWES", str(row["debtor_id"]), str(row["debt_id"]), ref),
        Link("OWED_TO", str(row["debt_id"]), str(row["creditor_id"]), ref),
    )
