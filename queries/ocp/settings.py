"""Settings of the indicators and of `prepare`, read from an INI or a TOML file.

The names and the defaults are those of Cardinal, so that its settings file works here. Where a rule of Cardinal's is
known to err there is a setting for it, and the *profile* chooses between them:

=====================  ==============================  ===========================================
setting                `qingfeng`                      `cardinal`
=====================  ==============================  ===========================================
`consortia`            `bidder`: one bidder together   `exclude`: bids and awards of several are left out
`minimum_population`   5: no fence from fewer          1: a single value is its own fence
`R038.minimum_counts`  `processes`                     `bids`
=====================  ==============================  ===========================================

`--format cardinal` uses the `cardinal` profile unless the file names another; each of the three can be set by itself.
"""

from __future__ import annotations

import configparser
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from queries.ocp.instants import DAY

CARDINAL = ("R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R048", "R058")
"""The indicators that Cardinal has too: all that its profile runs unless the file names others."""
CODES = tuple(sorted((*CARDINAL, "R057", "R066")))
"""The indicators that need nothing but the file, in the order of their codes."""

_PROFILES: dict[str, dict[str, Any]] = {
    "qingfeng": {"consortia": "bidder", "minimum_population": 5, "minimum_counts": "processes"},
    "cardinal": {"consortia": "exclude", "minimum_population": 1, "minimum_counts": "bids"},
}

_KEYS: dict[str, set[str]] = {
    "": {
        "currency",
        "profile",
        "consortia",
        "minimum_population",
        "no_price_comparison_procurement_methods",
        "price_comparison_procurement_methods",
    },
    "exclusions": {"procurement_method_details"},
    "R003": {"threshold", "procurement_methods"},
    "R018": {"procurement_methods"},
    "R024": {"threshold"},
    "R025": {"percentile", "threshold"},
    "R028": set(),
    "R030": set(),
    "R035": {"threshold"},
    "R036": set(),
    "R038": {"threshold", "minimum_submitted_bids", "minimum_contracting_processes", "minimum_counts"},
    "R048": {"digits", "threshold", "minimum_contracting_processes"},
    "R057": {"tenders", "wins", "amount_pct", "share_pct"},
    "R058": {"threshold"},
    "R066": set(),
    "defaults": {"currency", "item_classification_scheme", "bid_status", "award_status", "party_roles"},
    "redactions": {"amount", "organization_id"},
    "corrections": {"award_status_by_contract_status"},
    "modifications": {
        "move_auctions",
        "prefix_buyer_or_procuring_entity_id",
        "prefix_tenderer_or_supplier_id",
        "split_procurement_method_details",
    },
    "output": {"info_currency_mismatches"},
}
_OPEN_SECTIONS = ("R003.procurement_method_details", "codelists.bid_status", "codelists.award_status")
"""Sections whose keys are the user's own codes."""


class SettingsError(ValueError):
    """A settings file that cannot be used; the message names the section, the key and what is expected."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides what is flagged. Amounts of time are in microseconds, ratios are decimals."""

    indicators: tuple[str, ...] = CODES
    currency: str | None = None
    consortia: str = "bidder"
    minimum_population: int = 5
    no_price_comparison: frozenset[str] = frozenset()
    price_comparison: frozenset[str] = frozenset()
    excluded_details: frozenset[str] = frozenset()
    r003_threshold: int = 15 * DAY
    r003_methods: frozenset[str] = frozenset()
    r003_details: dict[str, int] = field(default_factory=dict)
    r018_methods: frozenset[str] = frozenset({"open", "selective"})
    r024_threshold: float | None = None
    r025_percentile: int = 75
    r025_threshold: float | None = None
    r035_threshold: int = 1
    r038_threshold: float | None = None
    r038_minimum_bids: int = 2
    r038_minimum_processes: int = 2
    r038_minimum_counts: str = "processes"
    r048_digits: int = 2
    r048_threshold: float | None = None
    r048_minimum_processes: int = 20
    r057_tenders: int = 4
    r057_wins: int = 2
    r057_amount: int = 15
    r057_share: int = 80
    r058_threshold: float | None = None


