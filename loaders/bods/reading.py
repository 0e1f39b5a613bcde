"""BODS files as batches of orgs, persons and roles.

Which record an id means and how a relationship ended may stand anywhere in the file, so all its statements are
held in memory: about 2 KB each. Registers of many millions of statements are to be split by declaration subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from loaders.adapter import Batch, Notes
from loaders.bods.interests import Role, spells
from loaders.bods.statements import Records, Statement, party_of, read_statement
from loaders.json_rows import Fields, Ledger, meant
from loaders.json_source import UnreadableSpanError, open_json
from loaders.ocds.codelists import USCC_SCHEMES

_ORG_TYPES = {
    "registeredentity": "private",
    "legalentity": "private",
    "state": "government",
    "statebody": "government",
}
_SCOPE = "bods"
Row = dict[str, str | None]


def read_bods(file: Path, notes: Notes) -> Iterator[Batch]:
    """Canonical rows of a file of BODS statements: an array, JSON lines, plain or gzip.

    Raises:
        UnreadableSource: the file is empty or no JSON at all.
    """
    ledger = Ledger("roles")
    register = _Register(ledger)
    with open_json(file) as source:
        for row, reason in source.broken:
            ledger.reject(None, row, None, None, reason)
        for index in range(len(source)):
            try:
                register.take(source.decode(index), source.rows[index])
            except (UnreadableSpanError, RecursionError) as error:
                reason = error.reason if isinstance(error, UnreadableSpanError) else "json_too_deep"
                ledger.reject(None, source.rows[index], None, None, reason)
    yield from register.rows()
    ledger.report(notes)
    yield from ledger.batches(rest=True)


@dataclass(slots=True)
class _Register:
    """The statements of a file on their way to rows."""

    ledger: Ledger
    records: dict[str, Records] = field(
        default_factory=lambda: {kind: Records() for kind in ("entity", "person", "relationship")}
    )
    _ids: dict[str, str] = field(default_factory=dict)
    _spells: dict[str, list[Role]] = field(default_factory=dict)

    def take(self, value: Any, row: int) -> None:
        """Take in one JSON value: a statement, or a list of them."""
        if isinstance(value, list):
            for part in value:
                self.take(part, row)
            return
        statement = None
        if isinstance(value, dict):
            statement = read_statement(Fields(value, "", "roles", row, self.ledger))
        if statement is None:
            self.ledger.reject(None, row, None, None, "bods_not_bods")
        else:
            self.records[statement.kind].add(statement)

    def rows(self) -> Iterator[Batch]:
        """All rows, in batches."""
        for record, history in self.records["entity"].histories():
            self._map_entity(record, history[-1])
            yield from self.ledger.batches()
        for record, history in self.records["person"].histories():
            self._map_person(record, history[-1])
            yield from self.ledger.batches()
        relationships = list(self.records["relationship"].histories())
        for record, history in relationships:
            self._spells[record] = spells(history)
        for record, history in relationships:
            self._map_relationship(record, history[-1])
            yield from self.ledger.batches()

    def _add(self, table: str, statement: Statement, values: Row) -> None:
        provenance = {"source_record_id": statement.id, "as_of_date": statement.date or None}
        self.ledger.add(table, statement.row, values | provenance)

    def _map_entity(self, record: str, latest: Statement) -> None:
        body = latest.body
        identifiers = [(i.text("scheme"), i.text("id")) for i in body.objects("identifiers")]
        known = next((f"{scheme}-{number}" for scheme, number in identifiers if scheme and number), None)
        self._ids[record] = org_id = known or f"{_SCOPE}/{record}"
        kind = body.object("entityType").text("type") if _is_object(body, "entityType") else body.text("entityType")
        address = next((a.text("address") for a in body.objects("addresses")), None)
        name = body.text("name")
        if name is None:
            body.count("bods.no_name", "name")
            return
        values: Row = {
            "org_id": org_id,
            "name": name,
            "org_type": _ORG_TYPES.get((kind or "").casefold(), "other"),
            "uscc": next((n for s, n in identifiers if s and s.casefold() in USCC_SCHEMES), None),
            "established_on": body.date("foundingDate"),
            "status": "cancelled" if body.date("dissolutionDate") else None,
            "address": meant(address),
        }
        self._add("orgs", latest, values)

    def _map_person(self, record: str, latest: Statement) -> None:
        # A person's id is the record's, never an identifier: those are personal numbers.
        self._ids[record] = person_id = f"{_SCOPE}/{record}"
        body = latest.body
        names = body.objects("names")
        legal = [n for n in names if (n.text("type") or "legal") == "legal"] or names
        name = next((full for n in legal if (full := _full_name(n))), None)
        if name is None:
            body.count("bods.no_name", "names")
            return
        number = next((i.text("id") for i in body.objects("identifiers")), None)
        self._add("persons", latest, {"person_id": person_id, "name": name, "id_number": number})

    def _map_relationship(self, record: str, latest: Statement) -> None:
        body = latest.body
        subject, holder = party_of(body, "subject"), party_of(body, "interestedParty")
        if subject is None:
            body.reject("subject", "bods_no_subject")
            return
        if holder is None:
            body.count("bods.no_interested_party", "interestedParty")
            return
        org_id, holder_id = self._party(subject), self._party(holder)
        chained = self._has_chain(body)
        rows: dict[tuple[str, str | None], tuple[Role, Row]] = {}
        for role in self._spells[record]:
            if role.kind == "shareholder" and role.indirect and chained:
                if not (role.beneficial and role.is_majority):
                    body.count("bods.indirect_from_chain", "interests")
                    continue
                role = replace(role, kind="actual_controller", share=None)
            values: Row = {
                "holder_id": holder_id,
                "org_id": org_id,
                "kind": role.kind,
                "share_pct": role.share,
                "valid_from": role.start,
                "valid_to": role.end,
            }
            key = (role.kind, role.start)
            if key in rows and role.share is not None and rows[key][1]["share_pct"] is not None:
                # A direct and an indirect holding that began on one day are one holding of both.
                values["share_pct"] = str(Decimal(role.share) + Decimal(str(rows[key][1]["share_pct"])))
            rows[key] = (role, values)
        for role, values in rows.values():
            self._add("roles", role.statement, values)

    def _party(self, record: str) -> str:
        for kind in ("entity", "person"):
            resolved = self.records[kind].resolve(record)
            if resolved in self._ids:
                return self._ids[resolved]
        return f"{_SCOPE}/{record}"

    def _has_chain(self, body: Fields) -> bool:
        """Whether links of which an indirect holding is made are in the file.

        Then the holding follows from them, as far as their shares are known: as a row of its own it would be
        counted twice, and two halves of one stake would look like a majority. A stated majority that is flagged
        as control is kept as control.
        """
        parts = [*body.texts("componentRecords"), *body.texts("componentStatementIDs")]
        return any(self.records["relationship"].resolve(part) in self._spells for part in parts)


def _is_object(body: Fields, name: str) -> bool:
    return isinstance(body.members.get(name), dict)


def _full_name(name: Fields) -> str | None:
    parts = (name.text("givenName"), name.text("patronymicName"), name.text("familyName"))
    return name.text("fullName") or " ".join(part for part in parts if part) or None
