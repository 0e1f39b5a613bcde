"""OCDS code lists as canonical words, with the words that publishers met in the wild use for the same."""

from __future__ import annotations

METHOD: dict[str, str | None] = {
    "open": "open",
    "selective": "invited",
    # Limited is the agreements' word for all that is neither open nor selective; a single source is only part of it.
    "limited": "negotiation",
    "direct": "single_source",
}
CATEGORY: dict[str, str | None] = {"goods": "goods", "works": "works", "services": "services"}
TENDER_STATUS: dict[str, str | None] = {
    "planning": "planned",
    "planned": "planned",
    "active": "active",
    "complete": "awarded",
    "unsuccessful": "failed",
    "cancelled": "cancelled",
    "withdrawn": "cancelled",
}
BID_STATUS: dict[str, str | None] = {
    "invited": "invited",
    "pending": None,
    "valid": "valid",
    "active": "valid",
    "qualified": "valid",
    "disqualified": "disqualified",
    "not-qualified": "disqualified",
    "unsuccessful": "disqualified",
    "invalid": "disqualified",
    "withdrawn": "withdrawn",
    "deleted": "withdrawn",
}
AWARD_STATUS: dict[str, str | None] = {
    "active": "won",
    "pending": "pending",
    "cancelled": "lost",
    "unsuccessful": "lost",
}
"""An award outside the list, or without a status, counts as made: it names its suppliers."""
SCALE: dict[str, str | None] = {
    "micro": "micro",
    "small": "small",
    "sme": None,
    "medium": "medium",
    "large": "large",
}

PUBLIC_ROLES = frozenset(("buyer", "procuringentity", "payer", "funder", "reviewbody"))
PRIVATE_ROLES = frozenset(("tenderer", "supplier", "payee", "bidder", "subcontractor"))

USCC_SCHEMES = frozenset(("cn-uscc", "cn-usci", "cn-saic", "uscc", "统一社会信用代码"))
"""Identifier schemes of the unified social credit code."""

PERSONAL_SCHEMES = (
    r"c.{0,3}dula|pasaporte|passport|persona natural|\b(?:dni|cpf|curp|rg|pesel|ssn)\b|\bid card|"
    r"身份证|居民身份|[-_]ric$"
)
"""Identifier schemes of natural persons, case folded: their numbers never become part of an id."""
