"""What each Open Contracting red flag asks, why, and what innocent thing looks the same.

Codes and questions are those of *Red Flags in Public Procurement: a guide to using data to detect and mitigate
risks* (Open Contracting Partnership, 2024); eleven of them are the indicators of its tool Cardinal.
"""

from __future__ import annotations

from dataclasses import dataclass

from i18n import Text


@dataclass(frozen=True, slots=True)
class Flag:
    """One red flag. `innocent` names its twins as (id, text)."""

    code: str
    title: Text
    """At most five words."""
    question: Text
    why: Text
    innocent: tuple[tuple[str, Text], ...]
    statistical: bool = False
    """It compares with the rest of the data, so it means nothing for one process alone."""
    max_share: float = 0.2
    """Firing on more of what was judged says that a setting or the data do not fit."""


FLAGS: tuple[Flag, ...] = (
    Flag(
        "R003",
        Text(zh="投标期限过短", en="Short bidding period"),
        Text(
            zh="从公告到投标截止的时间是否短于该采购方式应有的期限？",
            en="Is the time to bid shorter than the method asks for?",
        ),
        Text(
            zh="期限过短，只有事先知情的供应商来得及编制投标文件。",
            en="Little time leaves only those prepared who knew beforehand.",
        ),
        (
            ("urgent_need", Text(zh="应急采购，依法可以缩短期限", en="An emergency, for which the law allows less")),
            ("second_notice", Text(zh="重新公告，首次公告已给足时间", en="A repeated notice; the first gave the time")),
        ),
    ),
    Flag(
        "R018",
        Text(zh="仅有一家投标", en="Single bidder"),
        Text(
            zh="公开或邀请的采购是否只有一家投标人？",
            en="Did only one tenderer take part in an open or selective procedure?",
        ),
        Text(
            zh="条件可能为某一供应商量身定制，或其他供应商知道结果已定。",
            en="The terms may fit one supplier only, or the others know who will win.",
        ),
        (
            ("sole_supplier", Text(zh="市场上只有一家供应商", en="The market has one supplier")),
            ("bids_not_published", Text(zh="落选投标未公开", en="Losing bids are not published")),
        ),
        max_share=0.4,
    ),
    Flag(
        "R024",
        Text(zh="次低价紧贴中标价", en="Price close to winner"),
        Text(
            zh="次低有效报价与中标价之差是否异常小？",
            en="Is the difference between the winning and the second lowest valid bid a low outlier?",
        ),
        Text(
            zh="陪标人可以比照中标价报出略高的价格。",
            en="A colluding bidder can price just above its partner to look like competition.",
        ),
        (
            ("standard_goods", Text(zh="标准化货物，成本透明", en="Standard goods whose cost everyone knows")),
            ("tight_ceiling", Text(zh="最高限价偏紧", en="A tight ceiling price")),
        ),
        statistical=True,
        max_share=0.1,
    ),
    Flag(
        "R025",
        Text(zh="屡投不中", en="Seldom wins"),
        Text(
            zh="经常投标的投标人中标比例是否异常低？",
            en="Does a tenderer that bids often win an unusually small share of its bids?",
        ),
        Text(
            zh="陪标人以故意落标换取其他好处。",
            en="A colluding bidder loses on purpose, where its partner is to win.",
        ),
        (
            ("newcomer", Text(zh="新进入者或小企业", en="A newcomer or a small firm")),
            ("hard_market", Text(zh="竞争者众多的市场", en="A market with many competitors")),
        ),
        statistical=True,
        max_share=0.1,
    ),
    Flag(
        "R028",
        Text(zh="报价相同", en="Identical bid prices"),
        Text(
            zh="不同投标人的报价是否完全相同？",
            en="Did different tenderers submit bids with the same price?",
        ),
        Text(
            zh="报价相同可能出自同一人之手，或标底泄露。",
            en="Equal prices may come from one hand, or from a leak of the other's price.",
        ),
        (
            (
                "regulated_price",
                Text(zh="价格由政府规定或由采购人预定", en="The price is regulated, or set by the buyer"),
            ),
            ("unit_price", Text(zh="公布的是单价或费率", en="What is published is a unit price or a rate")),
        ),
    ),
    Flag(
        "R030",
        Text(zh="逾期投标中标", en="Late bid won"),
        Text(
            zh="中标的投标是否在截止时间之后收到？",
            en="Was the winning bid received after the deadline?",
        ),
        Text(
            zh="开标后再补的报价可以比照已公开的价格。",
            en="A bid made after the opening can undercut prices already seen.",
        ),
        (
            (
                "extended_deadline",
                Text(zh="截止时间已延长，数据未更新", en="The deadline was extended, the data were not"),
            ),
            ("entry_date", Text(zh="日期为录入时间而非收到时间", en="The date is that of data entry, not of receipt")),
        ),
    ),
    Flag(
        "R035",
        Text(zh="其他投标全被否决", en="All others disqualified"),
        Text(
            zh="除中标人外，其他投标人是否全部被否决？",
            en="Were all bids but those of the one who won disqualified?",
        ),
        Text(
            zh="采购人可以用否决其他投标的办法让预定的人中标。",
            en="A buyer can clear the way for a chosen bidder by disqualifying the others.",
        ),
        (
            ("real_defects", Text(zh="被否决的投标确有缺陷", en="The other bids did have defects")),
            ("one_specialist", Text(zh="专业性强，合格者少", en="A specialist trade with few qualified firms")),
        ),
    ),
    Flag(
        "R036",
        Text(zh="最低价被否决", en="Lowest bid disqualified"),
        Text(
            zh="以价格为评审标准时，最低报价是否被否决？",
            en="Is the lowest submitted bid disqualified, where price decides?",
        ),
        Text(
            zh="采购人可以用否决低价投标的办法让预定的人中标。",
            en="A buyer can let a chosen bidder win by disqualifying cheaper bids.",
        ),
        (
            ("abnormally_low", Text(zh="异常低价，无法说明成本", en="An abnormally low bid that was not explained")),
            ("quality_criteria", Text(zh="综合评审，价格不是唯一标准", en="Quality counted, not price alone")),
        ),
    ),
    Flag(
        "R038",
        Text(zh="否决比例过高", en="Excessive disqualified bids"),
        Text(
            zh="采购人、采购机构否决的投标，或某投标人被否决的投标，比例是否异常高？",
            en="Is the share of disqualified bids of a buyer, a procuring entity or a tenderer a high outlier?",
        ),
        Text(
            zh="采购人可以借否决选人；投标人可以故意提交不合格的投标陪标。",
            en="A buyer can choose by disqualifying; a bidder can lend cover by bids that are meant to fail.",
        ),
        (
            ("hard_requirements", Text(zh="采购内容要求高", en="What is bought has demanding requirements")),
            ("inexperienced", Text(zh="投标人缺乏经验", en="The bidder is inexperienced")),
        ),
        statistical=True,
        max_share=0.1,
    ),
    Flag(
        "R048",
        Text(zh="供货种类过杂", en="Heterogeneous supplier"),
        Text(
            zh="供应商中标的品类是否异常多样？",
            en="Does a supplier deliver goods of unusually many kinds?",
        ),
        Text(
            zh="什么都卖的供应商往往只是通道，未必有能力履约。",
            en="Who supplies everything is often a conduit, and less likely to be fit for any of it.",
        ),
        (("general_trader", Text(zh="正当的综合贸易商或超市", en="A genuine general trader or supermarket")),),
        statistical=True,
        max_share=0.1,
    ),
    Flag(
        "R057",
        Text(zh="轮流中标", en="Bid rotation"),
        Text(
            zh="经常同场投标的几家，是否中标次数相同、金额相近？",
            en="Do firms that keep meeting win equally often, and for similar sums?",
        ),
        Text(
            zh="串通的企业可以约定轮流中标，每家按约分得一份高价合同。",
            en="Members of a ring can agree that each in its turn wins at a raised price.",
        ),
        (
            ("nobody_else", Text(zh="市场上只有这几家", en="Nobody else is in the market")),
            ("equal_strength", Text(zh="实力相当，机会均等", en="Firms of equal strength in fair competition")),
        ),
        statistical=True,
        max_share=0.05,
    ),
    Flag(
        "R058",
        Text(zh="报价大幅偏低", en="Heavily discounted bid"),
        Text(
            zh="中标价低于次低有效报价的幅度是否异常大？",
            en="Is the winning bid unusually far below the second lowest valid bid?",
        ),
        Text(
            zh="可能以次充好，或低价中标后靠变更补回。",
            en="The goods may be poor, or the price made good later by changes to the contract.",
        ),
        (
            ("efficient_firm", Text(zh="中标人确有成本优势", en="The winner really is cheaper")),
            ("typing_error", Text(zh="金额录入有误", en="An amount mistyped")),
        ),
        statistical=True,
        max_share=0.15,
    ),
    Flag(
        "R066",
        Text(zh="变更增加采购内容", en="Amendments increase line items"),
        Text(
            zh="已变更的合同，其采购内容是否多于中标时？",
            en="Does an amended contract have more of its items, or other items, than were awarded?",
        ),
        Text(
            zh="签约后的变更可以绕过竞争增加采购内容。",
            en="What is added by an amendment has escaped the competition.",
        ),
        (
            ("foreseen_option", Text(zh="招标文件已列明的选择权", en="An option that the tender had foreseen")),
            ("recoded_items", Text(zh="中标与合同的条目编号不同", en="Award and contract number their items apart")),
        ),
    ),
)

