"""Health, measurements, the pages' files, the codes of problems, demonstration accounts."""

from __future__ import annotations

import hashlib
import io
import re
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from api.command import prepare_demo
from api.limits import MOST_CALLERS, RateLimiter
from api.logs import configure_logs, log
from api.routes.site import DOCS
from api.statuses import STATUS
from findings.access.rights import Role
from findings.settings import Settings
from i18n import Problem, catalogue
from tests.api.conftest import Serve, Served

OF_THE_COMMAND_LINE = frozenset(
    {
        "api_address_refused",
        "api_demo_loopback",
        "export_outside_reference",
        "export_picture_format",
        "store_no_workspace",
        "store_setting_unknown",
    }
)
"""Codes that no request meets, or that would be a fault of the server if one did."""


def test_ready_only_with_data_and_store(serve: Serve, tmp_path: Path, served: Served) -> None:
    served.app.state.platform.view()
    assert served.client.get("/readyz").json() == {
        "ready": True,
        "store": "ok",
        "snapshot": "ok",
        "engine": "embedded",
    }
    empty = serve(workspace=tmp_path / "empty")
    assert empty.client.get("/healthz").text == "ok\n"
    answer = empty.client.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]) == (503, {"store": "ok", "snapshot": "none"})
    search = empty.client.get("/api/v1/search?q=a", headers=empty.key(Role.VIEWER))
    assert (search.status_code, search.json()["code"]) == (503, "api_no_snapshot")


def test_measurements_tell_of_requests_scan_and_leads(served: Served) -> None:
    served.get("/findings?limit=1")
    page = served.client.get("/metrics", headers=served.key(Role.SYSTEM)).text
    total = sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith("qingfeng_findings{"))
    assert total == served.get("/findings?limit=1")["total"]
    assert re.search(r'qingfeng_requests_total\{method="GET",route="/api/v1/findings",status="200"\} \d', page)
    for name in ("qingfeng_scan_age_seconds", "qingfeng_data_age_days", "qingfeng_request_seconds_bucket"):
        assert f"\n{name}" in page


def test_the_vendored_page_is_what_its_publisher_published() -> None:
    for line in (DOCS / "checksums.txt").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((DOCS / name).read_bytes()).hexdigest() == digest, name
    assert {"LICENSE", "NOTICE"} <= {file.name for file in DOCS.iterdir()}


def test_pages_ask_for_nothing_outside_and_run_nothing_inline(served: Served) -> None:
    for path in ("/", "/docs"):
        page = served.client.get(path)
        assert page.headers["content-type"].startswith("text/html")
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
        assert not re.search(r"\son\w+=|style=", page.text)
        for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert served.client.get(f"/{name}").status_code == 200, name


@pytest.mark.parametrize(
    "name", ["__init__.py", "..%2f__init__.py", "%2e%2e/api.key", "js", "js/", "lib/checksums.toml"]
)
def test_only_the_pages_own_files_are_served(served: Served, name: str) -> None:
    assert served.client.get(f"/static/{name}").status_code == 404


def test_every_code_that_a_request_can_meet_has_a_status_and_every_status_a_title() -> None:
    prefixes = ("api_", "explore_", "export_", "trust_")
    codes = {key.removeprefix("error.") for key in catalogue() if key.startswith("error.")}
    met = {code for code in codes if code.startswith(prefixes)} - OF_THE_COMMAND_LINE
    anchors = {code for code in met if "anchor" in code or "schedule" in code or "job" in code}
    assert met - anchors <= STATUS.keys()
    assert STATUS.keys() <= codes
    assert {f"api.status_{status}" for status in STATUS.values()} <= catalogue().keys()


def test_demonstration_accounts_are_for_this_machine_only(served: Served) -> None:
    settings = Settings(_env_file=None, **{**served.settings.model_dump(), "host": "0.0.0.0"})  # type: ignore[call-arg]
    with pytest.raises(Problem, match="this machine only"):
        prepare_demo(settings)
    said = " ".join(prepare_demo(served.settings))
    password = re.search(r"demo-[\w-]+", said)
    assert password is not None
    body = {"username": "demo", "password": password[0]}
    assert served.client.post("/api/v1/session", json=body).status_code == 201


def test_a_log_line_has_the_route_and_no_id_name_or_query(served: Served) -> None:
    heard = io.StringIO()
    with redirect_stderr(heard):
        configure_logs("info")
        served.client.get("/api/v1/parties/O00000106?q=13800138000", headers=served.key(Role.VIEWER))
        try:
            raise ValueError("110101199003077831")
        except ValueError as error:
            log.error("fault", exc_info=error)
    said = heard.getvalue()
    assert '"route": "/api/v1/parties/{party_id}"' in said
    assert "O00000106" not in said
    assert "13800138000" not in said
    assert '"error": "ValueError"' in said
    assert "110101199003077831" not in said


def test_a_limit_refills_and_forgets_the_oldest_caller() -> None:
    at = 0.0
    limiter = RateLimiter(60, burst=2, clock=lambda: at)
    assert [limiter.wait("a") for _ in range(3)] == [0.0, 0.0, 1.0]
    at = 1.0
    assert limiter.wait("a") == 0.0
    for number in range(MOST_CALLERS + 5):
        limiter.wait(str(number))
    assert len(limiter._buckets) == MOST_CALLERS
