"""`qingfeng subscriptions …`: who is told of what, what was delivered, what is to be delivered again."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from findings.audit.trail import append
from findings.commands.speaking import (
    ACTOR,
    LANGUAGE,
    JsonOption,
    RegionsOption,
    WorkspaceOption,
    opened,
    show_json,
    show_table,
    t,
)
from findings.notify import subscriptions
from findings.notify.delivery import deliver_due
from findings.notify.signing import secret_of
from queries.detector import FAMILIES

app = typer.Typer(help=t("subscriptions_help"), no_args_is_help=True, add_completion=False)

IdArgument = Annotated[str, typer.Argument(help=t("subscription_id"))]


@app.command(help=t("subscription_add"))
def add(
    name: Annotated[str, typer.Argument(help=t("subscription_name"))],
    target: Annotated[str, typer.Argument(help=t("subscription_target"))],
    state: Annotated[
        list[str] | None,
        typer.Option(help=t("subscription_state"), show_default="new, changed, returned"),
    ] = None,
    family: Annotated[list[str] | None, typer.Option(help=t("subscription_family"), show_default=False)] = None,
    tier: Annotated[list[str] | None, typer.Option(help=t("subscription_tier"), show_default=False)] = None,
    region: RegionsOption = None,
    amount_min: Annotated[float | None, typer.Option(help=t("subscription_amount"), min=0, show_default=False)] = None,
    workspace: WorkspaceOption = None,
) -> None:
    wanted = subscriptions.Wanted(
        states=tuple(state) if state else subscriptions.DEFAULT_STATES,
        families=tuple(family) if family else None,
        tiers=tuple(tier) if tier else None,
        regions=tuple(region) if region else None,
        amount_min=None if amount_min is None else round(amount_min * 100),
    )
    kind: subscriptions.Kind = "webhook" if "://" in target else "email"
    with opened(workspace) as (settings, store), store.session() as session:
        made = subscriptions.create_subscription(
            session, name, kind, target, wanted, known_families=FAMILIES, language=LANGUAGE, actor=ACTOR
        )
        append(session, actor=ACTOR, action="subscription.create", subject=f"subscription/{made.id}")
    typer.echo(t("subscription_added", id=made.id))
    if kind == "webhook":
        typer.echo(secret_of(made.id, settings.signing_key()))
        typer.secho(t("subscription_secret"), err=True)


@app.command("list", help=t("subscription_list"))
def list_(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    with opened(workspace) as (_, store), store.reading() as session:
        rows: list[dict[str, object]] = [
            {
                "id": s.id,
                "name": s.name,
                "kind": s.kind,
                "target": s.target,
                "states": list(s.states),
                "families": s.families,
                "tiers": s.tiers,
                "regions": s.regions,
                "amount_min": s.amount_min,
                "active": s.active,
            }
            for s in subscriptions.list_subscriptions(session)
        ]
    (show_json if as_json else show_table)(rows)


@app.command(help=t("subscription_remove"))
def remove(subscription_id: IdArgument, workspace: WorkspaceOption = None) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        subscriptions.delete_subscription(session, subscription_id)
        append(session, actor=ACTOR, action="subscription.delete", subject=f"subscription/{subscription_id}")
    typer.echo(t("subscription_removed", id=subscription_id))


@app.command(help=t("subscription_deliveries"))
def deliveries(
    state: Annotated[
        Literal["pending", "sent", "dead"] | None, typer.Option(help=t("delivery_state"), show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(help=t("schedule_limit"), min=1)] = 50,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    with opened(workspace) as (_, store), store.reading() as session:
        rows: list[dict[str, object]] = [
            {
                "id": d.id,
                "subscription": d.subscription_id,
                "run": d.run_id,
                "state": d.state,
                "attempts": d.attempts,
                "status": d.last_status,
                "error": d.last_error,
                "next": d.next_at.isoformat(timespec="seconds") if d.state == "pending" else None,
            }
            for d in subscriptions.list_deliveries(session, state=state, limit=limit)
        ]
    (show_json if as_json else show_table)(rows)


@app.command(help=t("subscription_replay"))
def replay(
    delivery_id: Annotated[str, typer.Argument(help=t("delivery_id"))], workspace: WorkspaceOption = None
) -> None:
    with opened(workspace) as (_, store), store.session() as session:
        subscriptions.replay(session, delivery_id)
        append(session, actor=ACTOR, action="delivery.replay", subject=f"delivery/{delivery_id}")
    typer.echo(t("delivery_replayed", id=delivery_id))


@app.command(help=t("subscription_deliver"))
def deliver(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    with opened(workspace) as (settings, store):
        done = deliver_due(store, settings)
    if as_json:
        show_json({"sent": done.sent, "failed": done.failed, "dead": done.dead})
    else:
        typer.echo(t("delivered", sent=done.sent, failed=done.failed, dead=done.dead))
