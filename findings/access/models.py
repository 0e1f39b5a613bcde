"""Tables of access. Secrets stand in them only as hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from findings.store.base import Base, now


class User(Base):
    """A person who signs on with a password, or who answers for keys."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """`u_` and chance; says nothing about the person."""
    name: Mapped[str] = mapped_column(String(64), unique=True)
    """What is typed to sign on."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """argon2id; null for one who has no password yet."""
    role: Mapped[str] = mapped_column(String(20))
    regions: Mapped[list[str] | None]
    """Division codes; null is no limit, an empty list is nothing."""
    agencies: Mapped[list[str] | None]
    """Ids of buyers, debtors, grantors; null is no limit, an empty list is nothing."""
    person_id: Mapped[str | None] = mapped_column(String(200))
    """The id of this person in the loaded data: recusal by kin and office follows from it."""
    disabled: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    """Wrong passwords in a row."""
    rests_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(100))


class ApiKey(Base):
    """A key of a machine. Its text is shown once; what is stored cannot be turned back into it."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The prefix of the key, which is no secret."""
    name: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    scopes: Mapped[list[str] | None]
    """Rights that the key is narrowed to; null is all of its role."""
    regions: Mapped[list[str] | None]
    agencies: Mapped[list[str] | None]
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """The user who answers for it; a disabled owner's keys do not work."""
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    rotated_from: Mapped[str | None] = mapped_column(ForeignKey("api_keys.id"))
    last_used_at: Mapped[datetime | None]
    """To the hour."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(100))


class BrowserSession(Base):
    """A signed-on browser. Its CSRF token is made from the cookie, so it is not stored."""

    __tablename__ = "browser_sessions"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """The end whatever happens."""
    seen_at: Mapped[datetime]
    """To the minute; too long ago ends the session."""


class Recusal(Base):
    """A party that a user stays away from (回避), whoever said so. Never deleted: it is ended."""

    __tablename__ = "recusals"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(String(100))
    """A user, or the id of an OIDC principal."""
    party_id: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(default=now)
    added_by: Mapped[str] = mapped_column(String(100))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        Index(
            "uq_recusals_in_force",
            "user_id",
            "party_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class Approval(Base):
    """A question from one person to another: may this lead be referred, may these personal data be taken out."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """`referral` or `export`."""
    subject: Mapped[str] = mapped_column(String(200))
    """Exactly what is asked for, as ids: `finding/<id>`, `export/<hash of what is exported>`."""
    payload: Mapped[dict[str, Any]]
    """What is to happen once it is granted, such as reason code and case number."""
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default="pending")
    """pending → granted | refused | withdrawn | expired; granted → used | expired."""
    asked_by: Mapped[str] = mapped_column(String(100))
    """The accountable person: a key's owner, not the key."""
    asked_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)
    used_at: Mapped[datetime | None]

    __table_args__ = (
        # The database itself refuses that one person is both, whatever a program does.
        CheckConstraint("decided_by IS NULL OR state = 'withdrawn' OR decided_by <> asked_by", name="two_persons"),
        Index("ix_approvals_state_asked", "state", "asked_at"),
        Index(
            "uq_approvals_open",
            "kind",
            "subject",
            "asked_by",
            unique=True,
            sqlite_where=text("state IN ('pending', 'granted')"),
            postgresql_where=text("state IN ('pending', 'granted')"),
        ),
    )
