"""A subcontractor that subcontracts again, and a labour contractor that charges main materials or plant."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What a labour contractor may not charge."""

    material_words: tuple[str, ...] = Field(
        ("材料", "机械", "设备费", "周转"), description="Purposes that name materials, plant or reusable materials."
    )
    auxiliary_words: tuple[str, ...] = Field(
        ("辅材", "辅料", "辅助材料", "小型机具", "低值易耗"),
        description="Purposes that name the small material and tools that labour contractors bring.",
    )


SELECT = Sql("""
-- Contracts under a main contract that its contractor let: by their kind, or by who let them where that is unknown.
WITH sub AS (
  SELECT s.* FROM contracts s LEFT JOIN contracts m ON m.contract_id = s.parent_id
  WHERE s.parent_id IS NOT NULL AND coalesce(s.kind = 'sub', s.buyer_id = m.supplier_id)
),
again AS (
  SELECT a.contract_id, a._key AS key, a.buyer_id, a.supplier_id, a.amount, a.scope, a.signed_on AS day,
         s.contract_id AS parent_id, s._key AS parent_key, s.scope AS parent_scope, s.parent_id AS main_id,
         NULL AS purposes, NULL AS refs
  FROM contracts a JOIN sub s ON s.contract_id = a.parent_id AND a.buyer_id = s.supplier_id
  -- Labour of a trade may be let again, labour of labour may not: where either scope is unknown nobody can say.
  WHERE coalesce(a.kind, 'sub') = 'sub' AND a.scope IS NOT NULL AND (a.scope <> 'labour' OR s.scope IS NOT NULL)
),
charged AS (
  SELECT s.contract_id, s._key AS key, s.buyer_id, s.supplier_id, sum(m.amount) AS amount, s.scope,
         max(m.paid_on) AS day, NULL AS parent_id, NULL AS parent_key, NULL AS parent_scope, s.parent_id AS main_id,
         list(DISTINCT m.purpose ORDER BY m.purpose) AS purposes,
         list({'table': 'payments', 'key': m._key} ORDER BY m._key) AS refs
  FROM sub s JOIN payments m ON m.contract_id = s.contract_id AND m.payee_id = s.supplier_id
  WHERE s.scope = 'labour'
    AND len(list_filter($material_words || $auxiliary_words, lambda w: contains(m.purpose, w))) > 0
  GROUP BY ALL
)
SELECT c.*, b.name AS buyer_name, s.name AS supplier_name
FROM (SELECT * FROM again UNION ALL SELECT * FROM charged) c
LEFT JOIN parties b ON b.id = c.buyer_id LEFT JOIN parties s ON s.id = c.supplier_id
ORDER BY c.contract_id, c.parent_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE known) AS judged, count(*) FILTER (WHERE NOT known) AS no_scope
FROM (SELECT c.scope IS NOT NULL AND (c.scope <> 'labour' OR s.scope IS NOT NULL OR s.parent_id IS NULL) AS known
      FROM contracts c LEFT JOIN contracts s ON s.contract_id = c.parent_id
      WHERE c.parent_id IS NOT NULL AND coalesce(c.kind, 'sub') = 'sub')
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each contract that was let again, and for each labour contract under which materials were paid."""
    for _, row in rows.iterrows():
        again = isinstance(row["parent_id"], str)
        contract = str(row["contract_id"])
        above = row["parent_id"] if again else row["main_id"]
        yield Lead(
            identity={"contract": contract} | ({"parent": row["parent_id"]} if again else {}),
            tier=Tier.A,
            entities=(
                Entity(contract, "contract", "contract"),
                Entity(above, "contract", "parent"),
                *((Entity(row["main_id"], "contract", "main"),) if again else ()),
                Entity(str(row["buyer_id"]), "org", "subcontractor" if again else "contractor"),
                Entity(str(row["supplier_id"]), "org", "taker"),
            ),
            reasons=(_reason(row, again=again),),
            innocent=_excuses(row, params, again=again),
            records=(
                Ref("contracts", int(row["key"])),
                *((Ref("contracts", int(row["parent_key"])),) if again else ()),
                *refs(row["refs"]),
            ),
            links=(Link("PART_OF_CONTRACT", contract, above, Ref("contracts", int(row["key"]))),),
            rank=int(row["amount"]) / 100,
            amount=Amount(int(row["amount"])),
            period=(None if pd.isna(row["day"]) else row["day"].date(),) * 2,
        )


SCOPES = {
    "all": Text(zh="全部工程", en="all of the works"),
    "partial": Text(zh="部分工程", en="a part of the works"),
    "labour": Text(zh="劳务作业", en="labour"),
    "material": Text(zh="材料供应", en="material"),
    "professional": Text(zh="专业工程", en="a specialist trade"),
}


def _reason(row: pd.Series, *, again: bool) -> Text:
    if again:
        said = Text(
            zh="{buyer}承接分包合同 {parent} 后，又以合同 {contract}（{sum}）将{scope}分包给{supplier}。",
            en="{buyer}, subcontractor under {parent}, let {scope} to {supplier} again by contract {contract} ({sum}).",
        )
    else:
        said = Text(
            zh="{supplier}承接劳务分包合同 {contract}，{buyer}在该合同下另付{purposes} {sum}。",
            en="{supplier} is a labour contractor under {contract}; {buyer} paid it {sum} under it for {purposes}.",
        )
    return said.format(
        buyer=name(row, "buyer"),
        supplier=name(row, "supplier"),
        contract=row["contract_id"],
        parent=row["parent_id"],
        sum=money(int(row["amount"])),
        scope=SCOPES[row["scope"]],
        purposes=listing([] if again else list(row["purposes"])),
    )


def _excuses(row: pd.Series, params: Parameters, *, again: bool) -> tuple[Excuse, ...]:
    labour = again and row["scope"] == "labour" and row["parent_scope"] != "labour"
    small = not again and all(any(word in purpose for word in params.auxiliary_words) for purpose in row["purposes"])
    return (
        verdict(
            "labour_of_specialist",
            labour,
            yes=Text(
                zh="再分包的仅为专业工程中的劳务作业，规则允许。",
                en="Only the labour of a trade was let, as rules allow.",
            ),
            no=Text(zh="不属于专业分包中的劳务作业分包。", en="It is not the labour of a specialist subcontract."),
        ),
        verdict(
            "material_purchase",
            row["scope"] == "material",
            yes=Text(zh="该合同为材料采购，不是工程分包。", en="The contract buys material; it lets no works."),
            no=Text(zh="该合同不是单纯的材料采购。", en="The contract is no mere purchase of material."),
        ),
        verdict(
            "auxiliary_material",
            small,
            yes=Text(zh="另付的仅为辅材和小型机具费用。", en="What was paid besides is small material and tools."),
            no=Text(zh="不属于辅材、小型机具费用。", en="It is not for small material and tools."),
        ),
    )


DETECTOR = Detector(
    id="repeated_subcontract",
    family="subcontracting",
    version=1,
    tiers=(Tier.A,),
    title=Text(zh="分包再分包", en="Subcontract let again"),
    question=Text(
        zh="分包单位是否再次分包，劳务分包单位是否计取主要材料、机械费用？",
        en="Does a subcontractor subcontract again, or a labour contractor charge main materials or plant?",
    ),
    rule=Text(
        zh="分包合同的承包人以该分包合同为上级合同再次发包，且不是专业分包中的劳务作业或材料采购；或者劳务分包合同下"
        "向劳务单位支付用途含 {material_words} 的款项，且不都属于 {auxiliary_words}。",
        en="The contractor of a subcontract lets a contract under it that is neither the labour of a specialist "
        "subcontract nor a purchase of material; or a labour contractor is paid under its contract for "
        "{material_words}, and not only for {auxiliary_words}.",
    ),
    why=Text(
        zh="层层分包、层层抽取，真正干活的人拿到的钱越来越少，质量和工资都失去保障。",
        en="Each layer takes its share: less is left for the work, its quality and its wages.",
    ),
    example=Text(
        zh="丙机电承接专业分包后，将其中 60% 的安装工程又分包给丁安装：列为 A 类疑点。",
        en="A subcontractor for installation lets 60 % of it to another firm: a tier A lead.",
    ),
    legal_basis=("bidding_law_48", "bidding_regulation_59", "construction_rule_2019_1_12"),
    references=(),
    innocent=(
        Innocent("labour_of_specialist", Text(zh="专业分包中的劳务作业", en="The labour of a specialist subcontract")),
        Innocent("material_purchase", Text(zh="分包单位采购材料", en="A subcontractor's purchase of material")),
        Innocent("auxiliary_material", Text(zh="劳务单位的辅材费用", en="A labour contractor's small material")),
    ),
    parameters=Parameters,
    identity=("contract", "parent"),
    requires={"contracts": ("contract_id", "parent_id", "buyer_id", "supplier_id", "scope")},
    uses={"contracts": ("kind",), "payments": ("contract_id", "purpose")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="分包合同", en="subcontracts"),
    not_judgeable={"no_scope": Text(zh="承包范围未知", en="the scope is unknown")},
    blind=Text(
        zh="看不到未签合同、未登记上级合同的层层转手。",
        en="Layers without a contract, or whose contract names no parent.",
    ),
    max_share=0.1,
    relations=("parties",),
)
