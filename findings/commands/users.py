"""`qingfeng user …`: who may sign on, with which role, and from which parties each stays away."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from findings.access import users
from findings.access.models import User
from findings.access.recusal import add_recusal, end_recusal, list_recusals
from findings.access.rights import Role
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

app = typer.Typer(help=t("user_help"), no_args_is_help=True, add_completion=False)

NameArgument = Annotated[str, typer.Argument(help=t("user_name"))]
RoleOption = Annotated[Role, typer.Option(help=t("user_role"))]
PersonOption = Annotated[str | None, typer.Option("--person-id", help=t("user_person"), show_default=False)]
PasswordInput = Annotated[bool, typer.Option("--password-stdin", help=t("user_password_stdin"))]


@app.command(help=t("user_add"))
def add(
    name: NameArgument,
    role: RoleOption,
    region: RegionsOption = None,
    all_regions: EverywhereOption = False,
    agency: AgenciesOption = None,
    person_id: PersonOption = None,
    password_stdin: PasswordInput = False,
    workspace: WorkspaceOption = None,
) -> None:
    regions, agencies = limits(region, all_regions, agency)
    with opened(workspace) as (_, store):
        password = _password(password_stdin)
        with store.session() as session:
            user = users.create_user(
                session,
                name,
                role,
                password=password,
                regions=regions,
                agencies=agencies,
                person_id=person_id,
                actor=ACTOR,
            )
            append(session, actor=ACTOR, action="user.create", subject=f"user/{user.id}")
    typer.echo(t("user_added", name=name, id=user.id, role=role.value))
    if regions == []:
        typer.secho(t("sees_nothing"), fg="yellow", err=True)


@app.command("list", help=t("user_list"))
def list_(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    with opened(workspace) as (_, store), store.reading() as session:
        rows = [_shown(user) for user in users.list_users(session)]
    (show_json if as_json else show_table)(rows)


@app.command(help=t("user_password"))
def password(name: NameArgument, password_stdin: PasswordInput = False, workspace: WorkspaceOption = None) -> None:
    with opened(workspace) as (_, store):
        chosen = _password(password_stdin)
        with store.session() as session:
            user = users.find_user(session, name)
            users.set_password(session, user, chosen)
            append(session, actor=ACTOR, action="user.password", subject=f"user/{user.id}")
    typer.echo(t("user_password_set", name=name))


@app.command(help=t("user_change"))
def change(
    name: NameArgument,
    role: Annotated[Role | None, typer.Option(help=t("user_role"), show_default=False)] = None,
    region: RegionsOption = None,
    all_regions: EverywhereOption = False,
    agency: AgenciesOption = None,
    person_id: PersonOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        user = users.find_user(session, name)
        given = limits(region, all_regions, agency) if region or all_regions or agency else None
        if given is not None and not (region or all_regions):
            given = user.regions, given[1]
        users.change_user(session, user, role=role, limits=given, person_id=person_id)
        append(session, actor=ACTOR, action="user.change", subject=f"user/{user.id}")
        shown = _shown(user)
    show_table([shown])


@app.command(help=t("user_disable"))
def disable(name: NameArgument, workspace: WorkspaceOption = None) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        user = users.find_user(session, name)
        users.disable_user(session, user)
        append(session, actor=ACTOR, action="user.disable", subject=f"user/{user.id}")
    typer.echo(t("user_disabled", name=name))


@app.command(help=t("user_enable"))
def enable(name: NameArgument, workspace: WorkspaceOption = None) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        user = users.find_user(session, name)
        users.enable_user(session, user)
        append(session, actor=ACTOR, action="user.enable", subject=f"user/{user.id}")
    typer.echo(t("user_enabled", name=name))


@app.command(help=t("user_recuse"))
def recuse(
    name: NameArgument,
    party: Annotated[str, typer.Argument(help=t("recusal_party"))],
    reason: Annotated[str, typer.Option(help=t("recusal_reason"))],
    workspace: WorkspaceOption = None,
) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        user = users.find_user(session, name)
        added = add_recusal(session, user.id, party, reason=reason, actor=ACTOR)
        append(session, actor=ACTOR, action="recusal.create", subject=f"recusal/{added.id} user/{user.id}")
    typer.echo(t("recusal_added", number=added.id))


@app.command(help=t("user_recusals"))
def recusals(
    name: Annotated[str | None, typer.Argument(help=t("user_name"), show_default=False)] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    with opened(workspace) as (_, store), store.reading() as session:
        user_id = users.find_user(session, name).id if name else None
        rows: list[dict[str, object]] = [
            {"id": r.id, "user": r.user_id, "party": r.party_id, "reason": r.reason, "since": f"{r.added_at:%Y-%m-%d}"}
            for r in list_recusals(session, user_id)
        ]
    (show_json if as_json else show_table)(rows)


@app.command("end-recusal", help=t("user_end_recusal"))
def end(number: Annotated[int, typer.Argument(help=t("recusal_number"))], workspace: WorkspaceOption = None) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        end_recusal(session, number, actor=ACTOR)
        append(session, actor=ACTOR, action="recusal.end", subject=f"recusal/{number}")
    typer.echo(t("recusal_ended", number=number))


def _password(from_input: bool) -> str:
    """Never an argument: those are seen by everybody on the machine, and kept by the shell."""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(t("ask_password"), hide_input=True, confirmation_prompt=True))


def _shown(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "regions": "*" if user.regions is None else user.regions,
        "agencies": "*" if user.agencies is None else user.agencies,
        "person_id": user.person_id,
        "state": "disabled" if user.disabled else "active",
    }
