"""`qingfeng key …`: API keys of machines."""

from __future__ import annotations

from typing import Annotated

import typer

from findings.access import keys
from findings.access.rights import Right, Role
from findings.access.users import find_user
from findings.audit.trail import append
from findings.commands.speaking import (
    ACTOR,
    AgenciesOption,
    EverywhereOption,
    JsonOption,
    RegionsOption,
    WorkspaceOption,
    limits,
    opened,
    show_json,
    show_table,
    t,
)
from findings.store.base import now

app = typer.Typer(help=t("key_help"), no_args_is_help=True, add_completion=False)

KeyArgument = Annotated[str, typer.Argument(help=t("key_id"))]
DaysOption = Annotated[int | None, typer.Option(help=t("key_days"), show_default=False)]


@app.command(help=t("key_create"))
def create(
    name: Annotated[str, typer.Argument(help=t("key_name"))],
    role: Annotated[Role, typer.Option(help=t("user_role"))] = Role.SYSTEM,
    region: RegionsOption = None,
    all_regions: EverywhereOption = False,
    agency: AgenciesOption = None,
    scope: Annotated[list[Right] | None, typer.Option(help=t("key_scope"), show_default=False)] = None,
    owner: Annotated[str | None, typer.Option(help=t("key_owner"), show_default=False)] = None,
    days: DaysOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    regions, agencies = limits(region, all_regions, agency)
    with opened(workspace) as (settings, store), store.session() as session:
        issued = keys.create_key(
            session,
            name,
            role,
            regions=regions,
            agencies=agencies,
            scopes=scope or None,
            owner=find_user(session, owner) if owner else None,
            days=settings.key_days if days is None else days,
            actor=ACTOR,
        )
        append(session, actor=ACTOR, action="key.create", subject=f"key/{issued.key.id}")
    _show_issued(issued, as_json)
    if regions == []:
        typer.secho(t("sees_nothing"), fg="yellow", err=True)


@app.command("list", help=t("key_list"))
def list_(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    moment = now()
    with opened(workspace) as (_, store), store.reading() as session:
        rows: list[dict[str, object]] = [
            {
                "id": key.id,
                "name": key.name,
                "role": key.role,
                "regions": "*" if key.regions is None else key.regions,
                "scopes": "*" if key.scopes is None else key.scopes,
                "owner": key.owner_id,
                "expires": f"{key.expires_at:%Y-%m-%d}",
                "last_used": f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else None,
                "state": "active" if keys.works(key, moment) else "revoked" if key.revoked_at else "expired",
            }
            for key in keys.list_keys(session)
        ]
    (show_json if as_json else show_table)(rows)


@app.command(help=t("key_rotate"))
def rotate(
    key_id: KeyArgument, days: DaysOption = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    with opened(workspace) as (settings, store), store.session() as session:
        issued = keys.rotate_key(session, key_id, days=settings.key_days if days is None else days, actor=ACTOR)
        append(session, actor=ACTOR, action="key.rotate", subject=f"key/{key_id} key/{issued.key.id}")
    _show_issued(issued, as_json)


@app.command(help=t("key_revoke"))
def revoke(key_id: KeyArgument, workspace: WorkspaceOption = None) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        keys.revoke_key(session, key_id)
        append(session, actor=ACTOR, action="key.revoke", subject=f"key/{key_id}")
    typer.echo(t("key_revoked", key_id=key_id))


def _show_issued(issued: keys.IssuedKey, as_json: bool) -> None:
    expires = issued.key.expires_at.isoformat(timespec="seconds")
    if as_json:
        show_json({"id": issued.key.id, "token": issued.token, "expires_at": expires})
        return
    typer.echo(issued.token)
    typer.secho(t("key_shown_once", key_id=issued.key.id, expires=expires), err=True)
