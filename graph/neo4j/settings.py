"""Where the Neo4j server is and how to speak to it: settings, and the connection they give.

Every setting is read from the environment or from `.env`, as `QINGFENG_NEO4J_<NAME>`.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import neo4j
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.neo4j.errors import FAILURES, ServerError, explain
from i18n import Text

ENCRYPTED = ("bolt+s", "bolt+ssc", "neo4j+s", "neo4j+ssc")
SCHEMES = ("bolt", "neo4j", *ENCRYPTED)
OLDEST = (5, 26)
"""The oldest server that is tested against. Statements use clauses that earlier ones do not know."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Neo4jSettings(BaseSettings):
    """How to reach the server. Times are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="QINGFENG_NEO4J_", env_file=".env", extra="ignore")

    uri: str = Field(default="bolt://localhost:7687", description="Address: bolt:// or neo4j://, +s for TLS.")
    user: str = Field(default="neo4j", description="The server's user.")
    password: SecretStr = Field(default=SecretStr(""), description="Its password. Never logged.")
    database: str = Field(default="neo4j", description="Database; Community has the one named neo4j.")
    ca_file: Path | None = Field(
        default=None, description="Certificates of a private authority, PEM; for the +s schemes. Empty: the system's."
    )
    allow_plaintext: bool = Field(
        default=False,
        description="Allow an unencrypted address that is not this machine, e.g. inside one container network.",
    )
    connection_timeout: float = Field(default=10, gt=0, description="Wait for a TCP connection and its handshake.")
    query_timeout: float = Field(default=300, gt=0, description="The server ends a transaction that takes longer.")
    retry_time: float = Field(default=30, ge=0, description="Keep retrying a transaction after transient errors.")
    batch_bytes: int = Field(default=1_000_000, ge=10_000, description="About so much data in one write transaction.")

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        parts = urlsplit(self.uri)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError(
                f"QINGFENG_NEO4J_URI must be <scheme>://<host>:<port> with one of the schemes {', '.join(SCHEMES)}"
            )
        if parts.username or parts.password:
            raise ValueError(
                "QINGFENG_NEO4J_URI must not hold a user or a password: "
                "use QINGFENG_NEO4J_USER and QINGFENG_NEO4J_PASSWORD"
            )
        if parts.scheme not in ENCRYPTED and not (self.allow_plaintext or is_loopback(parts.hostname)):
            raise ValueError(
                f"{parts.scheme}:// to {parts.hostname} would send the password and personal data unencrypted: "
                f"use {parts.scheme}+s://, or set QINGFENG_NEO4J_ALLOW_PLAINTEXT=true on a network of your own"
            )
        if self.ca_file is not None and parts.scheme not in ("bolt+s", "neo4j+s"):
            raise ValueError("QINGFENG_NEO4J_CA_FILE is for the schemes bolt+s and neo4j+s")
        return self

    def explain(self, error: Exception) -> ServerError:
        """What a failure of the driver means at this address."""
        return explain(error, self.uri, self.user, self.database)


def read_settings() -> Neo4jSettings:
    """The settings that the environment and `.env` give.

    Raises:
        ServerError: one of them cannot be used; their values are not repeated.
    """
    try:
        return Neo4jSettings()
    except ValidationError as error:
        problems = "; ".join(
            f"{'_'.join(map(str, ('QINGFENG_NEO4J', *e['loc']))).upper()}: {e['msg']}" if e["loc"] else e["msg"]
            for e in error.errors(include_input=False, include_url=False)
        )
        raise ServerError(_BAD_SETTINGS.format(problems=problems), _BAD_SETTINGS_HINT) from None


def open_driver(settings: Neo4jSettings) -> neo4j.Driver:
    """A driver for the settings; it does not connect yet."""
    uri = settings.uri
    trust: dict[str, Any] = {}
    if settings.ca_file is not None:
        # The driver takes an authority of one's own only beside a scheme that says nothing of TLS.
        uri = uri.replace("+s://", "://", 1)
        trust = {"encrypted": True, "trusted_certificates": neo4j.TrustCustomCAs(str(settings.ca_file))}
    return neo4j.GraphDatabase.driver(
        uri,
        auth=(settings.user, settings.password.get_secret_value()),
        connection_timeout=settings.connection_timeout,
        connection_acquisition_timeout=settings.connection_timeout * 2,
        max_transaction_retry_time=settings.retry_time,
        keep_alive=True,
        user_agent="qingfeng",
        notifications_min_severity="OFF",
        **trust,
    )


def connect(settings: Neo4jSettings) -> neo4j.Driver:
    """A driver that has reached the server, logged in and found the database.

    Raises:
        ServerError: the server is down, older than `OLDEST`, speaks TLS where the address does not (or the other way
            round), refuses the password, or lacks the database; the hint says which setting to look at.
    """
    driver = open_driver(settings)
    try:
        # Does not retry: who waits for a server wants to know that it is down.
        _check_version(driver.get_server_info().agent, settings.uri)
        with driver.session(database=settings.database, default_access_mode=neo4j.READ_ACCESS) as session:
            session.run("RETURN 1").consume()
    except FAILURES as error:
        driver.close()
        raise settings.explain(error) from error
    except ServerError:
        driver.close()
        raise
    return driver


def _check_version(agent: str, uri: str) -> None:
    """Refuse a server that is too old for the statements of a push; what does not name its version may try."""
    named = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
    if named is not None and (int(named[1]), int(named[2])) < OLDEST:
        words = {"uri": uri, "version": agent.removeprefix("Neo4j/"), "oldest": ".".join(map(str, OLDEST))}
        raise ServerError(_OLD.format(**words), _OLD_HINT.format(**words))


_OLD = Text(
    zh="Neo4j 服务器 {uri} 的版本为 {version}，版本过低",
    en="The Neo4j server at {uri} is version {version}, which is too old",
)
_OLD_HINT = Text(zh="请升级至 Neo4j {oldest} LTS 或更高版本", en="upgrade it to Neo4j {oldest} LTS or newer")
_BAD_SETTINGS = Text(
    zh="Neo4j 连接设置有误（{problems}）", en="The settings of the Neo4j connection are wrong ({problems})"
)
_BAD_SETTINGS_HINT = Text(
    zh="请检查环境变量或 .env 文件，各项说明见 deploy/neo4j.md",
    en="check the environment or the file .env, deploy/neo4j.md lists the settings",
)
