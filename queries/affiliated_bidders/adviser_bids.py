"""The provider of design, specification, supervision or inspection bids for other work of the same project."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Excuse, Lead, Link, Tier, Verdict
from queries.groups import applicable
from queries.relations.model import ref
from queries.wording import name


class Parameters(Params):
    """How advisory work is known by its title."""

    advice_words: tuple[str, ...] = Field(
        (
            "设计",
            "规范编制",
            "规格书",
            "监理",
            "检测",
            "项目管理",
            "design",
            "specification",
            "supervision",
            "inspection",
        ),
        description="Words of a title that name advisory services.",
    )
    turnkey_words: tuple[str, ...] = Field(
        ("总承包", "EPC", "turnkey"), description="Words of a title that name design and building in one contract."
    )


SELECT = Sql(f"""
WITH advice AS (
  SELECT t.tender_id AS advice_id, t.project_id, t.title AS advice_title, w.party_id, w.ref,
         CAST(coalesce(CAST(t.awarded_on AS TIMESTAMP), t.opened_at, t.submission_deadline, t.published_at) AS DATE)
           AS advised_on
  FROM tenders t JOIN (
    SELECT tender_id, bidder_id AS party_id, {ref("bids", "bid_key")} AS ref FROM entries WHERE is_winner
    UNION
    SELECT tender_id, supplier_id, {ref("contracts")} FROM contracts WHERE kind IS DISTINCT FROM 'sub'
  ) w USING (tender_id)
  WHERE coalesce(t.category, 'services') = 'services'
    AND list_bool_or([contains(lower(t.title), lower(x)) FOR x IN $advice_words])
    AND NOT list_bool_or([contains(lower(t.title), lower(x)) FOR x IN $turnkey_words])
)
SELECT e.tender_id, t.title, e.day, e.bidder_id AS bidder, p.name AS bidder_name, t.project_id, e.regime,
       any_value(e.method) AS method, (SELECT count(method) > 0 FROM tenders) AS methods_known,
       list(DISTINCT e.bid_id ORDER BY e.bid_id) AS bids,
       list(DISTINCT a.advice_title ORDER BY a.advice_title) AS titles,
       list(DISTINCT a.advice_id ORDER BY a.advice_id) AS advice,
       coalesce(list_bool_or([contains(lower(t.title), lower(x)) FOR x IN $turnkey_words]), false) AS turnkey,
       list_sort(coalesce(list(DISTINCT {ref("disclosures", "g._key")}) FILTER (WHERE g._key IS NOT NULL), []))
         AS published,
       list_sort(list(DISTINCT {ref("bids", "e.bid_key")})) AS bid_refs, list_sort(list(DISTINCT a.ref)) AS refs
FROM advice a JOIN tenders t ON t.project_id = a.project_id AND t.tender_id <> a.advice_id
JOIN entries e ON e.tender_id = t.tender_id AND e.bidder_id = a.party_id AND e.day >= a.advised_on
CROSS JOIN unnest([t.tender_id, t.project_id]) AS about(id)
LEFT JOIN disclosures g ON g.ref_id = about.id AND g.published_on <= e.day
LEFT JOIN parties p ON p.id = e.bidder_id
GROUP BY ALL
ORDER BY e.tender_id, e.bidder_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE project_id IS NOT NULL AND day IS NOT NULL) AS judged,
       count(*) FILTER (WHERE project_id IS NULL) AS no_project,
       count(*) FILTER (WHERE project_id IS NOT NULL AND day IS NULL) AS no_date
FROM tender_sizes JOIN tenders USING (tender_id)
""")

LAWS = ("bidding_order_30_35", "procurement_regulation_18_2")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each tender that a firm bids for after it advised on the project."""
    for row in rows.to_dict("records"):
        day = pd.Timestamp(row["day"]).date()
        rules = applicable(LAWS, row["regime"], day)
        reason = Text(
            zh="{bidder}承担项目 {project} 的“{titles}”后，又参加同一项目标段 {tender} 的投标。",
            en="{bidder} provided {titles} for project {project} and then bids for its tender {tender}.",
        ).format(
            bidder=name(row, "bidder"),
            project=row["project_id"],
            titles=listing(row["titles"]),
            tender=row["tender_id"],
        )
        published = refs(row["published"])
        yield Lead(
            identity={"tender": row["tender_id"], "bidder": row["bidder"]},
            tier=Tier.A if rules else Tier.B,
            entities=(
                Entity(row["tender_id"], "tender", "tender"),
                Entity(row["bidder"], "org", "bidder"),
                Entity(row["project_id"], "project", "project"),
                *(Entity(advice, "tender", "advice") for advice in row["advice"]),
                *(Entity(bid, "bid", "bid") for bid in row["bids"]),
            ),
            reasons=(reason,),
            innocent=(
                _single_source(row["method"], bool(row["methods_known"])),
                _published(bool(row["turnkey"]), bool(published)),
            ),
            records=(*refs(row["bid_refs"]), *refs(row["refs"]), *published),
            links=(
                *(Link("PART_OF_PROJECT", tender, row["project_id"]) for tender in (row["tender_id"], *row["advice"])),
                *(Link("ADVISED", row["bidder"], advice) for advice in row["advice"]),
                *(Link("SUBMITTED", row["bidder"], bid) for bid in row["bids"]),
                *(Link("BID_FOR", bid, row["tender_id"]) for bid in row["bids"]),
            ),
            rank=float(len(row["advice"])),
            period=(day, day),
            laws=rules,
        )


