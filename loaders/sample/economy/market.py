"""Tenders and bids of one chunk: who bids where, at what price, and who wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loaders.sample import names
from loaders.sample.columns import Bools, Ints
from loaders.sample.context import FIRST_NOTICE, LAST_NOTICE, LAST_WORKS_NOTICE, Context
from loaders.sample.economy.parties import BUREAU, HOSPITAL, Buyers, Firms
from loaders.sample.economy.prices import MOST_BIDDERS, draw_prices, even_steps, slots

BUILDING, ROAD, GOODS, MEDICAL, SERVICE, DESIGN, SUPERVISION, PROPERTY = range(len(names.TRADES))
_SHARES = (0.21, 0.16, 0.21, 0.13, 0.16, 0.03, 0.03, 0.07)
_MEDIAN_WAN = np.array([900, 700, 120, 180, 70, 60, 50, 1500])
_THRESHOLD_WAN = np.array([400, 400, 200, 200, 100, 100, 100, 10**9])
WAN = 1_000_000
"""万元 in fen."""
METHODS = ("open", "invited", "negotiation", "consultation", "inquiry", "single_source", "auction", "listing")
_OPEN, _INVITED, _NEGOTIATION, _CONSULTATION, _INQUIRY, _SINGLE, _AUCTION, _LISTING = range(len(METHODS))
CATEGORIES = ("works", "goods", "services", "medical", "land", "mining", "state_property", "rural_property")
_TRADE_CATEGORY = np.array([0, 0, 1, 3, 2, 2, 2, 4])
# The kind of thing sold, by its place in names.PROPERTY_OBJECTS.
_PROPERTY_CATEGORY = np.array([4, 5, 6, 7, 6, 7, 5, 6])


@dataclass(frozen=True, slots=True)
class Market:
    """Tenders (one row each) and their bids (rows of `tender`, an index into the tenders). Money in fen."""

    trade: Ints
    category: Ints
    method: Ints
    buyer: Ints
    subject: Ints
    estimate: Ints
    ceiling: Ints
    published: Ints
    deadline: Ints
    awarded: Ints
    failed: Bools
    works_of: Ints
    """For design and supervision: the works tender whose project they serve; else -1."""
    tender: Ints
    firm: Ints
    price: Ints
    status: Ints
    """0 valid, 1 disqualified, 2 withdrawn."""
    rank: Ints
    winner: Bools
    consortium: Ints
    """Index of the tender for bids of a consortium; else -1."""
    partner: Bools
    """The consortium's second member: its bid has no price of its own."""


def draw_market(ctx: Context, firms: Firms, buyers: Buyers) -> Market:
    """Draw the chunk's tenders, bidders, prices and winners."""
    rng, count = ctx.rng, ctx.tenders
    trade = np.sort(rng.choice(len(_SHARES), count, p=_SHARES))
    works = np.flatnonzero(trade <= ROAD)
    works_of = np.full(count, -1)
    for kind in (DESIGN, SUPERVISION):
        # A project has at most one design and one supervision tender.
        served = np.flatnonzero(trade == kind)
        extra = served[len(works) :]
        trade[extra] = SERVICE
        served = served[: len(works)]
        works_of[served] = rng.permutation(works)[: len(served)]
    buyer = _draw_buyers(rng, trade, buyers)
    buyer = np.where(works_of >= 0, buyer[np.maximum(works_of, 0)], buyer)
    last = np.where(trade <= ROAD, LAST_WORKS_NOTICE, LAST_NOTICE)
    # Property and projects with a design before them start late enough for the design to come first.
    published = rng.integers(FIRST_NOTICE + 200, last, count)
    published = np.where(trade == DESIGN, published[np.maximum(works_of, 0)] - 180, published)
    published = np.where(trade == SUPERVISION, published[np.maximum(works_of, 0)] - 30, published)
    deadline = published + rng.integers(20, 31, count)
    estimate = _draw_estimates(rng, trade)
    method = _draw_methods(rng, trade, estimate)
    subject = rng.integers(0, 8, count)
    tender, firm = _draw_bidders(rng, trade, method, firms)
    ceiling = (estimate * rng.uniform(0.97, 1.0, count)).astype(np.int64) // 100 * 100
    price = draw_prices(rng, tender, firm, estimate, ceiling, trade == PROPERTY)
    failed = rng.random(count) < 0.03
    status, rank, winner = _decide(rng, tender, price, trade == PROPERTY, failed)
    market = Market(
        trade=trade,
        category=np.where(trade == PROPERTY, _PROPERTY_CATEGORY[subject], _TRADE_CATEGORY[trade]),
        method=method,
        buyer=buyer,
        subject=subject,
        estimate=estimate,
        ceiling=ceiling,
        published=published,
        deadline=deadline,
        awarded=np.where(failed, -1, deadline + rng.integers(3, 13, count)),
        failed=failed,
        works_of=works_of,
        tender=tender,
        firm=firm,
        price=price,
        status=status,
        rank=rank,
        winner=winner,
        consortium=np.full(len(tender), -1),
        partner=np.zeros(len(tender), dtype=bool),
    )
    return _with_consortia(rng, market, firms)


