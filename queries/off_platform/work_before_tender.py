"""Work begun, money paid, or the contract signed, before the notice of the tender that the contract rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

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
    """What may lawfully come before the notice."""

    min_days: int = Field(
        1, ge=1, description="Days before the notice by which work, payment or signature came at least."
    )
    emergency_words: tuple[str, ...] = Field(
        ("应急", "抢险", "救灾", "抢修"),
        description="Words in the title of a tender or project that name an emergency.",
    )
    approval_words: tuple[str, ...] = Field(
        ("不招标", "应急", "抢险", "豁免", "先行实施"),
        description="Published items that approve work without a tender.",
    )
    preparation_words: tuple[str, ...] = Field(
        ("前期", "可研", "勘察", "测绘", "征地", "拆迁"), description="Purposes of payments that prepare a project."
    )
    standing_words: tuple[str, ...] = Field(
        ("框架", "续签", "续约", "续租", "单一来源"),
        description="Words in the title of a tender that name a framework, a renewal or a single source.",
    )


SELECT = Sql(f"""
WITH {APPROVALS},
dealt AS (
  SELECT c.contract_id, c._key AS key, c.buyer_id, c.supplier_id, c.amount, c.started_on, c.signed_on,
         coalesce(c.project_id, t.project_id) AS project_id, t.tender_id, t._key AS tender_key, t.title, t.method,
         CAST(t.published_at AS DATE) AS notice_on, CAST(least(t.opened_at, t.submission_deadline) AS DATE) AS opened_on
  FROM contracts c JOIN tenders t USING (tender_id)
  WHERE coalesce(c.kind, 'main') = 'main'
),
paid AS (
  SELECT d.contract_id, min(m.paid_on) AS first_paid, sum(m.amount) AS paid,
         list(m.purpose ORDER BY m._key) AS purposes, count(m.purpose) < count(*) AS purpose_missing,
         list({{'table': 'payments', 'key': m._key}} ORDER BY m._key) AS paid_refs
  FROM dealt d JOIN payments m ON m.contract_id = d.contract_id AND m.payee_id = d.supplier_id
  WHERE d.notice_on - m.paid_on >= $min_days
  GROUP BY ALL
),
early AS (
  SELECT d.*, coalesce(d.notice_on - d.started_on >= $min_days, false) AS work,
         coalesce(d.notice_on - d.signed_on >= $min_days, false) AS signed, p.* EXCLUDE (contract_id)
  FROM dealt d LEFT JOIN paid p USING (contract_id)
  WHERE d.notice_on - d.started_on >= $min_days OR d.notice_on - d.signed_on >= $min_days OR p.contract_id IS NOT NULL
),
-- Bids that were in before the notice of record: then the record's notice is a later one.
first_bid AS (
  SELECT tender_id, CAST(min(submitted_at) AS DATE) AS first_bid
  FROM bids SEMI JOIN early USING (tender_id) GROUP BY ALL
),
approved AS (
  SELECT e.contract_id, min(a.approved_on) AS approved_on, list_sort(flatten(list(a.approval_refs))) AS approval_refs
  FROM (SELECT contract_id, notice_on, unnest([contract_id, tender_id, project_id]) AS ref_id FROM early) e
  JOIN approvals a ON a.ref_id = e.ref_id AND a.approved_on <= e.notice_on
  GROUP BY ALL
)
SELECT e.*, least(e.opened_on, b.first_bid) AS opened_by, j.name AS project_name, a.approved_on, a.approval_refs,
       u.name AS buyer_name, s.name AS supplier_name
FROM early e LEFT JOIN first_bid b USING (tender_id) LEFT JOIN approved a USING (contract_id)
LEFT JOIN projects j ON j.project_id = e.project_id
LEFT JOIN parties u ON u.id = e.buyer_id LEFT JOIN parties s ON s.id = e.supplier_id
ORDER BY e.contract_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE noticed AND acted) AS judged, count(*) FILTER (WHERE NOT noticed) AS no_notice,
       count(*) FILTER (WHERE noticed AND NOT acted) AS no_act
