"""Shapes of answers, for the API's description. Answers are written from the domain's own values, not through these."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """A described answer; fields that are not named may be there as well."""

    model_config = ConfigDict(extra="allow")


class Both(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class Node(Shape):
    """A node: a party, tender, bid, contract, payment, debt, account…"""

    id: str = Field(description="`Label/key`")
    label: str
    key: str
    kind: str
    name: str | None
    region: str | None
    properties: dict[str, Any]
    ref: str | None = Field(description="Leads to its source row: `/records/{ref}`.")


class Edge(Shape):
    """A relation. Amounts are in minor units."""

    id: str
    type: str
    source: str
    target: str
    ref: str | None
    amount: int | None
    currency: str | None
    day: str | None
    text: Both


class GraphShown(Shape):
    """Nodes and edges, and how many of how many they are."""

    nodes: list[Node]
    edges: list[Edge]
    shown: int
    total: int | None
    complete: bool
    withheld: int = Field(0, description="Parties left out because the caller is recused from them.")


class Found(Node):
    """A found node and by what it was found."""

    matched_by: str


class Searchresults(Shape):
    """A page of what was found."""

    items: list[Found]
    total: int
    withheld: int = Field(0, description="Hits left out because the caller is recused from them.")


class Neighbours(Shape):
    """A node's neighbours, or, where they are too many, their counts by type."""

    guarded: bool
    by_type: list[dict[str, Any]]
    graph: GraphShown


class PathsShown(Shape):
    """Paths, each told in a sentence, and the graph that they run in."""

    paths: list[dict[str, Any]]
    graph: GraphShown
    complete: bool


class TimelineShown(Shape):
    """Events by day."""

    events: list[dict[str, Any]]
    total: int


class Money(BaseModel):
    """Minor units and currency."""

    value: int
    currency: str


class Period(BaseModel):
    """ISO dates; null is open."""

    model_config = ConfigDict(populate_by_name=True)
    from_: str | None = Field(alias="from")
    to: str | None


class Participant(BaseModel):
    """Who or what takes part in a lead."""

    id: str
    kind: str
    role: str
    name: str | None


class Agency(BaseModel):
    """The public body that a lead involves."""

    id: str
    name: str | None


class Summary(Shape):
    """A lead in a list."""

    finding_id: str
    detector: str
    title: Both
    headline: Both
    family: str
    tier: Literal["A", "B", "C"]
    status: Literal["flagged", "cleared"]
    state: Literal["new", "unchanged", "changed", "gone", "returned"]
    triage: Literal["open", "in_review", "confirmed", "dismissed", "referred", "expired"]
    assignee: str | None
    amount: Money | None
    period: Period
    region: str | None
    agency: Agency | None
    entities: list[Participant] = Field(description="The first six; `entity_count` says how many there are.")
    entity_count: int
    score: float
    first_run: int
    last_run: int
    version: int


class Page(Shape):
    """A page of leads. `total` counts all that the filter and the caller's scope let through."""

    items: list[Summary]
    total: int
    next: str | None


class Detail(Summary):
    """A lead with all that makes it explainable."""

    document: dict[str, Any]
    names: dict[str, str]
    detector_meta: dict[str, Any]
    laws: list[dict[str, Any]]
    history: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    cases: list[dict[str, Any]]


class MarkColumn(Shape):
    """One column of a mark, for tables."""

    heading: str
    value: str


class Mark(Shape):
    """What a file that is taken out has to carry: who took it, when and for what."""

    sentence: str
    columns: list[MarkColumn]


class UnnamedLead(Shape):
    """What a copied line of a lead says: ids in place of persons' names."""

    headline: Both
    entities: list[Participant]


class LeadsMark(Mark):
    """The mark of a copied list of leads."""

    leads: dict[str, UnnamedLead] = Field(description="By id, the leads in which a person takes part.")


class Items(Shape):
    """A list with its total."""

    items: list[dict[str, Any]]
    total: int