def sections(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a settings file, nested names joined by a dot; keys before the first section are in `""`.

    Raises:
        OSError: the file is missing or may not be read.
        SettingsError: it is neither INI nor TOML, or has a section or a key that nothing reads.
    """
    text = path.read_text(encoding="utf-8-sig")
    found = _toml(text, path) if path.suffix == ".toml" else _ini(text, path)
    for section, values in found.items():
        if section in _OPEN_SECTIONS:
            continue
        if section not in _KEYS:
            raise SettingsError(f"{path}: no section [{section}] is known")
        for key in values.keys() - _KEYS[section]:
            known = ", ".join(sorted(_KEYS[section])) or "none"
            raise SettingsError(f"{path}: [{section}] {key} is not known; known are: {known}")
    return found


def _ini(text: str, path: Path) -> dict[str, dict[str, Any]]:
    parser = configparser.ConfigParser(
        interpolation=None, delimiters=("=",), comment_prefixes=(";", "#"), default_section="\0", strict=False
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(f"[\1]\n{text}", source=str(path))
    except configparser.Error as error:
        raise SettingsError(str(error)) from error
    found = {section: dict(parser[section]) for section in parser.sections()}
    return {"": found.pop("\1"), **found}


def _toml(text: str, path: Path) -> dict[str, dict[str, Any]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    found: dict[str, dict[str, Any]] = {"": {}}

    def take(values: dict[str, Any], section: str) -> None:
        found.setdefault(section, {})
        for key, value in values.items():
            if isinstance(value, dict):
                take(value, f"{section}.{key}" if section else key)
            else:
                found[section][key] = "|".join(map(str, value)) if isinstance(value, list) else value

    take(document, "")
    return {section: values for section, values in found.items() if values or section not in ("codelists",)}


def settings_from(found: dict[str, dict[str, Any]] | None, *, profile: str = "qingfeng") -> Settings:
    """The indicators' settings out of a file's sections; without a file, the defaults and every indicator.

    As in Cardinal, an indicator runs if the file has its section; a file that has none of them runs every one.

    Raises:
        SettingsError: a value is not of its kind.
    """
    found = found or {"": {}}
    read = _Reader(found)
    profile = read.choice("", "profile", tuple(_PROFILES), profile)
    preset = _PROFILES[profile]
    named = tuple(code for code in CODES if code in found or any(part.startswith(f"{code}.") for part in found))
    details = found.get("R003.procurement_method_details", {})
    return Settings(
        indicators=named or (CARDINAL if profile == "cardinal" else CODES),
        currency=read.text("", "currency"),
        consortia=read.choice("", "consortia", ("bidder", "exclude"), preset["consortia"]),
        minimum_population=read.whole("", "minimum_population", preset["minimum_population"]),
        no_price_comparison=read.several("", "no_price_comparison_procurement_methods"),
        price_comparison=read.several("", "price_comparison_procurement_methods"),
        excluded_details=read.several("exclusions", "procurement_method_details"),
        r003_threshold=DAY * read.whole("R003", "threshold", 15),
        r003_methods=read.several("R003", "procurement_methods"),
        r003_details={key: DAY * read.whole("R003.procurement_method_details", key, 15) for key in details},
        r018_methods=read.several("R018", "procurement_methods", "open|selective"),
        r024_threshold=read.number("R024", "threshold"),
        r025_percentile=read.whole("R025", "percentile", 75, highest=100),
        r025_threshold=read.number("R025", "threshold"),
        r035_threshold=max(1, read.whole("R035", "threshold", 1)),
        r038_threshold=read.number("R038", "threshold"),
        r038_minimum_bids=read.whole("R038", "minimum_submitted_bids", 2),
        r038_minimum_processes=read.whole("R038", "minimum_contracting_processes", 2),
        r038_minimum_counts=read.choice("R038", "minimum_counts", ("processes", "bids"), preset["minimum_counts"]),
        r048_digits=read.whole("R048", "digits", 2),
        r048_threshold=read.number("R048", "threshold"),
        r048_minimum_processes=read.whole("R048", "minimum_contracting_processes", 20),
        r057_tenders=max(2, read.whole("R057", "tenders", 4)),
        r057_wins=max(1, read.whole("R057", "wins", 2)),
        r057_amount=read.whole("R057", "amount_pct", 15),
        r057_share=read.whole("R057", "share_pct", 80, highest=100),
        r058_threshold=read.number("R058", "threshold"),
    )


class _Reader:
    """Values of the sections, as the kind that is asked for."""

    def __init__(self, found: dict[str, dict[str, Any]]) -> None:
        self._found = found

    def text(self, section: str, key: str) -> str | None:
        value = self._found.get(section, {}).get(key)
        return None if value is None or value == "" else str(value)

    def several(self, section: str, key: str, default: str = "") -> frozenset[str]:
        value = self.text(section, key)
        return frozenset(part for part in (default if value is None else value).split("|") if part)

    def choice(self, section: str, key: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(section, key) or default
        if value not in choices:
            raise SettingsError(f"[{section}] {key} = {value}: expected one of {', '.join(choices)}")
        return value

    def number(self, section: str, key: str) -> float | None:
        value = self.text(section, key)
        try:
            return None if value is None else float(value)
        except ValueError as error:
            raise SettingsError(f"[{section}] {key} = {value}: expected a number") from error

    def whole(self, section: str, key: str, default: int, *, highest: int = 10**6) -> int:
        value = self.text(section, key)
        if value is None:
            return default
        if not value.isdecimal() or int(value) > highest:
            raise SettingsError(f"[{section}] {key} = {value}: expected a whole number from 0 to {highest}")
        return int(value)
