"""Indicators of a whole process: how long, how many bidders, how late, who was left."""

from __future__ import annotations

from i18n import Text
from queries.ocp.descriptions.description import (
    AWARDS,
    BIDS,
    PROCESS,
    RISK_INDEX,
    STATUS,
    Description,
)

DESCRIPTIONS: tuple[Description, ...] = (
    Description(
        "R003",
        Text(
            zh="投标截止时间 − 投标开始时间 < {r003_threshold}；可按**采购方式说明**另设天数，可限于**采购方式**。",
            en="End of the tender period - its start < {r003_threshold}, or the days set for its **procurement method "
            "details**, among the **procurement methods** set.",
        ),
        Text(
            zh="云杉市教育局 3 月 1 日 9 时公告采购课桌，3 月 9 日 9 时截止投标：8 天，不足 15 天。",
            en="The town of Sprucefield announces school desks on 1 March at 9:00 and takes bids until 9 March at "
            "9:00: 8 days, fewer than 15.",
        ),
        PROCESS,
        "tender/tenderPeriod/startDate tender/tenderPeriod/endDate tender/procurementMethod "
        "tender/procurementMethodDetails",
        "no_method other_method no_period period_reversed",
        (
            Text(
                zh="时间按时区换算为同一时刻后比较；仅有日期的截止时间算到当日终了。",
                en="Times are compared as instants, with their offsets; an end that names only a day lasts that day.",
            ),
        ),
        (
            ("threshold", "r003_threshold", Text(zh="最短天数", en="the fewest days")),
            (
                "procurement_methods",
                "r003_methods",
                Text(zh="判断哪些采购方式，以 | 分隔", en="the methods that are judged, separated by |"),
            ),
            (
                "[R003.procurement_method_details]",
                "r003_details",
                Text(zh="每种采购方式说明的最短天数", en="the fewest days for each text of the method details"),
            ),
        ),
        (RISK_INDEX,),
    ),
    Description(
        "R018",
        Text(
            zh="采购方式为{r018_methods}之一，且投标人只有一家；各标段分别判断。",
            en="The procurement method is one of {r018_methods}, and the number of tenderers is 1, lot by lot.",
        ),
        Text(
            zh="白杨县公开招标修路，`numberOfTenderers` 为 1；或未填此数，而唯一的投标来自青石建筑。",
            en="Aspen County tenders a road openly, and `numberOfTenderers` is 1; or it is absent, and the only bid is "
            "that of Bluestone Builders.",
        ),
        PROCESS,
        "tender/procurementMethod tender/numberOfTenderers bids/details",
        "no_method other_method implausible_number no_tenderers",
        (
            Text(
                zh="未填投标人数量、数量为零或分标段的，以投标计算；受邀未投和撤回的不计。",
                en="Where the number is absent or zero, or there are lots, the bids are counted, without those invited "
                "or withdrawn.",
            ),
        ),
        (
            (
                "procurement_methods",
                "r018_methods",
                Text(zh="判断哪些采购方式，以 | 分隔", en="the methods that are judged, separated by |"),
            ),
        ),
        (RISK_INDEX,),
    ),
    Description(
        "R030",
        Text(
            zh="中标人有效投标的收到时间 > 投标截止时间。",
            en="The date of the winner's valid bid > the end of the tender period.",
        ),
        Text(
            zh="4 月 2 日 12 时截止。白河路桥的投标于 4 月 2 日 15 时收到，并中标。",
            en="Bids are due on 2 April at 12:00. That of Whitewater Roads comes in at 15:00, and wins.",
        ),
        Text(
            zh="命中的采购项目、中标的投标人，各记 1。",
            en="The contracting process and the winning tenderer, each with the value 1.",
        ),
        AWARDS + BIDS + "bids/details/date tender/tenderPeriod/endDate",
        "no_deadline no_bids no_award unread_status no_bid_date",
        (
            Text(
                zh="投标日期为收到时间，不是录入时间；按时区换算后比较。",
                en="A bid's date is that of its receipt, not of data entry; offsets are taken into account.",
            ),
        ),
    ),
    Description(
        "R035",
        Text(
            zh="唯一的有效投标人中标，且被否决的其他投标人 ≥ {r035_threshold} 家。",
            en="The only tenderer with a valid bid won, and at least {r035_threshold} other tenderers were "
            "disqualified.",
        ),
        Text(
            zh="医院设备有三家投标。垂柳商贸、银杏医疗均被否决，青松器械中标。",
            en="Three firms bid for hospital equipment. Willow and Ginkgo are disqualified, Pine Instruments wins.",
        ),
        Text(
            zh="命中的采购项目，记被否决的投标人家数；中标人，记 0。",
            en="The contracting process, with the number of tenderers disqualified; the winner, with 0.",
        ),
        AWARDS + BIDS,
        "no_bids award_not_final no_award no_supplier unread_status",
        (STATUS,),
        (
            (
                "threshold",
                "r035_threshold",
                Text(zh="被否决投标人的最少家数", en="the fewest tenderers disqualified"),
            ),
        ),
    ),
    Description(
        "R066",
        Text(
            zh="有效且有变更（`amendments`）的合同中，某条目的数量 > 中标时同一条目的数量，或中标时没有该条目。",
            en="In an active contract with `amendments`, the quantity of an item > that of the same item in its award, "
            "or the award has no such item.",
        ),
        Text(
            zh="垂柳商贸中标课桌 200 张，合同变更后为 260 张。",
            en="Willow Trading is awarded 200 desks; after an amendment its contract has 260.",
        ),
        PROCESS,
        "contracts/status contracts/awardID contracts/amendments contracts/items/id contracts/items/quantity "
        "awards/id awards/items/id awards/items/quantity",
        "no_contract no_lines",
        (
            Text(
                zh="条目以编号对应；合同未注明 `awardID` 的，与全部中标结果比较。没有变更的有效合同算通过。",
                en="Items are the same where their ids are; a contract without an `awardID` is compared with all "
                "awards. An active contract without amendments passes.",
            ),
            Text(
                zh="指南第 89 页的公式写作中标数量大于合同数量，与其标题和文字相反（第 88 页 R065 亦对调），"
                "此处按标题和文字判断。",
                en="The formula on page 89 of the guide has award > contract, against its own title and words (that of "
                "R065 on page 88 is reversed too); title and words are followed here.",
            ),
            Text(
                zh="数据表没有合同条目，`scan` 因此不设该指标；`ocp_r064`、`ocp_r069` 判断补充协议的次数与金额。",
                en="The tables of a scan have no line items, so `scan` cannot judge it; `ocp_r064` and `ocp_r069` "
                "judge the number and the money of supplements.",
            ),
            Text(
                zh="Cardinal 没有该指标：`--format cardinal` 只在设置文件有 `[R066]` 一节时运行。",
                en="Cardinal has no such indicator: with `--format cardinal` it runs only if the settings have a "
                "section `[R066]`.",
            ),
        ),
    ),
)
