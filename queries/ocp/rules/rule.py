"""The flags of the guide that need loaded tables: each is a row of data, judged by one function.

A rule's text selects what is flagged, a row each: the identity's roles as columns, `refs` (the source rows), `fits`
(whether the innocent explanation holds; null where the data cannot tell), `score` (0 to 1), and whatever its sentence
names. Money is in minor units. `others`, where there is one, has who takes part besides: id, kind and role of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from i18n import Text, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Lead, Tier
from queries.ocp.guide import reference
from queries.verdicts import verdict


def _roles(roles: tuple[str, ...], row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each role with its id; a role `bidder_n` has a list of them: bidder_1, bidder_2, …"""
    for role in roles:
        if role.endswith("_n"):
            yield from ((f"{role[:-1]}{place}", str(member)) for place, member in enumerate(row[role], start=1))
        else:
            yield role, str(row[role])


_KINDS = {"tender": "tender", "contract": "contract"}
_NOT_PARTIES = frozenset({"category", "side"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One flag over the canonical tables. `innocent` is (id, title, what is said if it fits, if it does not)."""

    code: str
    title: Text
    question: Text
    rule: Text
    why: Text
    example: Text
    innocent: tuple[str, Text, Text, Text]
    parameters: type[Params]
    identity: tuple[str, ...]
    requires: Mapping[str, tuple[str, ...]]
    select: str
    population: str
    unit: Text
    not_judgeable: Mapping[str, Text]
    blind: Text
    sentence: Text
    max_share: float = 0.2
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relations: tuple[str, ...] = ()
    tier: Tier = Tier.C
    version: int = 1
    differs: Text | None = None
    """Where the guide asks for something else: what, and what is asked here."""


_NO_TEST = Text(
    zh="本项是规则，不是与偶然相比的检验：没有零假设模型，也没有 p 值，不参与错误发现率控制。",
    en="This is a rule, not a test against chance: it has no null model and no p-value, and stays outside the control "
    "of false discoveries.",
)


def _sentences(*texts: Text) -> Text:
    return Text(zh="".join(text.zh for text in texts), en=" ".join(text.en for text in texts))


def detector(rule: Rule) -> Detector:
    """The detector of a rule."""
    name, title, _, _ = rule.innocent
    return Detector(
        id=f"ocp_{rule.code.lower()}",
        family="ocp",
        version=rule.version,
        tiers=(rule.tier,),
        title=rule.title,
        question=rule.question,
        rule=rule.rule,
        why=_sentences(rule.why, *((rule.differs,) if rule.differs else ()), _NO_TEST),
        example=rule.example,
        legal_basis=(),
        references=(reference(rule.code),),
        innocent=(Innocent(name, title),),
        parameters=rule.parameters,
        identity=rule.identity,
        requires=rule.requires,
        uses=rule.uses,
        select=Sql(rule.select),
        judge=_judge(rule),
        population=Sql(rule.population),
        unit=rule.unit,
        not_judgeable=rule.not_judgeable,
        blind=rule.blind,
        max_share=rule.max_share,
        relations=rule.relations,
    )


def _judge(rule: Rule) -> Callable[[pd.DataFrame, Any], Iterator[Lead]]:
    name, _, yes, no = rule.innocent
    unknown = Text(zh="数据不足以核查。", en="The data cannot tell.")

    def judge(rows: pd.DataFrame, params: Params) -> Iterator[Lead]:
        for values in rows.to_dict("records"):
            row = {str(key): value for key, value in values.items()}
            identity = dict(_roles(rule.identity, row))
            said = {key: money(int(value)) if key.endswith("_money") else value for key, value in row.items()}
            fits = None if pd.isna(row["fits"]) else bool(row["fits"])
            yield Lead(
                identity=identity,
                tier=rule.tier,
                entities=(
                    *(
                        Entity(value, _KINDS.get(role, "org"), role)
                        for role, value in identity.items()
                        if role not in _NOT_PARTIES
                    ),
                    *(
                        Entity(str(other["id"]), str(other["kind"]), str(other["role"]))
                        for other in row.get("others", ())
                    ),
                ),
                reasons=(rule.sentence.format(**said),),
                innocent=(verdict(name, fits, yes=yes, no=no, unknown=unknown),),
                records=refs(row["refs"]),
                score=min(1.0, max(0.0, float(row["score"]))),
                rank=float(row["score"]),
            )

    return judge
