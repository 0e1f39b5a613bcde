"""Personal numbers as they may be shown: enough to tell two apart, too little to use."""

from __future__ import annotations

MASKED_COLUMNS: dict[str, frozenset[str]] = {
    "bid_deposits": frozenset({"payer_account"}),
    "payments": frozenset({"payer_account", "payee_account"}),
    "transfers": frozenset({"from_account", "to_account"}),
}
"""Columns of canonical tables that hold account numbers. `contacts.value` is masked by its kind."""

HIDDEN_COLUMNS: dict[str, frozenset[str]] = {"persons": frozenset({"id_number"})}
"""Columns that are left out whole: a pseudonym tells a reader nothing."""


def mask(kind: str, value: str) -> str:
    """A contact's value with its middle hidden; an address is shown whole.

    >>> mask("phone", "13812341234")
    '138****1234'
    >>> mask("account", "6217000988641975321")
    '6217****5321'
    >>> mask("email", "zhangsan@example.cn")
    'z****@example.cn'
    """
    if kind == "address":
        return value
    if kind == "email" and "@" in value:
        name, _, domain = value.partition("@")
        return f"{name[:1]}****@{domain}"
    first, last = (4, 4) if kind == "account" else (3, 4)
    if len(value) < first + last + 3:
        # Too short to hide a middle: the ends alone would give it away.
        first, last = 1, min(2, max(0, len(value) - 4))
    return f"{value[:first]}****{value[len(value) - last :]}"
