"""A real server process: killed in the midst of writing, ended politely, and asked to scan."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from findings.access.keys import create_key
from findings.access.rights import Role
from findings.audit.verifying import verify
from findings.store.database import Store, open_store
from findings.store.triage import history
from tests.api.conftest import PURPOSE, World

V1 = "/api/v1"


@pytest.fixture
def place(world: World, tmp_path: Path) -> Path:
    """The world's store, to be written to."""
    file = tmp_path / "findings.db"
    shutil.copy(world.store, file)
    return file


def _key(store: Store, role: Role) -> dict[str, str]:
    with store.session() as session:
        issued = create_key(session, "test", role, regions=None, agencies=None, days=1, actor="test")
    return {"Authorization": f"Bearer {issued.token}", **PURPOSE}


@contextmanager
def _server(world: World, place: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "QINGFENG_STORE_URL": f"sqlite:///{place}",
        "QINGFENG_RATE_PER_MINUTE": "1000000",
        "QINGFENG_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "api.command", "--workspace", str(world.workspace), "--port", str(port)]
    command += more
    process = subprocess.Popen(command, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, "the server ended"
            with suppress(httpx.TransportError):
                if httpx.get(f"{address}/readyz").status_code == 200:
                    break
            time.sleep(0.1)
        yield process, address
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=40)


def test_a_killed_server_loses_nothing_that_it_acknowledged(world: World, place: Path) -> None:
    store = open_store(f"sqlite:///{place}")
    headers = _key(store, Role.SUPERVISOR)
    acknowledged: list[tuple[str, str]] = []
    with _server(world, place) as (process, address):
        ids = [i["finding_id"] for i in httpx.get(f"{address}{V1}/findings?limit=200", headers=headers).json()["items"]]

        def decide(mine: list[str]) -> None:
            with httpx.Client(base_url=address, headers={**headers, "If-Match": '"1"'}) as client:
                for finding in mine:
                    try:
                        answer = client.post(f"{V1}/findings/{finding}/triage", json={"action": "start"})
                    except httpx.TransportError:
                        return
                    if answer.status_code == 200:
                        acknowledged.append((finding, answer.headers["X-Request-ID"]))

        threads = [threading.Thread(target=decide, args=(ids[n::4],)) for n in range(4)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 12:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert len(acknowledged) < len(ids)
    with store.reading() as session:
        for finding, _ in acknowledged:
            assert [step.action for step in history(session, finding)] == ["start"]
    assert verify(store).whole
    with _server(world, place) as (_, address):  # and it starts again on the same store
        listed = httpx.get(f"{address}{V1}/findings?triage=in_review&limit=200", headers=headers).json()
        assert {finding for finding, _ in acknowledged} <= {item["finding_id"] for item in listed["items"]}
    store.close()


def test_a_server_that_is_told_to_end_finishes_what_it_answers(world: World, place: Path) -> None:
    store = open_store(f"sqlite:///{place}")
    headers = _key(store, Role.SUPERVISOR)
    with _server(world, place) as (process, address):
        total = httpx.get(f"{address}{V1}/findings?limit=1", headers=headers).json()["total"]
        with httpx.stream("GET", f"{address}{V1}/findings/stream", headers=headers) as answer:
            process.send_signal(signal.SIGTERM)
            lines = list(answer.iter_lines())
        assert len(lines) == total
        assert process.wait(timeout=40) in (0, -signal.SIGTERM)
    assert verify(store).whole
    store.close()


def test_a_scan_is_started_once_runs_beside_the_server_and_is_recorded(
    world: World, place: Path, tmp_path: Path
) -> None:
    # A workspace of its own: one scan of a workspace runs at a time.
    world = replace(world, workspace=shutil.copytree(world.workspace, tmp_path / "workspace"))
    store = open_store(f"sqlite:///{place}")
    headers = {**_key(store, Role.SUPERVISOR), "Idempotency-Key": "scan-1"}
    with _server(world, place) as (_, address), httpx.Client(base_url=address, timeout=30) as client:
        first = client.post(f"{V1}/scans", headers=headers, json={"changed_only": True})
        again = client.post(f"{V1}/scans", headers=headers, json={"changed_only": True})
        other = client.post(f"{V1}/scans", headers=headers, json={"changed_only": False})
        assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
        assert first.json()["run"] == again.json()["run"]
        busy = client.post(f"{V1}/scans", headers={**headers, "Idempotency-Key": "scan-2"}, json={})
        assert (busy.status_code, busy.json()["code"]) == (409, "api_scan_running")
        run = first.json()["run"]
        progress: Any = {}
        for _ in range(900):
            progress = client.get(f"{V1}/scans/{run}/progress", headers=headers).json()
            if progress["state"] in ("complete", "failed"):
                break
            time.sleep(0.1)
        assert progress["state"] == "complete", progress
        assert client.get(f"{V1}/scans/{run}/report", headers=headers).json()["total"] > 50
        difference = client.get(f"{V1}/scans/1/diff/{run}", headers=headers).json()
        assert difference["counts"]["gone"] == 0
        assert difference["counts"]["unchanged"] > 100
    store.close()


def test_nobody_sees_a_lead_as_it_was_before_a_decision_whichever_worker_answers(world: World, place: Path) -> None:
    store = open_store(f"sqlite:///{place}")
    headers = _key(store, Role.SUPERVISOR)
    # A new connection for each request, for whichever worker takes it.
    apart = httpx.Limits(max_keepalive_connections=0)
    with (
        _server(world, place, "--workers", "2") as (process, address),
        httpx.Client(base_url=address, headers=headers, limits=apart, timeout=30) as client,
    ):
        assert len(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()) >= 2

        def listed() -> dict[str, str]:
            items = client.get(f"{V1}/findings?limit=20").json()["items"]
            return {item["finding_id"]: item["triage"] for item in items}

        for finding in listed():
            assert [listed()[finding] for _ in range(4)] == ["open"] * 4  # every worker keeps the page
            step = {"action": "start"}
            made = client.post(f"{V1}/findings/{finding}/triage", headers={"If-Match": '"1"'}, json=step)
            assert made.status_code == 200, made.text
            assert [listed()[finding] for _ in range(4)] == ["in_review"] * 4
    assert verify(store).whole
    store.close()


def test_a_taken_port_and_wrong_settings_end_with_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for value, expected in ((port, f"127.0.0.1:{port}"), ("abc", "QINGFENG_PORT")):
            ended = subprocess.run(
                [sys.executable, "-m", "api.command", "--workspace", str(tmp_path), "--demo"],
                env={**os.environ, "QINGFENG_PORT": value},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert ended.returncode == 1
            assert expected in ended.stderr
            assert "Traceback" not in ended.stderr
            assert ended.stdout == ""  # no account was made


def test_a_mistyped_workspace_is_not_made_and_a_mistyped_setting_not_passed_over(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    for environment, expected in (({}, str(wrong)), ({"QINGFENG_TRUSTED_PROXYS": "*"}, "QINGFENG_TRUSTED_PROXIES")):
        ended = subprocess.run(
            [sys.executable, "-m", "api.command", "--workspace", str(wrong)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 1
        assert expected in ended.stderr
        assert "Traceback" not in ended.stderr
    assert not wrong.exists()
