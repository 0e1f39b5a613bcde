"""A contract of a project that must be tendered, without a tender on a connected platform."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.approvals import APPROVALS
from queries.debt_feeding.trade import says
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier, Verdict
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What may stand for the missing tender."""

    award_days: int = Field(
        365, ge=0, description="Days before signature in which an award to the supplier may be the one that is missing."
    )
    emergency_words: tuple[str, ...] = Field(
        ("应急", "抢险", "救灾", "抢修"), description="Words in the name of a project that name an emergency."
    )
    approval_words: tuple[str, ...] = Field(
        ("不招标", "应急", "抢险", "豁免", "单一来源", "直接发包"),
        description="Published items that approve a contract without a tender.",
    )


SELECT = Sql(f"""
WITH {APPROVALS},
bound AS (
  SELECT c.contract_id, c._key AS key, c.project_id, c.buyer_id, c.supplier_id, c.amount, c.tender_id,
         c.signed_on, coalesce(c.signed_on, c.started_on) AS day, p.name AS project_name, p._key AS project_key
  FROM contracts c JOIN projects p USING (project_id)
  WHERE p.must_tender AND coalesce(c.kind, 'main') = 'main' AND coalesce(c.signed_on, c.started_on) IS NOT NULL
),
-- Without a tender, or by one on a platform that was to be connected by then and was not.
missing AS (
  SELECT b.*, NULL AS platform_id, NULL AS platform_key,
         sum(b.amount) OVER (PARTITION BY b.project_id, b.supplier_id) AS together
  FROM bound b WHERE b.tender_id IS NULL
  UNION ALL
  SELECT b.*, f.platform_id, f._key, b.amount
  FROM bound b JOIN tenders t USING (tender_id) JOIN platforms f USING (platform_id)
  WHERE f.required_by <= CAST(t.published_at AS DATE) AND CAST(t.published_at AS DATE) < f.connected_on
),
-- The limits of the day: below the lowest no category must be tendered, from the highest on every one.
limits AS (
  SELECT valid_from, valid_to, min(floor) AS lowest, max(floor) AS highest, min(law) AS law
  FROM tender_thresholds WHERE regime = 'bidding' GROUP BY ALL
),
-- An award of the buyer to the supplier that no contract names: the record is there, only the number is missing.
unlinked AS (
  SELECT m.contract_id, min(t.tender_id) AS award_id, min_by(t._key, t.tender_id) AS award_key
  FROM missing m JOIN tenders t ON t.buyer_id = m.buyer_id
  JOIN bids b ON b.tender_id = t.tender_id AND b.bidder_id = m.supplier_id AND coalesce(b.is_winner, true)
  WHERE m.tender_id IS NULL AND coalesce(t.project_id = m.project_id, true)
    AND coalesce(t.awarded_on BETWEEN m.signed_on - $award_days AND m.signed_on, true)
    AND t.tender_id NOT IN (SELECT tender_id FROM contracts WHERE tender_id IS NOT NULL)
  GROUP BY ALL
),
-- A tender of the project from before, of which no bids are known and which no contract names: perhaps this one.
unknown_award AS (
  SELECT m.contract_id, min(t.tender_id) AS perhaps_id, min_by(t._key, t.tender_id) AS perhaps_key
  FROM missing m JOIN tenders t ON t.buyer_id = m.buyer_id AND coalesce(t.project_id = m.project_id, true)
  WHERE m.tender_id IS NULL AND coalesce(t.status IN ('active', 'awarded'), true)
    AND coalesce(CAST(t.published_at AS DATE) <= m.signed_on, true)
    AND t.tender_id NOT IN (SELECT tender_id FROM bids)
    AND t.tender_id NOT IN (SELECT tender_id FROM contracts WHERE tender_id IS NOT NULL)
  GROUP BY ALL
),
approved AS (
  SELECT e.contract_id, min(a.approved_on) AS approved_on, list_sort(flatten(list(a.approval_refs))) AS approval_refs
  FROM (SELECT contract_id, day, unnest([contract_id, project_id]) AS ref_id FROM missing) e
  JOIN approvals a ON a.ref_id = e.ref_id AND a.approved_on <= e.day
  GROUP BY ALL
)
SELECT m.*, l.lowest, l.highest, l.law, u.award_id, u.award_key, w.perhaps_id, w.perhaps_key, a.approved_on,
       a.approval_refs, b.name AS buyer_name, s.name AS supplier_name
FROM missing m JOIN limits l ON m.day BETWEEN l.valid_from AND l.valid_to
LEFT JOIN unlinked u USING (contract_id) LEFT JOIN unknown_award w USING (contract_id)
LEFT JOIN approved a USING (contract_id)
LEFT JOIN parties b ON b.id = m.buyer_id LEFT JOIN parties s ON s.id = m.supplier_id
ORDER BY m.contract_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE bound AND dated AND known) AS judged, count(*) FILTER (WHERE bound IS NULL) AS no_duty,
       count(*) FILTER (WHERE bound AND NOT dated) AS no_day,
       count(*) FILTER (WHERE bound AND dated AND NOT known) AS unknown_tender
FROM (SELECT p.must_tender AS bound, coalesce(c.signed_on, c.started_on) IS NOT NULL AS dated,
             c.tender_id IS NULL OR c.tender_id IN (SELECT tender_id FROM tenders) AS known
      FROM contracts c LEFT JOIN projects p USING (project_id) WHERE coalesce(c.kind, 'main') = 'main')
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a contract; a fact where its value is above the limit of every category."""
    for _, row in rows.iterrows():
        excuses = _excuses(row, params)
        day = row["day"].date()
        platform = row["platform_id"]
        yield Lead(
            identity={"contract": str(row["contract_id"])},
            tier=Tier.B if any(x.verdict is Verdict.NOT_CHECKABLE for x in excuses) else Tier.A,
            entities=(
                Entity(str(row["contract_id"]), "contract", "contract"),
                Entity(str(row["project_id"]), "project", "project"),
                Entity(str(row["buyer_id"]), "org", "buyer"),
                Entity(str(row["supplier_id"]), "org", "supplier"),
                *((Entity(platform, "platform", "platform"),) if isinstance(platform, str) else ()),
            ),
            reasons=(_reason(row),),
            innocent=excuses,
            records=(
                Ref("contracts", int(row["key"])),
                Ref("projects", int(row["project_key"])),
                *refs(row["approval_refs"]),
                *(Ref(t, int(row[k])) for t, k in _OTHER_ROWS if not pd.isna(row[k])),
            ),
            links=(Link("LETS", str(row["buyer_id"]), str(row["contract_id"]), Ref("contracts", int(row["key"]))),),
            score=min(1.0, int(row["together"]) / (10 * int(row["highest"]))),
            rank=int(row["amount"]) / 100,
            amount=Amount(int(row["amount"])),
            period=(day, day),
            laws=(str(row["law"]), *LAWS),
        )


_OTHER_ROWS = (("tenders", "award_key"), ("tenders", "perhaps_key"), ("platforms", "platform_key"))
LAWS = ("bidding_law_4", "bidding_law_49", "platform_order_39_8")


def _reason(row: pd.Series) -> Text:
    if isinstance(row["platform_id"], str):
        said = Text(
            zh="{buyer}与{supplier}的合同 {contract}（{sum}）所属项目 {project} 依法必须招标，其标段 {tender} 所在平台 "
            "{platform} 当时应接入而未接入。",
            en="Contract {contract} ({sum}) of {buyer} with {supplier} belongs to project {project}, which must be "
            "tendered; its tender {tender} was on platform {platform}, which should have been connected and was not.",
        )
    else:
        said = Text(
            zh="{buyer}与{supplier}签订合同 {contract}（{sum}），所属项目 {project} 依法必须招标，"
            "平台上没有其招标记录。",
            en="{buyer} signed contract {contract} ({sum}) with {supplier} for project {project}, which must be "
            "tendered, and no platform has a tender for it.",
        )
    return said.format(
        buyer=name(row, "buyer"),
        supplier=name(row, "supplier"),
        contract=row["contract_id"],
        sum=money(int(row["amount"])),
        project=row["project_name"] if isinstance(row["project_name"], str) else row["project_id"],
        tender=row["tender_id"],
        platform=row["platform_id"],
    )


def _excuses(row: pd.Series, params: Parameters) -> tuple[Excuse, ...]:
    together, lowest, highest = int(row["together"]), int(row["lowest"]), int(row["highest"])
    approved = not pd.isna(row["approved_on"])
    # Among rows with a name an empty one is NaN, which holds no words.
    emergency = isinstance(row["project_name"], str) and says(row["project_name"], params.emergency_words)
    return (
        verdict(
            "below_threshold",
            True if together < lowest else (False if together >= highest else None),
            yes=Text(
                zh="同一项目、同一承包人未招标合同合计 {sum}，低于各类必须招标的最低限额 {limit}。",
                en="The supplier's untendered contracts for the project are {sum} in all, below every limit ({limit}).",
            ).format(sum=money(together), limit=money(lowest)),
            no=Text(
                zh="同一项目、同一承包人未招标合同合计 {sum}，已达到各类必须招标的限额。",
                en="The supplier's untendered contracts for the project are {sum} in all, above every limit.",
            ).format(sum=money(together)),
            unknown=Text(
                zh="合计 {sum}，介于服务类与施工类限额之间，合同类别未知。",
                en="{sum} in all lies between the limits for services and for works, and the category is unknown.",
            ).format(sum=money(together)),
        ),
        verdict(
            "approved_exemption",
            approved or (None if emergency else False),
            yes=Text(
                zh="签约前已公示不招标的批准。", en="An approval without a tender was published before signature."
            ),
            no=Text(
                zh="签约前没有公示的不招标批准，项目名称未表明应急情形。",
                en="No such approval was published before signature, and the project's name speaks of no emergency.",
            ),
            unknown=Text(
                zh="项目名称表明应急情形，签约前没有公示的不招标批准，应当核对审批文件。",
                en="The project's name speaks of an emergency, and no approval was published before: check it.",
            ),
        ),
        verdict(
            "unlinked_tender",
            isinstance(row["award_id"], str) or (None if isinstance(row["perhaps_id"], str) else False),
            yes=Text(
                zh="同一采购人的标段 {award} 由该承包人中标且未关联合同，应为该合同漏填标段编号。",
                en="The supplier won tender {award} of the buyer, and no contract names it: its number is missing.",
            ).format(award=row["award_id"]),
            no=Text(
                zh="该承包人没有该采购人未关联合同的中标记录。",
                en="The supplier has no award of the buyer that is without a contract.",
            ),
            unknown=Text(
                zh="该项目的标段 {tender} 未关联合同，且没有投标记录，是否为该合同的标段无从核实。",
                en="No contract names tender {tender} of the project, and its bids are unknown: it may be this one's.",
            ).format(tender=row["perhaps_id"]),
        ),
        verdict(
            "exempt_project",
            False,
            yes=Text(zh="项目非必须招标。", en="The project need not be tendered."),
            no=Text(zh="项目登记为依法必须招标。", en="The register says that the project must be tendered."),
        ),
    )


DETECTOR = Detector(
    id="no_platform_record",
    family="off_platform",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="应招标项目平台无记录", en="Must-tender contract without tender"),
    question=Text(
        zh="依法必须招标项目的合同，是否在已接入的平台上有招标记录？",
        en="Does a contract of a project that must be tendered have a tender on a connected platform?",
    ),
    rule=Text(
        zh="项目标明依法必须招标，其主合同没有对应标段，或者标段所在平台当时应接入而未接入。合计低于签约日最低限额，"
        "签约前已公示含 {approval_words} 的批准，或者签约前 {award_days} 天内该承包人另有未关联合同的中标的，予以排除；"
        "合计介于最低与最高限额之间的，项目名称含 {emergency_words} 而未见批准的，以及该项目另有标段未关联合同、投标"
        "记录未知的，列为 B 类。",
        en="The project is marked as one that must be tendered, and its main contract has no tender, or one on a "
        "platform that should have been connected and was not. Sums below the lowest limit of the day, an approval "
        "published before signature ({approval_words}), and an award to the supplier in the {award_days} days before "
        "that no contract names are cleared. It is a tier B lead where the sum lies between the lowest and the highest "
        "limit, where the project's name speaks of an emergency ({emergency_words}) without an approval, or where the "
        "project has a tender that no contract names and of which no bids are known.",
    ),
    why=Text(
        zh="不进平台的交易，既无竞争也无监督，往往是规避招标、直接指定。",
        en="What is not on the platform has neither competition nor oversight.",
    ),
    example=Text(
        zh="某医院门诊楼项目必须招标，却直接与甲公司签订 1,800 万元施工合同，平台上没有任何标段：列为 A 类疑点。",
        en="A hospital's building must be tendered; its contract of CNY 18 million went to a firm directly, and no "
        "platform knows of a tender: a tier A lead.",
    ),
    legal_basis=("order_16_5", "order_3_7", *LAWS),
    references=("必须招标的工程项目规定", "公共资源交易“应进必进”要求"),
    innocent=(
        Innocent("below_threshold", Text(zh="低于必须招标限额", en="Below the limit for tendering")),
        Innocent("approved_exemption", Text(zh="经批准不招标", en="An approved exemption")),
        Innocent("unlinked_tender", Text(zh="合同漏填标段编号", en="A tender whose number is missing")),
        Innocent("exempt_project", Text(zh="非必须招标项目", en="A project that need not be tendered")),
    ),
    parameters=Parameters,
    identity=("contract",),
    requires={"contracts": ("contract_id", "project_id", "signed_on"), "projects": ("project_id", "must_tender")},
    uses={
        "contracts": ("tender_id",),
        "tenders": ("platform_id", "project_id", "published_at", "awarded_on"),
        "platforms": ("required_by", "connected_on"),
        "bids": ("is_winner",),
        "disclosures": ("item", "ref_id", "published_on"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="主合同", en="main contracts"),
    not_judgeable={
        "no_duty": Text(zh="未标明项目是否必须招标", en="it is unknown whether the project must be tendered"),
        "no_day": Text(zh="签约日期未知", en="the day of signature is unknown"),
        "unknown_tender": Text(zh="所列标段不在数据中", en="the tender that it names is not in the data"),
    },
    blind=Text(
        zh="看不到未登记为项目的合同，也看不到标注错误的“非必须招标”项目。",
        en="Contracts of no registered project, and projects wrongly marked as exempt.",
    ),
    max_share=0.05,
    absent=("tenders",),
    relations=("parties", "tender_thresholds"),
)
