"""What a detector is: metadata, one text that selects, one pure function that judges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from i18n import Text
from queries.finding import Lead, Tier

FAMILIES: dict[str, Text] = {
    "bid_rigging": Text(zh="围标串标", en="Bid rigging"),
    "affiliated_bidders": Text(zh="关联投标人", en="Affiliated bidders"),
    "debt_feeding": Text(zh="靠债吃债", en="Debt-feeding"),
    "arrears": Text(zh="拖欠账款台账", en="Arrears ledger"),
    "qualification": Text(zh="资质造假挂靠", en="Borrowed and false qualifications"),
    "subcontracting": Text(zh="违法发包转包", en="Illegal subcontracting"),
    "special_funds": Text(zh="专项资金", en="Special funds"),
    "off_platform": Text(zh="平台之外交易", en="Trading outside the platform"),
    "power": Text(zh="权力与小官巨贪", en="Power out of proportion"),
    "ocp": Text(zh="开放合约红旗", en="Open Contracting red flags"),
}

_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")


class Params(BaseModel):
    """A detector's parameters: each with its unit, bounds and meaning in its `Field`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Sql:
    """DuckDB SQL over the canonical tables and the relations that the detector names.

    `$name` is a parameter of the detector, or `$data_as_of` (the day up to which the data reach). The result is
    sorted by the text itself.
    """

    text: str

    def bind(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the text names.

        Raises:
            KeyError: the text names a parameter that there is no value for.
        """
        return {name: values[name] for name in sorted(set(_PARAMETER.findall(self.text)))}


@dataclass(frozen=True, slots=True)
class Cypher:
    """Portable Cypher that walks from anchors.

    `anchors` selects the nodes to start from; its rows reach the text as `$anchors`, a list of maps for `UNWIND`,
    at most `batch` at a time, and the results are concatenated. Whole-graph patterns are refused by design: an
    unanchored text cannot be declared. `then` is SQL over the tables, `anchors` and `walked` (what the text
    returned): it brings what judging needs besides the path, such as names and the history of the parties.
    """

    text: str
    anchors: Sql
    then: Sql
    walked: Mapping[str, str]
    """Column types of what the text returns, in DuckDB's words, so that an empty walk has columns too."""
    batch: int = 5_000

    def bind(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the text names, without `$anchors`."""
        names = sorted(set(_PARAMETER.findall(self.text)) - {"anchors"})
        return {name: values[name] for name in names}


@dataclass(frozen=True, slots=True)
class Innocent:
    """An innocent explanation of the pattern (its twin), tested for each finding.

    `known_false_positive` says so where the data cannot tell the twin from the pattern.
    """

    id: str
    title: Text
    known_false_positive: bool = False


Judge = Callable[[pd.DataFrame, Any], Iterator[Lead]]


@dataclass(frozen=True, slots=True)
class Detector:
    """One pattern of the catalogue. Its id never changes; `version` grows when its findings may differ."""

    id: str
    family: str
    version: int
    tiers: tuple[Tier, ...]
    title: Text
    """At most five words."""
    question: Text
    """One sentence: what it asks of the data."""
    rule: Text
    """The rule in full, each `{parameter}` in its place; the page prints its default there in bold."""
    why: Text
    """Why it is a red flag."""
    example: Text
    """A worked example with invented names."""
    legal_basis: tuple[str, ...]
    """Ids of `queries.laws`."""
    references: tuple[str, ...]
    innocent: tuple[Innocent, ...]
    parameters: type[Params]
    identity: tuple[str, ...]
    """Roles of the business keys in a finding's identity; `bidder_n` stands for bidder_1, bidder_2, …"""
    requires: Mapping[str, tuple[str, ...]]
    """Tables and the columns of them without which it cannot judge."""
    select: Sql | Cypher
    judge: Judge
    population: Sql
    """One row: `judged`, and a column for each reason in `not_judgeable`, with counts."""
    unit: Text
    """What is counted: tenders, releases, debts."""
    not_judgeable: Mapping[str, Text]
    blind: Text
    """What it cannot see."""
    max_share: float
    """A scan warns where it flags more than this share of what it judged."""
    relations: tuple[str, ...] = ()
    """Derived relations (`queries.relations`) that its texts read."""
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Optional tables and columns: with them it tests more innocent explanations."""
    absent: tuple[str, ...] = ()
    """Tables in which it takes a missing row for a fact; a row that could not be read makes that a lead
    (`queries.unread`)."""
    libraries: tuple[str, ...] = ()
    """Modules that its judge uses and that take long to load: a scan loads them while rows are selected."""

    def bindings(self, params: Params, data_as_of: date | None) -> dict[str, Any]:
        """Every value that its texts may name."""
        return {**params.model_dump(mode="json"), "data_as_of": data_as_of}
