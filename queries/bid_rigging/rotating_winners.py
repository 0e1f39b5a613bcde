"""Groups of firms that bid together and take turns at winning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.collusion.market import BIDS, RELATIONS, Contests, Market, market, parties
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Excuse, Lead, Tier, numbered
from queries.statistics.communities import regulars
from queries.statistics.discovery import benjamini_hochberg
from queries.statistics.winners import rotation_p_value
from queries.verdicts import verdict


class Parameters(Params):
    """Which groups are looked at, and how rare is rare."""

    smallest: int = Field(3, ge=3, description="Firms that a group needs.")
    largest: int = Field(10, ge=3, description="Firms that a group may have.")
    fewest_meetings: int = Field(6, ge=3, description="Tenders in common that each pair of the group needs.")
    overlap: float = Field(0.25, gt=0, le=1, description="Jaccard overlap of their tenders that a pair needs.")
    draws: int = Field(20_000, ge=999, description="Simulated worlds; 1 / (draws + 1) is the smallest p-value.")
    seed: int = Field(1, ge=0, description="Seed of the simulation.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of honest groups among those flagged (Benjamini-Hochberg)."
    )
    busy: float = Field(
        0.8, gt=0, le=1, description="Share of the lost tenders that fall into the firm's own running contract."
    )


POPULATION = Sql("""
SELECT count(*) FILTER (WHERE day IS NOT NULL AND won) AS judged,
       count(*) FILTER (WHERE won AND day IS NULL) AS no_date, count(*) FILTER (WHERE NOT won) AS no_winner
