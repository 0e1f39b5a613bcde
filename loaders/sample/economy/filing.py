"""Writes the market of one chunk: projects, tenders, bids and everything that is filed with a bid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from loaders.sample import codes, names
from loaders.sample.columns import Ints, constant, dates, flags, ident, joined, money, numbers, picked, times
from loaders.sample.context import Context
from loaders.sample.economy import people
from loaders.sample.economy.market import CATEGORIES, METHODS, PROPERTY, ROAD, SERVICE, WAN, Market
from loaders.sample.economy.parties import Buyers, Firms

OPENING = 9 * 60 + 30
"""Bids are opened at half past nine, in minutes."""
FUND_USES = ("农村公路建设补助", "老旧小区改造补助", "水利发展建设补助", "卫生健康服务能力提升")


@dataclass(frozen=True, slots=True)
class Filed:
    """Running numbers of what was written, aligned with the market."""

    tender: Ints
    bid: Ints
    project: Ints
    """Per tender; -1 without a project."""
    fund: Ints
    """Per tender: the special fund that pays; -1 for none."""
    fund_use: Ints
    manager: Ints
    """Per bid: the project manager; -1 where the trade has none."""


def file_market(ctx: Context, firms: Firms, buyers: Buyers, agents: Ints, market: Market) -> Filed:
    """Write projects, tenders, bids, devices, deposits, members and evaluations."""
    project, fund, use = _write_projects(ctx, buyers, market)
    tender = ctx.serials.take("tender", len(market.trade))
    bid = ctx.serials.take("bid", len(market.tender))
    manager, certificate = _write_managers(ctx, firms, market)
    filed = Filed(tender, bid, project, fund, use, manager)
    _write_tenders(ctx, buyers, agents, market, filed)
    _write_bids(ctx, firms, market, filed)
    _write_devices(ctx, firms, market, filed)
    _write_deposits(ctx, firms, market, filed)
    _write_members(ctx, firms, market, filed, certificate)
    _write_evaluations(ctx, buyers, market, filed)
    return filed


def _write_projects(ctx: Context, buyers: Buyers, market: Market) -> tuple[Ints, Ints, Ints]:
    """A project per works tender (design and supervision belong to it); four in ten have a special fund."""
    rng = ctx.rng
    works = np.flatnonzero(market.trade <= ROAD)
    project = np.full(len(market.trade), -1)
    project[works] = ctx.serials.take("project", len(works))
    funded = works[rng.random(len(works)) < 0.4]
    fund = np.full(len(market.trade), -1)
    fund[funded] = ctx.serials.take("fund", len(funded))
    use = market.subject % len(FUND_USES)
    owner = buyers.org[market.buyer]
    granted = market.published - 60
    ctx.files.append(
        "funds",
        {
            "fund_id": ident("F", fund[funded], 7),
            "name": joined(picked(FUND_USES, use[funded]), "专项资金"),
            "granted_on": dates(granted[funded]),
            "amount": money(market.estimate[funded]),
            "allowed_use": picked(FUND_USES, use[funded]),
            "grantor_id": ident("O", np.full(len(funded), ctx.province.finance_department)),
            "recipient_id": ident("O", owner[funded]),
        },
    )
    ctx.files.append(
        "projects",
        {
            "project_id": ident("X", project[works], 7),
            "name": _titles(ctx, market, works),
            "owner_id": ident("O", owner[works]),
            "budget": money(market.estimate[works] * 11 // 10),
            "fund_id": ident("F", fund[works], 7),
            "state_fund_pct": constant("100", len(works)),
            "must_tender": flags(market.estimate[works] >= 400 * WAN),
            "region": _regions(buyers.city[market.buyer[works]]),
            "approved_on": dates(market.published[works] - 240),
        },
    )
    served = np.maximum(market.works_of, 0)
    project = np.where(market.works_of >= 0, project[served], project)
    return project, fund, use


def _regions(city: Ints) -> pa.Array:
    return picked([str(region) for region in names.CITY_REGIONS], city)


def _titles(ctx: Context, market: Market, rows: Ints) -> pa.Array:
    subjects = [word for group in names.TRADE_OBJECTS for word in group]
    return joined(names.county(ctx.number), picked(subjects, market.trade[rows] * 8 + market.subject[rows]), "项目")


def _write_managers(ctx: Context, firms: Firms, market: Market) -> tuple[Ints, Ints]:
    """A registered project manager per won contract, insured where registered; losing bids name one of them."""
    registered = np.isin(market.trade[market.tender], [0, 1, 5, 6])
    wins = market.winner & registered & ~market.partner
    leads = np.isin(firms.trade, [0, 1, 5, 6])
    won = np.bincount(market.firm[wins], minlength=len(firms.org))
    pool = np.where(leads, np.maximum(won, 1), 0)
    start = np.cumsum(pool) - pool
    owner = np.repeat(np.arange(len(pool)), pool)
    person = people.write_persons(ctx, len(owner))
    serial = ctx.serials.take("certificate", len(owner))
    ctx.files.append(
        "registrations",
        {
            "person_id": ident("P", person),
            "org_id": ident("O", firms.org[owner]),
            "kind": constant("注册建造师", len(owner)),
            "certificate_no": ident("JZ", serial, 9),
            "insured_org_id": ident("O", firms.org[owner]),
            "valid_from": dates(np.full(len(owner), 17_167)),
            "valid_to": dates(np.full(len(owner), 21_184)),
        },
    )
    people.write_roles(ctx, "P", person, firms.org[owner], "employee", -1, np.full(len(owner), 16_801))
    choice = start[market.firm] + (ctx.rng.random(len(market.firm)) * pool[market.firm]).astype(np.int64)
    order = np.flatnonzero(wins)[np.argsort(market.firm[wins], kind="stable")]
    # The k-th win of a firm is led by its k-th manager, so that nobody leads two contracts.
    choice[order] = np.repeat(start, won) + np.arange(len(order)) - np.repeat(np.cumsum(won) - won, won)
    index = np.where(registered, choice, 0)
    return np.where(registered, person[index], -1), np.where(registered, serial[index], -1)


def _write_tenders(ctx: Context, buyers: Buyers, agents: Ints, market: Market, filed: Filed) -> None:
    rng, count = ctx.rng, len(market.trade)
    city = buyers.city[market.buyer]
    minute = np.full(count, OPENING)
    ctx.files.append(
        "tenders",
        {
            "tender_id": ident("T", filed.tender),
            "buyer_id": ident("O", buyers.org[market.buyer]),
            "project_id": ident("X", filed.project, 7),
            "title": _titles(ctx, market, np.arange(count)),
            "agent_id": ident("O", agents[rng.integers(0, len(agents), count)]),
            "platform_id": ident("PL", ctx.province.platforms[city], 4),
            "deal_code": ident("LJ38", filed.tender, 12),
            "category": picked(CATEGORIES, market.category),
            "method": picked(METHODS, market.method),
            "estimate": money(market.estimate),
            "ceiling_price": money(np.where(market.trade == PROPERTY, -1, market.ceiling)),
            "currency": constant("CNY", count),
            "published_at": times(market.published, np.full(count, 9 * 60)),
            "submission_deadline": times(market.deadline, minute),
            "opened_at": times(market.deadline, minute),
            "awarded_on": dates(market.awarded),
            "status": picked(("awarded", "failed"), market.failed.astype(np.int64)),
            "budget_item": ident("YS", filed.tender),
            "region": _regions(city),
        },
    )


def _write_bids(ctx: Context, firms: Firms, market: Market, filed: Filed) -> None:
    count = len(market.tender)
    hours_before = ctx.rng.integers(20, 400, count)
    ctx.files.append(
        "bids",
        {
            "bid_id": ident("B", filed.bid),
            "tender_id": ident("T", filed.tender[market.tender]),
            "bidder_id": ident("O", firms.org[market.firm]),
            "price": money(market.price),
            "currency": constant("CNY", count),
            "submitted_at": times(market.deadline[market.tender], OPENING - hours_before),
            "status": picked(("valid", "disqualified", "withdrawn"), market.status),
            "rank": numbers(market.rank),
            "is_winner": flags(market.winner),
            "consortium_id": ident("LH", np.where(market.consortium >= 0, filed.tender[market.tender], -1)),
            "handler_id": ident("P", firms.handler[market.firm]),
            "project_manager_id": ident("P", filed.manager),
            "disqualified_reason": picked(("未按要求盖章",), np.where(market.status == 1, 0, -1)),
        },
    )


def _write_devices(ctx: Context, firms: Firms, market: Market, filed: Filed) -> None:
    """Each bid is made and uploaded on the firm's own machine."""
    count = len(market.tender)
    file_id = codes.hexadecimal(ctx.rng, count, 16)
    md5 = codes.hexadecimal(ctx.rng, count, 32)
    works = np.flatnonzero(market.trade[market.tender] <= ROAD)
    for stage, rows in (("prepare", works), ("upload", np.arange(count))):
        columns = {name: pa.array(values[market.firm[rows]], pa.string()) for name, values in firms.machine.items()}
        ctx.files.append(
            "bid_devices",
            {
                **columns,
                "bid_id": ident("B", filed.bid[rows]),
                "stage": constant(stage, len(rows)),
                "file_id": pa.array(file_id, pa.string()).take(pa.array(rows)),
                "file_md5": pa.array(md5, pa.string()).take(pa.array(rows)),
                "on_site": constant("false", len(rows)),
            },
        )


