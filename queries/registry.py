"""Every detector, by name. A module that is not in this tuple fails a test."""

from __future__ import annotations

from collections.abc import Sequence

from i18n import Problem, near
from queries.affiliated_bidders import (
    adviser_bids,
    common_controller,
    consortium_and_single,
    holding_or_management,
    kin_bidders,
    revolving_door,
    same_principal,
    shared_contact,
    shared_executive,
    tied_to_agent,
    tied_to_buyer,
    tied_to_expert,
)
from queries.arrears import (
    concealed_debt,
    dispute_flip,
    false_repayment,
    new_arrears,
    overdue_terms,
    second_default,
    unbalanced_ledger,
    vanished_entry,
)
from queries.bid_rigging import (
    biased_expert,
    cohesive_group,
    deposit_same_source,
    identical_prices,
    low_bid_withdrawn,
    market_split,
    patterned_prices,
    price_screens,
    rotating_winners,
    same_device,
    same_handler,
    same_team_member,
    standing_loser,
    tailored_tender,
    winner_feeds_loser,
)
from queries.debt_feeding import (
    approver_loan,
    circular_settlement,
    debt_broker,
    discounted_claim,
    queue_jumping,
    release_kickback,
    selective_haircut,
    undervalued_asset,
)
from queries.detector import FAMILIES, Detector
from queries.ocp.detectors import OCP_DETECTORS
from queries.off_platform import no_platform_record, stale_platform, work_before_tender
from queries.power import (
    agent_concentration,
    complaint_cluster,
    giver_taker,
    kin_company_wins,
    petty_power,
    undisclosed_item,
)
from queries.qualification import borrowed_qualification, concurrent_manager, invalid_certificate, uninsured_staff
from queries.special_funds import diverted_fund, fund_transit, one_account_many, starved_project
from queries.subcontracting import repeated_subcontract, split_contracts, whole_transfer

DETECTORS: tuple[Detector, ...] = (
    same_device.DETECTOR,
    deposit_same_source.DETECTOR,
    same_handler.DETECTOR,
    same_team_member.DETECTOR,
    identical_prices.DETECTOR,
    patterned_prices.DETECTOR,
    winner_feeds_loser.DETECTOR,
    low_bid_withdrawn.DETECTOR,
    tailored_tender.DETECTOR,
    price_screens.DETECTOR,
    cohesive_group.DETECTOR,
    rotating_winners.DETECTOR,
    standing_loser.DETECTOR,
    market_split.DETECTOR,
    biased_expert.DETECTOR,
    same_principal.DETECTOR,
    common_controller.DETECTOR,
    shared_contact.DETECTOR,
    holding_or_management.DETECTOR,
    consortium_and_single.DETECTOR,
    adviser_bids.DETECTOR,
    shared_executive.DETECTOR,
    kin_bidders.DETECTOR,
    tied_to_buyer.DETECTOR,
    tied_to_agent.DETECTOR,
    tied_to_expert.DETECTOR,
    revolving_door.DETECTOR,
    release_kickback.DETECTOR,
    queue_jumping.DETECTOR,
    discounted_claim.DETECTOR,
    undervalued_asset.DETECTOR,
    selective_haircut.DETECTOR,
    debt_broker.DETECTOR,
    approver_loan.DETECTOR,
    circular_settlement.DETECTOR,
    *OCP_DETECTORS,
    concurrent_manager.DETECTOR,
    stale_platform.DETECTOR,
    petty_power.DETECTOR,
    agent_concentration.DETECTOR,
    complaint_cluster.DETECTOR,
    second_default.DETECTOR,
    concealed_debt.DETECTOR,
    no_platform_record.DETECTOR,
    work_before_tender.DETECTOR,
    undisclosed_item.DETECTOR,
    false_repayment.DETECTOR,
    vanished_entry.DETECTOR,
    repeated_subcontract.DETECTOR,
    dispute_flip.DETECTOR,
    new_arrears.DETECTOR,
    overdue_terms.DETECTOR,
    diverted_fund.DETECTOR,
    invalid_certificate.DETECTOR,
    unbalanced_ledger.DETECTOR,
    starved_project.DETECTOR,
    one_account_many.DETECTOR,
    whole_transfer.DETECTOR,
    borrowed_qualification.DETECTOR,
    kin_company_wins.DETECTOR,
    giver_taker.DETECTOR,
    split_contracts.DETECTOR,
    uninsured_staff.DETECTOR,
    fund_transit.DETECTOR,
)


class UnknownDetector(Problem):
    """There is no detector or family of that name."""


def detector(detector_id: str) -> Detector:
    """The detector of an id.

    Raises:
        UnknownDetector: there is none; the message names the nearest ids.
    """
    for candidate in DETECTORS:
        if candidate.id == detector_id:
            return candidate
    raise UnknownDetector("no_detector", detector=detector_id, near=near(detector_id, [d.id for d in DETECTORS]))


def choose(families: Sequence[str], ids: Sequence[str]) -> tuple[Detector, ...]:
    """Detectors of the families and of the ids; all of them where neither is given.

    Raises:
        UnknownDetector: a family or an id that there is not.
    """
    for family in families:
        if family not in FAMILIES:
            raise UnknownDetector("no_family", family=family, known=", ".join(FAMILIES))
    wanted = {detector(detector_id).id for detector_id in ids}
    if not families and not ids:
        return DETECTORS
    return tuple(d for d in DETECTORS if d.family in families or d.id in wanted)
