"""A Neo4j server of one's own for tests and development, without Docker.

Neo4j Community is resolved from Maven Central into a cache and started on a free loopback port with a random
password. It runs in its own process and is no part of the product. `python -m graph.neo4j` starts one by hand.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import neo4j
import orjson
from pydantic import SecretStr

from graph.engine import EngineError
from graph.neo4j.download import ADMIN, ENTRY, VERSION, resolve, tool
from graph.neo4j.errors import FAILURES
from graph.neo4j.settings import Neo4jSettings, open_driver

_JVM = (
    "-Xms512m",
    "-Xmx1g",
    "-XX:+ExitOnOutOfMemoryError",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
)
_CONFIGURATION = {
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    "server.memory.pagecache.size": "256m",
    "dbms.usage_report.enabled": "false",
    "db.tx_log.rotation.retention_policy": "keep_none",
    "db.tx_log.preallocate": "false",
    "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a running server is reached, and as whom."""

    uri: str
    user: str
    password: SecretStr
    database: str = "neo4j"

    def settings(self, **others: object) -> Neo4jSettings:
        """Settings that reach this server; `others` are further fields of `Neo4jSettings`."""
        values = {"uri": self.uri, "user": self.user, "password": self.password, "database": self.database}
        return Neo4jSettings.model_validate({**values, **others})


@dataclass(slots=True)
class LocalServer:
    """One server whose data, configuration and logs are in `folder`.

    `configuration` adds to, or replaces, lines of neo4j.conf; `jvm_options` come after the usual ones.
    `dies_with_starter` ends the server with the process that started it, however that one ends (Linux, where
    `setpriv` is installed). A folder that was used before keeps its data, its port and its password, so a server can
    be stopped or killed and started again.
    """

    folder: Path
    configuration: Mapping[str, str] = field(default_factory=dict)
    dies_with_starter: bool = False
    jvm_options: tuple[str, ...] = ()
    pid: int | None = field(default=None, init=False)
    port: int = field(default=0, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self._state_file.is_file():
            state = orjson.loads(self._state_file.read_bytes())
            self.pid, self.port = state["pid"], state["port"]

    @property
    def address(self) -> ServerAddress:
        """Where the server is, or would be, reached."""
        password = self._password_file.read_text(encoding="ascii")
        return ServerAddress(f"bolt://127.0.0.1:{self.port}", "neo4j", SecretStr(password))

    @property
    def is_running(self) -> bool:
        """Whether the process that was started is still there, and is not another one under its number."""
        if self.pid is None:
            return False
        if self._process is not None:
            return self._process.poll() is None
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False
        return str(self._arguments_file).encode() in words

    def start(self, timeout: float = 120) -> ServerAddress:
        """Start the server and wait until it answers a login.

        Raises:
            EngineError: it ended, or did not answer in time; the message has the end of its log.
        """
        if self.is_running:
            return self.address
        jars = resolve()
        (self.folder / "conf").mkdir(parents=True, exist_ok=True)
        (self.folder / "logs").mkdir(exist_ok=True)
        self.port = self.port or _free_port()
        lines = {**_CONFIGURATION, "server.bolt.listen_address": f"127.0.0.1:{self.port}", **self.configuration}
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        (self.folder / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")
        if not self._password_file.is_file():
            self._set_first_password(jars)
        words = [
            *_JVM,
            *self.jvm_options,
            "-cp",
            f"{jars}/*",
            ENTRY,
            f"--home-dir={self.folder}",
            f"--config-dir={self.folder}/conf",
        ]
        write_private(self._arguments_file, "\n".join(f'"{word}"' for word in [*words, "--console-mode"]))
        with self._log_file.open("wb") as log:
            # A session of its own, so that Ctrl-C in the terminal does not reach it.
            self._process = subprocess.Popen(  # noqa: S603 - the program and its arguments are ours
                [*self._prefix(), tool("java"), f"@{self._arguments_file}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid
        state = {"pid": self.pid, "port": self.port, "uri": self.address.uri, "version": VERSION}
        self._state_file.write_bytes(orjson.dumps(state, option=orjson.OPT_INDENT_2))
        try:
            self._wait(timeout)
        except BaseException:
            self.stop()
            raise
        return self.address

    def stop(self, timeout: float = 60) -> None:
        """Ask the server to end; after `timeout` seconds end it by force."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()
        self.pid = self._process = None

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.01)

    def _signal(self, number: signal.Signals) -> None:
        if self.is_running and self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _prefix(self) -> list[str]:
        setpriv = shutil.which("setpriv") if self.dies_with_starter else None
        return [setpriv, "--pdeathsig", "KILL"] if setpriv else []

    def _wait(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        settings = self.address.settings(connection_timeout=5)
        while time.monotonic() < deadline:
            if not self.is_running:
                raise EngineError(f"Neo4j ended while it started. {self._log_tail()}", f"see {self._log_file}")
            if _is_open(self.port):
                with open_driver(settings) as driver:
                    try:
                        driver.execute_query("RETURN 1", routing_=neo4j.RoutingControl.READ)
                    except FAILURES:
                        pass  # Bolt opens before the database does.
                    else:
                        return
            time.sleep(0.1)
        raise EngineError(f"Neo4j did not answer within {timeout:g} s. {self._log_tail()}", f"see {self._log_file}")

    def _set_first_password(self, jars: Path) -> None:
        password = secrets.token_urlsafe(24)
        # In a file, because every user of the machine can read the words of a command.
        words = self.folder / "conf" / "password.args"
        admin = ["-cp", f"{jars}/*", ADMIN, "dbms", "set-initial-password", "--", password]
        write_private(words, "\n".join(f'"{word}"' for word in admin))
        try:
            done = subprocess.run(  # noqa: S603 - the program and its arguments are ours
                [tool("java"), f"@{words}"],
                env={**os.environ, "NEO4J_HOME": str(self.folder), "NEO4J_CONF": str(self.folder / "conf")},
                capture_output=True,
                timeout=60,
                check=False,
            )
        finally:
            words.unlink()
        if done.returncode != 0:
            reason, *_ = done.stderr.decode(errors="replace").replace(password, "…").splitlines() or ["no reason given"]
            raise EngineError(f"neo4j-admin could not set the first password: {reason}", f"see {self.folder}/conf")
        write_private(self._password_file, password)

    def _log_tail(self) -> str:
        lines = self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "Its log ends: " + " | ".join(lines[-15:])

    @property
    def _state_file(self) -> Path:
        return self.folder / "server.json"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def _arguments_file(self) -> Path:
        return self.folder / "conf" / "java.args"

    @property
    def _log_file(self) -> Path:
        return self.folder / "logs" / "console.log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, from the first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
