"""Independent brute force over the tables: each pattern is where the truth says it is, and nowhere else.

The checks are plain loops over rows, on purpose: they share no code with the generator or with a detector.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date

import pytest

SHARED_COLUMNS = ("lock_no", "ca_no", "file_id", "file_md5", "ip", "mac", "cpu_sn", "disk_sn")
POPULAR = 8


def pairs_of(entities: list[dict]) -> set[tuple[str, frozenset[str]]]:
    return {(e["tender"], frozenset((e["bidder_a"], e["bidder_b"]))) for e in entities}


def twin_pairs(town, detector: str, *names: str) -> set:
    return pairs_of([e["entities"] for e in town.twins(detector) if not names or e["twin"] in names])


def sharing(rows: list[tuple]) -> dict[tuple[str, frozenset[str]], set]:
    """(tender, pair of bidders) -> what they share, from rows (tender, bidder, thing)."""
    holders: dict[tuple, set[str]] = defaultdict(set)
    for tender, bidder, thing in rows:
        if thing is not None:
            holders[tender, thing].add(bidder)
    found: dict[tuple[str, frozenset[str]], set] = defaultdict(set)
    for (tender, thing), bidders in holders.items():
        for pair in itertools.combinations(sorted(bidders), 2):
            found[tender, frozenset(pair)].add(thing)
    return dict(found)


def device_pairs(town) -> dict:
    rows = []
    for column in SHARED_COLUMNS:
        rows += town.rows(
            f"SELECT tender_id, bidder_id, '{column}=' || {column} FROM bid_devices JOIN bids USING (bid_id)"
            " WHERE stage <> 'download'"
        )
    return sharing(rows)


def test_shared_devices_are_the_planted_ones_and_their_twins(province, clean_town):
    for town in (province, clean_town):
        expected = pairs_of(town.planted("same_device")) | (
            twin_pairs(town, "same_device") - twin_pairs(town, "same_device", "owner_control_price")
        )
        assert set(device_pairs(town)) == expected


def test_each_kind_of_shared_device_is_planted(province):
    shared = device_pairs(province)
    kinds = {
        frozenset(thing.partition("=")[0] for thing in shared[pair])
        for pair in pairs_of(province.planted("same_device"))
    }
    assert kinds == {
        *(frozenset({column}) for column in SHARED_COLUMNS),
        frozenset({"mac", "cpu_sn", "disk_sn"}),
    }


def test_device_twins_carry_the_record_that_clears_them(province):
    shared = device_pairs(province)
    on_site = dict(
        province.rows(
            "SELECT tender_id || bidder_id, max(on_site) FROM bid_devices JOIN bids USING (bid_id) GROUP BY 1"
        )
    )
    spread = dict(
        province.rows(
            "SELECT 'ip=' || ip, count(DISTINCT bidder_id) FROM bid_devices JOIN bids USING (bid_id) GROUP BY 1"
        )
    )
    consortium = dict(province.rows("SELECT tender_id || bidder_id, consortium_id FROM bids"))
    for entry in province.twins("same_device"):
        tender, a, b = (entry["entities"][role] for role in ("tender", "bidder_a", "bidder_b"))
        if entry["twin"] == "on_site_upload":
            assert on_site[tender + a] == on_site[tender + b] == "true"
        if entry["twin"] in ("park_address", "consultancy_machine"):
            things = shared[tender, frozenset((a, b))]
            assert all(spread[thing] > POPULAR for thing in things if thing.startswith("ip="))
        if entry["twin"] == "consortium_partners":
            assert consortium[tender + a] == consortium[tender + b] is not None


def test_the_owners_file_is_downloaded_by_every_bidder(province):
    for entry in province.twins("same_device"):
        if entry["twin"] == "owner_control_price":
            tender = entry["entities"]["tender"]
            rows = province.rows(
                "SELECT count(DISTINCT bid_id), count(DISTINCT file_id) FROM bid_devices JOIN bids USING (bid_id)"
                f" WHERE tender_id = '{tender}' AND stage = 'download'"
            )
            bids = province.rows(f"SELECT count(*) FROM bids WHERE tender_id = '{tender}'")
            assert rows == [(bids[0][0], 1)]


def test_deposits_of_one_source_are_the_planted_ones_and_their_twins(province, clean_town):
    for town in (province, clean_town):
        rows = []
        for column in ("payer_id", "payer_account"):
            rows += town.rows(f"SELECT tender_id, bidder_id, {column} FROM bid_deposits JOIN bids USING (bid_id)")
        expected = pairs_of(town.planted("deposit_same_source")) | twin_pairs(town, "deposit_same_source")
        assert set(sharing(rows)) == expected
    transfers = province.rows("SELECT DISTINCT form FROM bid_deposits WHERE guarantor_id IS NULL")
    assert transfers == [("transfer",)]


def heads_at_opening(town) -> list[tuple]:
    return town.rows(
        """SELECT DISTINCT tender_id, bidder_id, holder_id FROM bids JOIN tenders USING (tender_id)
           JOIN roles ON roles.org_id = bidder_id AND roles.kind = 'legal_rep'
           WHERE valid_from <= opened_at[:10] AND coalesce(valid_to, '9999') >= opened_at[:10]
             AND holder_id IN (SELECT person_id FROM persons)
           UNION SELECT tender_id, bidder_id, legal_rep_id FROM bids JOIN orgs ON org_id = bidder_id"""
    )


def test_common_heads_are_the_planted_ones(province, clean_town):
    assert set(sharing(heads_at_opening(province))) == pairs_of(province.planted("same_principal"))
    assert sharing(heads_at_opening(clean_town)) == {}


def test_namesakes_have_one_name_and_two_identities(province):
    named = dict(
        province.rows(
            "SELECT org_id, name FROM (SELECT org_id, legal_rep_id FROM orgs) JOIN persons ON person_id = legal_rep_id"
        )
    )
    pairs = [e["entities"] for e in province.twins("same_principal") if e["twin"] == "namesakes"]
    assert pairs
    assert all(named[e["bidder_a"]] == named[e["bidder_b"]] for e in pairs)


def test_contacts_shared_at_the_time_are_the_planted_ones_and_the_popular_ones(province, clean_town):
    query = """SELECT tender_id, bidder_id, contacts.kind || contacts.value FROM bids JOIN tenders USING (tender_id)
               JOIN contacts ON owner_id = bidder_id
               WHERE valid_from <= opened_at[:10] AND coalesce(valid_to, '9999') >= opened_at[:10]"""
    for town in (province, clean_town):
        popular = twin_pairs(town, "shared_contact", "incubator_address", "bookkeeper_phone")
        assert set(sharing(town.rows(query))) == pairs_of(town.planted("shared_contact")) | popular
    spread = dict(province.rows("SELECT kind || value, count(DISTINCT owner_id) FROM contacts GROUP BY 1"))
    shared = sharing(province.rows(query))
    for pair in twin_pairs(province, "shared_contact", "incubator_address", "bookkeeper_phone"):
        assert all(spread[thing] > POPULAR for thing in shared[pair])


def stakes(town) -> dict[str, list[tuple]]:
    """Org -> (holder, part held, since, until) of its shareholders and named controllers."""
    held: dict[str, list[tuple]] = defaultdict(list)
    for holder, org, kind, share, since, until in town.rows(
        "SELECT holder, org, kind, share, since::VARCHAR, until::VARCHAR FROM held"
        " WHERE kind IN ('shareholder', 'actual_controller')"
    ):
        held[org].append((holder, 1.0 if kind == "actual_controller" else share / 100, since, until))
    return held


def controllers(held: dict[str, list[tuple]], org: str, when: str) -> set[str]:
    """Who controls an org on a day: more than half at each link and along the chain, or named controller."""
    tops, frontier = set(), [(org, 1.0, 0)]
    while frontier:
        node, product, depth = frontier.pop()
        above = [
            (holder, product * share)
            for holder, share, since, until in held.get(node, ())
            if since <= when <= until and product * share > 0.5 and depth < 6
        ]
        if above:
            frontier += [(holder, share, depth + 1) for holder, share in above]
        elif node != org:
            tops.add(node)
    return tops


def test_common_controllers_are_the_planted_ones_and_state_asset_offices(province, clean_town):
    for town in (province, clean_town):
        public = {o for (o,) in town.rows("SELECT org_id FROM orgs WHERE org_type = 'government'")}
        held = stakes(town)
        rows, office_rows = [], []
        for tender, opened, bidder in town.rows("SELECT tender, day::VARCHAR, bidder FROM bid"):
            for top in controllers(held, bidder, opened):
                (office_rows if top in public else rows).append((tender, bidder, top))
        explained = pairs_of(
            [e["entities"] for e in town.truth if e["detector"] == "common_controller" and e["kind"] == "by_product"]
        )
        assert set(sharing(rows)) == pairs_of(town.planted("common_controller")) | explained
        assert twin_pairs(town, "common_controller", "state_asset_office") <= set(sharing(office_rows))


def tied_to(town, officials: set[str]) -> dict[str, set[str]]:
    """Party -> the officials it is tied to: themselves, kin, and firms that either owns or heads."""
    people = {official: {official} for official in officials}
    for a, b in town.rows("SELECT person_a, person_b FROM kinship"):
        for official, other in ((a, b), (b, a)):
            if official in people:
                people[official].add(other)
    tied: dict[str, set[str]] = defaultdict(set)
    held = defaultdict(set)
    for holder, org in town.rows("SELECT holder_id, org_id FROM roles WHERE kind <> 'employee'"):
        held[holder].add(org)
    for official, circle in people.items():
        for person in circle:
            for party in {person} | held[person]:
                tied[party].add(official)
    return tied


def money_paths(town, debt: str) -> set[str]:
    """Parties that the creditor's money reaches within three hops around the release, each hop keeping half."""
    [(debtor, creditor, released)] = town.rows(
        f"SELECT debtor_id, creditor_id, paid_on FROM debts JOIN payments USING (debt_id) WHERE debt_id = '{debt}'"
        " AND purpose <> '协议减免'"
    )
    day = date.fromisoformat(released)
    reached: set[str] = set()
    frontier = [(creditor, None, None, 0)]
    while frontier:
        node, since, carried, hops = frontier.pop()
        for payee, amount_out, when, purpose in town.rows(
            f"SELECT payee_id, amount, paid_on, purpose FROM payments WHERE payer_id = '{node}'"
            f" UNION ALL SELECT to_id, amount, date, basis FROM transfers WHERE from_id = '{node}'"
        ):
            out, on = float(amount_out), date.fromisoformat(when)
            if since is None:
                if abs((on - day).days) > 90 or purpose in ("工资", "税款"):
                    continue
            elif not 0 <= (on - since).days <= 30 or out < 0.5 * carried:
                continue
            reached.add(payee)
            if hops < 3:
                frontier.append((payee, on, out, hops + 1))
    return reached - {debtor}


