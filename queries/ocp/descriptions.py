"""The rule of each indicator in words, with an example, for its page; the rest of the page comes from `flags`.

Fields in braces are attributes of `Settings`; the page shows their defaults in bold.
"""

from __future__ import annotations

from dataclasses import dataclass

from i18n import Text


@dataclass(frozen=True, slots=True)
class Description:
    """What a page says beyond the flag itself.

    `reads` are the OCDS fields, `reasons` the names of why a case cannot be judged, and `options` the settings of the
    indicator's own section: key, attribute of `Settings`, meaning.
    """

    code: str
    rule: Text
    example: Text
    output: Text
    reads: str
    reasons: str
    assumptions: tuple[Text, ...]
    options: tuple[tuple[str, str, Text], ...] = ()
    literature: tuple[str, ...] = ()


COLLUSION = "OECD (2009), Guidelines for Fighting Bid Rigging in Public Procurement"
RISK_INDEX = (
    "Fazekas, M., Tóth, I. J. and King, L. P. (2016), An Objective Corruption Risk Index Using Public Procurement "
    "Data, European Journal on Criminal Policy and Research 22, 369-397"
)
SCREENING = (
    "Imhof, D., Karagök, Y. and Rutz, S. (2018), Screening for Bid Rigging - Does It Work?, Journal of Competition "
    "Law & Economics 14, 235-261"
)
QUARTILES = (
    "Hyndman, R. J. and Fan, Y. (1996), Sample Quantiles in Statistical Packages, The American Statistician 50, "
    "361-365 (the quartiles: definition 8)"
)
FENCES = "Tukey, J. W. (1977), Exploratory Data Analysis, Addison-Wesley (the fences)"

