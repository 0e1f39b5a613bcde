"""Contracts of one chunk and what becomes of them: instalments, subcontracts, arrears, side payments.

Every contract is paid in full. A *debt* is its last instalment, entered in the ledger: either paid within the
statutory term, or late where no statutory term binds (the debtor is a state firm of medium size).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loaders.sample.columns import Ints, constant, dates, ident, money, numbers, picked
from loaders.sample.context import AS_OF, Context
from loaders.sample.economy import ledger
from loaders.sample.economy.filing import FUND_USES, Filed
from loaders.sample.economy.market import PROPERTY, ROAD, Market
from loaders.sample.economy.parties import STATE_FIRM, Buyers, Firms

_SHORTEST, _LONGEST = np.array([180, 180, 60, 60, 150, 60, 150]), np.array([420, 420, 150, 150, 330, 150, 420])
SCOPES = ("partial", "labour", "professional")
PURPOSES = ("工程进度款", "工程进度款", "货款", "货款", "服务费", "设计费", "监理费", *FUND_USES)
_LABOUR_FEE, _TRADE_FEE = "劳务费", "专业分包工程款"


@dataclass(frozen=True, slots=True)
class Contracts:
    """Main contracts, one row each; `row` is the tender's index in the market, `bid` the winning bid's."""

    number: Ints
    row: Ints
    bid: Ints
    buyer: Ints
    firm: Ints
    amount: Ints
    signed: Ints
    started: Ints
    finished: Ints
    """The day the work ends and, without arrears, the last day of payment."""


@dataclass(frozen=True, slots=True)
class Instalments:
    """Payments under contracts, one row each. Parties are running numbers; -1 is empty."""

    payer: Ints
    payee: Ints
    amount: Ints
    paid: Ints
    contract: Ints
    debt: Ints
    fund: Ints
    payer_account: Ints
    payee_account: Ints
    approver: Ints
    purpose: Ints


def settle(ctx: Context, firms: Firms, buyers: Buyers, market: Market, filed: Filed) -> None:
    """Write contracts, subcontracts, payments, the arrears ledger and ordinary side payments."""
    contracts = _draw_contracts(ctx, market)
    debts = ledger.draw_debts(
        ctx, contracts.finished, buyers.kind[contracts.buyer] == STATE_FIRM, filed.fund[contracts.row] >= 0
    )
    _write_contracts(ctx, firms, buyers, filed, contracts, debts)
    shares = np.array([30, 40])
    paid = np.stack(
        [
            contracts.started
            + (contracts.finished - contracts.started) * 15 // 100
            + ctx.rng.integers(0, 6, len(contracts.row)),
            contracts.started
            + (contracts.finished - contracts.started) * 60 // 100
            + ctx.rng.integers(0, 6, len(contracts.row)),
            np.where(debts.late, debts.paid, contracts.finished - ctx.rng.integers(0, 6, len(contracts.row))),
        ],
        axis=1,
    )
    parts = contracts.amount[:, None] * shares // 100
    parts = np.hstack([parts, (contracts.amount - parts.sum(axis=1))[:, None]])
    last = np.tile([False, False, True], len(contracts.row))
    each = np.repeat(np.arange(len(contracts.row)), 3)
    debt_number = np.where(last, debts.number[each], -1)
    factor = np.where(last, debts.assignee[each], -1)
    debts_paid = paid[:, 2]
    funded = filed.fund[contracts.row][each] >= 0
    _write_payments(
        ctx,
        Instalments(
            payer=buyers.org[contracts.buyer][each],
            payee=np.where(factor >= 0, factor, firms.org[contracts.firm][each]),
            amount=parts.ravel(),
            paid=paid.ravel(),
            contract=contracts.number[each],
            debt=debt_number,
            fund=filed.fund[contracts.row][each],
            payer_account=buyers.account[contracts.buyer][each],
            payee_account=np.where(factor >= 0, -1, firms.account[contracts.firm][each]),
            approver=buyers.deputy[contracts.buyer][each],
            purpose=np.where(funded, 7 + filed.fund_use[contracts.row][each], market.trade[contracts.row][each]),
        ),
    )
    ledger.write_ledger(
        ctx,
        debts,
        debtor=buyers.org[contracts.buyer],
        creditor=firms.org[contracts.firm],
        contract=contracts.number,
        amount=parts[:, 2],
        finished=contracts.finished,
        paid=debts_paid,
    )
    _write_subcontracts(ctx, firms, market, contracts)
    released = debts.number >= 0
    _write_side_payments(ctx, firms, market, contracts, contracts.firm[released], debts_paid[released])


def _draw_contracts(ctx: Context, market: Market) -> Contracts:
    rng = ctx.rng
    bid = np.flatnonzero(market.winner & ~market.partner & (market.trade[market.tender] != PROPERTY))
    row = market.tender[bid]
    trade = market.trade[row]
    signed = market.awarded[row] + rng.integers(5, 28, len(row))
    started = signed + rng.integers(3, 16, len(row))
    return Contracts(
        number=ctx.serials.take("contract", len(row)),
        row=row,
        bid=bid,
        buyer=market.buyer[row],
        firm=market.firm[bid],
        amount=market.price[bid],
        signed=signed,
        started=started,
        # All is paid when the record ends.
        finished=np.minimum(started + rng.integers(_SHORTEST[trade], _LONGEST[trade]), AS_OF - 20),
    )


def _write_contracts(
    ctx: Context, firms: Firms, buyers: Buyers, filed: Filed, contracts: Contracts, debts: ledger.Debts
) -> None:
    ctx.files.append(
        "contracts",
        {
            "contract_id": ident("C", contracts.number),
            "buyer_id": ident("O", buyers.org[contracts.buyer]),
            "supplier_id": ident("O", firms.org[contracts.firm]),
            "amount": money(contracts.amount),
            "tender_id": ident("T", filed.tender[contracts.row]),
            "project_id": ident("X", filed.project[contracts.row], 7),
            "currency": constant("CNY", len(contracts.row)),
            "signed_on": dates(contracts.signed),
            "started_on": dates(contracts.started),
            "due_on": dates(np.where(debts.due >= 0, debts.due, contracts.finished)),
            "kind": constant("main", len(contracts.row)),
            "approver_id": ident("P", buyers.deputy[contracts.buyer]),
            "scope": constant("partial", len(contracts.row)),
        },
    )


def _write_payments(ctx: Context, rows: Instalments) -> None:
    """Write payments: applied for at most eighteen days before, approved in between."""
    rng, count = ctx.rng, len(rows.payer)
    applied = rows.paid - rng.integers(6, 19, count)
    approved = rows.paid - rng.integers(1, 6, count)
    approver = rows.approver >= 0
    ctx.files.append(
        "payments",
        {
            "payment_id": ident("Z", ctx.serials.take("payment", count), 9),
            "payer_id": ident("O", rows.payer),
            "payee_id": ident("O", rows.payee),
            "amount": money(rows.amount),
            "paid_on": dates(rows.paid),
            "currency": constant("CNY", count),
            "contract_id": ident("C", rows.contract),
            "debt_id": ident("D", rows.debt, 7),
            "fund_id": ident("F", rows.fund, 7),
            "payer_account": numbers(rows.payer_account),
            "payee_account": numbers(rows.payee_account),
            "applied_on": dates(applied),
            "approved_on": dates(np.where(approver, approved, -1)),
            "approver_id": ident("P", rows.approver),
            "form": constant("cash", count),
            "purpose": picked((*PURPOSES, _LABOUR_FEE, _TRADE_FEE, "材料款", "税款"), rows.purpose),
        },
    )


def _write_subcontracts(ctx: Context, firms: Firms, market: Market, contracts: Contracts) -> None:
    """Four works contracts in ten let labour, and some a trade, to a qualified firm; each is paid in two parts."""
    rng = ctx.rng
    works = np.flatnonzero((market.trade[contracts.row] <= ROAD) & (rng.random(len(contracts.row)) < 0.4))
    trade = works[rng.random(len(works)) < 0.5]
    main = np.concatenate([works, trade])
    is_trade = np.arange(len(main)) >= len(works)
    firm = contracts.firm[main]
    sub = np.where(is_trade, firms.trade_sub[firm], firms.labour_sub[firm])
    number = ctx.serials.take("contract", len(main))
    amount = contracts.amount[main] * rng.integers(8, 20, len(main)) // 100
    ctx.files.append(
        "contracts",
        {
            "contract_id": ident("C", number),
            "buyer_id": ident("O", firms.org[firm]),
            "supplier_id": ident("O", sub),
            "amount": money(amount),
            "currency": constant("CNY", len(main)),
            "signed_on": dates(contracts.started[main] + 1),
            "started_on": dates(contracts.started[main] + 5),
            "due_on": dates(contracts.finished[main]),
            "kind": constant("sub", len(main)),
            "parent_id": ident("C", contracts.number[main]),
            "scope": picked(SCOPES, np.where(is_trade, 2, 1)),
        },
    )
    half = amount // 2
    length = contracts.finished[main] - contracts.started[main]
    none = np.full(2 * len(main), -1)
    _write_payments(
        ctx,
        Instalments(
            payer=np.tile(firms.org[firm], 2),
            payee=np.tile(sub, 2),
            amount=np.concatenate([half, amount - half]),
            paid=np.concatenate([contracts.started[main] + length * 4 // 10, contracts.finished[main] - 1]),
            contract=np.tile(number, 2),
            debt=none,
            fund=none,
            payer_account=np.tile(firms.account[firm], 2),
            payee_account=none,
            approver=none,
            purpose=np.tile(np.where(is_trade, len(PURPOSES) + 1, len(PURPOSES)), 2),
        ),
    )


def _write_side_payments(
    ctx: Context, firms: Firms, market: Market, contracts: Contracts, creditor: Ints, released: Ints
) -> None:
    """What a firm pays out of a contract: its own material supplier, its tax.

    No tax is paid in the half year after a release of arrears: many creditors of one debtor pay the same tax
    office, and a share of the release paid to one receiver is what a debt broker looks like.
    """
    rng, count = ctx.rng, len(contracts.row)
    firm = contracts.firm
    length = contracts.finished - contracts.started
    buys = np.flatnonzero((market.trade[contracts.row] <= 3) & (rng.random(count) < 0.7))
    tax_day = contracts.started + length * 7 // 10
    taxed = rng.random(count) < 0.6
    near = (
        (creditor[None, :] == firm[:, None])
        & (tax_day[:, None] >= released[None, :] - 100)
        & (tax_day[:, None] <= released[None, :] + 190)
    )
    taxes = np.flatnonzero(taxed & ~near.any(axis=1))
    offices = ctx.province.tax_offices[firms.city[firm]]
    for rows, payee, percent, when, purpose in (
        (buys, firms.supplier[firm], rng.integers(6, 18, count), contracts.started + length // 4, len(PURPOSES) + 2),
        (taxes, offices, rng.integers(1, 4, count), tax_day, len(PURPOSES) + 3),
    ):
        none = np.full(len(rows), -1)
        _write_payments(
            ctx,
            Instalments(
                payer=firms.org[firm[rows]],
                payee=payee[rows],
                amount=contracts.amount[rows] * percent[rows] // 100,
                paid=when[rows],
                contract=none,
                debt=none,
                fund=none,
                payer_account=firms.account[firm[rows]],
                payee_account=none,
                approver=none,
                purpose=np.full(len(rows), purpose),
            ),
        )