def released_debts(town) -> list[tuple[str, str]]:
    return town.rows("SELECT DISTINCT debt_id, debtor_id FROM debts JOIN payments USING (debt_id)")


@pytest.fixture(scope="module")
def officials(province) -> dict[str, set[str]]:
    found = defaultdict(set)
    for person, org in province.rows(
        "SELECT person_id, org_id FROM posts WHERE powers LIKE '%approve%' OR powers LIKE '%pay%'"
    ):
        found[org].add(person)
    return found


def test_kickbacks_are_the_planted_ones_and_the_long_standing_supplier(province, officials):
    expected = {e["debt"]: e["beneficiary"] for e in province.planted("release_kickback")}
    usual = {
        e["entities"]["debt"]: e["entities"]["beneficiary"]
        for e in province.twins("release_kickback")
        if e["twin"] == "long_standing_supplier"
    }
    ties = tied_to(province, set().union(*officials.values()))
    found = {}
    for debt, debtor in released_debts(province):
        hit = {party for party in money_paths(province, debt) if ties.get(party, set()) & officials[debtor]}
        if hit:
            found[debt] = hit
    explained = {
        e["entities"]["debt"]
        for e in province.truth
        if e["kind"] != "twin" and e["detector"] != "release_kickback" and "debt" in e["entities"]
    }
    assert {d: {p} for d, p in (expected | usual).items()} == {
        d: p for d, p in found.items() if d not in explained or d in expected
    }


