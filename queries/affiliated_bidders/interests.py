"""A bidder tied to a party on the other side of its tender: what the detectors of conflicts of interest share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from i18n import Text, listing
from queries.detector import Sql
from queries.evidence import refs
from queries.finding import Entity, Excuse, Lead, Link, Ref, Tier, Verdict
from queries.groups import applicable
from queries.relations.model import ref
from queries.wording import name, tie

LINKED = f"""
-- Of `behind (side_id, person_id, title, valid_from, valid_to, ref)`, who stands behind a party on the other side:
-- which other parties these persons are tied to, and while both held.
linked AS (
  SELECT b.side_id, b.person_id, b.title, t.party_id, t.how, greatest(b.valid_from, t.valid_from) AS valid_from,
         least(b.valid_to, t.valid_to) AS valid_to, list_prepend(b.ref, t.refs) AS refs
  FROM behind b JOIN ties t ON t.person_id = b.person_id WHERE t.party_id <> b.side_id
  UNION ALL
  SELECT b.side_id, b.person_id, b.title, r.org_id, 'employee', greatest(b.valid_from, r.valid_from),
         least(b.valid_to, r.valid_to), [b.ref, {ref("roles", "r._key")}]
  FROM behind b JOIN roles r ON r.holder_id = b.person_id WHERE r.kind = 'employee' AND r.org_id <> b.side_id
)
"""

FORMER = f"""
-- Of `behind`, who had an office or employment elsewhere: the procurement rules count it for `$months` after its end.
former AS (
  SELECT b.side_id, b.person_id, b.title, r.org_id AS party_id, 'former:' || r.kind AS how,
         greatest(b.valid_from, r.valid_to + 1) AS valid_from,
         least(b.valid_to, CAST(r.valid_to + to_months($months) AS DATE)) AS valid_to,
         list_prepend(b.ref, [{ref("roles", "r._key")}]) AS refs
  FROM behind b JOIN roles r ON r.holder_id = b.person_id
  WHERE r.valid_to IS NOT NULL AND r.kind <> 'shareholder' AND r.org_id <> b.side_id
)
"""

COUNTS = "(NOT starts_with(l.how, 'former:') OR (e.regime = 'procurement' AND held(l.valid_from, l.valid_to, e.day)))"
"""Whether a tie counts: those of `FORMER` do under the procurement rules, and only where they say more than the tie."""

TOLD = """
SELECT e.tender_id, e.day, e.regime, e.bidder_id AS bidder, p.name AS bidder_name, p.kind AS bidder_kind,
       e.bid_id, e.bid_key,
       l.side_id AS side, s.name AS side_name, l.person_id, n.name AS person_name, n.kind AS person_kind, l.title,
       l.how,
       NOT held(l.valid_from, l.valid_to, e.day) AS past"""
"""Columns that `interests` needs, besides `refs`.

Out of `entries e`, `linked l`, and `parties` p (bidder), s (side) and n (person).
"""

PARTIES_TOLD = """
LEFT JOIN parties p ON p.id = e.bidder_id LEFT JOIN parties s ON s.id = l.side_id
LEFT JOIN parties n ON n.id = l.person_id
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """An innocent explanation that holds for single ties: `column` marks the rows that it explains."""

    id: str
    column: str
    fits: Text
    ruled_out: Text


def dated(known: str, lack: str) -> Sql:
    """Population: tenders with a date and with the other side known.

    Args:
        known: SQL of the `tender_id`s whose other side is known.
        lack: the reason that counts the rest.
    """
    return Sql(f"""
SELECT count(*) FILTER (WHERE s.day IS NOT NULL AND k.tender_id IS NOT NULL) AS judged,
       count(*) FILTER (WHERE s.day IS NULL) AS no_date,
       count(*) FILTER (WHERE s.day IS NOT NULL AND k.tender_id IS NULL) AS {lack}
FROM tender_sizes s LEFT JOIN (SELECT DISTINCT tender_id FROM ({known})) k USING (tender_id)
""")


def interests(
    rows: pd.DataFrame,
    role: str,
    excuses: tuple[Reason, ...],
    said: Text,
    legal_basis: tuple[str, ...],
    *,
    kind: Literal["org", "person"] = "org",
) -> Iterator[Lead]:
    """One lead for each bidder of a tender and party on the other side that it is tied to.

    Args:
        rows: the columns of `TOLD` and those of the excuses, a row for each tie.
        role: the other side's role.
        excuses: innocent explanations of single ties; what none explains makes the lead stand.
        said: sentence with `{bidder}`, `{tender}`, `{side}` and `{ties}`.
        legal_basis: the rules, of which those that apply to the tender are cited.
        kind: what the other side is.
    """
    explained = rows[[excuse.column for excuse in excuses]].any(axis=1)
    rows = rows.assign(_stands=~explained)
    for (tender, bidder, side), part in rows.groupby(["tender_id", "bidder", "side"], sort=True):
        standing = part[part["_stands"]]
        shown = standing if len(standing) else part
        first = shown.iloc[0]
        day = pd.Timestamp(first["day"]).date()
        persons = shown.drop_duplicates("person_id")
        yield Lead(
            identity={"tender": str(tender), "bidder": str(bidder), role: str(side)},
            tier=Tier.B,
            entities=(
                Entity(str(tender), "tender", "tender"),
                Entity(str(bidder), "person" if first["bidder_kind"] == "person" else "org", "bidder"),
                Entity(str(side), kind, role),
                *(
                    Entity(str(person), "org" if whose == "org" else "person", "tie")
                    for person, whose in zip(persons["person_id"], persons["person_kind"], strict=True)
                    if person not in (side, bidder)
                ),
                *(Entity(bid, "bid", "bid") for bid in sorted(set(shown["bid_id"]))),
            ),
            reasons=(
                said.format(
                    bidder=name(first, "bidder"),
                    tender=tender,
                    side=name(first, "side"),
                    ties=listing(dict.fromkeys(_tie(row) for row in shown.to_dict("records"))),
                ),
            ),
            innocent=tuple(_verdict(excuse, part, bool(len(standing))) for excuse in excuses),
            records=(
                *(Ref("bids", int(key)) for key in shown["bid_key"]),
                *(source for cell in shown["refs"] for source in refs(cell)),
            ),
            links=(
                *(Link("SUBMITTED", str(bidder), bid) for bid in sorted(set(shown["bid_id"]))),
                *(Link("TIED", str(person), str(bidder)) for person in persons["person_id"] if person != bidder),
                *(Link("BEHIND", str(person), str(side)) for person in persons["person_id"] if person != side),
            ),
            score=1.0 if any(":" not in how for how in shown["how"]) else 0.8,
            rank=float(len(shown)),
            period=(day, day),
            laws=applicable(legal_basis, str(first["regime"]), day),
        )


def _tie(row: Any) -> Text:
    person = name(row, "person")
    title = row["title"] if isinstance(row["title"], str) else None
    named = Text(zh=f"{title}{person}" if title else person, en=f"{person}, {title}" if title else person)
    return Text(zh="{who}（{how}）", en="{who} ({how})").format(who=named, how=tie(row["how"]))


def _verdict(excuse: Reason, part: pd.DataFrame, flagged: bool) -> Excuse:
    touched = bool(part[excuse.column].any())
    if touched and not flagged:
        return Excuse(excuse.id, Verdict.FITS, excuse.fits)
    return Excuse(excuse.id, Verdict.RULED_OUT, excuse.ruled_out)
