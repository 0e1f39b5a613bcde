"""Indicators that compare the prices of a competition."""

from __future__ import annotations

from i18n import Text
from queries.ocp.descriptions.description import (
    AWARDS,
    BIDS,
    COLLUSION,
    FENCES,
    FIXED,
    MARGIN_REASONS,
    PRICE,
    PRICES,
    PROCESS,
    QUARTILES,
    SCREENING,
    SPREAD,
    STATUS,
    Description,
)

DESCRIPTIONS: tuple[Description, ...] = (
    Description(
        "R024",
        Text(
            zh="（次低有效报价 − 中标人报价）÷ 中标人报价 ≤ **Q1 − 1.5 × (Q3 − Q1)** 或**设定的阈值**。",
            en="(second lowest valid bid - winning bid) / winning bid ≤ **Q1 - 1.5 × (Q3 - Q1)**, or the "
            "**threshold** set.",
        ),
        Text(
            zh="多数项目的差距为 10% 至 14%，下界为 4%。青石建筑报 100 000 元中标，白河路桥报 101 000 元：差距 1%。",
            en="Quartiles are 10% and 14%, so the fence is 4%. Bluestone wins with 100,000 against the 101,000 of "
            "Whitewater Roads: 1%.",
        ),
        Text(
            zh="命中的采购项目，记该比率；中标人和次低报价人，记 0。",
            en="The contracting process, with the ratio; the winner and the second lowest bidder, with 0.",
        ),
        AWARDS + BIDS + PRICES,
        MARGIN_REASONS,
        (PRICE, STATUS, SPREAD),
        (("threshold", "r024_threshold", FIXED),),
        (SCREENING, QUARTILES, FENCES),
    ),
    Description(
        "R028",
        Text(
            zh="同一竞争中，两家不同投标人提交的报价金额、币种均相同。",
            en="Two bids submitted by different tenderers in one competition have the same amount and currency.",
        ),
        Text(
            zh="白杨县采购校服，垂柳商贸和银杏服装均报价 48 250 元。",
            en="For the school uniforms of Aspen County, Willow Trading and Ginkgo Clothing both bid 48,250.",
        ),
        Text(
            zh="命中的采购项目、报价相同的投标人，各记 1。",
            en="The contracting process and the tenderers with the same price, each with the value 1.",
        ),
        BIDS + PRICES,
        "no_bids no_price_comparison price_for_lots single_price",
        (
            PRICE,
            Text(
                zh="报价为零视为未公布；受邀未投和撤回的投标不计。",
                en="A price of zero counts as not published; bids invited or withdrawn are left out.",
            ),
        ),
        (),
        (COLLUSION,),
    ),
    Description(
        "R036",
        Text(
            zh="被否决的投标中的最低报价 ≤ 其他所有投标的最低报价，且已有有效中标。",
            en="The lowest price among disqualified bids ≤ the lowest among all others, and there is an active award.",
        ),
        Text(
            zh="银杏医疗报 80 000 元被否决，青松器械报 95 000 元中标。",
            en="Ginkgo bids 80,000 and is disqualified; Pine Instruments wins with 95,000.",
        ),
        PROCESS,
        "awards/status " + BIDS + PRICES,
        "no_bids no_award unread_status no_price_comparison price_for_lots other_currency no_valid_price",
        (PRICE, STATUS),
    ),
    Description(
        "R058",
        Text(
            zh="（次低有效报价 − 中标人报价）÷ 中标人报价 ≥ **Q3 + 1.5 × (Q3 − Q1)** 或**设定的阈值**。",
            en="(second lowest valid bid - winning bid) / winning bid ≥ **Q3 + 1.5 × (Q3 - Q1)**, or the "
            "**threshold** set.",
        ),
        Text(
            zh="多数项目的差距为 10% 至 14%，上界为 20%。青石建筑报 60 000 元中标，次低报价 90 000 元：差距 50%。",
            en="Quartiles are 10% and 14%, so the fence is 20%. Bluestone wins with 60,000, the next bid is 90,000: "
            "50%.",
        ),
        Text(
            zh="命中的采购项目，记该比率；中标人，记 0。",
            en="The contracting process, with the ratio; the winner, with 0.",
        ),
        AWARDS + BIDS + PRICES,
        MARGIN_REASONS,
        (PRICE, STATUS, SPREAD),
        (("threshold", "r058_threshold", FIXED),),
        (SCREENING, QUARTILES, FENCES),
    ),
)