FROM (SELECT t.published_at IS NOT NULL AS noticed,
             coalesce(c.started_on, c.signed_on) IS NOT NULL
               OR c.contract_id IN (SELECT contract_id FROM payments) AS acted
      FROM contracts c JOIN tenders t USING (tender_id) WHERE coalesce(c.kind, 'main') = 'main')
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a contract; a fact unless its name speaks of an emergency that no record approves.

    A signature alone is a lead: no statute names it, and the day that a paper bears may be a slip.
    """
    for _, row in rows.iterrows():
        excuses = _excuses(row, params)
        notice = row["notice_on"].date()
        signed_on, started_on = (
            row[day] if row[early] else None for day, early in (("signed_on", "signed"), ("started_on", "work"))
        )
        acts = [day.date() for day in (signed_on, started_on, row["first_paid"]) if not pd.isna(day)]
        checked = all(excuse.verdict is not Verdict.NOT_CHECKABLE for excuse in excuses)
        project = row["project_id"]
        yield Lead(
            identity={"contract": str(row["contract_id"])},
            tier=Tier.A if checked and not _only_signed(row) else Tier.B,
            entities=(
                Entity(str(row["contract_id"]), "contract", "contract"),
                Entity(str(row["tender_id"]), "tender", "tender"),
                Entity(str(row["buyer_id"]), "org", "buyer"),
                Entity(str(row["supplier_id"]), "org", "supplier"),
                *((Entity(project, "project", "project"),) if isinstance(project, str) else ()),
            ),
            reasons=tuple(_reasons(row, notice)),
            innocent=excuses,
            records=(
                Ref("contracts", int(row["key"])),
                Ref("tenders", int(row["tender_key"])),
                *refs(row["paid_refs"]),
                *refs(row["approval_refs"]),
            ),
            links=(
                Link("FOLLOWS_FROM", str(row["contract_id"]), str(row["tender_id"]), Ref("contracts", int(row["key"]))),
            ),
            score=min(1.0, (notice - min(acts)).days / 180),
            rank=float((notice - min(acts)).days),
            amount=Amount(int(row["amount"])),
            period=(min(acts), notice),
        )


def _only_signed(row: pd.Series) -> bool:
    return not row["work"] and pd.isna(row["first_paid"])


def _reasons(row: pd.Series, notice: date) -> Iterator[Text]:
    said = {
        "buyer": name(row, "buyer"),
        "supplier": name(row, "supplier"),
        "contract": row["contract_id"],
        "tender": row["tender_id"],
        "notice": notice,
    }
    if row["signed"]:
        yield Text(
            zh="{buyer}与{supplier}于 {day} 签订合同 {contract}，标段 {tender} 至 {notice} 才发布公告，早 {days} 天。",
            en="{buyer} and {supplier} signed contract {contract} on {day}, {days} days before the notice of tender "
            "{tender} of {notice}.",
        ).format(**said, day=row["signed_on"].date(), days=(notice - row["signed_on"].date()).days)
    if row["work"]:
        yield Text(
            zh="{supplier}于 {day} 开工（合同 {contract}），标段 {tender} 至 {notice} 才发布公告，早 {days} 天。",
            en="{supplier} began work under contract {contract} on {day}, {days} days before the notice of tender "
            "{tender} of {notice}.",
        ).format(**said, day=row["started_on"].date(), days=(notice - row["started_on"].date()).days)
    if not pd.isna(row["first_paid"]):
        yield Text(
            zh="标段 {tender} 于 {notice} 发布公告，此前 {buyer} 已按合同 {contract} 向{supplier}付款 {sum}，"
            "首笔在 {day}。",
            en="Before the notice of tender {tender} on {notice}, {supplier} was paid {sum} under contract {contract} "
            "of {buyer}, first on {day}.",
        ).format(**said, day=row["first_paid"].date(), sum=money(int(row["paid"])))


def _excuses(row: pd.Series, params: Parameters) -> tuple[Excuse, ...]:
    named = any(says(_text(row[column]), params.emergency_words) for column in ("title", "project_name"))
    approved = not pd.isna(row["approved_on"])
    purposes = [] if row["work"] or _only_signed(row) else list(row["purposes"])
    prepares = bool(purposes) and all(says(purpose, params.preparation_words) for purpose in purposes if purpose)
    return (
        verdict(
            "approved_exemption",
            approved or (None if named else False),
            yes=Text(
                zh="公告前已公示应急或不招标的批准（{day}）。",
                en="Work without a tender was approved in public on {day}.",
            ).format(day=row["approved_on"].date() if approved else ""),
            no=Text(
                zh="没有公告前公示的应急或不招标批准，项目名称也不涉及应急。",
                en="No approval was published before the notice, and neither name speaks of an emergency.",
            ),
            unknown=Text(
                zh="名称涉及应急，但数据中没有公告前公示的批准。",
                en="The name speaks of an emergency, and the data hold no approval from before the notice.",
            ),
        ),
        verdict(
            "preparation",
            None if prepares and row["purpose_missing"] else prepares,
            yes=Text(zh="公告前的付款均为前期工作费用。", en="What was paid before the notice prepared the project."),
            no=Text(
                zh="公告前已开工，没有付款，或付款不是前期工作费用。",
                en="Work had begun, nothing was paid, or the money was not for preparation.",
            ),
            unknown=Text(zh="部分付款未载明用途。", en="Some of the payments name no purpose."),
        ),
        verdict(
            "later_notice",
            bool(row["opened_by"] < row["notice_on"]),
            yes=Text(
                zh="该标段在所记公告日之前已有投标或开标，所记公告应为更正公告或录入有误。",
                en="Bids were in, or opened, before the recorded notice: it is a correction or a slip of the record.",
            ),
            no=Text(zh="投标和开标均在所记公告日之后。", en="Bids came in and were opened after the recorded notice."),
        ),
        _standing(row, params),
    )


def _standing(row: pd.Series, params: Parameters) -> Excuse:
    """Whether the contract may be older than the notice: an agreement that goes on, or no competition to wait for."""
    method = _text(row["method"])
    fits = method in ("framework", "single_source") or says(_text(row["title"]), params.standing_words)
    only_signed = _only_signed(row)
    return verdict(
        "standing_agreement",
        None if only_signed and not fits and method is None else only_signed and fits,
        yes=Text(
            zh="公告前仅有签约，且该标段为框架协议、续签或者单一来源。",
            en="Nothing but the signature came first, and it is a framework, a renewal or a single source.",
        ),
        no=Text(
            zh="该标段不是框架协议、续签或者单一来源，或者公告前不止签约。",
            en="It is no framework, renewal or single source, or more than the signature came first.",
        ),
        unknown=Text(zh="采购方式未知。", en="The method is unknown."),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


DETECTOR = Detector(
    id="work_before_tender",
    family="off_platform",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="先开工后招标", en="Work before the tender"),
    question=Text(
        zh="合同是否在招标公告发布之前就已签订、开工或付款？",
        en="Was the contract signed, work begun, or money paid, before the tender was announced?",
    ),
    rule=Text(
        zh="合同的开工日期，或向承包人支付合同款的日期，早于其标段公告日不少于 {min_days} 天；仅签订日期早于公告日的，"
        "列为 B 类。公告前已公示含 {approval_words} 的批准、公告前付款均为 {preparation_words} 等前期费用，投标、开标"
        "早于所记公告日，或者仅签约在先而采购方式为框架协议、单一来源或者标段名称含 {standing_words} 的，予以排除；名称"
        "含 {emergency_words} 而未见批准的，列为 B 类。",
        en="Work under a contract began, or the contractor was paid under it, at least {min_days} day(s) before the "
        "notice of its tender; where only the signature came that long before, it is a tier B lead. An approval "
        "published before ({approval_words}), payments that only prepared the project ({preparation_words}), bids "
        "older than the recorded notice, and a signature alone under a framework or single source, or a title with "
        "{standing_words}, are cleared; a name that speaks of an emergency ({emergency_words}) without an approval "
        "makes it a tier B lead.",
    ),
    why=Text(
        zh="先干后招，说明中标人早已内定，招标只是补手续。",
        en="Where the work comes first the winner was settled, and the tender is paperwork.",
    ),
    example=Text(
        zh="某道路工程 3 月 1 日开工，3 月 31 日才发布招标公告，中标人即施工单位：列为 A 类疑点。",
        en="Work on a road begins on 1 March, its tender is announced on 31 March, and the firm at work wins: a tier A "
        "lead.",
    ),
    legal_basis=("bidding_law_4", "bidding_law_49"),
    references=("威海姚波案：先开工、后招标",),
    innocent=(
        Innocent("approved_exemption", Text(zh="应急工程或经批准不招标", en="Emergency works, an approved exemption")),
        Innocent("preparation", Text(zh="前期工作费用", en="Costs of preparing the project")),
        Innocent("later_notice", Text(zh="所记公告为更正公告", en="The recorded notice is a correction")),
        Innocent(
            "standing_agreement", Text(zh="框架协议、续签、单一来源", en="A framework, a renewal, a single source")
        ),
    ),
    parameters=Parameters,
    identity=("contract",),
    requires={"contracts": ("contract_id", "tender_id"), "tenders": ("tender_id", "published_at")},
    uses={
        "contracts": ("started_on", "signed_on"),
        "payments": ("contract_id", "paid_on", "purpose"),
        "tenders": ("title", "method", "opened_at", "submission_deadline"),
        "bids": ("submitted_at",),
        "projects": ("name",),
        "disclosures": ("item", "ref_id", "published_on"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="有招标记录的合同", en="contracts with a tender"),
    not_judgeable={
        "no_notice": Text(zh="公告时间未知", en="the day of the notice is unknown"),
        "no_act": Text(zh="签约、开工和付款均未知", en="neither signature nor start of work nor any payment is known"),
    },
    blind=Text(
        zh="看不到未签合同、未付款而进场的施工，也看不到倒签的开工、签约日期。",
        en="Work without contract or payment, and a start of work or a signature that was dated later.",
    ),
    max_share=0.05,
    relations=("parties",),
)
