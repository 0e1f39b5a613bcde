"""What the parts of an OCDS release become."""

from __future__ import annotations

from typing import Any

import pytest

BUYER = {"id": "b", "name": "市住建局", "roles": ["buyer", "procuringEntity"]}
ACME = {
    "id": "s1",
    "name": "Acme",
    "roles": ["tenderer", "supplier"],
    "identifier": {"scheme": "CN-USCC", "id": "91110000600037341L"},
    "address": {"streetAddress": "人民路1号2单元", "locality": "大庆市", "region": "230600"},
    "contactPoint": {"telephone": "0459-1234567", "email": "a@acme.cn"},
    "details": {"scale": "micro"},
}
BOLT = {"id": "s2", "name": "Bolt", "roles": ["tenderer"], "contactPoint": {"telephone": "N/A"}}


def release(**sections: Any) -> dict[str, Any]:
    return {
        "ocid": "ocds-213czf-1",
        "id": "r1",
        "date": "2024-03-01T08:00:00+08:00",
        "tag": ["tender"],
        "buyer": {"id": "b", "name": "市住建局"},
        "parties": [BUYER, ACME, BOLT],
        **sections,
    }


def bid(number: int, tenderer: str, amount: float, **more: Any) -> dict[str, Any]:
    value = {"amount": amount, "currency": "CNY"}
    return {"id": f"{number}", "tenderers": [{"id": tenderer}], "value": value, "status": "valid", **more}


def test_tender_without_lots(load: Any) -> None:
    loaded = load(
        release(
            tender={
                "id": "t",
                "title": "中学扩建",
                "status": "active",
                "value": {"amount": 1500000.10, "currency": "cny"},
                "mainProcurementCategory": "works",
                "procurementMethod": "selective",
                "tenderPeriod": {"startDate": "2024-02-01T00:00:00Z", "endDate": "2024-02-20T09:00:00Z"},
                "bidOpening": {"date": "2024-02-20T10:00:00Z"},
                "procuringEntity": {"id": "agent", "name": "招标代理公司"},
            }
        )
    )
    assert loaded.only("tenders") == {
        "tender_id": "ocds-213czf-1",
        "buyer_id": "ocds-213czf/b",
        "title": "中学扩建",
        "agent_id": "ocds-213czf/agent",
        "category": "works",
        "method": "invited",
        "estimate": "1500000.1",
        "currency": "CNY",
        "published_at": "2024-02-01T00:00:00Z",
        "submission_deadline": "2024-02-20T09:00:00Z",
        "opened_at": "2024-02-20T10:00:00Z",
        "status": "active",
        "source_record_id": "ocds-213czf-1 r1",
        "as_of_date": "2024-03-01T08:00:00+08:00",
        "_row": 1,
    }


def test_each_lot_is_a_tender(load: Any) -> None:
    lots = [
        {"id": "A", "title": "一标段", "value": {"amount": 5, "currency": "CNY"}},
        {"id": "B", "status": "cancelled"},
    ]
    loaded = load(release(tender={"title": "工程", "status": "active", "lots": lots}))
    found = {r["tender_id"]: (r["title"], r["estimate"], r["status"]) for r in loaded["tenders"]}
    assert found == {
        "ocds-213czf-1/A": ("一标段", "5", "active"),
        "ocds-213czf-1/B": ("工程", None, "cancelled"),
    }


def test_parties_with_identifiers_addresses_and_contacts(load: Any) -> None:
    loaded = load(release(tender={"id": "t"}))
    orgs = {row["name"]: row for row in loaded["orgs"]}
    assert orgs["市住建局"]["org_type"] == "government"
    acme = orgs["Acme"]
    assert (acme["org_id"], acme["uscc"]) == ("CN-USCC-91110000600037341L", "91110000600037341L")
    assert (acme["org_type"], acme["size"], acme["region"]) == ("private", "micro", "230600")
    assert acme["address"] == "人民路1号2单元, 大庆市, 230600"
    contacts = {(row["owner_id"], row["kind"], row["value"]) for row in loaded["contacts"]}
    assert contacts == {
        (acme["org_id"], "phone", "0459-1234567"),
        (acme["org_id"], "email", "a@acme.cn"),
        (acme["org_id"], "address", "人民路1号2单元, 大庆市, 230600"),
    }, "a placeholder is no telephone number"


@pytest.mark.parametrize(
    ("scheme", "number"), [("Cédula de Ciudadanía", "39723576"), ("", "11010519491231002X"), ("居民身份证", "123")]
)
def test_a_natural_persons_number_is_in_no_id(load: Any, scheme: str, number: str) -> None:
    person = {
        "id": f"X-{number}",
        "name": "张三",
        "roles": ["supplier"],
        "identifier": {"scheme": scheme, "id": number},
    }
    loaded = load(release(parties=[BUYER, person], awards=[{"id": "a", "suppliers": [{"id": f"X-{number}"}]}]))
    row = loaded.only("persons")
    assert row["id_number"] == number
    assert row["person_id"] == "ocds-213czf-1/person/张三"
    assert row["_derived"] == "person_id"
    assert loaded.only("bids")["bidder_id"] == row["person_id"]
    for table in loaded.tables.values():
        for entry in table:
            assert not any(number in str(v) for c, v in entry.items() if c != "id_number")


