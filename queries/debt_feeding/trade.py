"""Ordinary trade and wages, told from a favour by what was there before: start, rhythm and amount of the payments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.finding import Excuse, Verdict
from queries.verdicts import verdict


class WageParameters(Params):
    """What counts as wages."""

    wage_words: tuple[str, ...] = Field(
        ("工资", "薪酬", "劳务报酬", "社保", "salary", "wage"), description="Purposes that name wages."
    )
    wage_max_yuan: int = Field(
        50_000, ge=0, description="Yuan. A larger single payment to an employee is no ordinary wage."
    )


class HistoryParameters(Params):
    """What counts as trade of long standing."""

    history_payments: int = Field(3, ge=1, description="Earlier payments that make trade regular.")
    history_days: int = Field(
        180, ge=1, description="Days before the window by which regular trade had begun, and within which it went on."
    )
    history_ratio: float = Field(
        3, gt=1, description="Times. Trade explains up to this multiple of the usual payment, and of the usual rhythm."
    )


class LoanParameters(Params):
    """What repaying a loan may cost."""

    max_rate_pct: float = Field(
        15, ge=0, description="Percent of simple interest a year that repaying an older loan may include."
    )

    def repays(self, lent: int, repaid: int, days: int) -> bool:
        """Whether a sum is a loan of `days` with at most that interest, and no less than the loan."""
        return lent <= repaid <= lent * (1 + self.max_rate_pct / 100 * days / 365)


@dataclass(frozen=True, slots=True)
class History:
    """Payments of one party to another before a window opened; days since 1970-01-01, `usual` the median amount."""

    payments: int
    usual: float
    first_day: int
    last_day: int

    def explains(self, amounts: list[int], opens: int, length: int, params: HistoryParameters) -> bool:
        """Whether payments in a window of `length` days that opens on day `opens` go on as the earlier ones did."""
        if self.payments < params.history_payments:
            return False
        if self.first_day > opens - params.history_days or self.last_day < opens - params.history_days:
            return False
        expected = max(1.0, self.payments * length / (opens - self.first_day))
        most = params.history_ratio * self.usual
        return max(amounts) <= most and sum(amounts) <= most * expected


def trade_excuse(explained: bool) -> Excuse:
    """The verdict on a supplier of long standing."""
    if explained:
        basis = Text(
            zh="双方在窗口期之前即有长期、规律且金额相近的往来。",
            en="The parties traded regularly and in like amounts long before.",
        )
        return Excuse("long_standing_supplier", Verdict.FITS, basis)
    basis = Text(
        zh="窗口期之前没有规律且金额相近的往来。",
        en="Before the window there was no regular trade of like amounts.",
    )
    return Excuse("long_standing_supplier", Verdict.RULED_OUT, basis)


def excuses_of_all(members: Iterable[tuple[Excuse, ...]]) -> tuple[Excuse, ...]:
    """The excuses of several parties, none of which fits: what cannot be checked of one cannot be checked of all."""
    return tuple(
        max(of_each, key=lambda excuse: excuse.verdict is Verdict.NOT_CHECKABLE)
        for of_each in zip(*members, strict=True)
    )


def says(text: str | None, words: Iterable[str]) -> bool:
    """Whether a purpose or a name has one of the words; an unknown one has none."""
    return text is not None and any(word in text for word in words)


def are_wages(purposes: list[str | None], amounts: list[int], *, employee: bool, params: WageParameters) -> bool:
    """Whether every payment is called a wage and is an employee's ordinary one."""
    named = all(says(purpose, params.wage_words) for purpose in purposes)
    return named and employee and max(amounts) <= params.wage_max_yuan * 100


def wage_excuse(fits: bool, *, known: bool) -> Excuse:
    """The verdict on wages; `known` is whether the payments name a purpose at all."""
    if fits:
        basis = Text(
            zh="付款用途为工资，收款人当时为登记员工，金额与工资相当。",
            en="The payments are called wages, the payee was a registered employee, and the amounts are a wage's.",
        )
        return Excuse("wages", Verdict.FITS, basis)
    if not known:
        return Excuse(
            "wages",
            Verdict.NOT_CHECKABLE,
            Text(zh="付款记录未载明用途。", en="The payments name no purpose."),
        )
    basis = Text(
        zh="付款用途不是工资，或收款人当时不是登记员工，或金额超出工资水平。",
        en="Not called wages, or not to a registered employee, or more than a wage.",
    )
    return Excuse("wages", Verdict.RULED_OUT, basis)


def loan_excuse(fits: bool | None, params: LoanParameters) -> Excuse:
    """The verdict on a loan that is older than the official's post; None where the post's beginning is unknown."""
    return verdict(
        "loan_before_post",
        fits,
        yes=Text(
            zh="该款项为归还任职前借款的本息，利率不超过年 {rate}%。",
            en="It repays, with at most {rate} % a year, a loan that is older than the post.",
        ).format(rate=f"{params.max_rate_pct:g}"),
        no=Text(zh="没有任职前的反向借款可以解释。", en="No loan the other way, older than the post, explains it."),
        unknown=Text(zh="任职起始日期未知。", en="When the post began is unknown."),
    )


def public_body_excuse(public: bool) -> Excuse:
    """The verdict on tax and fees: whether the payee is a public body."""
    if public:
        return Excuse("tax", Verdict.FITS, Text(zh="收款人为机关单位。", en="The payee is a public body."))
    return Excuse("tax", Verdict.RULED_OUT, Text(zh="收款人不是机关单位。", en="The payee is no public body."))
