"""All real files of six publishers, against counts made without the loader."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.schema import TABLES

Loaded = Any
PUBLISHERS = ("armenia", "colombia", "moldova", "paraguay", "uganda", "ukraine")
FILES = 252
WITHOUT_CONTENT = ("paraguay/records/284437.json", "paraguay/records/284453.json")
"""Records that only link to their releases: named in quarantine."""


@pytest.fixture(scope="module")
def loaded(shared_data: Path, load_file: Callable[[Path], Loaded]) -> dict[str, Loaded]:
    folder = shared_data / "ocds"
    return {str(f.relative_to(folder)): load_file(f) for f in sorted(folder.rglob("*")) if f.is_file()}


def releases(shared_data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The releases that a file comes down to; none of these files repeats an ocid without a compiled release."""
    document = json.loads((shared_data / "ocds" / name).read_bytes())
    for part in document.get("records") or (document.get("releases") if "uri" in document else None) or [document]:
        if "compiledRelease" in part:
            yield part["compiledRelease"]
        elif "tag" in part:
            yield part


def lots(part: Any) -> list[str]:
    named = part.get("relatedLots") or part.get("lots") or []
    ids = [lot if isinstance(lot, str) else lot.get("lotId") or lot.get("id") for lot in named]
    ids += [part[key] for key in ("relatedLot", "lotID") if key in part]
    return list(dict.fromkeys(ids or [i for item in part.get("items") or () for i in lots(item)]))


def test_every_file_loads(loaded: dict[str, Loaded]) -> None:
    assert len(loaded) == FILES
    assert {name.split("/")[0] for name in loaded} == set(PUBLISHERS)
    rejected = {name: found.reasons for name, found in loaded.items() if found.reasons}
    assert rejected == {name: [(1, "ocds_linked_releases")] for name in WITHOUT_CONTENT}


def identity(party: dict[str, Any]) -> str | None:
    """What tells a party from others: registry number, else the publisher's id, else the name."""
    identifier = party.get("identifier") or {}
    if identifier.get("id") and identifier.get("scheme"):
        return f"{identifier['scheme']}-{identifier['id']}"
    return str(party.get("id") or "") or party.get("name") or None


def resolver(release: dict[str, Any]) -> Callable[[dict[str, Any]], str | None]:
    """Who a reference means: the party of that id, else whom it describes."""
    known = {str(party["id"]): identity(party) for party in release.get("parties") or ()}
    by_name = {party["name"]: identity(party) for party in release.get("parties") or ()}
    return lambda reference: (
        known.get(str(reference.get("id")))
        or (None if "id" in reference or "identifier" in reference else by_name.get(reference.get("name")))
        or identity(reference)
    )


def suppliers(part: dict[str, Any]) -> list[dict[str, Any]]:
    stated = part.get("suppliers") or []
    return [stated] if isinstance(stated, dict) else stated


def test_tenders(shared_data: Path, loaded: dict[str, Loaded]) -> None:
    for name, found in loaded.items():
        expected = set()
        for release in releases(shared_data, name):
            if tender := release.get("tender"):
                parts = {f"{release['ocid']}/{lot['id']}" for lot in tender.get("lots") or ()}
                expected |= parts or {release["ocid"]}
        ids = [row["tender_id"] for row in found["tenders"]]
        assert len(ids) == len(set(ids)), name
        whole = set(ids) - expected
        assert expected <= set(ids), name
        # A whole process besides its lots stands there only because something that was awarded names none of them.
        assert all(sum(other.startswith(f"{ocid}/") for other in ids) > 1 for ocid in whole), name
        used = {row["tender_id"] for table in ("bids", "contracts") for row in found[table]}
        assert whole <= used, name