def _draw_buyers(rng: np.random.Generator, trade: Ints, buyers: Buyers) -> Ints:
    hospitals, bureaus = np.flatnonzero(buyers.kind == HOSPITAL), np.flatnonzero(buyers.kind == BUREAU)
    drawn = rng.integers(0, len(buyers.org), len(trade))
    drawn = np.where(trade == MEDICAL, hospitals[drawn % len(hospitals)], drawn)
    return np.where(trade == PROPERTY, bureaus[drawn % len(bureaus)], drawn)


def _draw_estimates(rng: np.random.Generator, trade: Ints) -> Ints:
    """Log-normal estimates that leave a gap below the thresholds of compulsory tender.

    A year of one buyer's small purchases from one firm must not add up to a threshold by chance.
    """
    threshold = _THRESHOLD_WAN[trade]
    wan = np.maximum(_MEDIAN_WAN[trade] * rng.lognormal(0.0, 0.8, len(trade)), 15)
    wan = np.minimum(wan, 60 * _MEDIAN_WAN[trade])
    between = (wan > threshold / 6.5) & (wan < threshold * 1.4)
    wan = np.where(between, threshold * 1.4 * (1 + 0.6 * rng.random(len(trade))), wan)
    return np.round(wan * 100).astype(np.int64) * (WAN // 100)


def _draw_methods(rng: np.random.Generator, trade: Ints, estimate: Ints) -> Ints:
    small = estimate < _THRESHOLD_WAN[trade] * WAN
    choice = rng.random(len(trade))
    few = np.select([choice < 0.35, choice < 0.6, choice < 0.9], [_INQUIRY, _CONSULTATION, _NEGOTIATION], _SINGLE)
    method = np.where(small & (rng.random(len(trade)) < 0.6), few, _OPEN)
    method = np.where(~small & (choice < 0.05), _INVITED, method)
    return np.where(trade == PROPERTY, np.where(choice < 0.5, _AUCTION, _LISTING), method)


def _draw_bidders(rng: np.random.Generator, trade: Ints, method: Ints, firms: Firms) -> tuple[Ints, Ints]:
    """Draw bidders without replacement, larger firms more often. Returns (tender, firm) per bid."""
    wanted = np.where(method <= _INVITED, 4 + rng.binomial(4, 0.42, len(trade)), 3)
    wanted = np.where(method == _SINGLE, 1, wanted)
    tenders, bidders = [], []
    for kind in range(len(names.TRADES)):
        pool, rows = np.flatnonzero(firms.trade == kind), np.flatnonzero(trade == kind)
        if not len(rows):
            continue
        keys = rng.exponential(1.0, (len(rows), len(pool))) / firms.weight[pool]
        most = min(MOST_BIDDERS, len(pool))
        drawn = pool[np.argsort(keys, axis=1)[:, :most]]
        taken = np.arange(most) < wanted[rows, None]
        tenders.append(np.repeat(rows, taken.sum(axis=1)))
        bidders.append(drawn[taken])
    tender, firm = np.concatenate(tenders), np.concatenate(bidders)
    order = np.argsort(tender, kind="stable")
    return tender[order], firm[order]


def _decide(
    rng: np.random.Generator, tender: Ints, price: Ints, sale: Bools, failed: Bools
) -> tuple[Ints, Ints, Bools]:
    """Rank the bids; the best wins four times in five, else the second. Only a bid in the middle drops out."""
    wanted = np.where(sale[tender], -price, price)
    order = np.lexsort((wanted, tender))
    place = np.empty(len(tender), dtype=np.int64)
    place[order] = slots(tender)
    size = np.bincount(tender, minlength=len(sale))
    best = np.where((rng.random(len(sale)) < 0.2) & (size > 2), 1, 0)
    winner = (place == best[tender]) & ~failed[tender]
    drops = (place == 2) & (size[tender] >= 5) & (rng.random(len(tender)) < 0.2)
    # Nor may those that stay step evenly without the one that drops out.
    grid = np.full((len(sale), MOST_BIDDERS), np.nan)
    grid[tender, place] = np.where(drops, np.nan, price)
    drops &= ~even_steps(grid)[tender]
    status = np.where(drops, np.where(rng.random(len(tender)) < 0.8, 1, 2), 0)
    # The winner comes first, those before it move down one place, those out have no rank.
    rank = np.where(place == best[tender], 1, np.where(place < best[tender], 2, place + 1))
    lost_place = np.bincount(tender, weights=drops, minlength=len(sale)).astype(np.int64)
    rank = np.where(place > 2, rank - lost_place[tender], rank)
    return status, np.where((status > 0) | failed[tender], -1, rank), winner


def _with_consortia(rng: np.random.Generator, market: Market, firms: Firms) -> Market:
    """Give the last-placed bidder of a few large works tenders a partner that does not bid there otherwise."""
    works = (market.trade == BUILDING) & (market.estimate > 2_000 * WAN) & ~market.failed
    chosen = np.flatnonzero(works & (rng.random(len(works)) < 0.15))
    pool = np.flatnonzero(firms.trade == BUILDING)
    lead, partner = [], []
    slot_of_last = np.searchsorted(market.tender, chosen, side="right") - 1
    for tender, last in zip(chosen.tolist(), slot_of_last.tolist(), strict=True):
        first = int(np.searchsorted(market.tender, tender))
        free = np.setdiff1d(pool, market.firm[first : last + 1])
        if len(free) and market.status[last] == 0:
            lead.append(last)
            partner.append(int(rng.choice(free)))
    rows = np.concatenate([np.arange(len(market.tender)), np.array(lead, dtype=np.int64)])
    is_partner = np.arange(len(rows)) >= len(market.tender)
    firm = np.concatenate([market.firm, np.array(partner, dtype=np.int64)])
    consortium = np.where(np.isin(rows, lead), market.tender[rows], -1)
    order = np.argsort(market.tender[rows], kind="stable")
    rows, is_partner = rows[order], is_partner[order]
    return Market(
        **{
            name: getattr(market, name)
            for name in Market.__slots__
            if name not in ("tender", "firm", "price", "status", "rank", "winner", "consortium", "partner")
        },
        tender=market.tender[rows],
        firm=firm[order],
        price=np.where(is_partner, -1, market.price[rows]),
        status=market.status[rows],
        rank=np.where(is_partner, -1, market.rank[rows]),
        winner=market.winner[rows],
        consortium=consortium[order],
        partner=is_partner,
    )