def _write_deposits(ctx: Context, firms: Firms, market: Market, filed: Filed) -> None:
    """Each bidder pays from its own account, or a bank or insurer vouches for it."""
    rng = ctx.rng
    rows = np.flatnonzero((market.price >= 0) & (market.method[market.tender] <= 1))
    tender, firm = market.tender[rows], market.firm[rows]
    form = rng.choice(3, len(rows), p=(0.7, 0.2, 0.1))
    guarantor = np.where(form == 0, -1, np.where(form == 1, rng.integers(0, 5, len(rows)), 5))
    refund = np.where(market.failed[tender], market.deadline[tender] + 5, market.awarded[tender] + 4)
    refund = np.where(market.winner[rows], market.awarded[tender] + 30, refund)
    ctx.files.append(
        "bid_deposits",
        {
            "bid_id": ident("B", filed.bid[rows]),
            "form": picked(("transfer", "guarantee", "insurance"), form),
            "payer_id": ident("O", firms.org[firm]),
            "payer_account": numbers(firms.account[firm]),
            "guarantor_id": ident("O", np.where(guarantor < 0, -1, ctx.province.guarantors[guarantor])),
            "amount": money(np.minimum(market.estimate[tender] // 50, 80 * WAN)),
            "paid_at": times(
                market.deadline[tender] - rng.integers(1, 9, len(rows)), rng.integers(540, 1020, len(rows))
            ),
            "refunded_at": times(refund, np.full(len(rows), 15 * 60)),
        },
    )


def _write_members(ctx: Context, firms: Firms, market: Market, filed: Filed, certificate: Ints) -> None:
    led = np.flatnonzero(filed.manager >= 0)
    works = np.flatnonzero(market.trade[market.tender] <= ROAD)
    rest = np.flatnonzero(market.trade[market.tender] > ROAD)
    for role, rows, person, number in (
        ("project_manager", led, filed.manager, certificate),
        ("technical", works, firms.technical[market.firm], None),
        ("safety", works, firms.safety[market.firm], None),
        ("contact", rest, firms.handler[market.firm], None),
    ):
        columns = {
            "bid_id": ident("B", filed.bid[rows]),
            "person_id": ident("P", person[rows]),
            "role": constant(role, len(rows)),
        }
        if number is not None:
            columns["certificate_no"] = ident("JZ", number[rows], 9)
        ctx.files.append("bid_members", columns)


def _write_evaluations(ctx: Context, buyers: Buyers, market: Market, filed: Filed) -> None:
    """Score sheets of a quarter of the tenders: five members, each scoring every bid; the winner leads."""
    rng = ctx.rng
    judged = np.flatnonzero((market.trade <= SERVICE) & ~market.failed & (rng.random(len(market.trade)) < 0.25))
    experts = people.write_persons(ctx, max(40, ctx.tenders // 10))
    panel = experts[np.argsort(rng.random((len(judged), len(experts))), axis=1)[:, :5]]
    with_owner = rng.random(len(judged)) < 0.5
    panel[:, 4] = np.where(with_owner, buyers.clerk[market.buyer[judged]], panel[:, 4])
    seat_of = np.full(len(market.trade), -1)
    seat_of[judged] = np.arange(len(judged))
    bids = np.flatnonzero((seat_of[market.tender] >= 0) & (market.status == 0) & ~market.partner)
    row, member = np.repeat(bids, 5), np.tile(np.arange(5), len(bids))
    tender = market.tender[row]
    quality = np.where(market.winner, 33.0, rng.uniform(24.0, 31.0, len(market.tender)))
    technical = np.clip(quality[row] + rng.normal(0.0, 0.7, len(row)), 0, 40).round(1)
    commercial = np.clip(rng.uniform(16.0, 19.0, len(market.tender))[row] + rng.normal(0, 0.4, len(row)), 0, 20)
    lowest = np.full(len(market.trade), np.inf)
    np.minimum.at(lowest, market.tender[bids], market.price[bids])
    price = (40.0 * lowest[tender] / market.price[row]).round(2)
    commercial = commercial.round(1)
    ctx.files.append(
        "evaluations",
        {
            "tender_id": ident("T", filed.tender[tender]),
            "expert_id": ident("P", panel[seat_of[tender], member]),
            "bid_id": ident("B", filed.bid[row]),
            "is_owner_rep": flags((member == 4) & with_owner[seat_of[tender]]),
            "technical_score": numbers(technical, 1),
            "commercial_score": numbers(commercial, 1),
            "price_score": numbers(price, 2),
            "total_score": numbers(technical + commercial + price, 2),
        },
    )