_PROCESS = Text(zh="命中的采购项目，记 1。", en="The contracting process, with the value 1.")
_STATUS = Text(
    zh="投标状态按代码表填写；全部状态缺失或不在代码表内的，不作判断。",
    en="Bid statuses come from the codelist; where none can be read, nothing is judged.",
)
_PRICE = Text(
    zh="除设定为不比价的采购方式外，均视为比价。",
    en="Price decides, except for the methods set as not comparing prices.",
)
_SPREAD = Text(
    zh="四分位数相等时不设界限：否则与众不同者都成了异常。",
    en="Equal quartiles give no fence: whoever merely differs would be an outlier.",
)
_FIXED = Text(zh="固定阈值，代替由数据得出的界限", en="a fixed threshold in place of the fence")
_MARGIN_REASONS = (
    "no_bids award_not_final no_award several_awards no_supplier consortium unread_status no_price_comparison "
    "price_for_lots other_currency no_winning_price single_price not_lowest too_few no_spread"
)
_BIDS = "bids/details/status bids/details/tenderers/id "
_AWARDS = "awards/status awards/suppliers/id "
_PRICES = "bids/details/value/amount bids/details/value/currency tender/procurementMethodDetails "

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
        _PROCESS,
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
        _PROCESS,
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
        _AWARDS + _BIDS + _PRICES,
        _MARGIN_REASONS,
        (_PRICE, _STATUS, _SPREAD),
        (("threshold", "r024_threshold", _FIXED),),
        (SCREENING, QUARTILES, FENCES),
    ),
    Description(
        "R025",
        Text(
            zh="投标次数不低于第 {r025_percentile} 百分位，且中标次数 ÷ 投标次数 ≤ **Q1 − 1.5 × (Q3 − Q1)** "
            "或**设定的阈值**。",
            en="Bids at or above percentile {r025_percentile} of all tenderers, and wins / bids ≤ **Q1 - 1.5 × "
            "(Q3 - Q1)**, or the **threshold** set.",
        ),
        Text(
            zh="四分之三的投标人投标不足 12 次，中标率下界为 2%。垂柳商贸投标 15 次，一次未中。",
            en="Three in four tenderers bid less than 12 times, and the fence is 2%. Willow Trading bid 15 times and "
            "never won.",
        ),
        Text(zh="命中的投标人，记其中标率。", en="The tenderer, with its share of wins."),
        _AWARDS + _BIDS,
        "too_few no_spread",
        (
            Text(
                zh="只计中标结果已定且仅有一个有效中标的竞争；其余不计入次数。",
                en="Only competitions with one final, active award are counted.",
            ),
            _SPREAD,
        ),
        (
            ("percentile", "r025_percentile", Text(zh="投标次数的百分位", en="the percentile of the number of bids")),
            ("threshold", "r025_threshold", _FIXED),
        ),
        (COLLUSION, QUARTILES, FENCES),
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
        _BIDS + _PRICES,
        "no_bids no_price_comparison price_for_lots single_price",
        (
            _PRICE,
            Text(
                zh="报价为零视为未公布；受邀未投和撤回的投标不计。",
                en="A price of zero counts as not published; bids invited or withdrawn are left out.",
            ),
        ),
        (),
        (COLLUSION,),
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
        _AWARDS + _BIDS + "bids/details/date tender/tenderPeriod/endDate",
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
        _AWARDS + _BIDS,
        "no_bids award_not_final no_award no_supplier unread_status",
        (_STATUS,),
        (
            (
                "threshold",
                "r035_threshold",
                Text(zh="被否决投标人的最少家数", en="the fewest tenderers disqualified"),
            ),
        ),
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
        _PROCESS,
        "awards/status " + _BIDS + _PRICES,
        "no_bids no_award unread_status no_price_comparison price_for_lots other_currency no_valid_price",
        (_PRICE, _STATUS),
    ),
    Description(
        "R038",
        Text(
            zh="被否决的投标 ÷ 提交的投标 ≥ **Q3 + 1.5 × (Q3 − Q1)** 或**设定的阈值**；"
            "投标人至少投标 {r038_minimum_bids} 次，采购人、采购机构至少有 {r038_minimum_processes} 个采购项目。",
            en="Disqualified bids / submitted bids ≥ **Q3 + 1.5 × (Q3 - Q1)**, or the **threshold** set; of tenderers "
            "with at least {r038_minimum_bids} bids, and of buyers and procuring entities with at least "
            "{r038_minimum_processes} contracting processes.",
        ),
        Text(
            zh="各采购人的否决比例多为 5% 至 15%，上界为 30%。白杨县收到投标 100 份，否决 45 份：45%。",
            en="Quartiles of the buyers are 5% and 15%, so the fence is 30%. Aspen County disqualifies 45 of 100 "
            "bids: 45%.",
        ),
        Text(
            zh="命中的采购人、采购机构、投标人，记其比例；三类分别设界。",
            en="The buyer, the procuring entity and the tenderer, with the share; each kind has a fence of its own.",
        ),
        _BIDS + "buyer/id tender/procuringEntity/id",
        "below_minimum too_few no_spread",
        (
            Text(
                zh="没有状态、受邀未投和撤回的投标，不算提交。",
                en="Bids without a status, invited or withdrawn do not count as submitted.",
            ),
            Text(
                zh="`minimum_counts` 决定 `minimum_contracting_processes` 的计数对象："
                "`processes` 为采购项目（本系统默认，与 Cardinal 的文档一致）；"
                "`bids` 为投标（`--format cardinal` 默认，与 Cardinal 的程序一致）。",
                en="`minimum_counts` says what `minimum_contracting_processes` counts: `processes`, the contracting "
                "processes (our default, as Cardinal's documentation says), or `bids`, the submitted bids (the "
                "default of `--format cardinal`, as Cardinal's program does).",
            ),
        ),
        (
            ("threshold", "r038_threshold", _FIXED),
            (
                "minimum_submitted_bids",
                "r038_minimum_bids",
                Text(zh="投标人最少投标数", en="fewest bids of a tenderer"),
            ),
            (
                "minimum_contracting_processes",
                "r038_minimum_processes",
                Text(zh="采购人、采购机构最少项目数", en="fewest processes of a buyer or procuring entity"),
            ),
            (
                "minimum_counts",
                "r038_minimum_counts",
                Text(zh="按采购项目或按投标计数，见下", en="whether processes or bids are counted, see below"),
            ),
        ),
        (QUARTILES, FENCES),
    ),
    Description(
        "R048",
        Text(
            zh="供应商有效中标的品类数 ≥ **Q3 + 1.5 × (Q3 − Q1)** 或**设定的阈值**；品类为分类代码前 {r048_digits} 位；"
            "供应商至少中标 {r048_minimum_processes} 个项目。",
            en="Kinds of goods in a supplier's active awards ≥ **Q3 + 1.5 × (Q3 - Q1)**, or the **threshold** set; a "
            "kind is the first {r048_digits} characters of an item's class; among suppliers of at least "
            "{r048_minimum_processes} processes.",
        ),
        Text(
            zh="供应商多有 3 至 7 个品类，上界为 13。百通商贸在 24 个项目中供应燃料、校服、试剂等 17 个品类。",
            en="Quartiles are 3 and 7 kinds, so the fence is 13. Anything Trading supplies 17 kinds in 24 processes, "
            "from fuel to reagents.",
        ),
        Text(zh="命中的供应商，记其品类数。", en="The supplier, among the tenderers, with its number of kinds."),
        _AWARDS + "awards/items/classification/id",
        "below_minimum too_few no_spread",
        (
            Text(
                zh="所有分类代码属于同一层级体系，如 UNSPSC、CPV；联合体不计。",
                en="All classes are of one hierarchical scheme, such as UNSPSC or CPV; consortia are left out.",
            ),
            _SPREAD,
        ),
        (
            ("digits", "r048_digits", Text(zh="品类取代码前几位", en="characters of the class that make a kind")),
            ("threshold", "r048_threshold", _FIXED),
            (
                "minimum_contracting_processes",
                "r048_minimum_processes",
                Text(zh="供应商最少中标项目数", en="fewest processes of a supplier"),
            ),
        ),
        (QUARTILES, FENCES),
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
        _AWARDS + _BIDS + _PRICES,
        _MARGIN_REASONS,
        (_PRICE, _STATUS, _SPREAD),
        (("threshold", "r058_threshold", _FIXED),),
        (SCREENING, QUARTILES, FENCES),
    ),
)
