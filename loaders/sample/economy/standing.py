"""Standing of one chunk's parties: qualifications, sanctions, complaints, disclosures, ordinary transfers."""

from __future__ import annotations

import numpy as np

from loaders.sample import names
from loaders.sample.columns import Ints, constant, dates, flags, ident, money, picked, times
from loaders.sample.context import FIRST_NOTICE, Context, day
from loaders.sample.economy import people
from loaders.sample.economy.filing import Filed
from loaders.sample.economy.market import WAN, Market
from loaders.sample.economy.parties import Buyers, Firms

_KINDS = (*names.TRADE_QUALIFICATIONS, "建筑材料销售备案", "施工劳务资质", "建筑机电安装工程专业承包")
_SANCTIONS = ("安全生产行政处罚", "环境保护行政处罚", "税务行政处罚")
_CATEGORIES = ("评标结果异议", "合同款支付", "工程质量", "招标文件条款", "服务态度")
_TEXTS = (
    "来电人对中标结果有异议，请求说明评审理由。",
    "来电人反映项目款项支付进度较慢，请求协调。",
    "来电人反映路面出现裂缝，请求安排维修。",
    "来电人认为招标文件业绩要求偏高，请求解释。",
    "来电人反映窗口等候时间较长，请求改进。",
)
_ITEMS = ("部门预算", "政府采购意向", "合同公告", "逾期未支付中小企业款项信息")


def write_standing(ctx: Context, firms: Firms, buyers: Buyers, market: Market, filed: Filed) -> None:
    """Write what stands about the parties apart from trading."""
    _write_qualifications(ctx, firms)
    _write_sanctions(ctx, firms)
    _write_complaints(ctx, firms, buyers, market, filed)
    _write_disclosures(ctx, buyers)
    _write_subsidies(ctx, buyers)
    _write_disposals(ctx, firms, buyers)
    _write_family_transfers(ctx)


def _write_qualifications(ctx: Context, firms: Firms) -> None:
    for org, kind in (
        (firms.org, firms.trade),
        (firms.supplier, np.full(len(firms.org), len(names.TRADES))),
        (firms.labour_sub, np.full(len(firms.org), len(names.TRADES) + 1)),
        (firms.trade_sub, np.full(len(firms.org), len(names.TRADES) + 2)),
    ):
        ctx.files.append(
            "qualifications",
            {
                "org_id": ident("O", org),
                "kind": picked(_KINDS, kind),
                "grade": picked(("一级", "二级", "三级"), ctx.rng.integers(0, 3, len(org))),
                "certificate_no": ident("ZZ", ctx.serials.take("certificate", len(org)), 9),
                "valid_from": dates(np.full(len(org), day("2017-01-01"))),
                "valid_to": dates(np.full(len(org), day("2027-12-31"))),
            },
        )


def _write_sanctions(ctx: Context, firms: Firms) -> None:
    chosen = np.flatnonzero(ctx.rng.random(len(firms.org)) < 0.02)
    decided = ctx.rng.integers(day("2016-01-01"), day("2017-12-31"), len(chosen))
    ctx.files.append(
        "sanctions",
        {
            "subject_id": ident("O", firms.org[chosen]),
            "kind": picked(_SANCTIONS, chosen % len(_SANCTIONS)),
            "decided_on": dates(decided),
            "valid_to": dates(decided + 365),
            "status": constant("revoked", len(chosen)),
            "amount": money(np.full(len(chosen), WAN)),
        },
    )


def _write_complaints(ctx: Context, firms: Firms, buyers: Buyers, market: Market, filed: Filed) -> None:
    rng = ctx.rng
    tender = np.flatnonzero(rng.random(len(market.trade)) < 0.03)
    category = rng.integers(0, len(_CATEGORIES), len(tender))
    about_firm = category == 2
    bid = np.searchsorted(market.tender, tender)
    subject = np.where(about_firm, firms.org[market.firm[bid]], buyers.org[market.buyer[tender]])
    ctx.files.append(
        "complaints",
        {
            "complaint_id": ident("TS", ctx.serials.take("complaint", len(tender))),
            "received_at": times(
                market.deadline[tender] + rng.integers(1, 200, len(tender)), rng.integers(480, 1080, len(tender))
            ),
            "subject_id": ident("O", subject),
            "tender_id": ident("T", filed.tender[tender]),
            "channel": constant("12345", len(tender)),
            "category": picked(_CATEGORIES, category),
            "text": picked(_TEXTS, category),
            "status": constant("closed", len(tender)),
            "satisfied": flags(rng.random(len(tender)) < 0.85),
        },
    )


