"""One item bought in parts from one supplier, each part below the tender threshold and all together above it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy
from pydantic import Field

from i18n import Text, listing, money
from queries.approvals import APPROVALS
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """In what time parts add up, and what explains them."""

    window_days: int = Field(365, ge=1, description="Days from the first to the last part at most: twelve months.")
    min_parts: int = Field(2, ge=2, description="Contracts that make a split at least.")
    popular: int = Field(8, ge=2, description="Parties. A contact or person of more of them ties nobody.")
    approval_words: tuple[str, ...] = Field(
        ("预算调整", "追加预算", "应急", "采购方式变更", "采购方式审批", "不招标"),
        description="Published items that change the budget or approve another method.",
    )
    project_words: tuple[str, ...] = Field(
        ("勘察", "设计", "监理"), description="Titles of services that belong to construction projects."
    )


SELECT = Sql(f"""
WITH {APPROVALS},
-- Main contracts that no open tender stands behind, with their item. An invitation is a tender for works; a contract
-- without a tender is held to the highest limit, because its category is unknown.
bought AS (
  SELECT c.contract_id, c._key AS key, c.buyer_id, c.supplier_id, c.amount, c.tender_id, c.project_id, t.title,
         coalesce('item:' || t.budget_item, 'project:' || coalesce(c.project_id, t.project_id)) AS item,
         CASE WHEN c.tender_id IS NULL THEN 'works' ELSE t.category END AS category, t.method,
         coalesce(c.signed_on, t.awarded_on) AS day, t._key AS tender_key
  FROM contracts c LEFT JOIN tenders t USING (tender_id)
  WHERE coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL
    AND (c.tender_id IS NULL
         OR t.method IN ('negotiation', 'consultation', 'inquiry', 'single_source', 'framework')
         OR (t.method = 'invited' AND t.category <> 'works'))
),
below AS (
  SELECT b.*, l.floor, l.law FROM bought b
  JOIN tender_thresholds l ON l.regime = 'bidding' AND l.category = b.category
   AND b.day BETWEEN l.valid_from AND l.valid_to
  WHERE b.amount < l.floor AND b.item IS NOT NULL
),
-- Only items that could come to more than the limit at all.
candidate AS (
  SELECT * FROM below
  WINDOW one_item AS (PARTITION BY buyer_id, item, category)
  QUALIFY sum(amount) OVER one_item >= min(floor) OVER one_item AND count(*) OVER one_item >= $min_parts
),
-- What ties suppliers on the day: themselves, a person with a role in both or kin there, a contact of few.
bonds AS (
  SELECT c.contract_id, t.person_id AS thing, t.refs FROM candidate c
  JOIN ties t ON t.party_id = c.supplier_id AND held(t.valid_from, t.valid_to, c.day)
  WHERE NOT starts_with(t.how, 'shared_')
  UNION ALL
  SELECT c.contract_id, s.kind || ':' || hash(s.value), [s.ref] FROM candidate c
  JOIN shared_contacts s ON s.owner_id = c.supplier_id AND s.owners <= $popular
   AND held(s.valid_from, s.valid_to, c.day)
),
bound AS (
  SELECT contract_id, list(DISTINCT thing ORDER BY thing) AS things, flatten(list(refs ORDER BY refs)) AS bond_refs
  FROM bonds SEMI JOIN (SELECT thing FROM bonds b JOIN candidate c USING (contract_id) GROUP BY thing
                        HAVING count(DISTINCT supplier_id) BETWEEN 2 AND $popular) USING (thing)
  GROUP BY ALL
),
approved AS (
  SELECT e.contract_id, min(a.approved_on) AS approved_on, list_sort(flatten(list(a.approval_refs))) AS approval_refs
  FROM (SELECT contract_id, day, unnest([contract_id, tender_id, project_id]) AS ref_id FROM candidate) e
  JOIN approvals a ON a.ref_id = e.ref_id AND a.approved_on <= e.day
  GROUP BY ALL
)
SELECT c.*, days(c.day) AS day_number, list_prepend(c.supplier_id, coalesce(b.things, [])) AS things,
       coalesce(b.bond_refs, []) AS bond_refs, a.approved_on, coalesce(a.approval_refs, []) AS approval_refs,
       len(list_filter($project_words, lambda w: contains(c.title, w))) > 0 AS for_project,
       o.org_type IN ('government', 'institution') AS public_body,
       (SELECT max(l.floor) FROM tender_thresholds l WHERE l.regime = 'procurement' AND l.category = c.category
        AND c.day BETWEEN l.valid_from AND l.valid_to) AS procurement_floor,
       u.name AS buyer_name, s.name AS supplier_name
