"""Bids of a process and who won: bids of the bids extension, tenderers without bids, suppliers of awards."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from loaders.json_rows import Fields, plain
from loaders.ocds.codelists import BID_STATUS
from loaders.ocds.process import Process, lots_of

_HEAD_COUNTS = frozenset(("bids", "validbids", "bidders", "qualifiedbidders"))
"""Measures of the bids extension's statistics that count bids or bidders."""

Row = dict[str, str | None]


@dataclass(slots=True)
class Bids:
    """The rows of a process's bids, until its awards have been read."""

    process: Process
    rows: dict[str, Row] = field(default_factory=dict)
    winners: dict[str, set[str]] = field(default_factory=dict)
    """Winning bids of each tender that was decided."""
    undecided: set[str] = field(default_factory=set)
    """Tenders with an award that came to nothing, or is not yet made."""
    awarded_on: dict[str, str] = field(default_factory=dict)
    _of_bidder: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _source_ids: dict[str, str] = field(default_factory=dict)

    def read(self, tender: Fields) -> None:
        """Take in the bids, then the tenderers that made none of them."""
        release = self.process.section("bids")
        if isinstance(self.process.release.get("bids"), list):
            release.count("ocds.bids_as_list", "bids")
            details, statistics = release.objects("bids"), []
        else:
            section = release.object("bids")
            details, statistics = section.objects("details"), section.objects("statistics")
        for number, bid in enumerate(details, start=1):
            self._read_bid(bid, number)
        listed = {str(row["bidder_id"]) for row in self.rows.values()}
        for tenderer in tender.objects("tenderers"):
            bidder = self.process.parties.refer(tenderer, public=False)
            if bidder is not None and bidder not in listed:
                listed.add(bidder)
                (tender_id,) = self.process.tender_ids(())
                bid_id = f"{self.process.ocid}/tenderer/{bidder}"
                self._put({"bid_id": bid_id, "tender_id": tender_id, "bidder_id": bidder, "_derived": "bid_id"})
        self._compare(tender, statistics, len(listed))

    def _read_bid(self, bid: Fields, number: int) -> None:
        members = [m for t in bid.objects("tenderers") if (m := self.process.parties.refer(t, public=False))]
        if not members:
            bid.reject("tenderers", "ocds_no_bidder")
            return
        own = bid.text("id")
        if own is None:
            bid.count("ocds.no_id", "id")
        base = f"{self.process.ocid}/{own or f'bid-{number}'}"
        parts = bid.objects("lotValues")  # the price of each lot, where a platform gives it
        lots = [lot for part in parts for lot in lots_of(part)[:1]] if parts else lots_of(bid)
        tender_ids = self.process.tender_ids(lots)
        priced = parts if parts and len(parts) == len(tender_ids) else [bid] * len(tender_ids)
        if len(tender_ids) > 1 and not parts and "value" in bid:
            bid.count("ocds.price_for_several_lots", "value")
        for tender_id, part in zip(tender_ids, priced, strict=True):
            price, currency = part.money("value") if parts or len(tender_ids) == 1 else (None, None)
            bid_id = base if len(tender_ids) == 1 else f"{base}/{tender_id.rpartition('/')[2]}"
            common: Row = {
                "tender_id": tender_id,
                "currency": currency,
                "submitted_at": part.date("date") or bid.date("date"),
                "status": bid.word("status", BID_STATUS),
                "consortium_id": base if len(set(members)) > 1 else None,
                "_derived": None if own else "bid_id",
            }
            self._put_joint(bid_id, list(dict.fromkeys(members)), price, common)
        if own:
            self._source_ids[own] = base

    def _put_joint(self, bid_id: str, members: list[str], price: str | None, common: Row) -> list[str]:
        """One row a member, the first with the price; ids of the rows."""
        ids = []
        for number, member in enumerate(members):
            row = common | {"bidder_id": member, "price": None if number else price}
            ids.append(self._put(row | {"bid_id": f"{bid_id}/{member}" if number else bid_id}))
        return ids

    def _put(self, row: Row) -> str:
        bid_id, number = str(row["bid_id"]), 2
        while bid_id in self.rows:
            self.process.ledger.count("ocds.repeated_id", "bids.details.id")
            bid_id, number = f"{row['bid_id']}/{number}", number + 1
            row = row | {"_derived": "bid_id"}
        self.rows[bid_id] = row | {"bid_id": bid_id}
        self._of_bidder.setdefault((str(row["tender_id"]), str(row["bidder_id"])), []).append(bid_id)
        return bid_id

    def win(self, award: Fields, award_id: str, suppliers: list[str], tender_ids: list[str]) -> None:
        """Mark the bids of an award's suppliers as won; a supplier without a bid gets one at the award's price."""
        amount, currency = award.money("value")
        day = award.date("date")
        named = {
            base
            for name in ("relatedBids", "relatedBid", "bid_id")
            for i in award.texts(name)
            if (base := self._source_ids.get(i))
        }
        single = len(tender_ids) == 1
        if not single and amount is not None:
            award.count("ocds.price_for_several_lots", "value")
        for tender_id in tender_ids:
            won = self.winners.setdefault(tender_id, set())
            if day is not None:
                self.awarded_on[tender_id] = min(self.awarded_on.get(tender_id, day), day)
            price = amount if single else None
            missing = []
            for supplier in suppliers:
                made = self._of_bidder.get((tender_id, supplier), [])
                made = [b for b in made if any(b == base or b.startswith(f"{base}/") for base in named)] or made
                if made:
                    won.update(self._same_price(made, price))
                    self._fill(made, price if len(suppliers) == 1 else None, currency)
                else:
                    missing.append(supplier)
            suffix = "" if single else f"/{tender_id.rpartition('/')[2]}"
            base = f"{self.process.ocid}/award/{award_id}"
            common: Row = {
                "tender_id": tender_id,
                "currency": currency,
                "status": "valid",
                "consortium_id": base if len(suppliers) > 1 else None,
                "_derived": "bid_id",
                "_from_award": "1",
            }
            alone = len(missing) == len(suppliers)
            won.update(self._put_joint(base + suffix, missing, price if alone else None, common))

    def _same_price(self, made: list[str], price: str | None) -> list[str]:
        if price is None or len(made) == 1:
            return made
        return [b for b in made if _equal(self.rows[b].get("price"), price)] or made

    def _fill(self, made: list[str], price: str | None, currency: str | None) -> None:
        """Price a bid that has none; several awards to one supplier without bids add up to its price."""
        row = self.rows[made[0]]
        if price is None or len(made) > 1:
            return
        if row.get("price") is None and row.get("consortium_id") is None:
            row["price"], row["currency"] = price, currency
            row["_from_award"] = "1"
        elif row.get("_from_award") and row.get("currency") == currency:
            row["price"] = plain(Decimal(str(row["price"])) + Decimal(price))

    def write(self) -> None:
        """Add the rows; where a tender was decided every bid has won or not, elsewhere it is open."""
        for bid_id, row in self.rows.items():
            won = self.winners.get(str(row["tender_id"]))
            row.pop("_from_award", None)
            row["is_winner"] = None if not won else "true" if bid_id in won else "false"
            self.process.add("bids", row)

    def _compare(self, tender: Fields, statistics: list[Fields], listed: int) -> None:
        """Count processes whose own figures say that more bid than the file names."""
        stated = [tender.number("numberOfTenderers")]
        stated += [s.number("value") for s in statistics if (s.text("measure") or "").casefold() in _HEAD_COUNTS]
        if any(Decimal(number) > listed for number in stated if number is not None):
            self.process.ledger.count("ocds.bidders_unnamed", "bids.statistics")


def _equal(left: str | None, right: str) -> bool:
    return left is not None and Decimal(left) == Decimal(right)
