"""Which layers a push has to look at: all whose rows differ, and few besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.neo4j.changes import Changes, TableChange, changes, is_touched
from graph.neo4j.rows import Layer, compare, layers, names_only, project
from graph.schema import TABLES
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from tests.graph.worlds import BASE, KEYS, ROWS, WORLDS, World, changed, store


def layers_that_differ(workspace: Workspace, new: Snapshot, old: Snapshot) -> tuple[Changes, set[str], set[str]]:
    """How the tables differ, the layers that are held to be touched, and those whose rows do differ."""
    secret = workspace.secret()
    nodes, edges = layers()
    every: tuple[Layer, ...] = (*nodes, *edges)
    with open_tables(new, secret) as new_tables, open_tables(old, secret) as old_tables:
        differing = changes(new, new_tables, old, old_tables)
        touched = {layer.name for layer in every if is_touched(layer, differing)}
        different = set()
        for layer in every:
            project(new_tables, layer)
            project(old_tables, layer)
            if compare(new_tables, layer, names_only(old_tables, layer)).total:
                different.add(layer.name)
    return differing, touched, different


@pytest.mark.parametrize(
    ("world", "differing", "touched"),
    [
        pytest.param(
            changed(BASE, bids=[BASE["bids"][0], {**BASE["bids"][1], "price": 7}]),
            {"bids": TableChange(has_other_rows=False, columns=frozenset({"price"}))},
            {"Bid"},
            id="a price",
        ),
        pytest.param(
            changed(BASE, bids=[BASE["bids"][0], {**BASE["bids"][1], "bidder_id": "O1"}]),
            {"bids": TableChange(has_other_rows=False, columns=frozenset({"bidder_id"}))},
            # A stub may come or go with a reference, a machine be shared no more.
            {"Party", "Device", "SUBMITTED", "MADE_WITH"},
            id="a bidder",
        ),
        pytest.param(
            changed(BASE, contacts=[]),
            {"contacts": TableChange(has_other_rows=True)},
            {"Party", "Contact", "USES"},
            id="a table",
        ),
        pytest.param(BASE, {}, set(), id="nothing"),
    ],
)
def test_layers_that_read_no_changed_column_are_left_alone(
    world: World, differing: dict[str, TableChange], touched: set[str], tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    old, new = store(workspace, BASE), store(workspace, world)
    found, held, different = layers_that_differ(workspace, new, old)
    assert found == differing
    assert held == touched
    assert different <= touched


def test_rows_of_one_key_cannot_be_paired(tmp_path: Path) -> None:
    # No loader writes such a table; were there one, a row that is there twice could hide a change.
    workspace = Workspace(tmp_path)
    twice: list[dict[str, Any]] = [*BASE["payments"][:1] * 2, BASE["payments"][1]]
    other: list[dict[str, Any]] = [BASE["payments"][0], *BASE["payments"][1:] * 2]
    old, new = (store(workspace, changed(BASE, payments=rows)) for rows in (twice, other))
    with open_tables(new, workspace.secret()) as new_tables, open_tables(old, workspace.secret()) as old_tables:
        assert changes(new, new_tables, old, old_tables) == {"payments": TableChange(has_other_rows=True)}


def test_joined_parties_touch_everything(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    joined = [{**row, "uscc": "91130000MA00000000"} if row["org_id"] in ("O2", "O3") else row for row in BASE["orgs"]]
    old, new = store(workspace, BASE), store(workspace, changed(BASE, orgs=joined))
    differing, touched, different = layers_that_differ(workspace, new, old)
    assert differing.keys() == TABLES.keys()
    assert different < touched


@st.composite
def two_worlds(draw: st.DrawFn) -> tuple[World, World]:
    """A world, and one that has the same keys with some other values, or other keys as well."""
    old = draw(WORLDS)
    new = draw(WORLDS) if draw(st.booleans()) else old
    for table, rows in old.items():
        if new[table] is rows and draw(st.booleans()):
            keys = [{key: row[key] for key in KEYS[table]} for row in rows]
            new = {**new, table: [{**draw(ROWS[table]), **key} for key in keys]}
    return old, new


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds=two_worlds())
def test_no_layer_that_differs_is_left_out(
    worlds: tuple[World, World], tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("worlds"))
    old, new = (store(workspace, world) for world in worlds)
    _, touched, different = layers_that_differ(workspace, new, old)
    assert different <= touched
