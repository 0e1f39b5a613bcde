"""Words that sentences of several detectors share."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from i18n import Text

TIES: dict[str, Text] = {
    "self": Text(zh="本人", en="the official"),
    "spouse": Text(zh="配偶", en="spouse"),
    "parent": Text(zh="父母", en="parent"),
    "child": Text(zh="子女", en="child"),
    "sibling": Text(zh="兄弟姐妹", en="sibling"),
    "in_law": Text(zh="姻亲", en="in-law"),
    "associate": Text(zh="特定关系人", en="associate"),
    "kin": Text(zh="亲属", en="kin"),
    "legal_rep": Text(zh="法定代表人", en="legal representative"),
    "shareholder": Text(zh="股东", en="shareholder"),
    "director": Text(zh="董事", en="director"),
    "supervisor": Text(zh="监事", en="supervisor"),
    "manager": Text(zh="高管", en="manager"),
    "finance": Text(zh="财务负责人", en="finance officer"),
    "actual_controller": Text(zh="实际控制人", en="actual controller"),
    "employee": Text(zh="员工", en="employee"),
    "former": Text(zh="开标前曾任", en="before the opening"),
    "registered": Text(zh="注册人员", en="registered professional"),
    "team_member": Text(zh="项目管理成员", en="member of its project team"),
    "holding": Text(zh="控股或者实际控制", en="controlling interest"),
    "parent_body": Text(zh="上级单位", en="parent body"),
    "shared_phone": Text(zh="电话相同", en="one phone"),
    "shared_email": Text(zh="邮箱相同", en="one e-mail"),
    "shared_address": Text(zh="地址相同", en="one address"),
    "shared_account": Text(zh="账户相同", en="one account"),
}


def tie(how: str) -> Text:
    """How a person is tied to a party, out of `ties.how`: `sibling:legal_rep` is 兄弟姐妹 → 法定代表人."""
    words = [TIES.get(part, Text(zh=part, en=part.replace("_", " "))) for part in how.split(":")]
    return Text(zh=" → ".join(word.zh for word in words), en=" → ".join(word.en for word in words))


def name(row: Any, role: str) -> str:
    """The name in `<role>_name`, or the id in `<role>` or `<role>_id` where no table names the party."""
    value = row[f"{role}_name"]
    return value if isinstance(value, str) else str(row[role] if role in row else row[f"{role}_id"])


def span(first: date, last: date) -> Text:
    """From one day to another, at the beginning of a sentence; one day only where they are the same."""
    if first == last:
        return Text(zh=str(first), en=f"On {first}")
    return Text(zh=f"{first} 至 {last}", en=f"From {first} to {last}")


def on(day: int) -> date:
    """The date that is `day` days after 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=int(day))
