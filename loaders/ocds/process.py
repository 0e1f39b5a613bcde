"""A contracting process on its way to rows: its buyer, its lots, and which tender a part of it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from loaders.json_rows import Fields, Ledger
from loaders.ocds.parties import Parties

_TABLE_OF = {
    "planning": "projects",
    "tender": "tenders",
    "bids": "bids",
    "awards": "bids",
    "contracts": "contracts",
    "parties": "orgs",
    "buyer": "orgs",
}


@dataclass(slots=True)
class Process:
    """A compiled release on its way to rows."""

    release: dict[str, Any]
    ocid: str
    row: int
    record: str
    as_of: str | None
    ledger: Ledger
    parties: Parties
    lots: dict[str, Fields] = field(default_factory=dict)
    buyer_id: str | None = None
    whole_is_meant: bool = False
    """Something belongs to the process as a whole although it has several lots."""

    def section(self, name: str) -> Fields:
        """The release with the rejections of one of its members going to that member's table."""
        return Fields(self.release, "", _TABLE_OF[name], self.row, self.ledger)

    def add(self, table: str, values: dict[str, str | None]) -> None:
        """A row with its provenance."""
        self.ledger.add(table, self.row, {**values, "source_record_id": self.record, "as_of_date": self.as_of})

    def tender_ids(self, lots: Iterable[str]) -> list[str]:
        """The tenders that the named lots are; the only lot, or the process itself, where none is named."""
        named = list(dict.fromkeys(lots))
        if not named:
            if len(self.lots) == 1:
                return [f"{self.ocid}/{next(iter(self.lots))}"]
            self.whole_is_meant = self.whole_is_meant or bool(self.lots)
            return [self.ocid]
        if not self.lots and "tender" in self.release:
            self.ledger.count("ocds.unknown_lot", "tender.lots")
            return [self.ocid]
        for lot in named:
            if self.lots and lot not in self.lots:
                self.ledger.count("ocds.unknown_lot", "tender.lots")
        return [f"{self.ocid}/{lot}" for lot in named]


def lots_of(part: Fields) -> list[str]:
    """Ids of the lots that a bid, award or contract names, in any of the forms that are in use."""
    found: list[str] = []
    for name in ("relatedLots", "lots"):
        value = part.members.get(name)
        if isinstance(value, list) and all(isinstance(lot, dict) for lot in value):
            ids = (lot.text("lotId") or lot.text("lotID") or lot.text("id") for lot in part.objects(name))
            found.extend(lot for lot in ids if lot)
        elif value is not None:
            found.extend(part.texts(name))
    found.extend(lot for name in ("relatedLot", "lotID", "lotId") if (lot := part.text(name)))
    if not found and isinstance(part.members.get("items"), list):
        found.extend(lot for item in part.objects("items") for lot in lots_of(item))
    return list(dict.fromkeys(found))