BY_CODE = {flag.code: flag for flag in FLAGS}

REASONS: dict[str, Text] = {
    "no_method": Text(zh="未给出采购方式", en="the procurement method is not given"),
    "unread_status": Text(zh="投标状态缺失或不在代码表内", en="bid statuses are missing or outside the codelist"),
    "other_method": Text(zh="采购方式不在判断范围", en="the procurement method is not one that is judged"),
    "no_period": Text(zh="缺少投标起止时间或无法识别", en="the tender period has no readable start or end"),
    "period_reversed": Text(zh="截止时间早于开始时间", en="the tender period ends before it starts"),
    "implausible_number": Text(zh="投标人数量不合理", en="the number of tenderers is implausible"),
    "no_tenderers": Text(zh="既无投标人数量也无投标", en="neither a number of tenderers nor bids"),
    "no_bids": Text(zh="没有投标数据", en="no bids"),
    "no_award": Text(zh="没有有效的中标结果", en="no active award"),
    "award_not_final": Text(zh="中标结果未定或状态不明", en="an award is pending or of unknown status"),
    "several_awards": Text(zh="有多个中标结果且未分标段", en="several active awards and no lots"),
    "no_supplier": Text(zh="中标供应商没有标识", en="the awarded supplier has no id"),
    "consortium": Text(zh="中标人为联合体", en="a consortium won"),
    "no_price_comparison": Text(zh="该方式不比价格", en="the method does not compare prices"),
    "price_for_lots": Text(zh="一个报价对应多个标段", en="one price for several lots"),
    "other_currency": Text(zh="币种不是主要币种", en="prices in another than the main currency"),
    "no_winning_price": Text(zh="中标人没有可用的有效报价", en="no usable valid bid price of the winner"),
    "single_price": Text(zh="可比的报价不足两个", en="fewer than two prices to compare"),
    "not_lowest": Text(zh="中标价不是最低价", en="the lowest bid did not win"),
    "no_valid_price": Text(zh="没有带价格的有效投标", en="no valid bid with a price"),
    "no_deadline": Text(zh="没有投标截止时间", en="no deadline"),
    "no_bid_date": Text(zh="中标投标没有收到时间", en="no date of the winning bid"),
    "below_minimum": Text(zh="次数太少", en="too few cases of its own"),
    "too_few": Text(zh="可比对象太少", en="too few to compare with"),
    "no_contract": Text(zh="没有有效的合同", en="no active contract"),
    "no_lines": Text(zh="变更后的合同或其中标结果没有条目", en="an amended contract or its award lists no items"),
    "no_spread": Text(zh="彼此没有差异", en="no spread to compare with"),
}
"""Why something could not be judged."""
