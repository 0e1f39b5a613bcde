"""Parties of OCDS releases: one identity for each, what is known of it gathered over the file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from stdnum.cn import ric

from loaders.json_rows import Fields, Ledger, meant
from loaders.ocds.codelists import PERSONAL_SCHEMES, PRIVATE_ROLES, PUBLIC_ROLES, SCALE, USCC_SCHEMES

MOST_PARTIES = 100_000
"""Parties remembered at once; more than these are handed on in several rows, the later ones being updates."""

_PREFIX = re.compile(r"ocds-[a-z0-9]{6}", re.IGNORECASE)
_ORG_ID = re.compile(r"[A-Z]{2}-[A-Z0-9_]{2,}-\S+")
_USCC = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")
_PERSONAL = re.compile(PERSONAL_SCHEMES)
_ADDRESS_PARTS = ("streetAddress", "locality", "region", "postalCode", "countryName")
_SHORTEST_ADDRESS = 6


def publisher_scope(ocid: str) -> str:
    """The namespace of a publisher's own ids: the registered prefix of its ocids, else what precedes the last `-`."""
    prefix = _PREFIX.match(ocid)
    return prefix.group() if prefix else ocid.rpartition("-")[0] or "ocds"


def name_key(name: str) -> str:
    """A name as it is compared: half width, one case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(slots=True)
class _Known:
    """What is known of a party: for each column the value of the latest release that has one."""

    table: str
    row: int
    record: str
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    role: int = 0
    derived: bool = False
    contacts: set[tuple[str, str]] = field(default_factory=set)


_ORG_TYPES = ("other", "private", "government")
"""By role, the stronger one last: a body that buys stays a public body when it also supplies."""


class PartyBook:
    """The parties of a file. Rows are written by `flush`, so that an organisation met often is one row."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, _Known] = {}

    def note(self, party_id: str, table: str, fields: Fields, record: str, as_of: str, role: int) -> _Known:
        """Remember a party that `fields` describes."""
        known = self._known.get(party_id)
        if known is None:
            if len(self._known) >= MOST_PARTIES:
                self.flush()
            known = self._known[party_id] = _Known(table, fields.row, record)
        if table == "orgs":
            known.table = table  # an organisation anywhere is one everywhere
        known.role = max(known.role, role)
        identifier = fields.object("identifier")
        address = fields.object("address")
        where = [part for name in _ADDRESS_PARTS if (part := meant(address.text(name)))]
        details = fields.object("details") if isinstance(fields.members.get("details"), dict) else None
        found = {
            "name": fields.text("name") or identifier.text("legalName"),
            "uscc": _uscc(fields),
            "size": details.word("scale", SCALE) if details else None,
            "region": meant(address.text("region")),
            "address": ", ".join(where) if len(where) > 1 or "streetAddress" in address else None,
        }
        for column, value in found.items():
            if value is not None:
                known.values[column] = max(known.values.get(column, ("", "")), (as_of, value))
        if table == "persons" and (number := identifier.text("id")):
            known.values["id_number"] = max(known.values.get("id_number", ("", "")), (as_of, number))
        contact = fields.object("contactPoint")
        street = meant(address.text("streetAddress"))
        for kind, value in (
            ("phone", meant(contact.text("telephone"))),
            ("email", meant(contact.text("email"))),
            ("address", ", ".join(where) if street and len(street) >= _SHORTEST_ADDRESS else None),
        ):
            if value is not None:
                known.contacts.add((kind, value))
        return known

    def flush(self) -> None:
        """Write the rows of all parties known and forget them."""
        for party_id, known in self._known.items():
            values: dict[str, str | None] = {column: value for column, (_, value) in known.values.items()}
            values["source_record_id"] = known.record
            if "name" not in values:
                self._ledger.count("ocds.party_without_name", "parties")
            elif known.table == "orgs":
                values |= {"org_id": party_id, "org_type": _ORG_TYPES[known.role]}
                values["_derived"] = "org_id" if known.derived else None
                values.pop("id_number", None)
                self._ledger.add("orgs", known.row, values)
            else:
                values = {column: values.get(column) for column in ("name", "id_number", "source_record_id")}
                values |= {"person_id": party_id, "_derived": "person_id" if known.derived else None}
                self._ledger.add("persons", known.row, values)
            for kind, value in sorted(known.contacts):
                contact = {"owner_id": party_id, "kind": kind, "value": value, "source_record_id": known.record}
                self._ledger.add("contacts", known.row, contact)
        self._known.clear()


