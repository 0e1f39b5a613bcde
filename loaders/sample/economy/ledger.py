"""The arrears ledger of one chunk: entries, monthly reports that agree with the payments, claims sold on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from loaders.sample.columns import Bools, Ints, constant, dates, flags, ident, money, picked
from loaders.sample.context import Context, day

_LAST_DUE = day("2024-06-30")
_LAST_RELEASE = day("2025-09-30")
REPORT_STATUS = ("outstanding", "repaid")


@dataclass(frozen=True, slots=True)
class Debts:
    """Aligned with the main contracts; -1 where a contract left no debt. Days and running numbers."""

    number: Ints
    late: Bools
    accepted: Ints
    due: Ints
    paid: Ints
    """When a late debt is released; a debt paid in time is released with the last instalment."""
    assignee: Ints
    """The factor that bought the claim."""


def draw_debts(ctx: Context, finished: Ints, state_firm: Bools, funded: Bools) -> Debts:
    """Draw which last instalments enter the ledger, and how long the late ones wait.

    Late debts are owed by medium state firms only, fall due before mid-2024 and are cleared by autumn 2025:
    no statutory term is broken and no clearing campaign is missed.
    """
    rng, count = ctx.rng, len(finished)
    chance = rng.random(count)
    late = state_firm & ~funded & (finished < _LAST_DUE) & (chance < 0.2)
    in_time = ~late & (chance > 0.95)
    has = late | in_time
    number = np.full(count, -1)
    number[has] = ctx.serials.take("debt", int(has.sum()))
    waited = rng.integers(40, 400, count)
    sold = late & (rng.random(count) < 0.1)
    factor = ctx.province.factors[rng.integers(0, len(ctx.province.factors), count)]
    return Debts(
        number=number,
        late=late,
        accepted=np.where(late, finished - 30, np.where(in_time, finished - 12, -1)),
        due=np.where(late, finished, np.where(in_time, finished + 18, -1)),
        paid=np.where(late, np.minimum(finished + waited, _LAST_RELEASE), -1),
        assignee=np.where(sold, factor, -1),
    )


def write_ledger(
    ctx: Context,
    debts: Debts,
    *,
    debtor: Ints,
    creditor: Ints,
    contract: Ints,
    amount: Ints,
    finished: Ints,
    paid: Ints,
) -> None:
    """Write the entries, a report for every month from entry to release, and the claims sold."""
    rows = np.flatnonzero(debts.number >= 0)
    registered = np.where(debts.late, finished + 5, finished - 8)[rows]
    ctx.files.append(
        "debts",
        {
            "debt_id": ident("D", debts.number[rows], 7),
            "debtor_id": ident("O", debtor[rows]),
            "creditor_id": ident("O", creditor[rows]),
            "amount": money(amount[rows]),
            "contract_id": ident("C", contract[rows]),
            "accepted_on": dates(debts.accepted[rows]),
            "due_on": dates(debts.due[rows]),
            "disputed": flags(np.zeros(len(rows), dtype=bool)),
            "planned_on": dates(paid[rows] + 5),
            "registered_on": dates(registered),
        },
    )
    _write_reports(ctx, debts.number[rows], amount[rows], registered, paid[rows])
    sold = np.flatnonzero(debts.assignee >= 0)
    face = amount[sold]
    ctx.files.append(
        "claim_transfers",
        {
            "debt_id": ident("D", debts.number[sold], 7),
            "assignor_id": ident("O", creditor[sold]),
            "assignee_id": ident("O", debts.assignee[sold]),
            "transfer_id": ident("ZR", ctx.serials.take("claim", len(sold)), 7),
            "face": money(face),
            "price": money(face * ctx.rng.integers(88, 97, len(sold)) // 100),
            "agreed_on": dates(finished[sold] + 20),
        },
    )


def _write_reports(ctx: Context, number: Ints, amount: Ints, registered: Ints, paid: Ints) -> None:
    first = registered.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    last = paid.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months = last - first + 1
    row = np.repeat(np.arange(len(number)), months)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(months) - months, months)
    is_first, is_last = offset == 0, offset == months[row] - 1
    period = dates((first[row] + offset).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64))
    owed = amount[row]
    ctx.files.append(
        "debt_reports",
        {
            "debt_id": ident("D", number[row], 7),
            "period": pc.utf8_slice_codeunits(pc.cast(period, "string"), 0, 7),
            "opening": money(np.where(is_first, 0, owed)),
            "added": money(np.where(is_first, owed, 0)),
            "repaid": money(np.where(is_last, owed, 0)),
            "closing": money(np.where(is_last, 0, owed)),
            "disputed": constant("false", len(row)),
            "status": picked(REPORT_STATUS, is_last.astype(np.int64)),
        },
    )
