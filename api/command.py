"""`qingfeng serve`: the API and the explorer's page from one process, ended without losing a request."""

from __future__ import annotations

import ctypes
import gc
import os
import secrets
import socket
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.logs import configure_logs
from findings.access.keys import create_key
from findings.access.rights import Role
from findings.access.users import create_user, find_user, list_users, set_password
from findings.audit.trail import append
from findings.settings import Settings, read_settings
from findings.store.database import Store, open_store
from i18n import Problem, shell_language, text

LANGUAGE = shell_language()

SECONDS_TO_END = 20
"""How long requests under way may take after the signal to stop."""

SECONDS_TO_START = 120
"""A worker that has not answered its parent for so long is begun anew; on a busy machine it takes a while to load."""

GARBAGE_AFTER = 20_000
"""So many objects made and not let go are looked through for garbage; Python's own 700 are those of a few requests."""

M_ARENA_MAX, ARENAS = -8, 2
"""The option of glibc's `mallopt` (malloc.h), and how many pools of memory its threads share. By default there may be
eight for each core, and in all of them lie pieces that one page left and no other fits."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

DEMO_USERS: dict[str, Role] = {
    "demo": Role.SUPERVISOR,
    "demo2": Role.SUPERVISOR,
    "investigator": Role.INVESTIGATOR,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMIN,
}
"""Two supervisors, since nobody approves what they asked for themselves."""


def serve(
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help=text("api.serve_workspace", LANGUAGE), file_okay=False)
    ] = None,
    host: Annotated[str | None, typer.Option(help=text("api.serve_host", LANGUAGE))] = None,
    port: Annotated[int | None, typer.Option(help=text("api.serve_port", LANGUAGE), min=0, max=65535)] = None,
    engine: Annotated[
        Literal["embedded", "neo4j"] | None, typer.Option(help=text("api.serve_engine", LANGUAGE))
    ] = None,
    workers: Annotated[int, typer.Option(help=text("api.serve_workers", LANGUAGE), min=1, max=64)] = 1,
    demo: Annotated[bool, typer.Option("--demo", help=text("api.serve_demo", LANGUAGE))] = False,
) -> None:
    """Serve the API and the explorer until SIGTERM or SIGINT."""
    try:
        settings = read_settings(workspace=workspace, host=host, port=port, engine=engine)
        settings.require_workspace()
        if settings.host in LOOPBACK and "cookie_secure" not in settings.model_fields_set:
            # Without TLS on the own machine a browser would not send a secure cookie back.
            settings = settings.model_copy(update={"cookie_secure": False})
        # Before the demonstration's passwords change under a server that runs there already.
        _try_address(settings.host, settings.port)
        if demo:
            for line in prepare_demo(settings):
                typer.echo(line)
        run(settings, workers)
    except Problem as error:
        typer.secho(error.text.in_language(LANGUAGE), fg="red", err=True)
        raise typer.Exit(1) from error


def _try_address(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            raise Problem("api_address_refused", host=host, port=port, why=error.strerror or str(error)) from error


def run(settings: Settings, workers: int = 1) -> None:
    """Serve until a signal; requests under way are finished, the audit trail is written, the store is closed.

    Several workers are processes of their own, each with the graph in its memory. What one of them changes about
    users and keys counts in the others after two seconds, and each counts requests for itself.
    """
    configure_logs(settings.log_level)
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": True,
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_graceful_shutdown": SECONDS_TO_END,
        "timeout_keep_alive": 30,
        "timeout_worker_healthcheck": SECONDS_TO_START,
    }
    if workers == 1:
        uvicorn.run(serving_app(settings), **options)
        return
    for name in settings.model_fields_set & {"workspace", "host", "port", "engine", "cookie_secure"}:
        os.environ[f"QINGFENG_{name.upper()}"] = str(getattr(settings, name))
    os.environ["QINGFENG_COOKIE_SECURE"] = str(settings.cookie_secure)
    uvicorn.run("api.command:from_environment", factory=True, workers=workers, **options)


def from_environment() -> FastAPI:
    """The app of one worker process."""
    settings = read_settings()
    configure_logs(settings.log_level)
    return serving_app(settings)


def serving_app(settings: Settings) -> FastAPI:
    """The app in a process that does nothing else, whose memory stays the same size however long it serves.

    What a snapshot holds is no garbage, and is not looked through.
    """
    share_pools()
    app = create_app(settings)
    app.state.platform.after_opening = _settle
    gc.set_threshold(GARBAGE_AFTER)
    return app


def share_pools() -> None:
    """Let all threads take memory from a few pools; before they start, and where the C library is glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)


def _settle() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # Once more, of nothing: Python waits until a quarter as many objects have come as it saw the last time, and by what
    # a snapshot holds it would wait for ever.
    gc.collect()


def prepare_demo(settings: Settings) -> list[str]:
    """Users and a key for trying it out on this machine; returns what to tell the person who asked for them.

    Passwords are made anew each time and shown once, so a demonstration that was left running is no open door.

    Raises:
        Problem: the address is one that other machines reach.
    """
    if settings.host not in LOOPBACK:
        raise Problem("api_demo_loopback", host=settings.host)
    store = open_store(settings.store_address())
    try:
        store.upgrade()
        password = f"demo-{secrets.token_urlsafe(9)}"
        token = _demo_accounts(store, password)
    finally:
        store.close()
    names = ", ".join(f"{name} ({role.value})" for name, role in DEMO_USERS.items())
    return [
        text("api.demo_address", LANGUAGE, url=f"http://{settings.host}:{settings.port}/"),
        text("api.demo_users", LANGUAGE, names=names, password=password),
        text("api.demo_key", LANGUAGE, token=token),
        text("api.demo_only", LANGUAGE),
    ]


def _demo_accounts(store: Store, password: str) -> str:
    with store.session() as session:
        known = {user.name for user in list_users(session)}
        for name, role in DEMO_USERS.items():
            if name in known:
                set_password(session, find_user(session, name), password)
            else:
                create_user(session, name, role, password=password, regions=None, agencies=None, actor="cli")
        issued = create_key(session, "demo", Role.SYSTEM, regions=None, agencies=None, owner=None, days=7, actor="cli")
        append(session, actor="cli", action="demo.accounts", subject=f"key:{issued.key.id}")
        return issued.token


if __name__ == "__main__":
    typer.run(serve)
