"""Delivering what is in the outbox: each message until the receiver has it, or until it is left to a person.

At least once: a receiver that took a message whose answer was lost gets it again, under the same id. A message is
claimed for a while before it is sent, so that two processes do not send it at once; a claim of a dead process ends by
itself. No transaction is open while a receiver is waited for.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import orjson
from sqlalchemy import or_, select, update

from findings.notify.mail import MailRefused, compose, send
from findings.notify.models import Delivery, Subscription
from findings.notify.signing import DELIVERY_HEADER, HEADER, secret_of, sign
from findings.notify.targets import TargetError, resolve
from findings.settings import Settings
from findings.store.base import now
from findings.store.database import Store

AT_ONCE = 8
"""Receivers that are called at the same time: a slow one does not hold the others up."""

BACKOFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1_800, 7_200, 21_600, 43_200))
"""From one attempt to the next; after the last it stays."""

_GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    sent: bool
    status: int | None = None
    error: str | None = None
    for_good: bool = False
    """Trying again would not help."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a round of deliveries did."""

    sent: int
    failed: int
    """Failed attempts that are tried again."""
    dead: int
    """Given up."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    delivery: Delivery
    subscription: Subscription


def deliver_due(store: Store, settings: Settings, *, limit: int = 200) -> Delivered:
    """Send every message that is due, each once; returns when all have been answered or have failed."""
    parcels = _claim(store, settings, limit)
    outcomes = asyncio.run(_send_all(parcels, settings)) if parcels else []
    counts = {"sent": 0, "pending": 0, "dead": 0}
    for parcel, outcome in zip(parcels, outcomes, strict=True):
        counts[_settle(store, parcel.delivery.id, outcome, settings)] += 1
    return Delivered(counts["sent"], counts["pending"], counts["dead"])


def _claim(store: Store, settings: Settings, limit: int) -> list[_Parcel]:
    moment = now()
    until = moment + timedelta(seconds=settings.webhook_timeout * (limit / AT_ONCE + 1) + 60)
    unclaimed = or_(Delivery.claimed_until.is_(None), Delivery.claimed_until <= moment)
    with store.session() as session:
        due = (
            select(Delivery)
            .join(Subscription, Subscription.id == Delivery.subscription_id)
            .where(Delivery.state == "pending", Delivery.next_at <= moment, unclaimed, Subscription.active)
            .order_by(Delivery.next_at, Delivery.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=Delivery)
        )
        deliveries = list(session.scalars(due))
        ids = [delivery.id for delivery in deliveries]
        session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(claimed_until=until))
        wanted = {delivery.subscription_id for delivery in deliveries}
        found = session.scalars(select(Subscription).where(Subscription.id.in_(wanted)))
        subscriptions = {subscription.id: subscription for subscription in found}
    return [_Parcel(delivery, subscriptions[delivery.subscription_id]) for delivery in deliveries]


async def _send_all(parcels: list[_Parcel], settings: Settings) -> list[Outcome]:
    turn = asyncio.Semaphore(AT_ONCE)
    # No proxy of the environment: the address that was checked is the one that is called. The system's certificates,
    # since an internal site has an authority of its own there.
    trusted = ssl.create_default_context()
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, verify=trusted) as client:

        async def one(parcel: _Parcel) -> Outcome:
            async with turn:
                if parcel.subscription.kind == "email":
                    return await asyncio.to_thread(_mail, parcel, settings)
                return await _post(client, parcel, settings)

        return await asyncio.gather(*map(one, parcels))


async def _post(client: httpx.AsyncClient, parcel: _Parcel, settings: Settings) -> Outcome:
    try:
        # One limit over all: a receiver that drips a byte at a time keeps no one waiting.
        async with asyncio.timeout(settings.webhook_timeout):
            status = await _call(client, parcel, settings)
    except TargetError as error:
        return Outcome(sent=False, error=error.key)
    except TimeoutError:
        return Outcome(sent=False, error="timeout")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Outcome(sent=False, error=type(error).__name__)
    if 200 <= status < 300:
        return Outcome(sent=True, status=status)
    return Outcome(sent=False, status=status, error=f"HTTP {status}", for_good=status == _GONE)


async def _call(client: httpx.AsyncClient, parcel: _Parcel, settings: Settings) -> int:
    """Post to the first address of the target that can be connected to; returns the status."""
    body = parcel.delivery.body.encode()
    secret = secret_of(parcel.subscription.id, settings.signing_key())
    targets = await resolve(parcel.subscription.target, allow_private=settings.webhook_allow_private)
    for target in targets:
        request = client.build_request(
            "POST",
            target.pinned_url,
            content=body,
            headers={
                "Host": target.host_header,
                "Content-Type": "application/json",
                "User-Agent": "qingfeng",
                DELIVERY_HEADER: parcel.delivery.id,
                HEADER: sign(secret, int(time.time()), body),
            },
            timeout=settings.webhook_timeout,
            # The certificate must be the name's, though the address is called.
            extensions={"sni_hostname": target.host},
        )
        try:
            # Only the status counts: what else the receiver says is not read.
            response = await client.send(request, stream=True)
        except httpx.ConnectError:
            if target is targets[-1]:
                raise
        else:
            await response.aclose()
            return response.status_code
    raise AssertionError("a resolved target has an address")


def _mail(parcel: _Parcel, settings: Settings) -> Outcome:
    subscription = parcel.subscription
    mail = compose(
        orjson.loads(parcel.delivery.body),
        sender=settings.smtp_sender or "",
        to=subscription.target,
        language="en" if subscription.language == "en" else "zh",
    )
    try:
        return Outcome(sent=True, status=send(mail, settings))
    except MailRefused as refused:
        return Outcome(sent=False, status=refused.status, error=str(refused), for_good=refused.for_good)


def _settle(store: Store, delivery_id: str, outcome: Outcome, settings: Settings) -> str:
    """Note an attempt's outcome; returns the delivery's state. A subscription deleted meanwhile took it along."""
    moment = now()
    with store.session() as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None:
            return "sent" if outcome.sent else "dead"
        delivery.attempts += 1
        delivery.claimed_until = None
        delivery.last_status = outcome.status
        delivery.last_error = outcome.error[:300] if outcome.error else None
        if outcome.sent:
            delivery.state, delivery.finished_at = "sent", moment
        elif outcome.for_good or delivery.attempts >= settings.webhook_attempts:
            delivery.state, delivery.finished_at = "dead", moment
        else:
            delivery.next_at = next_attempt(delivery.id, delivery.attempts, moment)
        return delivery.state


def next_attempt(delivery_id: str, attempts: int, moment: datetime) -> datetime:
    """When a message is tried again: after the backoff of its attempts, up to a tenth later by its id.

    Many that failed together (the receiver was down) do not all come back in the same second.
    """
    wait = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    return moment + wait * (1 + int(delivery_id[-4:], 16) / 0xFFFF / 10)