def test_a_party_known_by_name_alone_gets_a_derived_id(load: Any) -> None:
    loaded = load(release(parties=[], buyer={"name": " 某某　市政府"}, tender={"id": "t"}))
    row = loaded.only("orgs")
    assert (row["org_id"], row["_derived"]) == ("ocds-213czf/name/某某 市政府", "org_id")
    assert loaded.only("tenders")["buyer_id"] == row["org_id"]


def test_bids_and_awards(load: Any) -> None:
    loaded = load(
        release(
            tender={"id": "t", "status": "active"},
            bids={"details": [bid(1, "s1", 10.5), bid(2, "s2", 11, status="disqualified")]},
            awards=[{"id": "a", "status": "active", "date": "2024-02-25", "suppliers": [{"id": "s1"}]}],
        )
    )
    found = {r["bid_id"]: (r["price"], r["status"], r["is_winner"]) for r in loaded["bids"]}
    assert found == {
        "ocds-213czf-1/1": ("10.5", "valid", "true"),
        "ocds-213czf-1/2": ("11", "disqualified", "false"),
    }
    tender = loaded.only("tenders")
    assert (tender["status"], tender["awarded_on"]) == ("awarded", "2024-02-25")


def test_bids_of_lots(load: Any) -> None:
    tender = {"lots": [{"id": "A"}, {"id": "B"}]}
    bids = [
        bid(1, "s1", 10, relatedLots=["A"]),
        bid(2, "s2", 11, relatedLots=["A", "B"]),
        bid(3, "s1", 0, lotValues=[{"relatedLot": "B", "value": {"amount": 7, "currency": "CNY"}}]),
    ]
    awards = [{"id": "a", "suppliers": [{"id": "s1"}], "relatedLots": [{"lotId": "A"}], "date": "2024-02-25"}]
    loaded = load(release(tender=tender, bids={"details": bids}, awards=awards))
    found = {r["bid_id"]: (r["tender_id"][-1], r["price"], r["is_winner"]) for r in loaded["bids"]}
    assert found == {
        "ocds-213czf-1/1": ("A", "10", "true"),
        "ocds-213czf-1/2/A": ("A", None, "false"),
        "ocds-213czf-1/2/B": ("B", None, None),
        "ocds-213czf-1/3": ("B", "7", None),
    }
    assert any("bids.details.value: 1 amounts are for several lots" in w for w in loaded.warnings)


def test_a_joint_bid_is_one_row_a_member(load: Any) -> None:
    joint = bid(1, "s1", 10) | {"tenderers": [{"id": "s1"}, {"id": "s2"}]}
    awards = [{"id": "a", "status": "active", "suppliers": [{"id": "s1"}, {"id": "s2"}]}]
    loaded = load(release(tender={"id": "t"}, bids={"details": [joint]}, awards=awards))
    assert [(r["price"], r["consortium_id"], r["is_winner"]) for r in loaded["bids"]] == [
        ("10", "ocds-213czf-1/1", "true"),
        (None, "ocds-213czf-1/1", "true"),
    ]


def test_a_tenderer_without_a_bid_has_neither_status_nor_price(load: Any) -> None:
    loaded = load(
        release(tender={"id": "t", "tenderers": [{"id": "s1"}, {"id": "s2"}]}, bids={"details": [bid(1, "s1", 9)]})
    )
    (listed,) = (r for r in loaded["bids"] if r["bidder_id"] == "ocds-213czf/s2")
    assert (listed["status"], listed["price"], listed["_derived"]) == (None, None, "bid_id")


def test_a_supplier_without_a_bid_won_at_the_awards_price(load: Any) -> None:
    value = {"amount": 3, "currency": "CNY"}
    won = [{"id": f"a{i}", "status": "active", "value": value, "suppliers": [{"id": "s1"}]} for i in (1, 2)]
    loaded = load(release(tender={"id": "t", "status": "complete"}, awards=won))
    row = loaded.only("bids")
    assert (row["is_winner"], row["price"], row["_derived"]) == ("true", "6", "bid_id"), "two awards add up"


def test_awards_that_came_to_nothing(load: Any) -> None:
    awards = [{"id": "a", "status": "unsuccessful", "suppliers": [{"id": "s1"}]}]
    loaded = load(release(tender={"id": "t", "status": "complete"}, bids={"details": [bid(1, "s1", 9)]}, awards=awards))
    assert loaded.only("tenders")["status"] == "failed"
    assert "is_winner" not in loaded.only("bids")


