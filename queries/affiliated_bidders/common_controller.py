"""Bidders of one tender under one ultimate controller."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.bidders import MEMBER, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Link, Tier
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, leads
from queries.relations.model import ref


class Parameters(Params):
    """When a chain of stakes carries control."""

    threshold: float = Field(
        50, gt=0, le=100, description="Percent. A holder controls above it, by one link or by the product of a chain."
    )
    max_links: int = Field(6, ge=1, le=6, description="Links of a chain at most.")


SELECT = Sql(f"""
WITH firms AS (SELECT DISTINCT bidder_id AS org_id FROM entries),
above AS (
  SELECT top_id, org_id, product, control, links, path, refs, valid_from, valid_to FROM chains WHERE links <= $max_links
  UNION ALL
  SELECT parent_org_id, org_id, 0, true, 1, [parent_org_id, org_id], [{ref("orgs")}], NULL, NULL
  FROM orgs WHERE parent_org_id <> org_id
),
-- Only holders who reach more than one bidder can be common to two.
reach AS (
  SELECT c.* FROM above c SEMI JOIN firms f ON f.org_id = c.org_id
  QUALIFY min(c.org_id) OVER (PARTITION BY c.top_id) <> max(c.org_id) OVER (PARTITION BY c.top_id)
),
held_by AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, r.top_id,
         sum(r.product) FILTER (WHERE held(r.valid_from, r.valid_to, e.day)) AS share,
         coalesce(bool_or(r.control AND held(r.valid_from, r.valid_to, e.day)), false) AS control_now,
         sum(r.product) AS share_ever, bool_or(r.control) AS control_ever,
         min(r.links) AS links, flatten(list(r.refs ORDER BY r.links, r.refs)) AS refs,
         first(r.path ORDER BY r.links, r.path) AS path
  FROM entries e JOIN reach r ON r.org_id = e.bidder_id WHERE e.day IS NOT NULL GROUP BY ALL
),
stood AS (
  SELECT *, control_now OR share > $threshold AS controls,
         NOT (control_now OR coalesce(share, 0) > $threshold) AND (control_ever OR share_ever > $threshold) AS ended,
         NOT (control_ever OR share_ever > $threshold) AS minority
  FROM held_by
),
met AS (
  -- A stake below control is shown, and cleared, only beside a controlled bidder: by itself it means nothing.
  SELECT tender_id, top_id FROM stood GROUP BY ALL
  HAVING min(bidder_id) <> max(bidder_id) AND bool_or(controls)
)
SELECT {MEMBER},
       s.top_id AS thing, t.name AS top_name, t.kind AS top_kind,
       coalesce(t.org_type IN ('government', 'institution'), false) AS state_office, s.ended, s.minority,
       s.links, s.path, s.refs
