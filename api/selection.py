"""Which leads a caller asks for: the query parameters of lists, streams and exports of leads."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Line, listed
from findings.access.principal import Principal
from findings.store.filtering import Filter
from findings.store.listing import DEFAULT_SORT
from i18n import Language

Values = Annotated[str | None, Field(max_length=2_000, description="One value, or several with commas between.")]
Sum = Annotated[int | None, Field(ge=0, le=2**62, description="Minor units: 分 for CNY.")]


class Selection(BaseModel):
    """Values of one parameter are joined by "or", parameters by "and", all inside the caller's scope."""

    # One model instead of twenty parameters: FastAPI looks each one up and validates it by itself. A misspelt one is
    # refused: passed over, it would let everything out that it was to leave in.
    model_config = ConfigDict(frozen=True, extra="forbid")

    family: Values = None
    detector: Values = None
    tier: Annotated[str | None, Field(max_length=10, pattern=r"^[ABC](,[ABC])*$")] = None
    status: Values = None
    triage: Values = None
    state: Values = None
    region: Annotated[
        str | None,
        Field(
            max_length=2_000,
            pattern=r"^\d{2,12}(,\d{2,12})*$",
            description="Division codes; a province covers its cities.",
        ),
    ] = None
    agency: Values = None
    assignee: Annotated[str | None, Field(max_length=500, description="Ids; `me` is the caller, `none` is nobody.")] = (
        None
    )
    entity: Values = None
    amount_min: Sum = None
    amount_max: Sum = None
    from_day: Annotated[
        date | None, Field(alias="from", description="Leads whose period touches this day or later.")
    ] = None
    to_day: Annotated[date | None, Field(alias="to", description="Leads whose period touches this day or earlier.")] = (
        None
    )
    changed_since: Annotated[
        int | None, Field(ge=1, le=2**31 - 1, description="New, changed, gone or returned in this run or later.")
    ] = None
    q: Annotated[str, Field(max_length=200, description="Words in the first sentence or a name, or an id."), Line] = ""

    def filter(self, who: Principal) -> Filter:
        """The leads that a caller means by it.

        Raises:
            ApiProblem: a parameter has too many values, or one with control characters.
        """
        people = listed(self.assignee)
        return Filter(
            scope=who.scope(),
            families=listed(self.family),
            detectors=listed(self.detector),
            tiers=listed(self.tier),
            statuses=listed(self.status),
            states=listed(self.state),
            triages=listed(self.triage),
            regions=listed(self.region),
            agencies=listed(self.agency),
            assignees=tuple(who.id if person == "me" else person for person in people if person != "none"),
            unassigned="none" in people,
            entities=listed(self.entity),
            amount_min=self.amount_min,
            amount_max=self.amount_max,
            day_from=self.from_day,
            day_to=self.to_day,
            changed_since=self.changed_since,
            q=self.q,
        )


class Tabled(Selection):
    """A selection, with the language of the table that is made of it."""

    language: Annotated[Language | None, Field(description="By `Accept-Language` if missing.")] = None


class Paged(Selection):
    """A selection, with the order and the page of it."""

    sort: Annotated[str, Field(max_length=200, pattern=r"^-?[a-z_]+(,-?[a-z_]+)*$")] = DEFAULT_SORT
    limit: Annotated[int, Field(ge=1, le=500, description="How many items at most.")] = 50
    cursor: Annotated[str | None, Field(max_length=2_000, pattern=r"^[A-Za-z0-9_-]+$")] = None
    with_facets: Annotated[bool, Field(alias="facets", description="Also how many there are of each kind.")] = False
