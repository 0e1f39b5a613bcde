"""`truth.json` says what was planted, in terms a finding can be compared with."""

from __future__ import annotations

import itertools


def ids(town) -> set[str]:
    columns = {
        "orgs": "org_id", "persons": "person_id", "tenders": "tender_id", "bids": "bid_id", "contracts": "contract_id",
        "debts": "debt_id", "payments": "payment_id", "funds": "fund_id", "projects": "project_id",
        "platforms": "platform_id", "asset_disposals": "asset_id", "disclosures": "ref_id",
    }  # fmt: skip
    return set(
        itertools.chain.from_iterable(
            itertools.chain.from_iterable(town.rows(f"SELECT {column} FROM {table}"))
            for table, column in columns.items()
        )
    )


def test_every_entry_names_things_that_exist(province):
    known = ids(province)
    for entry in province.truth:
        assert set(entry) == {"detector", "kind", "twin", "entities", "note"}
        assert entry["kind"] in ("planted", "twin", "by_product")
        assert (entry["twin"] is None) == (entry["kind"] != "twin")
        assert entry["entities"]
        assert set(entry["entities"].values()) <= known, entry


def test_entries_are_told_apart(province):
    seen = [(e["detector"], e["kind"], tuple(sorted(e["entities"].values()))) for e in province.truth]
    assert len(seen) == len(set(seen))


def test_a_clean_town_has_every_twin_and_nothing_planted(province, clean_town):
    assert {e["kind"] for e in clean_town.truth} == {"twin"}
    names = {(e["detector"], e["twin"]) for e in clean_town.truth}
    assert names == {(e["detector"], e["twin"]) for e in province.truth if e["kind"] == "twin"}


def test_each_pattern_is_planted_at_least_three_times(province):
    by_detector: dict[str, int] = {}
    for entry in province.truth:
        if entry["kind"] == "planted":
            by_detector[entry["detector"]] = by_detector.get(entry["detector"], 0) + 1
    assert min(by_detector.values()) >= 3