@dataclass(slots=True)
class Parties:
    """The parties of one release, and the ids that its references mean."""

    book: PartyBook
    ocid: str
    record: str
    as_of: str
    _by_id: dict[str, str] = field(default_factory=dict)
    _by_name: dict[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """The namespace of the publisher's own ids."""
        return publisher_scope(self.ocid)

    def declare(self, parties: list[Fields]) -> None:
        """Take in the release's `parties`."""
        for party in parties:
            roles = {role.casefold() for role in party.texts("roles")}
            role = 2 if roles & PUBLIC_ROLES else 1 if roles & PRIVATE_ROLES else 0
            self._take(party, role)

    def refer(self, reference: Fields, *, public: bool) -> str | None:
        """The canonical id of the party that a reference means; none where it names nobody.

        1.0 releases describe the party where they refer to it, so what the reference says is remembered too.
        """
        own = reference.text("id")
        name = reference.text("name")
        known = self._by_id.get(own) if own else self._by_name.get(name_key(name)) if name else None
        if known is not None and "identifier" not in reference:
            return known
        return self._take(reference, 2 if public else 1)

    def _take(self, party: Fields, role: int) -> str | None:
        own, identifier = party.text("id"), party.object("identifier")
        name = party.text("name") or identifier.text("legalName")
        scheme, number = identifier.text("scheme"), identifier.text("id")
        personal = is_personal(scheme, number) or is_personal(None, own)
        table = "persons" if personal and role < 2 else "orgs"
        party_id, derived = self._identity(own, scheme, number, name, personal=personal)
        if party_id is None:
            return None
        if own in self._by_id:
            party_id = self._by_id[own]  # the first description of a party settles who it is
        if own:
            self._by_id[own] = party_id
        if name:
            self._by_name.setdefault(name_key(name), party_id)
        if name or identifier.members:
            known = self.book.note(party_id, table, party, self.record, self.as_of, role)
            known.derived = known.derived or derived
        return party_id

    def _identity(
        self, own: str | None, scheme: str | None, number: str | None, name: str | None, *, personal: bool
    ) -> tuple[str | None, bool]:
        """Canonical id, and whether it was derived."""
        scope = self.scope
        if personal:
            # Only an id that does not hold the person's number may be used; names are unique at most in a process.
            if own and not is_personal(None, own) and (number is None or number not in own):
                return f"{scope}/{own}", False
            return (f"{self.ocid}/person/{name_key(name)}", True) if name else (None, False)
        if scheme and number:
            return f"{scheme}-{number}", False
        if own:
            return (own if _ORG_ID.fullmatch(own) else f"{scope}/{own}"), False
        if number:
            return f"{scope}/{number}", False
        return (f"{scope}/name/{name_key(name)}", True) if name else (None, False)


def is_personal(scheme: str | None, number: str | None) -> bool:
    """Whether an identifier is a natural person's: by its scheme, or being a valid resident identity number."""
    if scheme is not None and _PERSONAL.search(scheme.casefold()):
        return True
    return number is not None and bool(ric.is_valid(number))


def _uscc(party: Fields) -> str | None:
    for identifier in (party.object("identifier"), *party.objects("additionalIdentifiers")):
        scheme, number = identifier.text("scheme"), identifier.text("id")
        if scheme and number and scheme.casefold() in USCC_SCHEMES and _USCC.fullmatch(number.upper()):
            return number.upper()
    return None
