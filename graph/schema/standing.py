"""Standing: what a party may do, what was held against it, what must be in the open."""

from __future__ import annotations

from graph.schema.model import Column, Kind, Table, choice, ident, plain
from graph.schema.parties import VALIDITY

TABLES = (
    Table(
        "qualifications",
        "资质",
        key=("org_id", "kind", "certificate_no", "valid_from"),
        columns=(
            ident("org_id", "机构编号", "orgs", required=True),
            Column("kind", Kind.TEXT, "资质类别", required=True),
            Column("grade", Kind.TEXT, "资质等级"),
            Column("certificate_no", Kind.ID, "证书编号"),
            *VALIDITY,
        ),
    ),
    Table(
        "registrations",
        "注册人员",
        key=("person_id", "org_id", "kind", "certificate_no", "valid_from"),
        columns=(
            ident("person_id", "人员编号", "persons", required=True),
            ident("org_id", "注册单位", "orgs", required=True),
            Column("kind", Kind.TEXT, "注册类别"),
            Column("certificate_no", Kind.ID, "证书编号"),
            ident("insured_org_id", "社保单位", "orgs"),
            *VALIDITY,
        ),
    ),
    Table(
        "sanctions",
        "处罚与失信",
        key=("subject_id", "kind", "decided_on"),
        columns=(
            ident("subject_id", "当事人", "party", required=True),
            Column("kind", Kind.TEXT, "处罚类别", required=True),
            *plain(Kind.DATE, [("decided_on", "决定日期"), ("valid_to", "失效日期")]),
            choice("status", "处罚状态", "effective revoked"),
            Column("amount", Kind.MONEY, "金额"),
        ),
    ),
    Table(
        "complaints",
        "投诉与12345工单",
        key=("complaint_id",),
        columns=(
            ident("complaint_id", "投诉编号", required=True),
            Column("received_at", Kind.TIME, "受理时间"),
            ident("subject_id", "被投诉人", "party"),
            ident("tender_id", "标段编号", "tenders"),
            *plain(Kind.TEXT, [("channel", "渠道"), ("category", "类别"), ("text", "内容")]),
            choice("status", "办理状态", "open closed"),
            Column("satisfied", Kind.FLAG, "是否满意"),
        ),
    ),
    Table(
        "platforms",
        "交易平台接入",
        key=("platform_id",),
        columns=(
            ident("platform_id", "平台编号", required=True),
            Column("name", Kind.TEXT, "平台名称", required=True),
            ident("operator_id", "运营单位", "orgs"),
            Column("region", Kind.ID, "行政区划代码"),
            *plain(
                Kind.DATE,
                [
                    ("required_by", "应接入日期"),
                    ("connected_on", "接入日期"),
                    ("last_data_on", "最近数据日期"),
                ],
            ),
        ),
    ),
    Table(
        "disclosures",
        "阳光公开事项",
        key=("org_id", "item", "due_on", "ref_id"),
        columns=(
            ident("org_id", "机构编号", "orgs", required=True),
            Column("item", Kind.TEXT, "公开事项", required=True),
            *plain(Kind.DATE, [("due_on", "应公开日期"), ("published_on", "公开日期")]),
            ident("ref_id", "关联编号"),
        ),
    ),
)
