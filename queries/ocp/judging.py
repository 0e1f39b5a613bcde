"""All indicators over one data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from queries.ocp import parties, price, process, rotation
from queries.ocp.blocks import Scope
from queries.ocp.competitions import Competitions
from queries.ocp.dataset import Account, Dataset
from queries.ocp.outcomes import Outcome
from queries.ocp.settings import Settings

PLAIN: dict[str, Callable[[Competitions], Outcome]] = {
    "R003": process.short_period,
    "R018": process.single_bidder,
    "R025": parties.seldom_wins,
    "R028": price.same_price,
    "R030": process.late_bid_won,
    "R035": process.all_others_disqualified,
    "R036": price.lowest_disqualified,
    "R038": parties.often_disqualified,
    "R048": parties.heterogeneous_supplier,
    "R057": rotation.bid_rotation,
    "R066": process.contract_lines_grew,
}
MARGINS: dict[str, Callable[[Competitions, price.Margins], Outcome]] = {
    "R024": price.price_close_to_winner,
    "R058": price.heavy_discount,
}


@dataclass
class Judgement:
    """The outcomes, with what is needed to name the processes and organizations in them."""

    case: Competitions
    outcomes: list[Outcome]
    account: Account

    @property
    def currency(self) -> str | None:
        """The main currency; prices in any other are left out of comparisons."""
        return self.case.settings.currency or next(iter(self.case.currencies), None)


def scope(settings: Settings) -> Scope:
    """What has to be read of the releases for these settings."""
    return Scope(settings.r048_digits, contracts="R066" in settings.indicators)


def judge(data: Dataset, settings: Settings) -> Judgement:
    """Judge every indicator that the settings name, in the order of their codes."""
    case = Competitions(data, settings)
    margins = price.Margins(case) if MARGINS.keys() & set(settings.indicators) else None
    outcomes = []
    for code in settings.indicators:
        if code in PLAIN:
            outcomes.append(PLAIN[code](case))
        elif margins is not None:
            outcomes.append(MARGINS[code](case, margins))
    return Judgement(case, outcomes, data.account)
