"""Tables of notifications: who wants to hear of what, and the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from findings.store.base import Base, now


class Subscription(Base):
    """Somebody who is told what a scan found, and about which of it."""

    __tablename__ = "subscriptions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(10))
    """`webhook` or `email`."""
    target: Mapped[str] = mapped_column(String(500))
    """Where it goes: an http(s) address, or a mail address."""
    states: Mapped[list[str]]
    """Which changes: of new, changed, returned, gone."""
    families: Mapped[list[str] | None]
    """Null is all, here and below."""
    tiers: Mapped[list[str] | None]
    regions: Mapped[list[str] | None]
    """Division codes; a city covers its counties."""
    amount_min: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units; a lead without an amount does not reach it."""
    language: Mapped[str] = mapped_column(String(2), default="zh")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(100))


class Delivery(Base):
    """One message of the outbox, written in the transaction of the scan that it tells about."""

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("subscriptions.id", ondelete="CASCADE"))
    run_id: Mapped[int]
    part: Mapped[int]
    """A large scan is told in parts, from 1."""
    body: Mapped[str] = mapped_column(Text)
    """JSON, sent byte for byte at every attempt."""
    state: Mapped[str] = mapped_column(String(10), default="pending")
    """pending → sent | dead; a replay makes it pending again."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    """While it is being sent, no other process sends it."""
    last_status: Mapped[int | None]
    """The receiver's HTTP or SMTP status, null where there was none."""
    last_error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    """When it was sent, or given up."""

    __table_args__ = (
        UniqueConstraint("subscription_id", "run_id", "part"),
        Index("ix_deliveries_state_next", "state", "next_at"),
    )
