"""In which spelling numbers and codes are compared: one telephone is written in many ways, and many write 无 for none.

Most cells are written plainly, and each form first asks for that: to spell a cell anew costs several times as much.

The files keep what was written; only the views that are searched (`graph.tables`) hold the plain form, which is null
where the cell names nothing: a zeroed serial number, a maker's placeholder, the checksum of an empty file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

EMPTY = frozenset(
    "- -- — —— / \\ . null none n/a na #n/a 空 无 暂无 不详 未知 不适用".split()  # noqa: SIM905 - a word list
)
"""What people write into a cell that they leave empty; such a cell is unknown."""

_PLACEHOLDERS = (
    "TO BE FILLED BY O.E.M.",
    "DEFAULT STRING",
    "SYSTEM SERIAL NUMBER",
    "NOT APPLICABLE",
    "NOT SPECIFIED",
    "UNKNOWN",
    "INVALID",
    "D41D8CD98F00B204E9800998ECF8427E",
)
"""What makers leave in a serial number that they do not fill, and the MD5 of an empty file."""

_FULL = "０１２３４５６７８９－＋（）＠．　"
_HALF = "0123456789-+()@. "


def _half(cell: str) -> str:
    return f"CASE WHEN regexp_matches({cell}, '[{_FULL}]') THEN translate({cell}, '{_FULL}', '{_HALF}') ELSE {cell} END"


def _digits(cell: str) -> str:
    """A telephone number's digits, those of a mobile without the country's code; null for fewer than five."""
    digits = f"regexp_extract(regexp_replace({_half(cell)}, '[^0-9]', '', 'g'), '^[0-9]{{5,}}$')"
    plain = f"regexp_replace(nullif({digits}, ''), '^(00)?86(1[0-9]{{10}})$', '\\2')"
    return f"CASE WHEN regexp_full_match({cell}, '1[0-9]{{10}}') THEN {cell} ELSE {plain} END"


def _unspaced(cell: str) -> str:
    plain = f"regexp_replace(translate({cell}, '{_FULL}', '{_HALF}'), '\\s', '', 'g')"
    return f"CASE WHEN regexp_matches({cell}, '[\\s{_FULL}]') THEN {plain} ELSE {cell} END"


def _account(cell: str) -> str:
    return f"CASE WHEN regexp_full_match({cell}, '[0-9]+') THEN {cell} ELSE {_serial(_half(cell))} END"


def _serial(cell: str) -> str:
    """Letters and digits, without what groups them; `translate` would take three times as long."""
    for sign in "-:. ":
        cell = f"replace({cell}, '{sign}', '')"
    return f"upper({cell})"


_NOTHING = "(?i)" + "|".join(re.escape(word) for word in sorted(EMPTY | set(_PLACEHOLDERS))) + "|[0F.: -]*"


def _named(cell: str, plain: str) -> str:
    """The plain form of a cell, null where it names nothing, or where a mask makes it many people's."""
    return f"CASE WHEN NOT contains({cell}, '*') AND NOT regexp_full_match({cell}, '{_NOTHING}') THEN {plain} END"


_CONTACT = (
    f"CASE kind WHEN 'phone' THEN {_digits('value')} WHEN 'email' THEN lower({_unspaced('value')}) "
    f"WHEN 'account' THEN {_account('value')} ELSE {_unspaced('value')} END"
)
_CODES = ("cpu_sn", "disk_sn", "lock_no", "file_id", "ca_no", "file_md5")
_LOOPBACK = "regexp_matches(ip, '^(127[.]|::1$)')"
_ACCOUNTS = {
    "bid_deposits": ("payer_account",),
    "payments": ("payer_account", "payee_account"),
    "transfers": ("from_account", "to_account"),
}

SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "contacts": {"value": _named("value", _CONTACT)},
    "orgs": {"address": _named("address", _unspaced("address"))},
    "bid_devices": {
        "ip": f"CASE WHEN NOT {_LOOPBACK} THEN {_named('ip', 'upper(ip)')} END",
        "mac": _named("mac", _serial("mac")),
        **{name: _named(name, f"upper({name})") for name in _CODES},
    },
    **{table: {name: _named(name, _serial(name)) for name in names} for table, names in _ACCOUNTS.items()},
}
"""SQL of the plain form of columns, by table."""
