"""Statutory terms of payment and clearing campaigns as relations, out of `queries/data/payment_terms.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from typing import Any

from queries.relations.model import Relation

_OPEN = date(9999, 12, 31)


def _literal(value: object) -> str:
    """An SQL literal of a value of the data file."""
    if isinstance(value, date):
        return f"DATE '{value}'"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _values(columns: str, rows: Iterable[tuple[object, ...]]) -> str:
    listed = ",\n  ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
    return f"SELECT * FROM (VALUES\n  {listed}) AS v({columns})"


_DATA: dict[str, Any] = tomllib.loads(
    files("queries").joinpath("data", "payment_terms.toml").read_text(encoding="utf-8")
)

DAILY_PCT: float = _DATA["interest"]["daily_pct"]
"""Percent a day owed on late payment where no rate was agreed."""

PAYMENT_TERMS = Relation(
    "payment_terms",
    "-- The longest term of payment for a kind of debtor, for what was accepted between two days.\n"
    + _values(
        "debtor_kind, term_days, agreed_days, valid_from, valid_to, law, interest_law",
        (
            (kind, t["days"], t["agreed_days"], t["valid_from"], t.get("valid_to", _OPEN), t["law"], t["interest_law"])
            for t in _DATA["terms"]
            for kind in t["debtor_kinds"]
        ),
    ),
)

LOAN_PRIME_RATES = Relation(
    "loan_prime_rates",
    "-- The one-year loan prime rate in percent a year, from a day on.\n"
    + _values("valid_from, pct", ((rate["valid_from"], rate["pct"]) for rate in _DATA["loan_prime_rates"])),
)

CAMPAIGNS = Relation(
    "campaigns",
    "-- Clearing campaigns: which contracts' debts were to be cleared until when. `below` in minor units.\n"
    + _values(
        "campaign, zh, en, valid_from, deadline, below, law",
        (
            (c["id"], c["zh"], c["en"], c["valid_from"], c["deadline"], c["below_yuan"] * 100, c["law"])
            for c in _DATA["campaigns"]
        ),
    ),
)

RELATIONS = (PAYMENT_TERMS, LOAN_PRIME_RATES, CAMPAIGNS)