def _single_source(method: object, methods_known: bool) -> Excuse:
    if not isinstance(method, str):
        basis = Text(zh="数据未说明采购方式。", en="The data do not say how the tender was made.")
        return Excuse("single_source", Verdict.NOT_CHECKABLE, basis, gap=methods_known)
    if method == "single_source":
        basis = Text(zh="后一采购为单一来源采购，法规允许。", en="The later one is single-source procurement.")
        return Excuse("single_source", Verdict.FITS, basis)
    basis = Text(zh="后一采购不是单一来源采购。", en="The later one is no single-source procurement.")
    return Excuse("single_source", Verdict.RULED_OUT, basis)


def _published(turnkey: bool, published: bool) -> Excuse:
    if not turnkey:
        basis = Text(zh="后一标段不是工程总承包。", en="The later tender is not for design and building in one.")
        return Excuse("published_design", Verdict.RULED_OUT, basis)
    if published:
        basis = Text(
            zh="工程总承包，且项目前期成果已在开标前公开。",
            en="Design and building in one, and the earlier work was made public before the opening.",
        )
        return Excuse("published_design", Verdict.FITS, basis)
    basis = Text(
        zh="工程总承包，数据中没有前期成果公开记录。",
        en="Design and building in one; the data do not show whether the earlier work was made public.",
    )
    return Excuse("published_design", Verdict.NOT_CHECKABLE, basis)


DETECTOR = Detector(
    id="adviser_bids",
    family="affiliated_bidders",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="前期服务单位投标", en="The adviser bids"),
    question=Text(
        zh="为项目提供设计、规范编制、监理、检测等服务的单位，是否又参加该项目其他标段的投标？",
        en="Does a firm that provided design, specification, supervision or inspection for a project bid for its other "
        "tenders?",
    ),
    rule=Text(
        zh="服务类标段名称含 {advice_words} 之一、且不含 {turnkey_words} 的，其中标单位此后又参加同一项目其他标段的投"
        "标。单一来源采购，以及前期成果已公开的工程总承包，不计入。",
        en="The winner of a services tender whose title has one of {advice_words}, and none of {turnkey_words}, bids "
        "afterwards for another tender of the same project. Single-source procurement, and design and building in one "
        "contract after the earlier work was made public, do not count.",
    ),
    why=Text(
        zh="编制设计和技术要求的单位掌握标底与参数，参加投标对他人不公平。法规直接排除。",
        en="Who wrote the design knows the price and can set the terms; the statute excludes it.",
    ),
    example=Text(
        zh="白露设计院承担县医院工程设计，一年后投该工程施工标段：列为 A 类疑点。",
        en="Bailu Institute designed the county hospital and a year later bids to build it: a tier A lead.",
    ),
    legal_basis=LAWS,
    references=("政府采购法实施条例第十八条第二款",),
    innocent=(
        Innocent("single_source", Text(zh="单一来源采购", en="Single-source procurement")),
        Innocent("published_design", Text(zh="前期成果已公开的总承包", en="Turnkey work after publication")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder"),
    requires={
        "tenders": ("tender_id", "project_id", "title"),
        "bids": ("tender_id", "bidder_id", "is_winner"),
    },
    uses={
        "tenders": ("category", "method", "awarded_on"),
        "contracts": ("tender_id", "supplier_id"),
        "disclosures": ("ref_id", "published_on"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_project": Text(zh="标段没有项目编号", en="the tender names no project"),
        "no_date": Text(zh="标段没有日期", en="the tender has no date"),
    },
    blind=Text(
        zh="看不到未经招标委托、名称不含服务类别的前期服务，也看不到关联企业代投。",
        en="Advice that was not tendered or whose title does not name it, and bids by the adviser's related firms.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes"),
)
