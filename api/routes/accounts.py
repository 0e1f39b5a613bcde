"""Users and keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import Name, PathId, Word
from api.guard import GuardedRoute, came_of_it, principal
from api.models import Items
from api.platform import platform_of
from findings.access.assigning import assignable_users
from findings.access.keys import create_key, list_keys, revoke_key, rotate_key
from findings.access.models import ApiKey, User
from findings.access.rights import Right, Role
from findings.access.users import (
    change_user,
    create_user,
    disable_user,
    enable_user,
    find_user,
    list_users,
    set_password,
)

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["accounts"])

Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Limits = Annotated[list[Word], Field(max_length=200)] | None


class NewUser(BaseModel):
    """A user to make. `regions` and `agencies` null: no limit; empty: nothing, as it is for `regions` left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "li.na", "role": "investigator", "regions": ["330100"]}]},
    )
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    role: Role
    password: Password | None = Field(None, repr=False)
    regions: Limits = Field(default_factory=list)
    agencies: Limits = None
    person_id: Word | None = None


class ChangedUser(BaseModel):
    """What changes about a user; what is left out stays. `regions` and `agencies` null: no limit; empty: nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "viewer"}]})
    role: Role | None = None
    password: Password | None = Field(None, repr=False)
    regions: Limits = None
    agencies: Limits = None
    person_id: Word | None = None
    disabled: bool | None = None


class NewKey(BaseModel):
    """A key to make; `regions` and `agencies` as for a user."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "case system", "role": "system", "scopes": ["findings.read"]}]},
    )
    name: Name
    role: Role
    scopes: Annotated[list[Right], Field(max_length=40)] | None = None
    regions: Limits = Field(default_factory=list)
    agencies: Limits = None
    owner: Word | None = Field(None, description="Name or id of the user who answers for it.")
    days: Annotated[int, Field(ge=1, le=731)] | None = None


class Rotation(BaseModel):
    """How long the successor works."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"days": 365}]})
    days: Annotated[int, Field(ge=1, le=731)] | None = None


AS_SET = Rotation()
"""Without a body: as long as the settings say."""


class Issued(BaseModel):
    """A key that was made; `token` is shown this once."""

    key: dict[str, Any]
    token: str


@router.get("/users", response_model=Items)
def users(request: Request) -> Response:
    """All users, disabled ones too."""
    with platform_of(request).store.reading() as session:
        items = [_user(user) for user in list_users(session)]
    return answer({"items": items, "total": len(items)})


@router.get("/users/assignable", response_model=Items)
def assignable(request: Request) -> Response:
    """Who may take over a lead: their ids, names and roles."""
    with platform_of(request).store.reading() as session:
        able = assignable_users(session)
    items = [{"id": user.id, "name": user.name, "role": user.role, "regions": user.regions} for user in able]
    return answer({"items": items, "total": len(items)})


@router.post("/users", response_model=dict[str, Any], status_code=201)
def new_user(request: Request, body: NewUser) -> Response:
    """Make a user."""
    with platform_of(request).store.session() as session:
        user = create_user(
            session,
            body.name,
            body.role,
            password=body.password,
            regions=body.regions,
            agencies=body.agencies,
            person_id=body.person_id,
            actor=principal(request).id,
        )
        session.flush()
        shown = _user(user)
    came_of_it(request, "user.create", _granted("users", shown))
    return answer(shown, status=201)


@router.patch("/users/{user_id}", response_model=dict[str, Any])
def changed_user(request: Request, user_id: PathId, body: ChangedUser) -> Response:
    """Change a user: role, limits, password, or let them in again."""
    platform = platform_of(request)
    with platform.store.session() as session:
        user = find_user(session, user_id)
        # The one that is left out stays: as null it would let the user see more than before.
        limits = (
            body.regions if "regions" in body.model_fields_set else user.regions,
            body.agencies if "agencies" in body.model_fields_set else user.agencies,
        )
        change_user(session, user, role=body.role, limits=limits, person_id=body.person_id)
        if body.password is not None:
            set_password(session, user, body.password)
        if body.disabled is not None:
            (disable_user if body.disabled else enable_user)(session, user)
        shown = _user(user)
    platform.callers.forget()
    came_of_it(request, "user.change", _granted("users", shown))
    return answer(shown)


@router.delete("/users/{user_id}", status_code=204, response_class=Response)
def gone_user(request: Request, user_id: PathId) -> Response:
    """Disable a user, at once and everywhere; decisions and trail keep the name."""
    platform = platform_of(request)
    with platform.store.session() as session:
        disable_user(session, find_user(session, user_id))
    platform.callers.forget()
    return Response(status_code=204)


@router.get("/keys", response_model=Items)
def keys(request: Request) -> Response:
    """All keys, without their texts."""
    with platform_of(request).store.reading() as session:
        items = [_key(key) for key in list_keys(session)]
    return answer({"items": items, "total": len(items)})


@router.post("/keys", response_model=Issued, status_code=201)
def make_key(request: Request, body: NewKey) -> Response:
    """Make a key. Its text is in this answer and nowhere else."""
    platform = platform_of(request)
    with platform.store.session() as session:
        issued = create_key(
            session,
            body.name,
            body.role,
            regions=body.regions,
            agencies=body.agencies,
            scopes=body.scopes,
            owner=find_user(session, body.owner) if body.owner else None,
            days=body.days or platform.settings.key_days,
            actor=principal(request).id,
        )
        key, token = _key(issued.key), issued.token
    came_of_it(request, "key.create", _granted("keys", key))
    return answer({"key": key, "token": token}, status=201)


@router.post("/keys/{key_id}/rotate", response_model=Issued, status_code=201)
def new_text(request: Request, key_id: PathId, body: Rotation = AS_SET) -> Response:
    """Make a key's successor; the old one works for another day."""
    platform = platform_of(request)
    with platform.store.session() as session:
        days = body.days or platform.settings.key_days
        issued = rotate_key(session, key_id, days=days, actor=principal(request).id)
        key, token = _key(issued.key), issued.token
    platform.callers.forget()
    came_of_it(request, "key.rotate", _granted("keys", key))
    return answer({"key": key, "token": token}, status=201)


@router.delete("/keys/{key_id}", status_code=204, response_class=Response)
def gone_key(request: Request, key_id: PathId) -> Response:
    """Revoke a key at once."""
    platform = platform_of(request)
    with platform.store.session() as session:
        revoke_key(session, key_id)
    platform.callers.forget()
    return Response(status_code=204)


def _granted(kind: str, account: Mapping[str, Any]) -> str:
    """Who was given which access, for the audit trail: ids, the role and its limits."""
    limits = (f"{name}={'*' if account[name] is None else ','.join(account[name])}" for name in ("regions", "agencies"))
    return f"{kind}/{account['id']} role={account['role']} {' '.join(limits)}"


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "regions": user.regions,
        "agencies": user.agencies,
        "person_id": user.person_id,
        "disabled": bool(user.disabled),
        "created_at": user.created_at,
        "created_by": user.created_by,
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "scopes": key.scopes,
        "regions": key.regions,
        "agencies": key.agencies,
        "owner_id": key.owner_id,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "rotated_from": key.rotated_from,
        "last_used_at": key.last_used_at,
        "created_at": key.created_at,
    }
