"""Where the Neo4j server is and how to speak to it: settings, and the connection they give.

Every setting is read from the environment or from `.env`, as `QINGFENG_NEO4J_<NAME>`.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import neo4j
from neo4j import exceptions as driver_errors
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import EngineError
from i18n import Text

ENCRYPTED = ("bolt+s", "bolt+ssc", "neo4j+s", "neo4j+ssc")
SCHEMES = ("bolt", "neo4j", *ENCRYPTED)


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

    uri: str = Field("bolt://localhost:7687", description="Address: bolt:// or neo4j://, +s for TLS.")
    user: str = Field("neo4j", description="The server's user.")
    password: SecretStr = Field(SecretStr(""), description="Its password. Never logged.")
    database: str = Field("neo4j", description="Database; Community has the one named neo4j.")
    ca_file: Path | None = Field(
        None, description="Certificates of a private authority, PEM; for the +s schemes. Empty: the system's."
    )
    allow_plaintext: bool = Field(
        False, description="Allow an unencrypted address that is not this machine, e.g. inside one container network."
    )
    connection_timeout: float = Field(10, gt=0, description="Wait for a TCP connection and its handshake.")
    query_timeout: float = Field(300, gt=0, description="The server ends a transaction that takes longer.")
    retry_time: float = Field(30, ge=0, description="Keep retrying a transaction after transient errors.")
    batch_bytes: int = Field(1_000_000, ge=10_000, description="About so much data in one write transaction.")

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

    @property
    def is_encrypted(self) -> bool:
        """Whether the address asks for TLS."""
        return urlsplit(self.uri).scheme in ENCRYPTED


def open_driver(settings: Neo4jSettings) -> neo4j.Driver:
    """A driver for the settings; it does not connect yet."""
    uri = settings.uri
    trust: dict[str, object] = {}
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
        EngineError: the server is down, speaks TLS where the address does not (or the other way round), refuses
            the password, or lacks the database; the hint says which setting to look at.
    """
    driver = open_driver(settings)
    try:
        driver.verify_connectivity(database=settings.database)
    except (driver_errors.Neo4jError, driver_errors.DriverError, OSError) as error:
        driver.close()
        raise explain(error, settings) from error
    return driver


def explain(error: Exception, settings: Neo4jSettings) -> EngineError:
    """What a failure of the driver or of the server means here, and what to do about it.

    The server's own words are kept only where they cannot hold data of a row.
    """
    code = error.code if isinstance(error, driver_errors.Neo4jError) else None
    for what, hint, types, codes in _CAUSES:
        if isinstance(error, types) and (not codes or (code or "").startswith(codes)):
            break
    else:
        what, hint = _UNKNOWN
    if isinstance(error, driver_errors.ServiceUnavailable) and _is_tls_failure(error):
        what, hint = _TLS
    fields = {"uri": settings.uri, "user": settings.user, "database": settings.database}
    detail = code or type(error).__name__
    return EngineError(what.format(detail=detail, **fields), hint.format(detail=detail, **fields))


def _is_tls_failure(error: BaseException) -> bool:
    """Whether the two sides disagreed on TLS: the driver says so only in the chain of causes."""
    cause: BaseException | None = error
    while cause is not None:
        name, words = type(cause).__name__, str(cause).lower()
        if any(sign in name or sign.lower() in words for sign in ("SSL", "BoltSecurity", "HandshakeError")):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