def test_what_names_no_lot_belongs_to_the_whole_process(load: Any) -> None:
    loaded = load(release(tender={"lots": [{"id": "A"}, {"id": "B"}], "tenderers": [{"id": "s1"}]}))
    assert {r["tender_id"] for r in loaded["tenders"]} == {f"ocds-213czf-1{lot}" for lot in ("", "/A", "/B")}
    assert loaded.only("bids")["tender_id"] == "ocds-213czf-1"


def test_contracts_amendments_and_payments(load: Any) -> None:
    contract = {
        "id": "c",
        "awardID": "a",
        "value": {"amount": 120, "currency": "CNY"},
        "dateSigned": "2024-03-05",
        "period": {"startDate": "2024-03-10"},
        "amendments": [
            {"id": "m1", "date": "2024-05-01", "changes": [{"property": "value.amount", "former_value": 100}]},
            {"id": "m2", "date": "2024-06-01", "rationale": "工期顺延"},
        ],
        "implementation": {
            "transactions": [
                {"id": "p1", "date": "2024-04-01", "value": {"amount": 60, "currency": "CNY"}},
                {
                    "id": "p2",
                    "date": "2024-04-02",
                    "amount": {"amount": 40, "currency": "CNY"},
                    "providerOrganization": {"scheme": "x", "id": "b"},
                    "receiverOrganization": {"id": "s2"},
                },
            ]
        },
    }
    loaded = load(release(awards=[{"id": "a", "suppliers": [{"id": "s1"}]}], contracts=[contract]))
    found = {r["contract_id"]: (r["amount"], r["kind"], r["parent_id"], r["signed_on"]) for r in loaded["contracts"]}
    assert found == {
        "ocds-213czf-1/c": ("100", "main", None, "2024-03-05"),
        "ocds-213czf-1/c/m1": ("20", "supplement", "ocds-213czf-1/c", "2024-05-01"),
    }, "the contract before its amendment, and the amendment's share"
    assert {
        (r["payment_id"][-2:], r["payer_id"], r["payee_id"], r["amount"], r["_derived"]) for r in loaded["payments"]
    } == {
        ("p1", "ocds-213czf/b", "CN-USCC-91110000600037341L", "60", "payer_id;payee_id"),
        ("p2", "ocds-213czf/b", "ocds-213czf/s2", "40", None),
    }
    assert any("contracts.amendments: 1 amendments" in w for w in loaded.warnings)


def test_plans_are_projects_and_foreign_budgets_are_left_out(load: Any) -> None:
    project = {"budget": {"project": "学校建设", "projectID": "P1"}}
    assert load(release(planning=project, tender={"id": "t"})).only("tenders")["project_id"] == "ocds-213czf/project/P1"
    own = load(release(planning={"rationale": "缺教室", "budget": {"amount": {"amount": 7, "currency": "CNY"}}}))
    assert own.only("projects")["budget"] == "7"
    foreign = load(release(planning={"rationale": "x", "budget": {"amount": {"amount": 7, "currency": "EUR"}}}))
    assert "budget" not in foreign.only("projects")
    assert any("EUR" in w for w in foreign.warnings)


def test_release_1_0_describes_parties_where_it_names_them(load: Any) -> None:
    loaded = load(
        {
            "ocid": "ocds-213czf-9",
            "id": "1",
            "date": "2016-01-01T00:00:00Z",
            "tag": ["award"],
            "buyer": {"name": "Ministry", "identifier": {"scheme": "GB-GOV", "id": "7", "legalName": "The Ministry"}},
            "awards": [{"id": "a", "suppliers": [{"identifier": {"scheme": "GB-COH", "id": "99"}, "name": "Old Ltd"}]}],
        }
    )
    assert {(r["org_id"], r["name"]) for r in loaded["orgs"]} == {("GB-GOV-7", "Ministry"), ("GB-COH-99", "Old Ltd")}


def test_values_of_the_wrong_type_are_read_or_rejected_never_lost(load: Any) -> None:
    loaded = load(
        release(
            tender={"id": "t", "title": ["x"], "value": {"amount": "12.50", "currency": 5}, "tenderPeriod": "May"},
            awards={"id": 7, "suppliers": {"id": "s1"}, "value": {"amount": True}},
            contracts="none",
        )
    )
    assert loaded.only("tenders")["estimate"] == "12.50"
    assert {(e.table, e.column, e.reason) for e in loaded.rejected} == {
        ("tenders", "tender.title", "ocds_wrong_type"),
        ("tenders", "tender.tenderPeriod", "ocds_wrong_type"),
        ("bids", "awards.value.amount", "ocds_wrong_type"),
        ("contracts", "contracts", "ocds_wrong_type"),
    }
    english = " ".join(loaded.warnings)
    for sign in (
        "tender.value.amount: 1 texts",
        "awards: 1 single objects",
        "awards.id: 1 numbers",
        "tender.value.currency: 1 numbers",
    ):
        assert sign in english
