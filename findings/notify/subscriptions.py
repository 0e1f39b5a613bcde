"""Who is told what: subscriptions and their filters."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.access.principal import region_prefix
from findings.notify.models import Delivery, Subscription
from findings.notify.targets import check_url
from findings.store.base import now
from findings.store.models import FindingRow
from i18n import Language, Problem

Kind = Literal["webhook", "email"]

STATES = ("new", "changed", "returned", "gone")
DEFAULT_STATES = ("new", "changed", "returned")
TIERS = ("A", "B", "C")

_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class SubscriptionError(Problem):
    """A subscription or delivery cannot be made or changed as asked."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings a subscription is about; None is no limit."""

    states: tuple[str, ...] = DEFAULT_STATES
    families: tuple[str, ...] | None = None
    tiers: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    """Division codes; a finding without a region is outside every one."""
    amount_min: int | None = None
    """Minor units; a finding without an amount is below it."""

    def fits(self, row: FindingRow) -> bool:
        """Whether a finding, as it stands after a scan, is to be told."""
        prefixes = tuple(map(region_prefix, self.regions)) if self.regions is not None else None
        return (
            row.state in self.states
            and (self.families is None or row.family in self.families)
            and (self.tiers is None or row.tier in self.tiers)
            and (prefixes is None or (row.region is not None and row.region.startswith(prefixes)))
            and (self.amount_min is None or (row.currency is not None and row.amount_value >= self.amount_min))
        )


def create_subscription(
    session: Session,
    name: str,
    kind: Kind,
    target: str,
    wanted: Wanted,
    *,
    known_families: Collection[str],
    language: Language = "zh",
    actor: str,
) -> Subscription:
    """Make a subscription. The secret of a webhook is `signing.secret_of` its id.

    Args:
        session: of `Store.session()`.
        name: what it is for.
        kind: webhook or email.
        target: an http(s) address, or a mail address.
        wanted: which findings.
        known_families: families that detectors have.
        language: of the mail.
        actor: who makes it.

    Raises:
        SubscriptionError: the target or a value of the filter cannot be used.
        TargetError: a webhook's address is not http(s).
    """
    if kind == "webhook":
        check_url(target)
    elif not _MAIL.fullmatch(target) or len(target) > 254:
        raise SubscriptionError("trust_bad_mail")
    _check(wanted, known_families)
    subscription = Subscription(
        id=f"s_{secrets.token_hex(8)}",
        name=name.strip()[:100],
        kind=kind,
        target=target,
        states=list(wanted.states),
        families=_listed(wanted.families),
        tiers=_listed(wanted.tiers),
        regions=_listed(wanted.regions),
        amount_min=wanted.amount_min,
        language=language,
        created_by=actor,
    )
    session.add(subscription)
    session.flush()
    return subscription


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else sorted(set(values))


def _check(wanted: Wanted, known_families: Collection[str]) -> None:
    for field, values, known in (
        ("states", wanted.states, STATES),
        ("families", wanted.families, known_families),
        ("tiers", wanted.tiers, TIERS),
    ):
        if unknown := sorted(set(values or ()) - set(known)):
            raise SubscriptionError(
                "trust_bad_filter", field=field, values=", ".join(unknown), known=", ".join(sorted(known))
            )
    if not wanted.states:
        raise SubscriptionError("trust_bad_filter", field="states", values="-", known=", ".join(STATES))
    for region in wanted.regions or ():
        try:
            region_prefix(region)
        except ValueError:
            raise SubscriptionError("trust_bad_region", region=region) from None


def wanted_by(subscription: Subscription) -> Wanted:
    """A stored subscription's filter."""

    def values(stored: list[str] | None) -> tuple[str, ...] | None:
        return None if stored is None else tuple(stored)

    return Wanted(
        states=tuple(subscription.states),
        families=values(subscription.families),
        tiers=values(subscription.tiers),
        regions=values(subscription.regions),
        amount_min=subscription.amount_min,
    )


def list_subscriptions(session: Session) -> list[Subscription]:
    """All subscriptions, oldest first."""
    return list(session.scalars(select(Subscription).order_by(Subscription.created_at, Subscription.id)))


def find_subscription(session: Session, subscription_id: str) -> Subscription:
    """A subscription by its id.

    Raises:
        SubscriptionError: there is none.
    """
    subscription = session.get(Subscription, subscription_id)
    if subscription is None:
        raise SubscriptionError("trust_no_subscription", subscription=subscription_id)
    return subscription


def delete_subscription(session: Session, subscription_id: str) -> None:
    """End a subscription, with what was not delivered to it yet.

    Raises:
        SubscriptionError: there is none.
    """
    session.delete(find_subscription(session, subscription_id))
    session.flush()


def list_deliveries(
    session: Session, *, state: str | None = None, of: Collection[str] | None = None, limit: int = 200
) -> list[Delivery]:
    """Deliveries, newest first, of all subscriptions or of some; `state="dead"` is the dead-letter list."""
    query = select(Delivery).order_by(Delivery.created_at.desc(), Delivery.id).limit(limit)
    if state is not None:
        query = query.where(Delivery.state == state)
    if of is not None:
        query = query.where(Delivery.subscription_id.in_(of))
    return list(session.scalars(query))


def replay(session: Session, delivery_id: str) -> Delivery:
    """Deliver once more, dead or sent: the same body under the same id, from the first attempt on.

    Raises:
        SubscriptionError: there is no such delivery, or it is on its way.
    """
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        raise SubscriptionError("trust_no_delivery", delivery=delivery_id)
    if delivery.state == "pending":
        raise SubscriptionError("trust_delivery_pending", delivery=delivery_id)
    delivery.state, delivery.attempts, delivery.next_at = "pending", 0, now()
    delivery.claimed_until = delivery.finished_at = None
    session.flush()
    return delivery