def test_kickback_ratios_lie_in_the_stated_band(province):
    for entry in province.planted("release_kickback"):
        [(released,)] = province.rows(f"SELECT amount FROM payments WHERE debt_id = '{entry['debt']}'")
        [(got,)] = province.rows(
            f"SELECT sum(amount::DOUBLE) FROM (SELECT amount FROM payments WHERE payee_id = '{entry['beneficiary']}'"
            f" UNION ALL SELECT amount FROM transfers WHERE to_id = '{entry['beneficiary']}')"
        )
        assert 0.02 <= got / float(released) <= 0.4


def test_the_long_standing_supplier_was_paid_long_before(province):
    for entry in province.twins("release_kickback"):
        if entry["twin"] != "long_standing_supplier":
            continue
        e = entry["entities"]
        before = province.rows(
            f"""SELECT count(*), max(amount::DOUBLE) / min(amount::DOUBLE),
                       max(date_diff('day', paid_on::DATE, released::DATE))
                FROM payments, (SELECT paid_on AS released FROM payments WHERE debt_id = '{e["debt"]}')
                WHERE payer_id = '{e["creditor"]}' AND payee_id = '{e["beneficiary"]}'
                  AND paid_on::DATE < released::DATE - 90"""
        )
        assert before[0][0] >= 3
        assert before[0][1] < 1.2
        assert before[0][2] > 90 + 180