_TLS = (
    Text(
        zh="与 Neo4j 服务器 {uri} 未能建立连接：双方的加密（TLS）设置不一致，或服务器证书不受信任。",
        en="No connection to the Neo4j server at {uri}: the two sides disagree on TLS, or its certificate is not trusted.",
    ),
    Text(
        zh="服务器启用 TLS 时用 bolt+s:// 或 neo4j+s://，未启用时用 bolt:// 或 neo4j://；"
        "自建证书机构请以 QINGFENG_NEO4J_CA_FILE 指定其证书。",
        en="Use bolt+s:// or neo4j+s:// where the server has TLS, bolt:// or neo4j:// where it has not; "
        "for an authority of your own set QINGFENG_NEO4J_CA_FILE.",
    ),
)
_UNKNOWN = (
    Text(zh="Neo4j 服务器 {uri} 报告错误：{detail}。", en="The Neo4j server at {uri} reported an error: {detail}."),
    Text(
        zh="请查看服务器的 neo4j.log 与 debug.log。",
        en="Look at the server's neo4j.log and debug.log.",
    ),
)
_CAUSES: tuple[tuple[Text, Text, type[Exception] | tuple[type[Exception], ...], tuple[str, ...]], ...] = (
    (
        Text(
            zh="Neo4j 服务器 {uri} 因多次登录失败暂时拒绝用户 {user}。",
            en="The Neo4j server at {uri} refuses user {user} for a while, after several failed logins.",
        ),
        Text(
            zh="请核对 QINGFENG_NEO4J_PASSWORD，稍候再试。",
            en="Check QINGFENG_NEO4J_PASSWORD, wait a few seconds, try again.",
        ),
        driver_errors.Neo4jError,
        ("Neo.ClientError.Security.AuthenticationRateLimit",),
    ),
    (
        Text(
            zh="Neo4j 用户 {user} 的密码已过期，须先修改。",
            en="The password of Neo4j user {user} has expired and must be changed first.",
        ),
        Text(
            zh="请用 cypher-shell 登录修改密码，再更新 QINGFENG_NEO4J_PASSWORD。",
            en="Log in with cypher-shell, change it, then update QINGFENG_NEO4J_PASSWORD.",
        ),
        driver_errors.Neo4jError,
        ("Neo.ClientError.Security.CredentialsExpired",),
    ),
    (
        Text(
            zh="Neo4j 服务器 {uri} 不接受用户 {user} 的用户名或密码。",
            en="The Neo4j server at {uri} does not accept the name or password of user {user}.",
        ),
        Text(
            zh="请核对 QINGFENG_NEO4J_USER 与 QINGFENG_NEO4J_PASSWORD。",
            en="Check QINGFENG_NEO4J_USER and QINGFENG_NEO4J_PASSWORD.",
        ),
        (driver_errors.AuthError, driver_errors.AuthConfigurationError),
        ("Neo.ClientError.Security.Unauthorized",),
    ),
    (
        Text(
            zh="用户 {user} 在 Neo4j 上没有此项权限。",
            en="User {user} has no right to do this on the Neo4j server.",
        ),
        Text(
            zh="推送需要写权限，扫描只需读权限；最小权限的设置见 deploy/neo4j.md。",
            en="A push needs write access, a scan only read access; deploy/neo4j.md has the least rights.",
        ),
        driver_errors.Neo4jError,
        ("Neo.ClientError.Security.Forbidden",),
    ),
    (
        Text(
            zh="Neo4j 服务器 {uri} 上没有数据库 {database}。",
            en="The Neo4j server at {uri} has no database {database}.",
        ),
        Text(
            zh="请核对 QINGFENG_NEO4J_DATABASE；社区版只有数据库 neo4j。",
            en="Check QINGFENG_NEO4J_DATABASE; the Community edition has the one named neo4j.",
        ),
        driver_errors.Neo4jError,
        ("Neo.ClientError.Database.DatabaseNotFound",),
    ),
    (
        Text(
            zh="Neo4j 的事务内存已用尽。",
            en="The memory for transactions on the Neo4j server is used up.",
        ),
        Text(
            zh="请调低 QINGFENG_NEO4J_BATCH_BYTES，或调高服务器的 dbms.memory.transaction.total.max（见 deploy/neo4j.md）。",
            en="Lower QINGFENG_NEO4J_BATCH_BYTES, or raise the server's dbms.memory.transaction.total.max "
            "(see deploy/neo4j.md).",
        ),
        driver_errors.Neo4jError,
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "Neo.TransientError.General.OutOfMemoryError"),
    ),
    (
        Text(
            zh="查询超过时限，已由 Neo4j 服务器终止。",
            en="The query took longer than its time limit and was ended by the Neo4j server.",
        ),
        Text(
            zh="请缩小查询范围，或调高 QINGFENG_NEO4J_QUERY_TIMEOUT。",
            en="Narrow the query, or raise QINGFENG_NEO4J_QUERY_TIMEOUT.",
        ),
        driver_errors.Neo4jError,
        ("Neo.ClientError.Transaction.TransactionTimedOut",),
    ),
    (
        Text(
            zh="查询试图写入，但查询只能读取。",
            en="The query tries to write, and queries may only read.",
        ),
        Text(
            zh="请删去 CREATE、MERGE、SET、DELETE 等写入子句。",
            en="Remove CREATE, MERGE, SET, DELETE and other writing clauses.",
        ),
        driver_errors.Neo4jError,
        ("Neo.ClientError.Statement.AccessMode",),
    ),
    (
        Text(
            zh="无法连接 Neo4j 服务器 {uri}：服务器未启动、地址有误，或连接中断。",
            en="The Neo4j server at {uri} cannot be reached: it is down, the address is wrong, or the connection was cut.",
        ),
        Text(
            zh="请确认服务器已启动，并核对 QINGFENG_NEO4J_URI；开发环境可运行 make neo4j。",
            en="See that it runs and check QINGFENG_NEO4J_URI; for development run `make neo4j`.",
        ),
        (
            driver_errors.ServiceUnavailable,
            driver_errors.SessionExpired,
            driver_errors.IncompleteCommit,
            driver_errors.ConnectionAcquisitionTimeoutError,
            OSError,
        ),
        (),
    ),
)
