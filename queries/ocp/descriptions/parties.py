"""Indicators of tenderers, suppliers and buyers over all their processes."""

from __future__ import annotations

from i18n import Text
from queries.ocp.descriptions.description import (
    AWARDS,
    BIDS,
    COLLUSION,
    FENCES,
    FIXED,
    QUARTILES,
    SPREAD,
    STATUS,
    Description,
)

DESCRIPTIONS: tuple[Description, ...] = (
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
        AWARDS + BIDS,
        "too_few no_spread",
        (
            Text(
                zh="只计中标结果已定且仅有一个有效中标的竞争；其余不计入次数。",
                en="Only competitions with one final, active award are counted.",
            ),
            SPREAD,
        ),
        (
            ("percentile", "r025_percentile", Text(zh="投标次数的百分位", en="the percentile of the number of bids")),
            ("threshold", "r025_threshold", FIXED),
        ),
        (COLLUSION, QUARTILES, FENCES),
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
        BIDS + "buyer/id tender/procuringEntity/id",
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
            ("threshold", "r038_threshold", FIXED),
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
        AWARDS + "awards/items/classification/id",
        "below_minimum too_few no_spread",
        (
            Text(
                zh="所有分类代码属于同一层级体系，如 UNSPSC、CPV；联合体不计。",
                en="All classes are of one hierarchical scheme, such as UNSPSC or CPV; consortia are left out.",
            ),
            SPREAD,
        ),
        (
            ("digits", "r048_digits", Text(zh="品类取代码前几位", en="characters of the class that make a kind")),
            ("threshold", "r048_threshold", FIXED),
            (
                "minimum_contracting_processes",
                "r048_minimum_processes",
                Text(zh="供应商最少中标项目数", en="fewest processes of a supplier"),
            ),
        ),
        (QUARTILES, FENCES),
    ),
    Description(
        "R057",
        Text(
            zh="同一品类中，一组投标人两两同场投标不少于 {r057_tenders} 次，"
            "相遇时各中标相同次数（不少于 {r057_wins} 次），所中金额相差不超过 {r057_amount}%，"
            "且其同场的竞争不少于 {r057_share}% 由组内投标人中标。",
            en="For one kind of goods, any two of a group of tenderers met {r057_tenders} times or more, won equally "
            "many of these competitions, {r057_wins} or more each, for sums that differ by {r057_amount}% at most, and "
            "{r057_share}% or more of the competitions in which they met went to one of the group.",
        ),
        Text(
            zh="青石建筑、白河路桥、杨柳工程六次同场投标，各中标两次，每家合计约 500 万元。",
            en="Bluestone, Whitewater Roads and Osier Works meet six times; each wins twice, about 5,000,000 in all.",
        ),
        Text(
            zh="组内两家以上同场的采购项目，及其中的该组投标人，各记 1。",
            en="The contracting processes in which two of a group met or more, and those tenderers, each with "
            "the value 1.",
        ),
        AWARDS + BIDS + "bids/details/value/amount bids/details/value/currency awards/items/classification/id",
        "no_bids award_not_final no_award several_awards no_supplier consortium unread_status price_for_lots "
        "no_winning_price",
        (
            Text(
                zh="品类为中标条目分类代码的前几位（`[R048]` 的 `digits`）；没有代码或有多个品类的竞争，合为一类。",
                en="A kind of goods is how the class of the items awarded begins (`digits` of `[R048]`); competitions "
                "for several kinds, or without a class, count as one more kind.",
            ),
            Text(
                zh="指南以每家中标次数相同、金额相近为标志，未规定如何分组；此处以两两同场投标分组。",
                en="The guide asks for equally many contracts of similar amounts, and leaves open what makes a group; "
                "here it is meeting each other as bidders.",
            ),
            STATUS,
            Text(
                zh="Cardinal 没有该指标：`--format cardinal` 只在设置文件有 `[R057]` 一节时运行。",
                en="Cardinal has no such indicator: with `--format cardinal` it runs only if the settings have a "
                "section `[R057]`.",
            ),
        ),
        (
            ("tenders", "r057_tenders", Text(zh="两两同场投标的最少次数", en="how often any two met, at least")),
            ("wins", "r057_wins", Text(zh="各自中标的最少次数", en="wins of each, at least")),
            (
                "amount_pct",
                "r057_amount",
                Text(zh="两家所中金额最多相差的百分比", en="percent by which the sums of two may differ"),
            ),
            (
                "share_pct",
                "r057_share",
                Text(zh="同场竞争中由组内中标的最低百分比", en="percent of their competitions that the group won"),
            ),
        ),
        (COLLUSION,),
    ),
)
