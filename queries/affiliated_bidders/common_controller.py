"""Bidders of one tender under one ultimate controller."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Link, Tier
from queries.groups import CONSORTIUM, GroupExcuse, groups


class Parameters(Params):
    """When a chain of stakes carries control."""

    threshold: float = Field(
        50, gt=0, le=100, description="Percent. A holder controls above it, by one link or by the product of a chain."
    )
    max_links: int = Field(6, ge=1, le=6, description="Links of a chain at most.")


SELECT = Sql("""
WITH firms AS (SELECT DISTINCT bidder_id AS org_id FROM entries),
-- Only holders who reach more than one bidder can be common to two.
reach AS (
  SELECT c.* FROM chains c SEMI JOIN firms f ON f.org_id = c.org_id
  WHERE c.links <= $max_links
  QUALIFY min(c.org_id) OVER (PARTITION BY c.top_id) <> max(c.org_id) OVER (PARTITION BY c.top_id)
),
held_by AS (
  SELECT e.tender_id, e.day, e.bidder_id, e.bid_id, e.bid_key, e.consortium_id, r.top_id,
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
SELECT s.tender_id, s.day, s.bidder_id, p.name AS bidder_name, s.bid_id, s.bid_key, s.consortium_id,
       (SELECT count(consortium_id) > 0 FROM entries) AS consortia_known,
       s.top_id AS thing, t.name AS top_name, t.kind AS top_kind,
       coalesce(t.org_type IN ('government', 'institution'), false) AS state_office, s.ended, s.minority,
       s.links, s.path, s.refs
FROM stood s SEMI JOIN met USING (tender_id, top_id)
LEFT JOIN parties p ON p.id = s.bidder_id LEFT JOIN parties t ON t.id = s.top_id
ORDER BY s.tender_id, s.bidder_id, s.top_id, s.bid_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE day IS NOT NULL AND known > 1) AS judged,
       count(*) FILTER (WHERE day IS NULL) AS no_date,
       count(*) FILTER (WHERE day IS NOT NULL AND known <= 1) AS no_holders
FROM (SELECT s.tender_id, s.day, count(DISTINCT e.bidder_id) FILTER (WHERE h.org_id IS NOT NULL) AS known
      FROM tender_sizes s JOIN entries e USING (tender_id)
      LEFT JOIN (SELECT DISTINCT org_id FROM stakes) h ON h.org_id = e.bidder_id
      WHERE s.bidders > 1 GROUP BY ALL)
""")

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
    for group in groups(rows):
        standing = group.standing(EXCUSES)
        shown = standing if len(standing) else group.rows
        tops = shown.drop_duplicates("thing")
        names = listing(n if isinstance(n, str) else t for n, t in zip(tops["top_name"], tops["thing"], strict=True))
        kinds = ["person" if kind == "person" else "org" for kind in tops["top_kind"]]
        reason = Text(
            zh="{bidders}参加标段 {tender} 投标，经穿透（最多 {links} 层）由{top}共同控制。",
            en="{bidders} bid for tender {tender}; followed up to {links} links, {top} controls them all.",
        ).format(bidders=group.names, tender=group.tender_id, links=int(shown["links"].max()), top=names)
        owners = {(str(upper), str(lower)) for path in group.rows["path"] for upper, lower in itertools.pairwise(path)}
        between = sorted({p for pair in owners for p in pair} - set(tops["thing"]) - set(group.bidders))
        yield Lead(
            identity=group.identity,
            tier=Tier.B,
            entities=(
                *group.entities(),
                *(Entity(str(t), k, "controller") for t, k in zip(tops["thing"], kinds, strict=True)),
                *(Entity(party, "org", "holding") for party in between),
            ),
            reasons=(reason,),
            innocent=group.verdicts(standing, EXCUSES),
            records=group.records(),
            links=(*group.links(), *(Link("OWNS", upper, lower) for upper, lower in sorted(owners))),
            score=1 / max(1, int(shown["links"].min())),
            rank=float(len(group.bidders)),
            period=(group.day, group.day),
        )


DETECTOR = Detector(
    id="common_controller",
    family="affiliated_bidders",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="同一实际控制人", en="One ultimate controller"),
    question=Text(
        zh="同一标段的不同投标人，经股权穿透是否由同一人或同一单位最终控制？",
        en="Followed through chains of ownership, does one party control several bidders of a tender?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，在开标日经不超过 {max_links} 层的持股或控制链由同一方控"
        "制：每层均控制，或各链持股乘积之和超过 {threshold}%。",
        en=(
            "In one tender, two or more bidders that are no consortium are, on the opening day, under one party "
            "through chains of at most {max_links} links: each link controls, or the products of the shares along"
            " the chains add up to more than {threshold} %."
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
    legal_basis=("bidding_regulation_34_2", "procurement_regulation_18_1"),
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
    uses={"roles": ("valid_from", "valid_to"), "orgs": ("org_type",), "bids": ("consortium_id",)},
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
    relations=("parties", "entries", "tender_sizes", "stakes", "chains"),
)
