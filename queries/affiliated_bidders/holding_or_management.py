"""Bidders of one tender of which one holds, controls or manages another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.bidders import MEMBER, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Link, Tier
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, leads
from queries.relations.model import ref

HOW: dict[str, Text] = {
    "holding": Text(zh="控股或者实际控制", en="holds or controls"),
    "management": Text(zh="管理", en="manages"),
    "parent": Text(zh="下辖", en="is the parent body of"),
}


class Parameters(Params):
    """When a stake is a controlling one."""

    threshold: float = Field(
        50, gt=0, le=100, description="Percent. A holder controls above it, by one link or by the product of a chain."
    )
    max_links: int = Field(6, ge=1, le=6, description="Links of a chain at most, under the bidding law.")


SELECT = Sql(f"""
WITH firms AS (SELECT DISTINCT bidder_id AS id FROM entries),
relations AS (
  SELECT top_id, org_id, product, control, links, path, refs, valid_from, valid_to, 'holding' AS how
  FROM chains WHERE links <= $max_links
  UNION ALL
  SELECT holder_id, org_id, 0, true, 1, [holder_id, org_id], [{ref("roles")}], valid_from, valid_to, 'management'
  FROM roles WHERE kind = 'manager' AND holder_id <> org_id
  UNION ALL
  SELECT parent_org_id, org_id, 0, true, 1, [parent_org_id, org_id], [{ref("orgs")}], NULL, NULL, 'parent'
  FROM orgs WHERE parent_org_id <> org_id
),
between_firms AS (
  SELECT * FROM relations SEMI JOIN firms a ON a.id = top_id SEMI JOIN firms b ON b.id = org_id
),
met AS (
  -- However many bids the holder makes, its stake counts once.
  SELECT lower.tender_id, lower.bid_id, lower.day, r.* EXCLUDE (org_id),
         held(r.valid_from, r.valid_to, lower.day) AS current
  FROM between_firms r JOIN entries lower ON lower.bidder_id = r.org_id
  SEMI JOIN entries upper ON upper.tender_id = lower.tender_id AND upper.bidder_id = r.top_id
  WHERE lower.day IS NOT NULL
),
-- Holdings that may have been sold, the end of the stake not being recorded: on the day the shares in a firm add up to
-- more than there is (but for rounding), or somebody who may have come later holds a share that is unknown.
contested AS (
  SELECT m.bid_id, m.top_id
  FROM (SELECT bid_id, top_id, day, firm_id, min(coalesce(valid_from, DATE '0001-01-01')) AS since
        FROM (SELECT bid_id, top_id, day, valid_from, unnest(path[2:]) AS firm_id
              FROM met WHERE current AND product > 0)
        GROUP BY ALL) m
  JOIN roles r ON r.org_id = m.firm_id AND r.kind = 'shareholder' AND held(r.valid_from, r.valid_to, m.day)
  GROUP BY m.bid_id, m.top_id, m.firm_id
  HAVING sum(r.share_pct) > 101 OR bool_or(r.share_pct IS NULL AND coalesce(r.valid_from > m.since, true))
),
held_by AS (
  SELECT tender_id, bid_id, top_id,
         coalesce(bool_or(control) FILTER (WHERE current), false)
           OR coalesce(sum(product) FILTER (WHERE current), 0) > $threshold AS controls,
         coalesce(bool_or(control) FILTER (WHERE current AND links = 1), false)
           OR coalesce(sum(product) FILTER (WHERE current AND links = 1), 0) > $threshold AS direct,
         bool_or(control) OR sum(product) > $threshold AS ever,
         list(DISTINCT how ORDER BY how) AS hows, first(path ORDER BY links, path) AS path,
         flatten(list(refs ORDER BY links, refs)) AS refs
  FROM met GROUP BY ALL
),
members AS (
  SELECT tender_id, bid_id, top_id, direct, NOT controls AND ever AS ended, NOT ever AS minority,
         (bid_id, top_id) IN (SELECT (bid_id, top_id) FROM contested) AS contested, hows, path, refs
  FROM held_by
  UNION ALL
  SELECT DISTINCT h.tender_id, e.bid_id, h.top_id, true, false, false, false, [], [], []
  FROM held_by h JOIN entries e ON e.tender_id = h.tender_id AND e.bidder_id = h.top_id
)
SELECT {MEMBER},
       m.top_id AS thing, t.name AS top_name, m.direct, m.ended, m.minority, m.contested, m.hows, m.path, m.refs
