"""A money trail: chains of payments after (or before) releases of public debts, as evidence of a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from i18n import Text, listing, money
from queries.debt_feeding.routes import Carried
from queries.debt_feeding.trade import History, HistoryParameters, LoanParameters, WageParameters, are_wages
from queries.evidence import refs
from queries.finding import Entity, Link, Ref
from queries.rows import Rows
from queries.wording import name, on


@dataclass(frozen=True)
class Trail:
    """Chains from the creditor of a debt to who benefits, and the releases that they are measured against.

    `rows` are rows of `walk.THEN` for one creditor, and one beneficiary or several of one official; of each the
    first is the one nearest to a release.
    """

    rows: Rows
    carried: Carried

    @cached_property
    def walked(self) -> Rows:
        """The rows of the chains that carry money."""
        arrived = {payment.key for payment in self.carried.arrivals}
        return self.rows.where(keys[-1] in arrived for keys in self.rows["keys"])

    @cached_property
    def first(self) -> dict[str, Any]:
        """The row nearest to a release."""
        return self.walked.first

    @cached_property
    def beneficiaries(self) -> list[dict[str, Any]]:
        """The row nearest to a release of each who benefits."""
        return list(self.walked.distinct("beneficiary").each())

    @cached_property
    def releases(self) -> Rows:
        """One row a release, by day."""
        return self.rows.distinct("release_key").ordered("release_day", "release_key")

    @property
    def released(self) -> int:
        """The sum of the releases."""
        return int(sum(self.releases["release_amount"]))

    @property
    def gap(self) -> int:
        """Days from a release to the nearest payment that left the creditor; negative where it came before."""
        days: list[int] = self.releases["release_day"]
        return min((p.day - day for p in self.carried.departures for day in days), key=abs)

    @property
    def period(self) -> tuple[date, date]:
        """From the first release or payment to the last."""
        days = [*self.releases["release_day"], *(payment.day for payment in self.carried.payments)]
        return on(min(days)), on(max(days))

    def entities(self, debt: str) -> tuple[Entity, ...]:
        """The debts, debtor, creditor, beneficiaries, officials, and whom the money passed through."""
        first = self.first
        persons = {str(person) for cell in self.walked["persons"] for person in cell}
        payees = self.walked.cells("payee", "payee_kind", "beneficiary")
        recorded = {payee: kind for payee, kind, beneficiary in payees if payee != beneficiary}
        officials = sorted(set(self.walked["official"]) - {None})
        found = (
            Entity(debt, "debt", "debt"),
            *(Entity(other, "debt", "other_debt") for other in sorted(set(self.rows["debt_id"]) - {debt})),
            Entity(first["debtor"], "org", "debtor"),
            Entity(first["creditor"], "org", "creditor"),
            *(Entity(row["beneficiary"], _kind(row["beneficiary_kind"]), "beneficiary") for row in self.beneficiaries),
            *(Entity(official, "person", "official") for official in officials),
            *(Entity(p, "person" if p in persons else "org", "pass_through") for p in self.carried.through),
            *(Entity(payee, _kind(recorded[payee]), "recorded_payee") for payee in sorted(recorded)),
        )
        return tuple(dict.fromkeys(found))

    def records(self) -> Iterator[Ref]:
        """The rows of the releases, debts, payments, ties and posts."""
        yield from (Ref("payments", key) for key in self.releases["release_key"])
        yield from (Ref("debts", key) for key in self.releases["debt_key"])
        yield from (Ref(payment.ledger, payment.key) for payment in self.carried.payments)
        for column in ("official_refs", "tie_refs", "account_ref", "lent_refs"):
            yield from (found for cell in self.walked[column] for found in refs(cell))

    def links(self) -> Iterator[Link]:
        """The releases and the payments."""
        debtor, creditor = self.first["debtor"], self.first["creditor"]
        for key in self.releases["release_key"]:
            yield Link("PAID", debtor, creditor, Ref("payments", key))
        for payment in self.carried.payments:
            yield Link("PAID", payment.payer, payment.payee, Ref(payment.ledger, payment.key))

    def repaid(self) -> Text:
        """The sentence on the releases."""
        days = [on(day) for day in self.releases["release_day"]]
        paid = (
            Text(zh="{first}至{last}分 {count} 笔", en="From {first} to {last}, in {count} payments,").format(
                first=days[0], last=days[-1], count=len(days)
            )
            if len(days) > 1
            else Text(zh=f" {days[0]} ", en=f"On {days[0]}")
        )
        return Text(
            zh="{debtor}于{paid}清偿欠{creditor}的账款 {sum}（台账 {debt}）。",
            en="{paid} {debtor} repaid {creditor} {sum} of debt {debt}.",
        ).format(
            debtor=name(self.first, "debtor"),
            creditor=name(self.first, "creditor"),
            paid=paid,
            sum=money(self.released),
            debt=", ".join(sorted(set(self.releases["debt_id"]))),
        )

    def through(self) -> Text:
        """Whether the money came directly, or through how many others."""
        hops = len(self.carried.through)
        if not hops:
            return Text(zh="直接", en="directly")
        return Text(zh=f"经 {hops} 个中间方", en=f"through {hops} other{'s' if hops > 1 else ''}")

    def passed(self) -> Text:
        """The sentence on the way of the money."""
        gap, arrivals = self.gap, len(self.carried.arrivals)
        days = "1 day" if abs(gap) == 1 else f"{abs(gap)} days"
        when = (
            Text(zh=f"清偿后 {gap} 天", en=f"{days} after the release")
            if gap > 0
            else Text(zh=f"清偿前 {-gap} 天", en=f"{days} before the release")
            if gap
            else Text(zh="清偿当日", en="On the day of the release")
        )
        split = Text(zh=f"分 {arrivals} 笔", en=f" in {arrivals} payments") if arrivals > 1 else Text(zh="", en="")
        targets = listing([self._target(row) for row in self.beneficiaries])
        return Text(
            zh="{when}，{creditor}{through}{split}向{target}付款，可到达 {sum}，占清偿额的 {percent:.1f}%。",
            en="{when}, {creditor} {through} paid {target}{split}; {sum} can have arrived, {percent:.1f} % of the "
            "release.",
        ).format(
            when=when,
            creditor=name(self.first, "creditor"),
            through=self.through(),
            split=split,
            target=targets,
            sum=money(self.carried.reached),
            percent=100 * self.carried.reached / self.released,
        )

    def _target(self, row: dict[str, Any]) -> Text:
        """A beneficiary, or its account where that is where the money went."""
        recorded = {payee for payee, own in self.walked.cells("payee", "beneficiary") if own == row["beneficiary"]}
        to_account = recorded != {row["beneficiary"]}
        return (
            Text(zh="{name}的账户（记载的收款人另有其人）", en="an account of {name} (the record names another payee)")
            if to_account
            else Text(zh="{name}", en="{name}")
        ).format(name=name(row, "beneficiary"))

    def is_ordinary_trade(self, window_days: int, params: HistoryParameters) -> bool:
        """Whether each payer that reached the beneficiary had regularly paid it like sums before the window."""
        payers: dict[str, History] = {}
        opens: dict[str, int] = {}
        columns = ("parties", "first_day", "earlier", "usual", "earliest", "latest")
        for parties, first_day, *history in self.walked.cells(*columns):
            if history[0] is None:
                return False
            payers[parties[-2]] = History(*history)
            opens[parties[-2]] = first_day
        return all(
            history.explains(
                [p.amount for p in self.carried.arrivals if p.payer == payer], opens[payer], window_days, params
            )
            for payer, history in payers.items()
        )

    def repays_loan(self, params: LoanParameters) -> bool | None:
        """Whether it repays, directly, a loan older than each post; None where the beginning of one is unknown."""
        if not all(self.walked["post_known"]):
            return None
        if self.carried.through or not all(self.walked["lent"]):
            return False
        arrived = self.carried.arrivals[-1].day
        loans = set(self.walked.cells("lent", "lent_day"))
        return all(params.repays(int(lent), self.carried.reached, arrived - int(day)) for lent, day in loans)

    def purposes(self) -> list[str | None]:
        """What the payments that arrived were for, as far as the record says."""
        purposes: dict[int, str | None] = {}
        for keys, purpose in self.walked.cells("keys", "purpose"):
            purposes.setdefault(keys[-1], purpose)
        return list(purposes.values())

    def are_wages(self, params: WageParameters) -> bool:
        """Whether what arrived were an employee's ordinary wages."""
        amounts = [payment.amount for payment in self.carried.arrivals]
        return are_wages(self.purposes(), amounts, employee=all(self.walked["employee"]), params=params)


def _kind(kind: object) -> str:
    return "person" if kind == "person" else "org"
