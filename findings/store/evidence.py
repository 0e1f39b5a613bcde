"""What a person sees as the evidence of a finding, hashed, so that a scan can say whether it changed, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from findings.subjects import Subjects

AGENCY = "agency"
EVIDENCE = "evidence"
_OF_THE_SCAN = ("data_as_of", "scan_id")


def evidence_hash(document: Mapping[str, Any]) -> str:
    """Hash of the evidence of a finding in the findings format.

    Tier, status, entities, sentences, verdicts on innocent explanations, the content of the source rows, the edges
    between the parties, amount and period belong to it. Where the rows stand in their files, the score, the
    parameters and the scan do not: they change without anything that a decision rested on.
    """
    evidence = document["evidence"]
    seen = [
        document["tier"],
        document["status"],
        sorted([e["kind"], e["id"], e["role"]] for e in document["entities"]),
        document["reasons"],
        document["innocent"],
        sorted([r["ref"], r["hash"]] for r in evidence["records"]),
        sorted([e["type"], e["source"], e["target"]] for e in evidence["edges"]),
        document["amount"],
        document["period"],
    ]
    return _hash(orjson.dumps(seen, option=orjson.OPT_SORT_KEYS))


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What changed between two versions of a finding's evidence: source rows added, removed and altered, and every
    other part that differs, as it was and as it is."""
    old = {r["ref"]: r["hash"] for r in before["evidence"]["records"]}
    new = {r["ref"]: r["hash"] for r in after["evidence"]["records"]}
    changes: dict[str, Any] = {
        "records_added": sorted(new.keys() - old.keys()),
        "records_removed": sorted(old.keys() - new.keys()),
        "records_altered": sorted(ref for ref in old.keys() & new.keys() if old[ref] != new[ref]),
    }
    for part in ("tier", "status", "reasons", "innocent", "entities", "amount", "period"):
        if before[part] != after[part]:
            changes[part] = {"before": before[part], "after": after[part]}
    return changes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A finding as rows of the store."""

    finding_id: str
    columns: dict[str, Any]
    """Of `FindingRow`, without those that tell of scans and decisions."""
    entities: list[dict[str, Any]]
    document: str


def prepare(document: Mapping[str, Any], subjects: Subjects) -> Prepared:
    """A finding in the findings format, JSON types only, as rows of the store."""
    finding_id: str = document["finding_id"]
    kept = orjson.dumps({key: value for key, value in document.items() if key not in _OF_THE_SCAN})
    agencies = subjects.agencies.get(finding_id, ())
    entities = _entities(document, subjects)
    headline = document["reasons"][0] if document["reasons"] else {"zh": "", "en": ""}
    amount = document["amount"]
    columns = {
        "detector": document["detector"],
        "detector_version": document["detector_version"],
        "family": document["family"],
        "tier": document["tier"],
        "status": document["status"],
        "score": document["score"],
        "rank": document["rank"],
        "amount_value": amount["value"] if amount else 0,
        "currency": amount["currency"] if amount else None,
        "period_from": _day(document["period"]["from"]),
        "period_to": _day(document["period"]["to"]),
        "region": subjects.regions.get(finding_id),
        "agency_id": agencies[0].id if len(agencies) == 1 else None,
        "agency_name": agencies[0].name if len(agencies) == 1 else None,
        "headline_zh": headline["zh"],
        "headline_en": headline["en"],
        "entity_count": len(document["entities"]),
        "evidence_hash": evidence_hash(document),
    }
    # Names and places come from the tables: they are of the row, though not of the evidence.
    columns["document_hash"] = _hash(kept + orjson.dumps([columns, entities]))
    return Prepared(finding_id, columns, entities, kept.decode())


def _entities(document: Mapping[str, Any], subjects: Subjects) -> list[dict[str, Any]]:
    """The entities as the finding lists them, then the public bodies that follow from them, then the parties that
    stand in the evidence only."""
    finding_id = document["finding_id"]
    agencies, beside = subjects.agencies.get(finding_id, ()), subjects.evidence.get(finding_id, ())
    parts = [(entity["id"], entity["kind"], entity["role"]) for entity in document["entities"]]
    there = {entity for entity, _, _ in parts}
    parts += [(agency.id, "org", AGENCY) for agency in agencies if agency.id not in there]
    there |= {agency.id for agency in agencies}
    parts += [(party.id, party.kind, EVIDENCE) for party in beside if party.id not in there]
    names = {("org", agency.id): agency.name for agency in agencies}
    names |= {(party.kind, party.id): party.name for party in beside}
    return [
        {
            "finding_id": finding_id,
            "position": position,
            "entity_id": entity,
            "kind": kind,
            "role": role,
            "name": subjects.names.get((kind, entity)) or names.get((kind, entity)),
        }
        for position, (entity, kind, role) in enumerate(parts)
    ]


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
