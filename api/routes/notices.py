"""Subscriptions, and what was delivered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import Line, Name, PathId, Word
from api.guard import GuardedRoute, came_of_it, principal
from api.models import Items
from api.platform import platform_of
from api.problems import ApiProblem
from findings.access.principal import Principal, region_prefix
from findings.notify.models import Delivery, Subscription
from findings.notify.signing import secret_of
from findings.notify.subscriptions import (
    DEFAULT_STATES,
    Wanted,
    create_subscription,
    delete_subscription,
    find_subscription,
    list_deliveries,
    list_subscriptions,
    replay,
)
from queries.detector import FAMILIES

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["notices"])

Few = Annotated[list[Word], Field(max_length=50)]


class NewSubscription(BaseModel):
    """Who is told of which leads. What is null is no limit; a caller limited by region subscribes inside it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "case system", "kind": "webhook", "target": "https://cases.example/hook", "tiers": ["A", "B"]}
            ]
        },
    )
    name: Annotated[Name, Field(max_length=100)]
    kind: Literal["webhook", "email"]
    target: Annotated[str, Field(min_length=3, max_length=500), Line]
    states: Few = list(DEFAULT_STATES)
    families: Few | None = None
    tiers: Few | None = None
    regions: Few | None = None
    amount_min: Annotated[int, Field(ge=0, le=2**62)] | None = None
    language: Literal["zh", "en"] = "zh"


@router.get("/subscriptions", response_model=Items)
def subscriptions(request: Request) -> Response:
    """Who is told; secrets are not repeated."""
    who = principal(request)
    with platform_of(request).store.reading() as session:
        items = [_subscription(s) for s in list_subscriptions(session) if _may(who, s)]
    return answer({"items": items, "total": len(items)})


@router.post("/subscriptions", response_model=dict[str, Any], status_code=201)
def subscribe(request: Request, body: NewSubscription) -> Response:
    """Make a subscription. A webhook's `secret` is in this answer and not told again."""
    who = principal(request)

    def several(values: list[str] | None) -> tuple[str, ...] | None:
        return None if values is None else tuple(values)

    wanted = Wanted(
        states=tuple(body.states),
        families=several(body.families),
        tiers=several(body.tiers),
        regions=_inside(who, several(body.regions)),
        amount_min=body.amount_min,
    )
    platform = platform_of(request)
    with platform.store.session() as session:
        made = create_subscription(
            session,
            body.name,
            body.kind,
            body.target,
            wanted,
            known_families=FAMILIES,
            language=body.language,
            actor=who.id,
        )
        secret = secret_of(made.id, platform.settings.signing_key()) if made.kind == "webhook" else None
        shown = {**_subscription(made), "secret": secret}
    came_of_it(request, "subscription.create", f"subscriptions/{shown['id']}")
    return answer(shown, status=201)


@router.delete("/subscriptions/{subscription_id}", status_code=204, response_class=Response)
def unsubscribe(request: Request, subscription_id: PathId) -> Response:
    """End a subscription, with what was not delivered to it yet."""
    with platform_of(request).store.session() as session:
        if not _may(principal(request), find_subscription(session, subscription_id)):
            raise ApiProblem("api_not_found")
        delete_subscription(session, subscription_id)
    return Response(status_code=204)


@router.get("/deliveries", response_model=Items)
def deliveries(
    request: Request,
    state: Annotated[Literal["pending", "sent", "dead"] | None, Query()] = None,
    subscription: Annotated[str | None, Query(max_length=100), Line] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Response:
    """What was sent, is to be sent, or was given up (`dead`); newest first."""
    who = principal(request)
    with platform_of(request).store.reading() as session:
        own = [s.id for s in list_subscriptions(session) if _may(who, s) and subscription in (None, s.id)]
        items = [_delivery(d) for d in list_deliveries(session, state=state, of=own, limit=limit)]
    return answer({"items": items, "total": len(items)})


@router.post("/deliveries/{delivery_id}/replay", response_model=dict[str, Any], status_code=202)
def again(request: Request, delivery_id: PathId) -> Response:
    """Deliver once more: the same body under the same id."""
    with platform_of(request).store.session() as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or not _may(principal(request), find_subscription(session, delivery.subscription_id)):
            raise ApiProblem("api_not_found")
        shown = _delivery(replay(session, delivery_id))
    return answer(shown, status=202)


def _inside(who: Principal, regions: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The regions of a subscription, inside those of the one who makes it: it must tell nothing that they may not see.

    Raises:
        ApiProblem: one is outside, the caller sees none, or is limited by agency, which a subscription cannot be.
    """
    if who.agencies is not None:
        raise ApiProblem("api_outside_scope")
    prefixes = who.scope().region_prefixes
    if prefixes is None:
        return regions
    wanted = tuple(sorted(who.regions or ())) if regions is None else regions
    try:
        inside = all(region_prefix(region).startswith(prefixes) for region in wanted)
    except ValueError:
        inside = False
    # Without a prefix the caller sees nothing: a subscription would tell nothing, and nobody why.
    if not inside or not prefixes:
        raise ApiProblem("api_outside_scope")
    return wanted


def _may(who: Principal, subscription: Subscription) -> bool:
    """A caller without limits keeps all subscriptions, others their own."""
    return (who.regions is None and who.agencies is None) or subscription.created_by == who.id


def _subscription(subscription: Subscription) -> dict[str, Any]:
    names = ("id", "name", "kind", "target", "states", "families", "tiers", "regions", "amount_min", "language")
    shown = {name: getattr(subscription, name) for name in names}
    return {
        **shown,
        "active": bool(subscription.active),
        "created_at": subscription.created_at,
        "created_by": subscription.created_by,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    names = ("id", "subscription_id", "run_id", "part", "state", "attempts", "next_at", "last_status", "last_error")
    shown = {name: getattr(delivery, name) for name in names}
    return {**shown, "created_at": delivery.created_at, "finished_at": delivery.finished_at}