def _write_disclosures(ctx: Context, buyers: Buyers) -> None:
    """Every body publishes its yearly items in time."""
    years = np.arange(2019, 2027)
    body = np.repeat(buyers.org, len(years) * len(_ITEMS))
    item = np.tile(np.arange(len(_ITEMS)), len(buyers.org) * len(years))
    year = np.tile(np.repeat(years, len(_ITEMS)), len(buyers.org))
    due = np.array([day(f"{y}-03-31") for y in range(2019, 2027)])[year - 2019]
    ctx.files.append(
        "disclosures",
        {
            "org_id": ident("O", body),
            "item": picked(_ITEMS, item),
            "due_on": dates(due),
            "published_on": dates(due - ctx.rng.integers(1, 40, len(body))),
            "ref_id": ident("GK", ctx.serials.take("disclosure", len(body))),
        },
    )


def _write_subsidies(ctx: Context, buyers: Buyers) -> None:
    """Subsidy funds paid by a bureau straight to persons, each to an account of their own."""
    rng = ctx.rng
    funds, each = max(1, ctx.tenders // 200), 12
    person = people.write_persons(ctx, funds * each)
    contact = ctx.serials.take("contact", funds * each)
    people.write_contacts(ctx, person, "P", contact, email=False)
    fund = ctx.serials.take("fund", funds)
    bureau = rng.permutation(np.flatnonzero(buyers.kind == 0))[np.arange(funds) % 14]
    granted = rng.integers(FIRST_NOTICE, day("2025-12-01"), funds)
    amount = rng.integers(80_000, 300_000, (funds, each))
    row = np.repeat(np.arange(funds), each)
    ctx.files.append(
        "funds",
        {
            "fund_id": ident("F", fund, 7),
            "name": constant("耕地地力保护补贴资金", funds),
            "granted_on": dates(granted),
            "amount": money(amount.sum(axis=1)),
            "allowed_use": constant("耕地地力保护补贴", funds),
            "grantor_id": ident("O", np.full(funds, ctx.province.finance_department)),
            "recipient_id": ident("O", buyers.org[bureau]),
        },
    )
    paid = granted[row] + 25
    accounts = people.account_texts(contact)
    ctx.files.append(
        "payments",
        {
            "payment_id": ident("Z", ctx.serials.take("payment", len(row)), 9),
            "payer_id": ident("O", buyers.org[bureau][row]),
            "payee_id": ident("P", person),
            "amount": money(amount.ravel()),
            "paid_on": dates(paid),
            "currency": constant("CNY", len(row)),
            "fund_id": ident("F", fund[row], 7),
            "payee_account": accounts,
            "applied_on": dates(paid - 10),
            "approved_on": dates(paid - 3),
            "approver_id": ident("P", buyers.deputy[bureau][row]),
            "form": constant("cash", len(row)),
            "purpose": constant("耕地地力保护补贴", len(row)),
        },
    )


def _write_disposals(ctx: Context, firms: Firms, buyers: Buyers) -> None:
    """State firms sell assets in the open, near the appraisal, to firms without a tie to them."""
    rng = ctx.rng
    seller = np.flatnonzero(buyers.kind == 3)
    appraised = rng.integers(50, 900, len(seller)) * WAN
    ctx.files.append(
        "asset_disposals",
        {
            "asset_id": ident("ZC", ctx.serials.take("asset", len(seller)), 7),
            "disposer_id": ident("O", buyers.org[seller]),
            "acquirer_id": ident("O", firms.trade_sub[rng.integers(0, len(firms.org), len(seller))]),
            "appraised": money(appraised),
            "price": money(appraised * rng.integers(96, 112, len(seller)) // 100),
            "method": constant("open", len(seller)),
            "disposed_on": dates(rng.integers(FIRST_NOTICE, day("2026-01-01"), len(seller))),
        },
    )


def _write_family_transfers(ctx: Context) -> None:
    """Money between private persons of no office, as a case file's bank records are full of."""
    count = max(4, ctx.tenders // 25)
    a, b = people.write_persons(ctx, count), people.write_persons(ctx, count)
    rows: Ints = ctx.rng.integers(0, count, 3 * count)
    ctx.files.append(
        "transfers",
        {
            "from_id": ident("P", a[rows]),
            "to_id": ident("P", b[rows]),
            "amount": money(ctx.rng.integers(50_000, 900_000, len(rows))),
            "date": dates(ctx.rng.integers(FIRST_NOTICE, day("2026-06-01"), len(rows))),
            "basis": constant("生活费", len(rows)),
        },
    )
