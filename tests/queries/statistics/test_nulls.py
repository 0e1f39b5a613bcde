"""Null models: right under chance, and able to see what is planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse, stats

from bench.discovery import rows_of
from queries.bid_rigging import price_screens
from queries.statistics import offices, reshuffled
from queries.statistics.coalitions import coalition_screens
from queries.statistics.communities import cohesive_groups, peel, regulars
from queries.statistics.counts import concentration, expert_leanings, peer_outliers, rate_excess
from queries.statistics.discovery import benjamini_hochberg
from queries.statistics.incidence import Incidence, incidence, pairs_of_tenders
from queries.statistics.markets import markets
from queries.statistics.meetings import Chance, meetings, places
from queries.statistics.simulation import market
from queries.statistics.variance import dispersion_p_values
from queries.statistics.winners import rotation_p_value, split_p_value, standing_losers, win_likeness


def test_benjamini_hochberg_is_the_step_up_procedure() -> None:
    p = [0.01, 0.02, 0.03, 0.04, 0.9, float("nan")]
    q = benjamini_hochberg(p)
    np.testing.assert_allclose(q[:5], [0.05, 0.05, 0.05, 0.05, 0.9])
    assert np.isnan(q[5])
    np.testing.assert_allclose(q[:5], stats.false_discovery_control(p[:5]))
    assert benjamini_hochberg([]).size == 0


def test_pairs_of_a_tender_are_each_met_once() -> None:
    bids = incidence(["t", "t", "t", "u", "u", "t"], ["a", "b", "c", "c", "a", "a"])
    tender, first, second = pairs_of_tenders(bids.matrix)
    assert list(zip(tender, first, second, strict=True)) == [(0, 0, 1), (0, 0, 2), (0, 1, 2), (1, 0, 2)]


def test_honest_dispersion_gives_even_p_values() -> None:
    rng = np.random.default_rng(2)
    count = rng.integers(3, 12, 4_000)
    scale = 0.02 / stats.gamma.rvs(6, scale=1 / 6, size=4_000, random_state=rng)
    variance = scale * stats.chi2.rvs(count - 1, random_state=rng) / (count - 1)
    p = dispersion_p_values(variance, count, np.zeros(4_000))
    assert 0.4 < (p < 0.5).mean() < 0.6
    assert (p < 0.01).mean() < 0.015
    assert np.isnan(dispersion_p_values(variance[:20], count[:20], np.zeros(20))).all()


def chance(seed: int = 0) -> tuple[Incidence, np.ndarray]:
    drawn = market(tenders=300, firms=60, seed=seed).bids
    bids = incidence(drawn["tender_id"], drawn["bidder_id"])
    return bids, np.zeros(len(bids.tenders))


def test_dealing_anew_keeps_sizes_activity_and_time() -> None:
    bids, _ = chance()
    field = places(bids, np.zeros(int(bids.matrix.nnz)))
    dealt = field.copied(3).dealt(np.random.default_rng(0))
    assert dealt.held.mean() > 0.995, "a bid that falls twice in one tender finds another place"
    assert (np.bincount(dealt.firm, minlength=dealt.firms) == np.tile(bids.degree, 3)).all()
    assert not (dealt.firm == field.copied(3).firm).mean() > 0.2
    again = field.copied(3).dealt(np.random.default_rng(0))
    assert (again.firm == dealt.firm).all()
    assert (np.bincount(dealt.cell) == 3 * [len(field.firm)]).all()


def test_expected_meetings_are_the_mean_of_dealt_ones() -> None:
    bids, _ = chance()
    field = places(bids, np.zeros(int(bids.matrix.nnz)))
    law, firms = Chance(field), len(bids.bidders)
    first, second = np.triu_indices(firms, k=1)
    expected = law.of_pairs(first, second)
    assert expected.sum() == pytest.approx((bids.size * (bids.size - 1) / 2).sum())
    assert law.within(np.arange(firms), np.zeros(firms, dtype=np.int64), 1)[0] == pytest.approx(expected.sum())
    one, other, met = meetings(field.copied(60).dealt(np.random.default_rng(0)))
    mean = np.zeros((firms, firms))
    np.add.at(mean, (one % firms, other % firms), met / 60)
    busiest = np.argsort(expected)[-200:]
    np.testing.assert_allclose(mean[first[busiest], second[busiest]].mean(), expected[busiest].mean(), rtol=0.08)


def test_a_closed_market_is_no_ring_though_no_column_names_it() -> None:
    # Two trades of 30 firms each under one category: their firms never meet, and meet one another by chance.
    wrong = 0
    for seed in range(0, 8, 2):
        parts = [market(tenders=200, firms=30, regions=1, categories=1, seed=seed + n).bids for n in (0, 1)]
        both = [
            [f"{n}{value}" for n, part in enumerate(parts) for value in part[of]] for of in ("tender_id", "bidder_id")
        ]
        bids = incidence(*both)
        stratum = np.zeros(len(bids.tenders))
        named = markets(bids, stratum, largest=12)
        assert [int(str(firm)[0]) for firm in bids.bidders] == named.tolist()
        wrong += len(peel(bids, stratum, copies=49, resamples=0)[0])
    assert wrong <= 1, "one group in four worlds may be chance at a false discovery rate of 5 %"


def test_firms_that_meet_nobody_else_are_held_against_those_who_could_have_been_there() -> None:
    drawn = market(tenders=300, firms=60, regions=1, categories=1, years=1, seed=4).bids
    ring = np.repeat([f"ring{n:02d}" for n in range(12)], 4)
    bids = incidence(
        np.concatenate([drawn["tender_id"], ring]), np.concatenate([drawn["bidder_id"], ["w", "x", "y", "z"] * 12])
    )
    assert (markets(bids, np.zeros(len(bids.tenders)), largest=12) == 0).all()
    found, _ = peel(bids, np.zeros(len(bids.tenders)), copies=49, resamples=4)
    assert found["members"].iloc[0] == ("w", "x", "y", "z")
    assert found["stability"].iloc[0] > 0.9


def test_a_ring_is_taken_off_the_network_whatever_the_order_of_the_rows() -> None:
    drawn = market(tenders=400, firms=60, ring_size=5, seed=3)
    stratum = {t: r + c for t, r, c in zip(drawn.bids.tender_id, drawn.bids.region, drawn.bids.category, strict=True)}
    found = []
    for frame in (drawn.bids, drawn.bids.sample(frac=1.0, random_state=1)):
        bids = incidence(frame["tender_id"], frame["bidder_id"])
        table, tested = peel(bids, [stratum[t] for t in bids.tenders], copies=49, resamples=3)
        assert tested >= len(table) >= 1
        found.append(table)
    members = set(found[0].iloc[0]["members"])
    assert len(members & set(drawn.ring)) >= 4
    assert len(members) <= 7
    assert found[0].equals(found[1])


def test_copies_are_the_same_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = market(tenders=400, firms=60, ring_size=5, seed=3).bids
    bids = incidence(drawn["tender_id"], drawn["bidder_id"])
    monkeypatch.setattr(reshuffled, "AT_ONCE", 2_000)  # a copy at a time, so that threads have something to share
    found = []
    for workers in (1, 4):
        monkeypatch.setattr(reshuffled, "_WORKERS", workers)
        found.append(peel(bids, np.zeros(len(bids.tenders)), copies=40, resamples=0)[0])
    assert len(found[0])
    assert found[0].equals(found[1])


def test_no_more_copies_are_dealt_than_it_takes_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    deal, made = reshuffled.Reshuffled.deal, {}

    def counted(self: reshuffled.Reshuffled, *arguments: Any) -> None:
        deal(self, *arguments)
        made[ring] = self.made

    monkeypatch.setattr(reshuffled.Reshuffled, "deal", counted)
    found = {}
    for ring in (0, 6):
        drawn = market(tenders=400, firms=60, regions=1, categories=1, ring_size=ring, ring_share=0.1, seed=5).bids
        bids = incidence(drawn["tender_id"], drawn["bidder_id"])
        found[ring] = len(peel(bids, np.zeros(len(bids.tenders)), copies=100, resamples=0)[0])
    assert (found[0], made[0]) == (0, 25), "a quarter of the copies shows that nothing can stand out"
    assert found[6] >= 1
    assert made[6] > 25, "one group alone takes more copies to be told from chance"


def test_a_network_of_chance_has_no_cohesive_group() -> None:
    for seed in range(3):
        drawn = market(tenders=300, firms=60, seed=seed).bids
        bids = incidence(drawn["tender_id"], drawn["bidder_id"])
        where = drawn.drop_duplicates("tender_id").set_index("tender_id").loc[bids.tenders]
        groups = cohesive_groups(bids, (where["region"] + where["category"]).to_numpy(), copies=49)
        assert (groups.table["q"].to_numpy() > 0.05).all()


def test_regulars_are_those_who_meet_often_enough() -> None:
    tender = np.repeat(np.arange(8), 3)
    bids = incidence(tender, ["a", "b", "c"] * 8)
    assert regulars(bids, fewest=8) == [("a", "b", "c")]
    assert regulars(bids, fewest=9) == []


def test_coalition_screens_read_the_members_bids_alone() -> None:
    table = coalition_screens(
        ["t", "t", "t", "u", "u"], ["a", "b", "x", "a", "x"], [100.0, 102.0, 500.0, 100.0, 900.0], [("a", "b"), ("q",)]
    )
    assert table.loc[0, "tenders"] == 1
    assert table.loc[0, "cv_median"] == pytest.approx(np.sqrt(2) / 101)
    assert table.loc[1, "tenders"] == 0


def test_turns_are_seen_and_luck_is_not() -> None:
    present = np.ones((18, 3), dtype=bool)
    p, seen, mean = rotation_p_value(np.arange(18) % 3, present, draws=4_000)
    assert seen == 0
    assert p < 0.001
    assert mean > 5
    rng = np.random.default_rng(5)
    luck = [rotation_p_value(rng.integers(0, 3, 18), present, draws=500, seed=s)[0] for s in range(60)]
    assert np.mean(np.array(luck) <= 0.1) < 0.2


def test_a_member_that_did_not_bid_is_never_drawn() -> None:
    present = np.array([[True, False, True]] * 9)
    p, seen, mean = rotation_p_value([0, 2] * 4 + [0], present, draws=500)
    assert 0 < p <= 1
    assert seen <= mean


def test_territories_are_seen_and_strength_is_not() -> None:
    present, place = np.ones((24, 3), dtype=bool), np.arange(24) % 3
    assert split_p_value(place, present, place, draws=4_000)[0] < 0.001
    assert split_p_value(np.zeros(24, dtype=int), present, place, draws=500)[0] > 0.3


def test_a_standing_loser_is_found_by_the_luck_of_its_winner_without_it() -> None:
    # w bids in 20 tenders, wins the 10 with f and none without; the third always bids too.
    bid = np.zeros((20, 3))
    bid[:, 0], bid[:10, 1], bid[:, 2] = 1, 1, 1
    won = np.zeros((20, 3))
    won[:10, 0], won[10:, 2] = 1, 1
    found = standing_losers(sparse.csr_array(bid), sparse.csr_array(won))
    pair = (found["loser"] == 1) & (found["winner"] == 0)
    assert (found["met"][pair][0], found["lost_to"][pair][0], found["elsewhere"][pair][0]) == (10, 10, 10)
    a = win_likeness(sparse.csr_array(bid), sparse.csr_array(won))
    assert found["p"][pair][0] == pytest.approx(stats.betabinom.sf(9, 10, a / 2, a / 2 + 10))
    assert not len(standing_losers(sparse.csr_array(bid), sparse.csr_array(won), fewest_bids=11)["p"])


def test_a_winner_that_wins_everywhere_has_no_standing_loser() -> None:
    bid, won = np.zeros((40, 5)), np.zeros((40, 5))
    bid[:, 0], won[:, 0] = 1, 1
    bid[:20, 1], bid[20:, 2], bid[::2, 3], bid[1::2, 4] = 1, 1, 1, 1
    found = standing_losers(sparse.csr_array(bid), sparse.csr_array(won))
    assert found["p"].min() > 0.05


def test_a_lean_is_what_neither_panel_nor_severity_explains() -> None:
    leaning = offices.evaluations(bias=6.0, seed=1)
    table = expert_leanings(leaning["tender_id"], leaning["expert_id"], leaning["bidder_id"], leaning["score"])
    assert table["p"].idxmin() == ("E000", "O000")
    severe = leaning.assign(score=leaning["score"] - 20 * (leaning["expert_id"] == "E000"))
    again = expert_leanings(severe["tender_id"], severe["expert_id"], severe["bidder_id"], severe["score"])
    np.testing.assert_allclose(table["z"], again["z"], atol=1e-9)


def test_concentration_compares_with_the_other_owners() -> None:
    owner = ["g"] * 10 + ["h"] * 20
    choice = ["a"] * 10 + ["b"] * 19 + ["a"]
    table = concentration(owner, choice, ["s"] * 30)
    assert table.loc[("g", "a"), "expected"] == pytest.approx(10 * 2 / 22)
    assert table.loc[("g", "a"), "p"] < 1e-4
    alone = concentration(["g"] * 10, ["a"] * 10, ["s"] * 10)
    assert not len(alone), "an owner alone in its market has nobody to be compared with"


def test_a_cluster_does_not_widen_its_own_null() -> None:
    count, exposure = np.array([1, 0, 2, 1, 0, 1, 1, 0, 2, 1] * 3 + [40]), np.full(31, 10.0)
    table = rate_excess(count, exposure, ["s"] * 31)
    assert table["p"].iloc[-1] < 1e-6
    assert table["p"].iloc[:-1].min() > 0.01
    assert rate_excess(count[:10], exposure[:10], ["s"] * 10)["p"].isna().all()


def test_peers_leave_the_value_itself_out() -> None:
    rng = np.random.default_rng(4)
    value = np.exp(rng.normal(10, 1, 20))
    table = peer_outliers(value, ["p"] * 20)
    others = np.log(value[1:])
    t = (np.log(value[0]) - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / 19))
    assert table["t"].iloc[0] == pytest.approx(t)
    assert table["p"].iloc[0] == pytest.approx(stats.t.sf(t, 18))
    assert peer_outliers(value[:8], ["p"] * 8)["p"].isna().all()


def test_a_market_is_what_it_says() -> None:
    drawn = market(tenders=200, firms=40, ring_size=4, seed=9)
    rigged = drawn.bids[drawn.bids["collusive"]]
    assert rigged["tender_id"].nunique() == 10
    winners = rigged[rigged["is_winner"]].sort_values("tender_id")["bidder_id"]
    assert winners.value_counts().to_dict() == {"F00000": 3, "F00001": 3, "F00002": 2, "F00003": 2}
    assert (drawn.bids.groupby("tender_id")["is_winner"].sum() == 1).all()
    assert drawn.bids.equals(market(tenders=200, firms=40, ring_size=4, seed=9).bids)
    with pytest.raises(ValueError, match="a ring of 1"):
        market(ring_size=1)


def test_bids_that_a_ceiling_presses_are_held_against_one_another() -> None:
    # Honest firms, and ceilings that cut off half of their bids.
    pressed = rows_of(market(tenders=1_200, firms=80, seed=1))
    rng = np.random.default_rng(3)
    cut = pressed["price"] > 0.85 * pressed["estimate"]
    pressed["ceiling_price"] = 0.85 * pressed["estimate"]
    near = pressed["ceiling_price"] * (1 - 0.02 * rng.random(len(pressed)))
    pressed["price"] = pressed["price"].where(~cut, near)
    aware, blind = (
        len(list(price_screens.judge(pressed, price_screens.Parameters.model_validate({"pressed": near}))))
        for near in (0.03, 1e-6)
    )
    assert blind > 5, "a null that does not know the ceiling takes pressed bids for a ring"
    assert aware <= 1


def test_prices_that_the_state_sets_are_cleared_and_make_no_room_for_chance() -> None:
    rows = rows_of(market(tenders=600, firms=80, seed=2))
    free = rows["tender_id"].str[-1].isin(list("02468"))
    rows.loc[~free, "price"] = rows.loc[~free, "ceiling_price"] = rows["estimate"].round(0)
    alone = list(price_screens.judge(rows[free], price_screens.Parameters.model_validate({})))
    leads = list(price_screens.judge(rows, price_screens.Parameters.model_validate({})))
    cleared = {lead.identity["tender"] for lead in leads if lead.status == "cleared"}
    # The two days of the last January that the market reaches are no comparison group.
    judged = rows["day"] < "2024-01-01"
    assert cleared == set(rows.loc[~free & judged, "tender_id"])
    assert len(leads) - len(cleared) <= len(alone), "half of the flags being cleared makes no room for false ones"


def test_a_ring_under_the_ceiling_is_no_honest_bid_that_the_ceiling_pressed() -> None:
    drawn = market(tenders=600, firms=80, ring_size=6, seed=1)
    rows = rows_of(drawn)
    collusive = set(drawn.bids.loc[drawn.bids["collusive"], "tender_id"])
    under = rows["tender_id"].isin(collusive)
    part = np.random.default_rng(1).uniform(0.985, 0.999, len(rows))
    rows["price"] = rows["price"].where(~under, rows["ceiling_price"] * part)
    found = {lead.identity["tender"] for lead in price_screens.judge(rows, price_screens.Parameters.model_validate({}))}
    assert len(found & collusive) > 0.8 * len(collusive)
    assert len(found - collusive) <= 2
