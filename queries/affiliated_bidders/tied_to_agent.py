"""A bidder tied to the agent that runs the tender."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.affiliated_bidders.interests import LINKED, PARTIES_TOLD, TOLD, Reason, dated, interests
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Lead, Tier
from queries.groups import applicable
from queries.relations.model import ref
from queries.wording import name


class Parameters(Params):
    """When a contact is too common to tie anybody."""

    popular: int = Field(8, ge=2, description="Parties. A contact of more parties ties nobody.")


SELECT = Sql(
    f"""
WITH agents AS (SELECT DISTINCT agent_id, bidder_id FROM entries WHERE agent_id <> bidder_id),
-- Who stands behind an agent: its officers and shareholders, and the agent itself as a shareholder.
behind AS (
  SELECT org_id AS side_id, holder_id AS person_id, NULL AS title, valid_from, valid_to, {ref("roles")} AS ref
  FROM roles SEMI JOIN agents ON agent_id = org_id
  WHERE kind <> 'employee' AND (kind <> 'shareholder' OR share_pct >= 5)
  UNION
  SELECT org_id, person_id, NULL, valid_from, valid_to, ref FROM heads SEMI JOIN agents ON agent_id = org_id
),
{LINKED},
interest AS (
  SELECT * FROM linked
  UNION ALL
  SELECT t.person_id, t.person_id, NULL, t.party_id, t.how, t.valid_from, t.valid_to, t.refs
  FROM ties t SEMI JOIN agents a ON a.agent_id = t.person_id AND a.bidder_id = t.party_id
  UNION ALL
  SELECT t.party_id, t.person_id, NULL, t.person_id, t.how, t.valid_from, t.valid_to, t.refs
  FROM ties t SEMI JOIN agents a ON a.agent_id = t.party_id AND a.bidder_id = t.person_id
  UNION ALL
  SELECT a.owner_id, a.owner_id, NULL, b.owner_id, 'shared_' || a.kind, greatest(a.valid_from, b.valid_from),
         least(a.valid_to, b.valid_to), [a.ref, b.ref]
  FROM shared_contacts a SEMI JOIN agents g ON g.agent_id = a.owner_id
  JOIN shared_contacts b ON b.kind = a.kind AND b.value = a.value AND b.owner_id <> a.owner_id
  WHERE a.owners <= $popular
  UNION ALL
  SELECT o.parent_org_id, o.parent_org_id, NULL, o.org_id, 'parent_body', NULL, NULL, [{ref("orgs", "o._key")}]
  FROM orgs o SEMI JOIN agents a ON a.agent_id = o.parent_org_id AND a.bidder_id = o.org_id
  UNION ALL
  SELECT o.org_id, o.parent_org_id, NULL, o.parent_org_id, 'parent_body', NULL, NULL, [{ref("orgs", "o._key")}]
  FROM orgs o SEMI JOIN agents a ON a.agent_id = o.org_id AND a.bidder_id = o.parent_org_id
  UNION ALL
  SELECT DISTINCT agent_id, agent_id, NULL, agent_id, 'self', NULL, NULL, [] FROM entries WHERE agent_id = bidder_id
)
{TOLD}, l.refs
FROM entries e JOIN interest l ON l.side_id = e.agent_id AND l.party_id = e.bidder_id
{PARTIES_TOLD}
WHERE e.day IS NOT NULL
ORDER BY e.tender_id, e.bidder_id, l.side_id, l.person_id, l.how, l.valid_from, l.valid_to, l.refs
"""
)

POPULATION = dated("SELECT tender_id FROM tenders WHERE agent_id IS NOT NULL", "no_agent")

LAWS = ("bidding_regulation_34_1", "procurement_regulation_9")
OWN_BID = ("bidding_regulation_13", "order_87_8")

EXCUSES = (
    Reason(
        "tie_at_another_time",
        "past",
        fits=Text(
            zh="开标日该关联已不再（或尚未）有效。", en="On the opening day the tie no longer, or not yet, held."
        ),
        ruled_out=Text(zh="关联在开标日有效。", en="The tie held on the opening day."),
    ),
)

SAID = Text(
    zh="投标人{bidder}参加标段 {tender} 投标，与招标代理机构{side}存在关联：{ties}。",
    en="{bidder} bids for tender {tender} and is tied to {side}, the agent that runs it: {ties}.",
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each bidder of a tender that is tied to the tender's agent, or is the agent."""
    for lead in interests(rows, "agent", EXCUSES, SAID, LAWS):
        yield _own_bid(lead, rows) if lead.identity["bidder"] == lead.identity["agent"] else lead


def _own_bid(lead: Lead, rows: pd.DataFrame) -> Lead:
    row = rows[(rows["tender_id"] == lead.identity["tender"]) & (rows["bidder"] == lead.identity["bidder"])].iloc[0]
    said = Text(
        zh="招标代理机构{agent}在其代理的标段 {tender} 中投标。",
        en="{agent} bids for tender {tender}, which it runs as agent.",
    ).format(agent=name(row, "bidder"), tender=row["tender_id"])
    return replace(lead, reasons=(said,), laws=applicable(OWN_BID, row["regime"], lead.period[0]))


DETECTOR = Detector(
    id="tied_to_agent",
    family="affiliated_bidders",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="与代理机构有利害关系", en="Tied to the agent"),
    question=Text(
        zh="投标人是否与承办该标段的招标代理机构存在关联？",
        en="Is a bidder tied to the agent that runs the tender?",
    ),
    rule=Text(
        zh="投标人就是该标段的代理机构，或者开标日与其相互持股、任职或者有隶属关系，有共同的法定代表人、高管、股东或者其亲属，或者登记联系方"
        "式相同（超过 {popular} 家共用的除外）。",
        en="The bidder is the tender's agent, or on the opening day the two hold shares or offices in each other, one "
        "belongs to the other, or they share an officer, a shareholder or one's kin, or register one contact (unless "
        "more than {popular} parties have it).",
    ),
    why=Text(
        zh="代理机构编制文件、组织评标，掌握未公开信息；与投标人有利害关系即难以中立。",
        en="The agent writes the documents, runs the evaluation and knows what is not public; tied to a bidder it is "
        "no neutral.",
    ),
    example=Text(
        zh="诚达代理的法定代表人持有青禾建设 60% 股权，青禾建设参加其代理的标段：列为 B 类线索。",
        en="The head of Chengda Agency owns 60 % of Qinghe Construction, which bids for a lot that Chengda runs: a "
        "tier B lead.",
    ),
    legal_basis=(*LAWS, *OWN_BID),
    references=("OCP Red Flags Guide, conflict of interest, 2024",),
    innocent=(Innocent("tie_at_another_time", Text(zh="关联不在同一时期", en="A tie at another time")),),
    parameters=Parameters,
    identity=("tender", "bidder", "agent"),
    requires={
        "bids": ("tender_id", "bidder_id"),
        "tenders": ("tender_id", "agent_id"),
        "roles": ("holder_id", "org_id", "kind"),
    },
    uses={
        "roles": ("share_pct", "valid_from", "valid_to"),
        "orgs": ("legal_rep_id",),
        "kinship": ("person_a", "person_b"),
        "contacts": ("owner_id", "kind", "value"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期", en="the tender has no date"),
        "no_agent": Text(zh="标段没有代理机构", en="the tender names no agent"),
    },
    blind=Text(
        zh="看不到代理机构从业人员个人与投标人的往来，以及未登记的关联。",
        en="Dealings of the agent's staff with a bidder, and ties that are not registered.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes", "heads", "ties", "shared_contacts"),
)