FROM members m JOIN entries e USING (bid_id)
LEFT JOIN parties p ON p.id = e.bidder_id LEFT JOIN parties t ON t.id = m.top_id
ORDER BY e.tender_id, e.bidder_id, m.top_id, e.bid_id
""")

POPULATION = comparable(
    "SELECT bid_id FROM entries SEMI JOIN (SELECT org_id FROM stakes UNION SELECT holder_id FROM stakes "
    "UNION SELECT unnest([org_id, parent_org_id]) FROM orgs WHERE parent_org_id IS NOT NULL) ON org_id = bidder_id",
    "no_holders",
    dated=True,
)

LAWS = ("bidding_regulation_34_2", "procurement_regulation_18_1")

EXCUSES = (
    GroupExcuse(
        "below_control",
        "minority",
        fits=Text(zh="持股未达到控制比例，也未登记为实际控制或管理。", en="The stake does not reach control."),
        ruled_out=Text(
            zh="持股超过控制比例，或登记为实际控制、管理。",
            en="The stake exceeds the share that controls, or control or management is registered.",
        ),
    ),
    GroupExcuse(
        "sold_before",
        "ended",
        fits=Text(
            zh="控股、管理关系在开标日之前已终止，或在其后才建立。",
            en="The holding or management ended before the opening day, or began after it.",
        ),
        ruled_out=Text(zh="登记的关系在开标日有效。", en="The registered relation held on the opening day."),
        unknown="contested",
        not_checkable=Text(
            zh="开标日登记的持股比例合计超过 100%，或者后来的股东持股比例不明，无法确认该股权当时是否已转让。",
            en="For the opening day the register has shares of more than 100 % in all, or a later holder of an unknown "
            "share: the stake may have been sold by then.",
        ),
        gap="contested",
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that holdings or management among them connect."""
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    lower = group.rows.where(bidder != thing for bidder, thing in group.rows.cells("bidder_id", "thing"))
    hows = {how for cell in lower["hows"] for how in cell}
    steps = sorted({pair for path in lower["path"] for pair in itertools.pairwise(map(str, path))})
    between = sorted({party for pair in steps for party in pair} - set(group.bidders))
    # Government procurement bars direct relations only.
    fact = any(lower["direct"]) or lower["regime"][0] == "bidding"
    reasons = [
        Text(
            zh="投标人{top}{how}投标人{lower}，均参加标段 {tender} 投标。",
            en="{top} {how} {lower}, and all of them bid for tender {tender}.",
        ).format(
            top=name or top,
            how=listing(HOW[how] for how in HOW if how in hows),
            lower=Group(group.tender_id, group.day, group.bidders, part).names,
            tender=group.tender_id,
        )
        for (top, name), part in lower.by("thing", "top_name")
    ]
    if not fact:
        reasons.append(
            Text(
                zh="该关系为间接关系；政府采购法规仅禁止直接控股、管理关系。",
                en="The relation is indirect; the rules of government procurement bar direct ones only.",
            )
        )
    return Account(
        reasons=tuple(reasons),
        tier=Tier.A if fact else Tier.B,
        entities=tuple(Entity(party, "org", "holding") for party in between),
        links=tuple(Link("HOLDS", upper, below) for upper, below in steps),
        score=1.0 if any(lower["direct"]) else 0.7,
    )


DETECTOR = Detector(
    id="holding_or_management",
    family="affiliated_bidders",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="控股、管理关系同投", en="A bidder controls another"),
    question=Text(
        zh="同一标段的投标人之间，是否存在控股、实际控制或者管理关系？",
        en="Does one bidder of a tender hold, control or manage another bidder of it?",
    ),
    rule=Text(
        zh="同一标段内，一投标人在开标日持有另一投标人超过 {threshold}% 的股权、登记为其实际控制人、管理其经营或者为其"
        "上级单位，且双方不是同一联合体。适用招标投标法的，经不超过 {max_links} 层逐层控制的间接关系同样计入；适用政府"
        "采购法的，仅直接关系为法定情形，间接关系列为 B 类线索。",
        en="In one tender, a bidder on the opening day holds more than {threshold} % of another, is its registered "
        "controller or its parent body, or manages it, and they are no consortium. Under the bidding law control "
        "through chains of at most {max_links} links counts too; under the procurement law only a direct relation is "
        "the statutory fact, an indirect one is a tier B lead.",
    ),
    why=Text(
        zh="母公司与子公司同投一标，报价由一方决定，竞争只是形式。法规直接禁止。",
        en="Where a parent bids against its subsidiary one side sets both prices; the statute bars it.",
    ),
    example=Text(
        zh="甲建设持有乙建设 60% 股权，两家同投一标段：列为 A 类疑点。",
        en="Jia Construction owns 60 % of Yi Construction; both bid for one lot: a tier A lead.",
    ),
    legal_basis=LAWS,
    references=("OCP Red Flags Guide R044, 2024",),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("below_control", Text(zh="持股未达控制", en="A stake below control")),
        Innocent("sold_before", Text(zh="股权已转让", en="A stake sold before")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("tender_id", "bidder_id"), "roles": ("holder_id", "org_id", "kind", "share_pct")},
    uses={
        "roles": ("valid_from", "valid_to"),
        "bids": ("consortium_id", "price", "rank"),
        "tenders": ("category", "method"),
        "orgs": ("org_type", "parent_org_id"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期", en="the tender has no date"),
        "no_holders": Text(
            zh="少于两家投标人的股权或对外投资已知", en="the holders or holdings of fewer than two bidders are known"
        ),
    },
    blind=Text(
        zh="看不到代持、协议控制，以及未登记的托管经营。",
        en="Nominees, control by contract, and management that is not registered.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners", "stakes", "chains"),
)
