"""What a detector says: a lead as judged, and a finding as it leaves the system.

The fields are those of the findings format: a finding is a *lead* for a person to look at, never a verdict. Its id is
a hash of the detector and the stable business keys of what it is about, so the same matter keeps its id from scan
to scan while counts, dates, scores and evidence change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import orjson

from i18n import Text


class Tier(StrEnum):
    """How strong a finding is by its nature. A score never moves a finding up a tier."""

    A = "A"
    """Statutory fact: the record itself matches a fact that a statute names."""
    B = "B"
    """Lead: a pattern that needs a person to look."""
    C = "C"
    """Statistical: unusual against a stated null model."""


class Status(StrEnum):
    """Whether the finding stands."""

    FLAGGED = "flagged"
    CLEARED = "cleared"
    """An innocent explanation fits; kept with its reason."""


class Verdict(StrEnum):
    """What the data say of one innocent explanation."""

    RULED_OUT = "ruled_out"
    FITS = "fits"
    NOT_CHECKABLE = "not_checkable"


@dataclass(frozen=True, slots=True)
class Ref:
    """A row of a canonical table, by its `_key`."""

    table: str
    key: int

    def __str__(self) -> str:
        return f"{self.table}:{self.key & 0xFFFF_FFFF_FFFF_FFFF:016x}"


@dataclass(frozen=True, slots=True)
class Link:
    """An edge of the evidence graph; `type` is one of `graph.schema.EDGES` or a word of the detector's own."""

    type: str
    source: str
    target: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """Who or what takes part. `kind` is a lower-case node label, or `person` or `org` for a party."""

    id: str
    kind: str
    role: str


@dataclass(frozen=True, slots=True)
class Excuse:
    """The verdict on one innocent explanation, and the record or fact that says so."""

    explanation: str
    verdict: Verdict
    basis: Text
    gap: bool = False
    """Not checkable over an empty cell that the source fills elsewhere: meanwhile the lead is no statutory fact."""


@dataclass(frozen=True, slots=True)
class Amount:
    """The money that a finding touches, in minor units (分 for CNY)."""

    value: int
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Lead:
    """What a judge yields; `scan` completes it to a `Finding`."""

    identity: dict[str, str]
    tier: Tier
    entities: tuple[Entity, ...]
    reasons: tuple[Text, ...]
    innocent: tuple[Excuse, ...]
    records: tuple[Ref, ...]
    links: tuple[Link, ...] = ()
    score: float = 1.0
    """0 to 1, comparable within the detector only."""
    rank: float = 0.0
    """Uncapped; breaks ties between findings of equal score."""
    amount: Amount | None = None
    period: tuple[date | None, date | None] = (None, None)
    laws: tuple[str, ...] | None = None
    """The rules in force on the day of the act, where they are fewer than the detector's legal basis."""
    statistics: dict[str, float | int | str | Text] = field(default_factory=dict)
    """Tier C: the null model in words, p-value, q-value, and what they rest on."""

    def __post_init__(self) -> None:
        if self.tier is Tier.A and any(excuse.gap for excuse in self.innocent):
            object.__setattr__(self, "tier", Tier.B)

    @property
    def status(self) -> Status:
        """Cleared where any innocent explanation fits."""
        fits = any(excuse.verdict is Verdict.FITS for excuse in self.innocent)
        return Status.CLEARED if fits else Status.FLAGGED


@dataclass(frozen=True, slots=True)
class Record:
    """Where a piece of evidence stands: file and row (the header being row 1), and what the row holds, hashed."""

    ref: Ref
    file: str
    row: int
    sha256: str
    source_record_id: str | None
    hash: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A lead with all that makes it explainable and repeatable."""

    finding_id: str
    detector: str
    detector_version: int
    family: str
    lead: Lead
    records: tuple[Record, ...]
    legal_basis: tuple[str, ...]
    parameters: dict[str, Any]
    data_as_of: date | None
    scan_id: str

    def as_dict(self) -> dict[str, Any]:
        """The finding in the findings format; every list is sorted or in a stated order."""
        lead = self.lead
        return {
            "finding_id": self.finding_id,
            "detector": self.detector,
            "detector_version": self.detector_version,
            "family": self.family,
            "tier": lead.tier.value,
            "status": lead.status.value,
            "score": round(lead.score, 6),
            "rank": round(lead.rank, 6),
            "identity": dict(sorted(lead.identity.items())),
            "entities": [{"id": e.id, "kind": e.kind, "role": e.role} for e in lead.entities],
            "reasons": [reason.as_dict() for reason in lead.reasons],
            "innocent": [
                {"explanation": x.explanation, "verdict": x.verdict.value, "basis": x.basis.as_dict()}
                for x in lead.innocent
            ],
            "evidence": {
                "nodes": sorted({e.id for e in lead.entities} | {x for k in lead.links for x in (k.source, k.target)}),
                "edges": [
                    {"type": k.type, "source": k.source, "target": k.target, "ref": str(k.ref) if k.ref else None}
                    for k in sorted(lead.links, key=lambda k: (k.type, k.source, k.target, str(k.ref)))
                ],
                "records": [
                    {
                        "ref": str(r.ref),
                        "file": r.file,
                        "row": r.row,
                        "sha256": r.sha256,
                        "source_record_id": r.source_record_id,
                        "hash": f"{r.hash & 0xFFFF_FFFF_FFFF_FFFF:016x}",
                    }
                    for r in self.records
                ],
            },
            "legal_basis": list(self.legal_basis),
            "amount": {"value": lead.amount.value, "currency": lead.amount.currency} if lead.amount else None,
            "period": {"from": lead.period[0], "to": lead.period[1]},
            "statistics": {
                name: value.as_dict() if isinstance(value, Text) else value for name, value in lead.statistics.items()
            }
            or None,
            "parameters": self.parameters,
            "data_as_of": self.data_as_of,
            "scan_id": self.scan_id,
        }

    def as_json(self) -> bytes:
        """One line of `findings.jsonl`, without the line break."""
        return orjson.dumps(self.as_dict())


def finding_id(detector: str, identity: dict[str, str]) -> str:
    """The id of what a finding is about: 20 hexadecimal digits of a hash of detector and business keys."""
    document = orjson.dumps([detector, identity], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(document).hexdigest()[:20]


def numbered(role: str, ids: list[str]) -> dict[str, str]:
    """Identity roles of several members: `{"bidder_1": …, "bidder_2": …}`, ids sorted."""
    return {f"{role}_{n}": value for n, value in enumerate(sorted(ids), start=1)}
