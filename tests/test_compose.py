"""deploy/compose.yml, as far as it can be judged without Docker: its words, its references, its health checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from findings.commands.schedule import app as schedule_app
from graph.neo4j.server import LocalServer
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
DURATION = re.compile(r"^(\d+(ms|s|m|h))+$")
INTERPOLATION = re.compile(r"\$(\$|\{[A-Z][A-Z0-9_]*(:-[^}]*|:\?[^}]+)\})")

# The elements of the Compose Specification that the file uses.
TOP = {"name", "services", "volumes"}
SERVICE = {
    "build": dict,
    "image": str,
    "command": list,
    "profiles": list,
    "restart": str,
    "stop_grace_period": str,
    "read_only": bool,
    "tmpfs": list,
    "cap_drop": list,
    "security_opt": list,
    "expose": list,
    "ports": list,
    "environment": dict,
    "volumes": list,
    "depends_on": dict,
    "healthcheck": dict,
}
HEALTHCHECK = {"test", "interval", "timeout", "start_period", "retries"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_every_element_is_one_of_the_specification(
    compose: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    assert compose.keys() <= TOP
    for name, service in services.items():
        assert service.keys() <= SERVICE.keys(), name
        for element, value in service.items():
            assert isinstance(value, SERVICE[element]), f"{name}.{element}"
        assert service["restart"] in ("no", "always", "on-failure", "unless-stopped"), name
        assert DURATION.match(service.get("stop_grace_period", "10s")), name
        assert all(isinstance(value, str) for value in service.get("environment", {}).values()), name
        # A floating image would change under a running site; one that is built here has no version of its own.
        assert "build" in service or re.search(r":\d", service["image"]), name


def test_every_reference_has_its_end(compose: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    used: set[str] = set()
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), source
            else:
                used.add(source)
        for other, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert "healthcheck" in services[other]
        if build := service.get("build"):
            assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    assert used == compose["volumes"].keys()


def test_every_variable_has_a_default_or_is_asked_for(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        words = [*service.get("environment", {}).values(), *service.get("healthcheck", {}).get("test", [])]
        for word in words:
            assert "$" not in INTERPOLATION.sub("", word), f"{name}: {word}"


def test_health_checks_are_well_formed(services: dict[str, dict[str, Any]]) -> None:
    checks = {name: service["healthcheck"] for name, service in services.items() if "healthcheck" in service}
    assert {"api", "postgres", "neo4j"} <= checks.keys()
    for name, check in checks.items():
        assert check.keys() <= HEALTHCHECK, name
        assert check["test"][0] in ("CMD", "CMD-SHELL"), name
        assert all(DURATION.match(check[key]) for key in ("interval", "timeout", "start_period") if key in check), name
        assert isinstance(check["retries"], int), name
    api = checks["api"]["test"]
    compile(api[api.index("-c") + 1], "healthcheck", "exec")


def test_databases_are_not_reached_from_outside(services: dict[str, dict[str, Any]]) -> None:
    for name in ("neo4j", "postgres", "api"):
        assert all(port.startswith("127.0.0.1:") for port in services[name].get("ports", [])), name


def test_what_is_unattended_is_done_beside_the_api_on_its_data(services: dict[str, dict[str, Any]]) -> None:
    api, schedule = services["api"], services["schedule"]
    assert schedule["command"] == ["qingfeng", "schedule", "run"]
    assert CliRunner().invoke(schedule_app, ["run", "--help"]).exit_code == 0
    for element in ("build", "image", "volumes", "read_only", "cap_drop", "security_opt"):
        assert schedule[element] == api[element], element
    for name in ("QINGFENG_STORE_URL", "QINGFENG_SECRET"):
        assert schedule["environment"][name] == api["environment"][name]


SHELL = """#!{python}
import os, sys
import neo4j
assert sys.argv[1:] == ["--format", "plain", "RETURN 1"], sys.argv
login = (os.environ["NEO4J_USERNAME"], os.environ["NEO4J_PASSWORD"])
with neo4j.GraphDatabase.driver("{uri}", auth=login) as driver:
    driver.execute_query(sys.argv[-1])
"""
"""What cypher-shell, which comes with the image, does with the words of the health check."""


@pytest.mark.xdist_group("neo4j")
def test_health_check_of_neo4j_logs_in(
    services: dict[str, dict[str, Any]], neo4j_server: LocalServer, tmp_path: Path
) -> None:
    kind, command = services["neo4j"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    shell = tmp_path / "cypher-shell"
    shell.write_text(SHELL.format(python=sys.executable, uri=neo4j_server.address.uri))
    shell.chmod(0o700)

    def is_healthy(password: str) -> bool:
        # Compose gives the container `$` for `$$`; the container's environment has NEO4J_AUTH.
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "NEO4J_AUTH": f"neo4j/{password}"}
        words = ["sh", "-c", command.replace("$$", "$")]
        return subprocess.run(words, env=environment, capture_output=True, check=False).returncode == 0

    assert is_healthy(neo4j_server.address.password.get_secret_value())
    assert not is_healthy("another/one")