def test_bids(shared_data: Path, loaded: dict[str, Loaded]) -> None:
    """Listed bids, tenderers that made none, and award suppliers that are neither."""
    for name, found in loaded.items():
        listed = others = 0
        for release in releases(shared_data, name):
            who = resolver(release)
            tender = release.get("tender") or {}
            details = (release.get("bids") or {}).get("details") or []
            listed += sum(len(lots(bid) or [1]) * len(bid["tenderers"]) for bid in details)
            bidders = {who(t) for bid in details for t in bid["tenderers"]}
            silent = {who(t) for t in tender.get("tenderers") or ()} - bidders
            by_award: dict[str, list[str]] = {}
            for contract in release.get("contracts") or ():
                by_award.setdefault(str(contract.get("awardID")), []).extend(lots(contract))
            won = set()
            own_lots = [lot["id"] for lot in tender.get("lots") or ()]
            for award in release.get("awards") or ():
                if award.get("status") not in ("unsuccessful", "cancelled", "pending"):
                    targets = lots(award) or by_award.get(str(award["id"])) or own_lots[: len(own_lots) == 1] or [""]
                    won |= {(who(s), lot) for s in suppliers(award) for lot in targets}
            others += len(silent) + len({pair for pair in won if pair[0] not in bidders | silent})
        assert len(found["bids"]) == listed + others, name
        keys = [row["bid_id"] for row in found["bids"]]
        assert len(keys) == len(set(keys)), name


def test_prices_of_bids(shared_data: Path, loaded: dict[str, Loaded]) -> None:
    """No amount of a listed bid is lost or altered."""
    for publisher in ("armenia", "ukraine"):
        for name in (n for n in loaded if n.startswith(publisher)):
            details = [b for r in releases(shared_data, name) for b in (r.get("bids") or {}).get("details") or ()]
            stated = Counter(b["value"]["amount"] for b in details if b["value"]["amount"] is not None)
            read = Counter(float(row["price"]) for row in loaded[name]["bids"] if row.get("price"))
            assert stated <= read, name


def test_parties(shared_data: Path, loaded: dict[str, Loaded]) -> None:
    """Every party that has a name, each once."""
    for name, found in loaded.items():
        named: set[str | None] = set()
        for release in releases(shared_data, name):
            who = resolver(release)
            tender = release.get("tender") or {}
            mentioned = [*(release.get("parties") or ()), release.get("buyer"), tender.get("procuringEntity")]
            mentioned += tender.get("tenderers") or []
            mentioned += [t for b in (release.get("bids") or {}).get("details") or () for t in b["tenderers"]]
            for part in (*(release.get("awards") or ()), *(release.get("contracts") or ())):
                if part.get("status") not in ("unsuccessful", "pending") or "awardID" in part:
                    mentioned += suppliers(part)
            named |= {who(party) for party in mentioned if party and party.get("name")}
        ids = [row.get("org_id") or row.get("person_id") for row in (*found["orgs"], *found["persons"])]
        assert len(ids) == len(set(ids)), name
        assert len(ids) == len(named), (name, ids, named)


def test_totals(loaded: dict[str, Loaded]) -> None:
    """Rows by publisher, so that a change of reading is seen."""
    totals: dict[str, Counter[str]] = {publisher: Counter() for publisher in PUBLISHERS}
    for name, found in loaded.items():
        for table, rows in found.tables.items():
            totals[name.split("/")[0]][table] += len(rows)
    picked = {p: tuple(c[t] for t in ("tenders", "bids", "orgs", "persons", "contracts")) for p, c in totals.items()}
    assert picked == {
        "armenia": (29, 37, 48, 0, 21),
        "colombia": (31, 28, 35, 24, 49),
        "moldova": (102, 138, 138, 0, 36),
        "paraguay": (85, 59, 95, 0, 48),
        "uganda": (10, 0, 10, 0, 0),
        "ukraine": (22, 34, 56, 0, 20),
    }


def test_batches_have_only_canonical_columns(loaded: dict[str, Loaded]) -> None:
    extra = {"_row", "_derived", "source_record_id", "as_of_date"}
    for found in loaded.values():
        for table, rows in found.tables.items():
            assert all(row.keys() - extra <= set(TABLES[table].names) for row in rows)
