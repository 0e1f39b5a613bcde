"""The routes: thin, each a translation between HTTP and one call of the domain."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    accounts,
    exports,
    filters,
    findings,
    graph,
    match,
    notices,
    overview,
    reference,
    scans,
    session,
    site,
    taken,
    triage,
    trust,
)

ROUTERS: tuple[APIRouter, ...] = (
    graph.router,
    exports.router,
    taken.router,
    findings.router,
    triage.router,
    site.router,
    session.router,
    reference.router,
    accounts.router,
    trust.router,
    filters.router,
    overview.router,
    scans.router,
    match.router,
    notices.router,
)
"""Explicit and in order: a route that names a fixed word stands before one that takes any word in its place, and what
is asked most stands first, since routes are tried one after the other."""