FROM (SELECT s.tender_id, s.day, bool_or(e.is_winner) AS won FROM tender_sizes s JOIN entries e USING (tender_id)
      WHERE s.bidders > 1 GROUP BY ALL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a group whose members win in turn."""
    world = market(rows)
    world = world.where(world.column("day").notna())
    if not len(world.of_tender):
        return
    tests: list[dict[str, Any]] = []
    for members in regulars(
        world.bids,
        fewest=params.fewest_meetings,
        overlap=params.overlap,
        smallest=params.smallest,
        largest=params.largest,
        seed=params.seed,
    ):
        contests = world.contests(members)
        if len(contests.tender) >= max(params.fewest_meetings, 2 * len(members)):
            p, seen, chance = rotation_p_value(contests.winner, contests.present, draws=params.draws, seed=params.seed)
            tests.append({"members": members, "contests": contests, "p": p, "seen": seen, "chance": chance})
    names = world.names()
    for test, q in zip(tests, benjamini_hochberg([t["p"] for t in tests]), strict=True):
        if q <= params.false_discovery:
            yield _lead(world, names, test, float(q), params)


def _ends(own: pd.DataFrame) -> dict[tuple[str, str], pd.Timestamp]:
    """Until when a bidder is busy with what it won of a tender, where that is known."""
    known = own[own["ends"].notna()]
    return dict(
        zip(zip(known["tender_id"], known["bidder_id"], strict=True), pd.to_datetime(known["ends"]), strict=True)
    )


def _lead(
    world: Market,
    names: pd.Series,
    test: dict[str, Any],
    q: float,
    params: Parameters,
) -> Lead:
    members, contests = test["members"], test["contests"]
    tenders = world.bids.tenders[contests.tender]
    wins = np.bincount(contests.winner, minlength=len(members))
    days = pd.to_datetime(world.days[contests.tender])
    reasons = (
        Text(
            zh="{names}同场竞争且由其中一家中标的标段共 {n} 个，各家中标 {wins} 次。",
            en="{names} met in {n} tenders that one of them won: {wins} wins each in turn.",
        ).format(names=listing(names[m] for m in members), n=len(tenders), wins="/".join(map(str, wins))),
        Text(
            zh="在其他成员轮到之前再次中标的情形有 {seen} 次；若每次由到场成员随机中标，预期为 {chance:.0f} 次，概率 "
            "{p:.1e}，错误发现率 {q:.1%}。",
            en="A member won again before the others had their turn {seen} times; were the winner any of those "
            "present, {chance:.0f} are expected, so few have probability {p:.1e}, false discovery rate {q:.1%}.",
        ).format(seen=test["seen"], chance=test["chance"], p=test["p"], q=q),
    )
    return Lead(
        identity=numbered("bidder", list(members)),
        tier=Tier.C,
        entities=parties(members, tenders),
        reasons=reasons,
        innocent=(_capacity(world, members, contests, params),),
        records=world.records(tenders, members),
        score=1 - q,
        rank=float((test["chance"] - test["seen"]) / np.sqrt(max(test["chance"], 1.0))),
        period=(days.min().date(), days.max().date()),
        statistics={
            "null": Text(
                zh="中标人从参加投标的成员中等概率随机产生",
                en="winner drawn from the members that bid, all equally strong",
            ),
            "p": test["p"],
            "q": q,
            "repeats": int(test["seen"]),
            "expected_repeats": float(test["chance"]),
        },
    )


def _capacity(
    world: Market,
    members: tuple[str, ...],
    contests: Contests,
    params: Parameters,
) -> Excuse:
    """Whether a member that loses after a win is still busy with what it won."""
    tenders, days = world.bids.tenders[contests.tender], pd.to_datetime(world.days[contests.tender])
    ends = _ends(world.within(tenders, members))
    busy, lost = 0, 0
    until: dict[int, pd.Timestamp] = {}
    for tender, day, winner, present in zip(tenders, days, contests.winner, contests.present, strict=True):
        for member in np.flatnonzero(present).tolist():
            if member != winner and member in until:
                lost += 1
                busy += bool(day <= until[member])
        end = ends.get((tender, members[winner]))
        if end is not None:
            until[int(winner)] = end
    return verdict(
        "capacity_limits",
        busy >= params.busy * lost if lost else None,
        yes=Text(
            zh="成员未中标时，多数仍在履行此前中标的合同（{busy}/{lost}），可能受产能限制。",
            en="When members lost they were mostly still busy with what they had won ({busy} of {lost}).",
        ).format(busy=busy, lost=lost),
        no=Text(
            zh="成员未中标时，多数并无在履行的中标合同（{busy}/{lost}）。",
            en="When members lost they were mostly free ({busy} of {lost} within a running contract).",
        ).format(busy=busy, lost=lost),
        unknown=Text(
            zh="缺少成员未中标之前所订合同的履行期限。",
            en="The terms of the contracts won before the defeats are unknown.",
        ),
    )


DETECTOR = Detector(
    id="rotating_winners",
    family="bid_rigging",
    version=2,
    tiers=(Tier.C,),
    title=Text(zh="轮流中标", en="Winners take turns"),
    question=Text(
        zh="经常同场的一组企业，中标是否比偶然更均匀、更有规律地轮流？",
        en="Do firms that keep bidding together win in turn, more evenly and regularly than chance?",
    ),
    rule=Text(
        zh="两两同场不少于 {fewest_meetings} 次、重合度不低于 {overlap} 的 {smallest} 至 {largest} 家企业，按时间排列"
        "中标人，统计其他成员轮到之前再次中标的次数，与 {draws} 次模拟（种子 {seed}）比较，错误发现率不超过 "
        "{false_discovery} 的列为 C 类疑点。未中标时有 {busy} 以上处于自身合同履行期内的，视为产能限制。",
        en="Of {smallest} to {largest} firms that pairwise met at least {fewest_meetings} times, with an overlap of "
        "at least {overlap}, the wins that come before the others had theirs are held against {draws} simulated "
        "worlds (seed {seed}); flagged at a false discovery rate of {false_discovery}. Where {busy} of the losses "
        "fall into the firm's own running contract, capacity explains them.",
    ),
    why=Text(
        zh="轮流坐庄是围标的典型分赃方式：每家都有份，每次由内定者中标。",
        en="Taking turns is how a ring shares the spoils: each member wins when it is its turn.",
    ),
    example=Text(
        zh="4 家企业同场 24 次，依次各中标 6 次，无一次提前重复：列为 C 类疑点。",
        en="Four firms met 24 times and won six each, none twice before the others: a tier C lead.",
    ),
    legal_basis=("bidding_law_32", "bidding_regulation_39_3"),
    references=(
        "OECD, Guidelines for Fighting Bid Rigging in Public Procurement, 2025",
        "Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300",
    ),
    innocent=(Innocent("capacity_limits", Text(zh="产能限制", en="Capacity limits")),),
    parameters=Parameters,
    identity=("bidder_n",),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "is_winner"), "tenders": ("tender_id", "opened_at")},
    uses={"contracts": ("tender_id", "supplier_id", "due_on")},
    select=BIDS,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="日期不详", en="no date"),
        "no_winner": Text(zh="中标人不详", en="no winner is known"),
    },
    blind=Text(
        zh="看不到按金额而非次数分配的轮流，也看不到成员经常更换的串通。",
        en="Turns by value instead of number, and rings whose members change.",
    ),
    max_share=0.1,
    relations=RELATIONS,
    libraries=("networkit",),
)
