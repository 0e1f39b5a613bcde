"""The local server for tests and developers, and the connection to a server."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr, ValidationError

from graph.engine import EngineError
from graph.neo4j.__main__ import main
from graph.neo4j.download import ADMIN, VERSION, cache_folder, resolve
from graph.neo4j.errors import ServerError
from graph.neo4j.server import LocalServer
from graph.neo4j.settings import Neo4jSettings, connect, read_settings
from tests.conftest import ROOT

pytestmark = pytest.mark.xdist_group("neo4j")


def test_server_answers_as_the_pinned_community_release(neo4j_server: LocalServer) -> None:
    with connect(neo4j_server.address.settings()) as driver:
        records, _, _ = driver.execute_query(
            "CALL dbms.components() YIELD versions, edition RETURN versions[0], edition"
        )
    assert records[0].values() == [VERSION, "community"]


def test_password_is_private_and_never_shown(neo4j_server: LocalServer) -> None:
    password = neo4j_server.address.password.get_secret_value()
    assert stat.S_IMODE((neo4j_server.folder / "password").stat().st_mode) == 0o600
    assert password not in repr(neo4j_server.address)
    assert password not in repr(neo4j_server)
    command = Path(f"/proc/{neo4j_server.pid}/cmdline").read_bytes()
    assert password.encode() not in command
    others = [f for f in neo4j_server.folder.rglob("*") if f.is_file() and f.name != "password"]
    assert not [f for f in others if password.encode() in f.read_bytes()]


def test_server_listens_on_loopback_only(neo4j_server: LocalServer) -> None:
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:] + Path("/proc/net/tcp6").read_text().splitlines()[1:]
    wanted = f":{neo4j_server.port:04X}"
    addresses = {line.split()[1] for line in listening if line.split()[1].endswith(wanted) and line.split()[3] == "0A"}
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert addresses
    assert {address.split(":")[0] for address in addresses} <= loopback


def test_start_that_fails_shows_the_log_and_leaves_no_process(neo4j_server: LocalServer, tmp_path: Path) -> None:
    taken = f"127.0.0.1:{neo4j_server.port}"
    server = LocalServer(tmp_path, {"server.bolt.listen_address": taken})
    with pytest.raises(EngineError, match=r"(?s)ended while it started.*Address already in use"):
        server.start()
    assert not server.is_running


def test_configuration_that_is_refused_is_named(neo4j_jars: None, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"(?s)first password.*pagecache"):
        LocalServer(tmp_path, {"server.memory.pagecache.size": "plenty"}).start()


def test_state_of_a_dead_server_names_nobody_elses_process(tmp_path: Path) -> None:
    # The number of a process that ended is given to another one some day.
    (tmp_path / "server.json").write_text(f'{{"pid": {os.getpid()}, "port": 1}}')
    server = LocalServer(tmp_path)
    assert not server.is_running
    server.stop()  # must not end this test's own process


def test_broken_download_leaves_nothing_behind(
    neo4j_jars: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGFENG_CACHE", str(tmp_path))
    with pytest.raises(EngineError, match="could not resolve Neo4j"):
        resolve("5.26.0-does-not-exist")
    assert [f.name for f in cache_folder().iterdir()] == ["lock"]


def test_command_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restart"]) == 2
    assert "start | status | stop" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"uri": "http://localhost:7474"}, "with one of the schemes"),
        ({"uri": "bolt://"}, "with one of the schemes"),
        ({"uri": "bolt://neo4j:secret@localhost"}, "must not hold a user or a password"),
        ({"uri": "bolt://graph.example.cn:7687"}, r"unencrypted: use bolt\+s://"),
        ({"uri": "bolt://127.0.0.1:7687", "ca_file": "ca.pem"}, r"schemes bolt\+s and neo4j\+s"),
    ],
)
def test_settings_refuse_what_cannot_work_or_is_not_safe(values: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Neo4jSettings.model_validate(values)


def test_settings_come_from_the_environment_and_hide_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGFENG_NEO4J_URI", "neo4j+s://graph.example.cn:7687")
    monkeypatch.setenv("QINGFENG_NEO4J_PASSWORD", "not-to-be-seen")
    settings = Neo4jSettings()
    assert settings.uri == "neo4j+s://graph.example.cn:7687"
    assert "not-to-be-seen" not in repr(settings)


def test_wrong_settings_are_named_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGFENG_NEO4J_URI", "bolt://neo4j:hidden@localhost")
    monkeypatch.setenv("QINGFENG_NEO4J_QUERY_TIMEOUT", "soon")
    with pytest.raises(ServerError, match="QINGFENG_NEO4J_QUERY_TIMEOUT") as caught:
        read_settings()
    monkeypatch.delenv("QINGFENG_NEO4J_QUERY_TIMEOUT")
    with pytest.raises(ServerError, match="must not hold a user or a password") as again:
        read_settings()
    assert "hidden" not in str(caught.value) + str(again.value)


def test_own_network_may_be_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGFENG_NEO4J_ALLOW_PLAINTEXT", "true")
    assert Neo4jSettings.model_validate({"uri": "bolt://neo4j:7687"}).uri == "bolt://neo4j:7687"


def test_every_setting_is_on_the_page() -> None:
    page = (ROOT / "deploy" / "neo4j.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `QINGFENG_NEO4J_(\w+)` \|", page, re.MULTILINE))
    assert named == {name.upper() for name in Neo4jSettings.model_fields}


def test_server_accepts_the_settings_of_the_compose_file(neo4j_jars: None, tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text("utf-8"))
    lines = {}
    for name, value in compose["services"]["neo4j"]["environment"].items():
        if name != "NEO4J_AUTH":
            setting = name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_")
            lines[setting] = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", value)
    assert len(lines) >= 5
    check_configuration(lines, tmp_path)
    with pytest.raises(AssertionError, match="no_such_size"):
        check_configuration({**lines, "server.memory.no_such_size": "1g"}, tmp_path)


def check_configuration(lines: dict[str, str], folder: Path) -> None:
    """Let neo4j-admin read a configuration: it refuses unknown names and wrong values."""
    (folder / "neo4j.conf").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    done = subprocess.run(
        ["java", "-cp", f"{resolve()}/*", ADMIN, "dbms", "set-initial-password", "a-password"],
        env={**os.environ, "NEO4J_HOME": str(folder), "NEO4J_CONF": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_wrong_password(neo4j_server: LocalServer) -> None:
    with pytest.raises(ServerError, match="does not accept the name or password of user neo4j") as caught:
        connect(neo4j_server.address.settings(password=SecretStr("wrong-one")))
    assert "QINGFENG_NEO4J_PASSWORD" in caught.value.hint
    assert "用户名或密码" in caught.value.text.zh
    assert "wrong-one" not in str(caught.value)


def test_server_down() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        uri = f"bolt://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ServerError, match="cannot be reached") as caught:
            connect(Neo4jSettings.model_validate({"uri": uri, "connection_timeout": 2}))
    assert "QINGFENG_NEO4J_URI" in caught.value.hint
    assert "无法连接" in caught.value.text.zh


@pytest.mark.parametrize(
    ("language", "what", "hint"), [("zh", "无法连接", "核对"), ("en", "cannot be reached", "check")]
)
def test_command_says_that_the_server_is_down(language: str, what: str, hint: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        environment = {
            **os.environ,
            "QINGFENG_LANG": language,
            "QINGFENG_NEO4J_URI": f"bolt://127.0.0.1:{unused.getsockname()[1]}",
        }
        command = [sys.executable, str(ROOT / "cli.py"), "graph", "status"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert what in done.stderr
    assert f"{hint} QINGFENG_NEO4J_URI" in done.stderr
    assert "Traceback" not in done.stderr


def test_database_that_is_not_there(neo4j_server: LocalServer) -> None:
    with pytest.raises(ServerError, match="has no database elsewhere"):
        connect(neo4j_server.address.settings(database="elsewhere"))