FROM candidate c LEFT JOIN bound b USING (contract_id) LEFT JOIN approved a USING (contract_id)
LEFT JOIN orgs o ON o.org_id = c.buyer_id
LEFT JOIN parties u ON u.id = c.buyer_id LEFT JOIN parties s ON s.id = c.supplier_id
ORDER BY c.buyer_id, c.item, c.category, c.day, c.contract_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE known AND item AND dated) AS judged, count(*) FILTER (WHERE NOT known) AS no_method,
       count(*) FILTER (WHERE known AND NOT item) AS no_item,
       count(*) FILTER (WHERE known AND item AND NOT dated) AS no_day
FROM (SELECT c.tender_id IS NULL OR (t.method IS NOT NULL AND t.category IS NOT NULL) AS known,
             coalesce(t.budget_item, c.project_id, t.project_id) IS NOT NULL AS item,
             coalesce(c.signed_on, t.awarded_on) IS NOT NULL AS dated
      FROM contracts c LEFT JOIN tenders t USING (tender_id)
      WHERE coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each run of parts of an item that one supplier, or tied ones, delivered."""
    for _, item in rows.groupby(["buyer_id", "item", "category"], sort=True):
        label = _suppliers(item)
        for group in np.unique(label):
            for parts in _runs(item[label == group], params):
                yield _lead(parts, params)


def _suppliers(item: pd.DataFrame) -> np.ndarray:
    """A label for each contract; contracts whose suppliers are one, or tied, have the same."""
    row = np.repeat(np.arange(len(item)), [len(things) for things in item["things"]])
    things, known = pd.factorize(np.array([thing for cell in item["things"] for thing in cell]))
    size = len(item) + len(known)
    edges = np.ones(len(row), dtype=np.int8)
    graph = scipy.sparse.coo_array((edges, (row, len(item) + things)), shape=(size, size))
    _, part = scipy.sparse.csgraph.connected_components(graph, directed=False)
    labels: np.ndarray = pd.factorize(part[: len(item)])[0]
    return labels


def _runs(parts: pd.DataFrame, params: Parameters) -> Iterator[pd.DataFrame]:
    """Contracts that lie in a window of a year that reaches the limit; windows that overlap are one run."""
    days, amounts = parts["day_number"].to_numpy(), parts["amount"].to_numpy()
    floors = parts["floor"].to_numpy()
    inside = np.zeros(len(parts), dtype=bool)
    joined = np.zeros(len(parts), dtype=bool)
    for start in range(len(parts)):
        end = int(np.searchsorted(days, days[start] + params.window_days, side="right"))
        if end - start >= params.min_parts and amounts[start:end].sum() >= floors[start:end].max():
            joined[start + 1 : end] = True
            inside[start:end] = True
    runs = np.cumsum(inside & ~joined)
    for run in sorted(set(runs[inside].tolist())):
        yield parts[inside & (runs == run)]


def _lead(parts: pd.DataFrame, params: Parameters) -> Lead:
    first = parts.iloc[0]
    suppliers = sorted(set(parts["supplier_id"].astype(str)))
    total, floor = int(parts["amount"].sum()), int(parts["floor"].max())
    from_day, to_day = parts["day"].min().date(), parts["day"].max().date()
    contracts = [(str(c), int(k)) for c, k in zip(parts["contract_id"], parts["key"], strict=True)]
    tenders = sorted({str(tender) for tender in parts["tender_id"].dropna()})
    return Lead(
        identity={"buyer": str(first["buyer_id"]), "item": str(first["item"]), "first_contract": contracts[0][0]},
        tier=Tier.B,
        entities=(
            Entity(str(first["buyer_id"]), "org", "buyer"),
            *(Entity(supplier, "org", "supplier") for supplier in suppliers),
            *(Entity(contract, "contract", "contract") for contract, _ in contracts),
            *(Entity(tender, "tender", "tender") for tender in tenders),
        ),
        reasons=tuple(_reasons(parts, suppliers)),
        innocent=_excuses(parts, total),
        records=(
            *(Ref("contracts", key) for _, key in contracts),
            *(Ref("tenders", int(key)) for key in parts["tender_key"].dropna()),
            *itertools.chain.from_iterable(
                refs(cell) for column in ("bond_refs", "approval_refs") for cell in parts[column]
            ),
        ),
        links=tuple(
            Link("LETS", str(first["buyer_id"]), contract, Ref("contracts", key)) for contract, key in contracts
        ),
        score=min(1.0, total / (3 * floor)),
        rank=total / floor,
        amount=Amount(total),
        period=(from_day, to_day),
        laws=(str(parts["law"].iloc[-1]), *LAWS),
    )


def _reasons(parts: pd.DataFrame, suppliers: list[str]) -> Iterator[Text]:
    first = parts.iloc[0]
    names = dict(zip(parts["supplier_id"], (name(row, "supplier") for _, row in parts.iterrows()), strict=True))
    yield Text(
        zh="{buyer}在 {start} 至 {end} 就同一事项（{item}）与{suppliers}签订 {count} 份合同，每份低于招标限额 "
        "{floor}，合计 {total}。",
        en="From {start} to {end} {buyer} signed {count} contracts with {suppliers} for one item ({item}), each "
        "below the limit of {floor}, together {total}.",
    ).format(
        buyer=name(first, "buyer"),
        start=parts["day"].min().date(),
        end=parts["day"].max().date(),
        item=str(first["item"]).partition(":")[2],
        suppliers=listing(names[supplier] for supplier in suppliers),
        count=len(parts),
        floor=money(int(parts["floor"].max())),
        total=money(int(parts["amount"].sum())),
    )
    if len(suppliers) > 1:
        yield Text(
            zh="上述供应商之间存在共同的人员、亲属或者联系方式。",
            en="These suppliers are tied by persons, kin or contacts in common.",
        )


LAWS = ("bidding_law_4", "bidding_law_49", "procurement_regulation_28")


def _excuses(parts: pd.DataFrame, total: int) -> tuple[Excuse, ...]:
    public = bool(parts["public_body"].fillna(False).all())
    services = bool((parts["category"] == "services").all()) and not parts["for_project"].fillna(False).any()
    limit = parts["procurement_floor"].min()
    return (
        verdict(
            "approved",
            bool(parts["approved_on"].iloc[1:].notna().all()),
            yes=Text(
                zh="后续合同签订前已公示预算调整或者采购方式的批准。",
                en="A change of the budget or another method was approved in public before each later contract.",
            ),
            no=Text(
                zh="后续合同签订前没有公示的预算调整或者采购方式批准。",
                en="No change of the budget or method was published before the later contracts.",
            ),
        ),
        verdict(
            "framework_calloff",
            bool((parts["method"] == "framework").all()),
            yes=Text(
                zh="均为框架协议下的订单，框架已公开征集。", en="All are orders under a framework, itself tendered."
            ),
            no=Text(zh="不都是框架协议下的订单。", en="They are not all orders under a framework."),
        ),
        verdict(
            "below_procurement_limit",
            public and services and not pd.isna(limit) and total < limit,
            yes=Text(
                zh="属政府采购的一般服务，合计未达公开招标数额标准 {limit}。",
                en="General services in government procurement, together below the open-tender amount of {limit}.",
            ).format(limit=Text(zh="", en="") if pd.isna(limit) else money(int(limit))),
            no=Text(
                zh="不属政府采购的一般服务，或者合计已达公开招标数额标准。",
                en="No general services in government procurement, or together at the open-tender amount.",
            ),
        ),
    )


DETECTOR = Detector(
    id="split_contracts",
    family="subcontracting",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="化整为零规避招标", en="Contracts split below threshold"),
    question=Text(
        zh="同一采购人是否把同一事项拆成多份合同，分别低于招标限额而合计超过？",
        en="Did a buyer split one item into contracts that are each below the tender threshold and together above it?",
    ),
    rule=Text(
        zh="同一采购人就同一预算项目（或同一项目）、同一类别，在 {window_days} "
        "天内与同一或相互关联的供应商以公开招标以外方式签订不少于 {min_parts} 份合同，每份低于签约日的招标限额（工程 "
        "400 万、货物 200 万、服务 100 万元），合计达到限额。关联指共同的任职人员、持股人、亲属，或者不超过 {popular} "
        "家共用的联系方式。公示含 {approval_words} 的、框架协议订单，"
        "以及未达政府采购公开招标数额标准的一般服务（名称不含 {project_words}），予以排除。",
        en="Within {window_days} days a buyer signs at least {min_parts} contracts for one budget item (or project) "
        "and category with one supplier, or with tied ones, by methods other than open tendering, each below the "
        "limit of the day (works 4, goods 2, services 1 million) and together at or above it. Tied means persons with "
        "a role, owners or kin in common, or a contact of at most {popular} parties. Published approvals "
        "({approval_words}), orders under a framework, and general services ({project_words} are not) below the "
        "open-tender amount of government procurement are cleared.",
    ),
    why=Text(
        zh="拆分之后每一份都可以不招标，采购人可以直接指定供应商。",
        en="Once split, no part needs a tender, and the buyer may choose whom it likes.",
    ),
    example=Text(
        zh="某局半年内三次询价采购同一批设备，每次 175 万元，合计 525 万元，供应商均为甲商贸：列为 B 类线索。",
        en="A bureau buys one lot of equipment by inquiry three times in half a year, CNY 1.75 million each, from one "
        "firm: a tier B lead.",
    ),
    legal_basis=("order_16_5", "order_3_7", *LAWS),
    references=("政府采购法实施条例第二十八条",),
    innocent=(
        Innocent("approved", Text(zh="预算调整或者经批准", en="A changed budget, or an approval")),
        Innocent("framework_calloff", Text(zh="框架协议订单", en="Orders under a framework")),
        Innocent("below_procurement_limit", Text(zh="未达公开招标数额标准", en="Below the procurement limit")),
    ),
    parameters=Parameters,
    identity=("buyer", "item", "first_contract"),
    requires={
        "contracts": ("contract_id", "buyer_id", "supplier_id", "amount", "signed_on"),
        "tenders": ("budget_item", "category", "method"),
    },
    uses={
        "contracts": ("project_id",),
        "roles": ("holder_id", "org_id"),
        "contacts": ("value",),
        "disclosures": ("item", "ref_id", "published_on"),
        "orgs": ("org_type",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="主合同", en="main contracts"),
    not_judgeable={
        "no_method": Text(zh="采购方式或者类别未知", en="the method or the category is unknown"),
        "no_item": Text(zh="预算项目和项目均未知", en="neither budget item nor project is known"),
        "no_day": Text(zh="签约日期未知", en="the day of signature is unknown"),
    },
    blind=Text(
        zh="看不到换用不同预算项目名称的拆分，也看不到由互不关联的供应商分别承接的拆分。",
        en="Parts under different budget items, and parts that go to suppliers without a tie.",
    ),
    max_share=0.05,
    relations=("parties", "ties", "shared_contacts", "tender_thresholds"),
)
