"""Corrections of OCDS data before it is judged, and a list of what still stands in the way.

Each release is written back as one line, with what the settings say corrected; every issue is a row of a CSV with
line, ocid, path, positions in arrays, value and reason. Amounts keep their digits: 1.10 stays 1.10.

Settings (the sections and keys are Cardinal's):
`[defaults]` fill in `currency`, `item_classification_scheme`, `bid_status`, `award_status`, and with `party_roles`
the roles that references imply; `[redactions]` remove placeholder `amount`s and `organization_id`s (`|` between);
`[codelists.bid_status]` and `[codelists.award_status]` replace codes; `[corrections]
award_status_by_contract_status` cancels an award whose contracts are all cancelled; `[modifications]` move the bids of
auctions (`move_auctions`), prefix ids, and cut `procurementMethodDetails` at a separator.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import IO, Any, BinaryIO

import msgspec

from queries.ocp.blocks import raw_lines
from queries.ocp.sources import opened, tasks

Issue = Callable[[str, str, object, str], None]
"""Takes path, positions, value and reason."""

BID_STATUSES = frozenset({"invited", "pending", "valid", "disqualified", "withdrawn"})
AWARD_STATUSES = frozenset({"pending", "active", "cancelled", "unsuccessful"})
HEADER = ("line", "ocid", "path", "positions", "value", "reason")

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_TRUE = {"true", "1", "yes", "on"}


class Preparation:
    """What to correct, out of the sections of a settings file."""

    def __init__(self, sections: dict[str, dict[str, Any]]) -> None:
        defaults = sections.get("defaults", {})
        redactions = sections.get("redactions", {})
        corrections = sections.get("corrections", {})
        changes = sections.get("modifications", {})
        self.currency = defaults.get("currency")
        self.scheme = defaults.get("item_classification_scheme")
        self.party_roles = _is_true(defaults.get("party_roles"))
        self.statuses = {
            "bid": (defaults.get("bid_status"), sections.get("codelists.bid_status", {}), BID_STATUSES),
            "award": (defaults.get("award_status"), sections.get("codelists.award_status", {}), AWARD_STATUSES),
        }
        self.amounts = {number for part in _parts(redactions.get("amount")) if (number := _number(part)) is not None}
        self.ids = frozenset(_parts(redactions.get("organization_id")))
        self.cancel_awards = _is_true(corrections.get("award_status_by_contract_status"))
        self.move_auctions = _is_true(changes.get("move_auctions"))
        self.buyer_prefix = str(changes.get("prefix_buyer_or_procuring_entity_id", ""))
        self.supplier_prefix = str(changes.get("prefix_tenderer_or_supplier_id", ""))
        self.separator = changes.get("split_procurement_method_details")

    def correct(self, release: dict[str, Any], issue: Issue) -> None:
        """Correct a release in place; tell `issue` what could not be corrected."""
        roles = self._roles(release)
        self._reference(release.get("buyer"), self.buyer_prefix, roles, "buyer")
        tender = release.get("tender")
        if isinstance(tender, dict):
            self._reference(tender.get("procuringEntity"), self.buyer_prefix, roles, "procuringEntity")
            details = tender.get("procurementMethodDetails")
            if self.separator and isinstance(details, str):
                tender["procurementMethodDetails"] = details.split(str(self.separator))[0].rstrip()
        if self.move_auctions:
            _move_auctions(release, issue)
        bids = release.get("bids")
        for place, bid in _objects(bids.get("details") if isinstance(bids, dict) else None):
            self._bid(bid, place, roles, issue)
        cancelled = self._cancelled_awards(release.get("contracts"))
        for place, award in _objects(release.get("awards")):
            self._award(award, place, roles, cancelled, issue)
        if roles is not None:
            for _, party in _objects(release.get("parties")):
                found = roles.get(party.get("id"))  # type: ignore[arg-type]
                if found:
                    party["roles"] = sorted(found)

    def _roles(self, release: dict[str, Any]) -> dict[str, set[str]] | None:
        """The roles of each party; None if they are not to be filled in."""
        _as_array(release, "parties")
        for _, party in _objects(release.get("parties")):
            self._reference(party, "", None, "")
        if not self.party_roles:
            return None
        roles: dict[str, set[str]] = {}
        for _, party in _objects(release.get("parties")):
            if isinstance(party.get("id"), str):
                known = party.get("roles")
                found = roles.setdefault(party["id"], set())
                found.update(role for role in (known if isinstance(known, list) else ()) if isinstance(role, str))
        return roles

    def _reference(self, party: object, prefix: str, roles: dict[str, set[str]] | None, role: str) -> None:
        if not isinstance(party, dict):
            return
        _as_text(party, "id")
        identifier = party.get("id")
        if not isinstance(identifier, str):
            return
        if identifier in self.ids:
            del party["id"]
            return
        if not identifier.startswith(prefix):
            party["id"] = identifier = prefix + identifier
        if roles is not None and identifier in roles:
            roles[identifier].add(role)

    def _bid(self, bid: dict[str, Any], place: int, roles: dict[str, set[str]] | None, issue: Issue) -> None:
        value = bid.get("value")
        if isinstance(value, dict):
            amount = value.get("amount")
            if isinstance(amount, int | Decimal) and not isinstance(amount, bool):
                if amount in self.amounts:
                    del value["amount"]
                elif amount == 0:
                    issue("/bids/details[]/value/amount", f"{place}", "", "is zero")
            if "currency" not in value:
                if self.currency is not None:
                    value["currency"] = self.currency
                else:
                    issue("/bids/details[]/value/currency", f"{place}", "", "not set")
        self._schemes(bid, "/bids/details[]", place, issue)
        self._status(bid, "bid", "/bids/details[]/status", place, issue)
        _as_array(bid, "tenderers")
        for _, party in _objects(bid.get("tenderers")):
            self._reference(party, self.supplier_prefix, roles, "tenderer")

    def _award(
        self, award: dict[str, Any], place: int, roles: dict[str, set[str]] | None, cancelled: set[str], issue: Issue
    ) -> None:
        _as_text(award, "id")
        for _, item in _objects(award.get("items")):
            if isinstance(item.get("classification"), dict):
                _as_text(item["classification"], "id")
        self._schemes(award, "/awards[]", place, issue)
        if award.get("id") in cancelled:
            award["status"] = "cancelled"
        self._status(award, "award", "/awards[]/status", place, issue)
        _as_array(award, "suppliers")
        for _, party in _objects(award.get("suppliers")):
            self._reference(party, self.supplier_prefix, roles, "supplier")

    def _schemes(self, holder: dict[str, Any], path: str, place: int, issue: Issue) -> None:
        for number, item in _objects(holder.get("items")):
            classification = item.get("classification")
            if isinstance(classification, dict) and "scheme" not in classification:
                if self.scheme is not None:
                    classification["scheme"] = self.scheme
                else:
                    issue(f"{path}/items[]/classification/scheme", f"{place}.{number}", "", "not set")

    def _status(self, holder: dict[str, Any], kind: str, path: str, place: int, issue: Issue) -> None:
        default, codes, known = self.statuses[kind]
        if holder.get("status") is None:
            if default is None:
                issue(path, f"{place}", "", "not set")
                return
            holder["status"] = default
        status = holder["status"]
        if isinstance(status, str):
            holder["status"] = status = codes.get(status, status)
        if not isinstance(status, str) or status not in known:
            issue(path, f"{place}", status, "invalid")

    def _cancelled_awards(self, contracts: object) -> set[str]:
        """Ids of the awards that have contracts, all of them cancelled."""
        if not self.cancel_awards:
            return set()
        alive: dict[str, bool] = {}
        for _, contract in _objects(contracts):
            _as_text(contract, "awardID")
            award = contract.get("awardID")
            if isinstance(award, str):
                alive[award] = alive.get(award, False) or contract.get("status") != "cancelled"
        return {award for award, lives in alive.items() if not lives}


def prepare_files(names: list[str], preparation: Preparation, out: BinaryIO, issues: IO[str]) -> int:
    """Write the corrected releases of the files called `names` to `out`, the issues to `issues`.

    Returns:
        how many lines could not be read; they are among the issues, and not in `out`.
    """
    writer = csv.writer(issues, lineterminator="\n")
    writer.writerow(HEADER)
    broken = 0
    with opened(names) as sources:
        line = 0
        source = 0
        for task in tasks(sources):
            line, source = (0, task.source) if task.source != source else (line, source)
            for raw in raw_lines(task):
                line += 1
                broken += not _prepare_line(raw, line, preparation, out, writer.writerow)
    return broken


def _prepare_line(
    raw: bytes, line: int, preparation: Preparation, out: BinaryIO, write: Callable[[Iterable[Any]], Any]
) -> bool:
    if not raw.strip():
        return True
    try:
        release = _decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        write((line, "", "", "", "", f"not JSON: {error}"))
        return False
    if not isinstance(release, dict):
        write((line, "", "", "", "", "not an object"))
        return False
    ocid = release.get("ocid", "")
    preparation.correct(
        release, lambda path, positions, value, reason: write((line, ocid, path, positions, value, reason))
    )
    out.write(_encode(release))
    out.write(b"\n")
    return True


def _move_auctions(release: dict[str, Any], issue: Issue) -> None:
    auctions = release.get("auctions")
    if not isinstance(auctions, list):
        return
    if "bids" in release:
        issue("/auctions", "", "", "not moved: there are bids already")
        return
    details: list[Any] = []
    for _, auction in _objects(auctions):
        for _, stage in _objects(auction.get("stages")):
            if isinstance(stage.get("bids"), list):
                details += stage.pop("bids")
    release["bids"] = {"details": details}


def _objects(value: object) -> list[tuple[int, dict[str, Any]]]:
    """(position, object) of each object in an array."""
    entries = value if isinstance(value, list) else []
    return [(place, entry) for place, entry in enumerate(entries) if isinstance(entry, dict)]


def _as_array(holder: dict[str, Any], key: str) -> None:
    if isinstance(holder.get(key), dict):
        holder[key] = [holder[key]]


def _as_text(holder: dict[str, Any], key: str) -> None:
    if isinstance(holder.get(key), int | Decimal) and not isinstance(holder[key], bool):
        holder[key] = str(holder[key])


def _parts(value: object) -> list[str]:
    return [part for part in str(value).split("|") if part] if value is not None else []


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:
        return None


def _is_true(value: object) -> bool:
    return str(value).strip().lower() in _TRUE
