"""R044: business similarities between bidders."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.rule import Rule


class Kin(Params):
    """R044."""

    tenders: int = Field(1, ge=1, description="Tenders in which the two bidders met.")


RULE = Rule(
    code="R044",
    title=Text(zh="投标人业务高度关联", en="Business similarities between bidders"),
    question=Text(
        zh="同一标段的投标人是否经同一人员关联？", en="Are bidders of one tender tied through the same person?"
    ),
    rule=Text(
        zh="同一人员在投标当日与两家投标人有任职、持股、亲属或共用联系方式的关系，两家同场投标 {tenders} 次以上。",
        en="On the day of the bids one person is tied to two bidders, by office, shares, kin or contact, and the "
        "two met in {tenders} tenders or more.",
    ),
    why=Text(zh="有关联的投标人难以真正竞争。", en="Bidders that are tied hardly compete."),
    example=Text(zh="甲、乙两公司同场投标，董事为同一人。", en="Alpha and Beta bid, and share a director."),
    innocent=(
        "contact_only",
        Text(zh="仅共用联系方式", en="A shared contact only"),
        Text(zh="仅共用电话、地址等，可能为代办人员。", en="Only a contact is shared, perhaps that of an agent."),
        Text(zh="另有任职、持股或亲属关系。", en="There is an office, a share or kin as well."),
    ),
    parameters=Kin,
    identity=("first", "second"),
    requires={"bids": ("tender_id", "bidder_id"), "roles": ("holder_id", "org_id", "kind")},
    uses={
        "tenders": ("opened_at",),
        "kinship": ("person_a", "person_b"),
        "contacts": ("owner_id", "kind", "value"),
    },
    select="""
WITH ties_to_bidders AS (
  SELECT * FROM ties SEMI JOIN entries ON bidder_id = party_id WHERE person_id <> party_id
), go_betweens AS (
  SELECT person_id FROM ties_to_bidders GROUP BY person_id HAVING min(party_id) <> max(party_id)
), tied AS (
  SELECT e.tender_id, e.bidder_id, e.consortium_id, e.bid_key, t.person_id, starts_with(t.how, 'shared_') AS contact,
         t.refs
  FROM entries e JOIN (FROM ties_to_bidders SEMI JOIN go_betweens USING (person_id)) t
    ON t.party_id = e.bidder_id AND held(t.valid_from, t.valid_to, e.day)
  WHERE e.day IS NOT NULL
)
SELECT a.bidder_id AS first, b.bidder_id AS second, count(DISTINCT a.tender_id) AS times,
       bool_and(a.contact AND b.contact) AS fits, least(1.0, count(DISTINCT a.tender_id) / 10) AS score,
       list_sort(list_distinct(list_concat(flatten(list(a.refs)), flatten(list(b.refs)),
         list({'table': 'bids', 'key': a.bid_key}), list({'table': 'bids', 'key': b.bid_key})))) AS refs,
       list_sort(list_distinct(list({'id': a.person_id, 'kind': 'person', 'role': 'person'}))) AS others
FROM tied a JOIN tied b ON b.tender_id = a.tender_id AND b.person_id = a.person_id AND a.bidder_id < b.bidder_id
WHERE a.consortium_id IS NULL OR a.consortium_id IS DISTINCT FROM b.consortium_id
GROUP BY a.bidder_id, b.bidder_id HAVING count(DISTINCT a.tender_id) >= $tenders ORDER BY first, second
""",
    population="""
SELECT count(*) FILTER (WHERE n > 1 AND dated) AS judged, count(*) FILTER (WHERE NOT (n > 1 AND dated)) AS no_pair
FROM (SELECT count(DISTINCT bidder_id) AS n, bool_or(day IS NOT NULL) AS dated FROM entries GROUP BY tender_id)
""",
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={"no_pair": Text(zh="仅有一家投标或日期未知", en="one bidder only, or no date")},
    blind=Text(zh="看不到未登记的关系。", en="Ties that no register has."),
    sentence=Text(
        zh="{first} 与 {second} 同场投标 {times} 次，且经同一人员关联。",
        en="{first} and {second} met in {times} tenders and are tied through the same person.",
    ),
    relations=("entries", "ties"),
    differs=Text(
        zh="指南比较投标人的电话、地址等登记信息；此处经任职、持股、亲属或联系方式在图上核查。",
        en="The guide compares telephone numbers and addresses of bidders; here ties by office, shares, kin "
        "or contact are followed through the graph.",
    ),
)
