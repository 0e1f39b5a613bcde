"""Parties: who there is, what they hold, how they are related and reached."""

from __future__ import annotations

from graph.schema.model import Column, Kind, Table, choice, ident, plain

VALIDITY = plain(Kind.DATE, [("valid_from", "生效日期"), ("valid_to", "失效日期")])
"""The days on which a relation held, both included. An empty end is open; it never means "not valid"."""

TABLES = (
    Table(
        "orgs",
        "机构与企业",
        key=("org_id",),
        columns=(
            ident("org_id", "机构编号", required=True),
            Column("name", Kind.TEXT, "名称", required=True, aliases=("单位名称", "企业名称", "机构名称")),
            choice(
                "org_type",
                "机构类型",
                "government institution soe private intermediary other",
                required=True,
            ),
            Column("uscc", Kind.ID, "统一社会信用代码", aliases=("社会信用代码", "信用代码")),
            choice("size", "企业规模", "large medium small micro"),
            ident("legal_rep_id", "法定代表人", "persons"),
            Column("registered_capital", Kind.MONEY, "注册资本"),
            Column("employees", Kind.INTEGER, "从业人员"),
            Column("established_on", Kind.DATE, "成立日期"),
            choice("status", "登记状态", "active revoked cancelled abnormal"),
            Column("region", Kind.ID, "行政区划代码"),
            Column("address", Kind.TEXT, "地址"),
            Column("industry", Kind.TEXT, "行业"),
            ident("parent_org_id", "上级机构", "orgs"),
        ),
    ),
    Table(
        "persons",
        "人员",
        key=("person_id",),
        columns=(
            ident("person_id", "人员编号", required=True),
            Column("name", Kind.TEXT, "姓名", required=True),
            Column("id_number", Kind.SECRET, "身份证号", aliases=("公民身份号码",)),
        ),
    ),
    Table(
        "posts",
        "公职任职",
        key=("person_id", "org_id", "title", "valid_from"),
        columns=(
            ident("person_id", "人员编号", "persons", required=True),
            ident("org_id", "机构编号", "orgs", required=True),
            Column("title", Kind.TEXT, "职务"),
            Column("rank", Kind.TEXT, "职级"),
            Column("powers", Kind.CHOICES, "职权", choices=("approve", "pay", "evaluate", "supervise", "procure")),
            *VALIDITY,
        ),
    ),
    Table(
        "roles",
        "企业任职与持股",
        key=("holder_id", "org_id", "kind", "valid_from"),
        columns=(
            ident("holder_id", "持有人", "party", required=True),
            ident("org_id", "机构编号", "orgs", required=True),
            choice(
                "kind",
                "任职类型",
                "legal_rep shareholder director supervisor manager finance actual_controller employee",
                required=True,
            ),
            Column("share_pct", Kind.NUMBER, "持股比例"),
            *VALIDITY,
        ),
    ),
    Table(
        "kinship",
        "亲属与特定关系",
        key=("person_a", "person_b", "relation", "valid_from"),
        columns=(
            ident("person_a", "人员甲", "persons", required=True),
            ident("person_b", "人员乙", "persons", required=True),
            choice("relation", "关系", "spouse parent child sibling in_law associate"),
            *VALIDITY,
        ),
    ),
    Table(
        "contacts",
        "联系方式与账户",
        key=("owner_id", "kind", "value", "valid_from"),
        columns=(
            ident("owner_id", "所有人", "party", required=True),
            choice("kind", "联系类型", "phone email address account", required=True),
            Column("value", Kind.TEXT, "联系内容", required=True),
            *VALIDITY,
        ),
    ),
)