FROM stood s SEMI JOIN met USING (tender_id, top_id) JOIN entries e USING (bid_id)
LEFT JOIN parties p ON p.id = e.bidder_id LEFT JOIN parties t ON t.id = s.top_id
ORDER BY e.tender_id, e.bidder_id, s.top_id, e.bid_id
""")

POPULATION = comparable(
    "SELECT bid_id FROM entries SEMI JOIN (SELECT org_id FROM stakes UNION SELECT org_id FROM orgs WHERE parent_org_id "
    "IS NOT NULL) ON org_id = bidder_id",
    "no_holders",
    dated=True,
)

LAWS = ("bidding_regulation_34_2", "procurement_regulation_18_1")

EXCUSES = (
    GroupExcuse(
        "state_asset_office",
        "state_office",
        fits=Text(
            zh="共同控制人为履行国有资产出资人职责的机关单位，所属企业独立经营。",
            en="The common controller is a public body that holds state assets; its firms run independently.",
        ),
        ruled_out=Text(
            zh="共同控制人不是履行出资人职责的机关单位。",
            en="The common controller is no public body that holds state assets.",
        ),
    ),
    GroupExcuse(
        "below_control",
        "minority",
        fits=Text(zh="对其中一方的持股未达到控制比例。", en="The stake in one of them does not reach control."),
        ruled_out=Text(
            zh="各链条均达到控制比例或登记为实际控制。", en="Each chain reaches control, or control is registered."
        ),
    ),
    GroupExcuse(
        "sold_before",
        "ended",
        fits=Text(
            zh="控制关系在开标日之前已终止，或在其后才建立。",
            en="The control ended before the opening day, or began after it.",
        ),
        ruled_out=Text(zh="登记的控制关系在开标日有效。", en="The registered control held on the opening day."),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that controllers connect."""
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    rows = group.rows
    kinds = dict(rows.cells("thing", "top_kind"))
    owners = sorted({pair for path in rows["path"] for pair in itertools.pairwise(map(str, path))})
    between = sorted({party for pair in owners for party in pair} - kinds.keys() - set(group.bidders))
    reason = Text(
        zh="{bidders}参加标段 {tender} 投标，经穿透（最多 {links} 层）由{top}共同控制。",
        en="{bidders} bid for tender {tender}; followed up to {links} links, {top} controls them all.",
    ).format(
        bidders=group.names,
        tender=group.tender_id,
        links=max(rows["links"]),
        top=group.named("thing", "top_name"),
    )
    return Account(
        reasons=(reason,),
        tier=Tier.B,
        entities=(
            *(Entity(top, "person" if kinds[top] == "person" else "org", "controller") for top in group.things),
            *(Entity(party, "org", "holding") for party in between),
        ),
        links=tuple(Link("OWNS", upper, lower) for upper, lower in owners),
        score=1 / max(1, min(rows["links"])),
    )


DETECTOR = Detector(
    id="common_controller",
    family="affiliated_bidders",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="同一实际控制人", en="One ultimate controller"),
    question=Text(
        zh="同一标段的不同投标人，经股权穿透是否由同一人或同一单位最终控制？",
        en="Followed through chains of ownership, does one party control several bidders of a tender?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，在开标日经不超过 {max_links} 层的持股或控制链由同一方控"
        "制：每层均控制，或各链持股乘积之和超过 {threshold}%；或者登记的上级单位相同。",
        en=(
            "In one tender, two or more bidders that are no consortium are, on the opening day, under one party "
            "through chains of at most {max_links} links: each link controls, or the products of the shares along"
            " the chains add up to more than {threshold} %. Or one parent body is registered for them."
        ),
    ),
    why=Text(
        zh="受同一人控制的单位之间难有真实竞争；层层持股常被用来回避法规对控股、管理关系的禁止。",
        en="Firms under one controller do not compete; chains of holdings are a way around the ban on direct control.",
    ),
    example=Text(
        zh="人员 P-1 持甲投资 80%，甲投资持乙建设 70%；P-1 另持丙工程 60%。乙、丙同投一标：列为 B 类线索。",
        en="Person P-1 owns 80 % of Jia Investment, which owns 70 % of Yi Construction; P-1 also owns 60 % of Bing "
        "Engineering. Yi and Bing bid for one lot: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=(
        "Open Ownership, Beneficial ownership data in procurement, 2021",
        "OCP Red Flags Guide R044, 2024",
    ),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("state_asset_office", Text(zh="国资监管机构下属的无关国企", en="State firms under one asset office")),
        Innocent("below_control", Text(zh="持股未达控制", en="A stake below control")),
        Innocent("sold_before", Text(zh="股权已转让", en="A stake sold before")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("tender_id", "bidder_id"), "roles": ("holder_id", "org_id", "kind", "share_pct")},
    uses={
        "roles": ("valid_from", "valid_to"),
        "orgs": ("org_type", "parent_org_id"),
        "bids": ("consortium_id", "price", "rank"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期", en="the tender has no date"),
        "no_holders": Text(zh="少于两家投标人的股权已知", en="the holders of fewer than two bidders are known"),
    },
    blind=Text(
        zh="看不到代持、协议控制，以及境外持股链条。",
        en="Nominees, control by contract, and chains that leave the register.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners", "stakes", "chains"),
)
