"""Statutory terms of payment, clearing campaigns and tender thresholds as relations, out of `queries/data`."""

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
    if value is None:
        return "NULL"
    if isinstance(value, date):
        return f"DATE '{value}'"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _values(columns: str, rows: Iterable[tuple[object, ...]]) -> str:
    listed = ",\n  ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
    return f"SELECT * FROM (VALUES\n  {listed}) AS v({columns})"


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("queries").joinpath("data", name).read_text(encoding="utf-8"))


_DATA = _read("payment_terms.toml")

DAILY_PCT: float = _DATA["interest"]["daily_pct"]
"""Percent a day owed on late payment where no rate was agreed."""

PAYMENT_TERMS = Relation(
    "payment_terms",
    "-- The term of payment for a kind of debtor, for what was accepted between two days; `agreed_days`: the longest\n"
    "-- that a contract may agree, none where whatever is agreed goes first.\n"
    + _values(
        "debtor_kind, term_days, agreed_days, valid_from, valid_to, law, interest_law",
        (
            (
                kind,
                t["days"],
                t.get("agreed_days"),
                t["valid_from"],
                t.get("valid_to", _OPEN),
                t["law"],
                t["interest_law"],
            )
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
    "-- Clearing campaigns: which contracts' debts were to be cleared until when. `up_to` in minor units.\n"
    + _values(
        "campaign, zh, en, valid_from, deadline, up_to, law",
        (
            (c["id"], c["zh"], c["en"], c["valid_from"], c["deadline"], c["up_to_yuan"] * 100, c["law"])
            for c in _DATA["campaigns"]
        ),
    ),
)

TENDER_THRESHOLDS = Relation(
    "tender_thresholds",
    "-- From what contract value on, in minor units, a procurement of a category must be tendered between two days.\n"
    + _values(
        "regime, category, floor, valid_from, valid_to, law",
        (
            (t["regime"], category, t[category] * 100, t["valid_from"], t.get("valid_to", _OPEN), t["law"])
            for t in _read("tender_thresholds.toml")["thresholds"]
            for category in ("works", "goods", "services")
            if category in t
        ),
    ),
)

_EXTENSIONS = _read("certificate_extensions.toml")["extensions"]


def _extended(day: date) -> date:
    """Until when what was to expire on the day stayed valid: one notice prolongs what the one before prolonged."""
    for notice in _EXTENSIONS:
        if notice["expires_from"] <= day <= notice["expires_to"]:
            return _extended(notice["extended_to"])
    return day


CERTIFICATE_EXTENSIONS = Relation(
    "certificate_extensions",
    "-- Until when certificates that were to expire between two days stayed valid by notice, and by those after it.\n"
    + _values(
        "expires_from, expires_to, extended_to",
        ((notice["expires_from"], notice["expires_to"], _extended(notice["extended_to"])) for notice in _EXTENSIONS),
    ),
)

RELATIONS = (PAYMENT_TERMS, LOAN_PRIME_RATES, CAMPAIGNS, TENDER_THRESHOLDS, CERTIFICATE_EXTENSIONS)
