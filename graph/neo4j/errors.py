"""What a failure of the Neo4j driver or server means here, in both languages, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neo4j.exceptions import (
    AuthConfigurationError,
    ConfigurationError,
    DriverError,
    Neo4jError,
)

from graph.engine import EngineError
from i18n import Text

FAILURES: tuple[type[Exception], ...] = (Neo4jError, DriverError, OSError)
"""Everything that the driver raises."""


class ServerError(EngineError):
    """The Neo4j server cannot do what was asked: `what` and `hint` in English, `text` in both languages."""

    def __init__(self, what: Text, hint: Text) -> None:
        super().__init__(what.en, hint.en)
        self.text = Text(zh=f"{what.zh}：{hint.zh}。", en=f"{what.en}: {hint.en}.")


class MemoryFull(ServerError):
    """The server has not enough memory for a transaction of this size; a smaller one may pass."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One way to fail. `codes` are the beginnings of the server's status codes that mean it."""

    what: Text
    hint: Text
    codes: tuple[str, ...] = ()
    error: type[ServerError] = ServerError


def explain(error: Exception, uri: str, user: str, database: str) -> ServerError:
    """What a failure means and what to do; the driver's own error belongs in `raise … from`.

    The server's words are repeated for faults of a query's text alone: others may quote values of a row.
    """
    code = (error.code or "") if isinstance(error, Neo4jError) else ""
    cause = next((c for c in _SERVER if code and code.startswith(c.codes)), None)
    if cause is None:
        if _says(error, "SSL", "BoltSecurity", "HandshakeError", "certificate"):
            cause = _TLS
        elif _says(error, "incomplete handshake"):
            cause = _SILENT
        elif isinstance(error, AuthConfigurationError | ConfigurationError) or code:
            cause = _UNKNOWN
        else:
            cause = _AWAY
    detail = code or type(error).__name__
    if code.startswith("Neo.ClientError.Statement") and isinstance(error, Neo4jError):
        detail = f"{code}, {error.message}"
    words = {"uri": uri, "user": user, "database": database, "detail": detail}
    return cause.error(cause.what.format(**words), cause.hint.format(**words))


def _says(error: BaseException, *signs: str) -> bool:
    """Whether the error or anything that led to it has one of the signs: the driver says why only there."""
    return any(sign in type(cause).__name__ or sign in str(cause) for cause in _causes(error) for sign in signs)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and all that led to it; the attempts at the servers of a cluster come as a group."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes(member)
    if (before := error.__cause__ or error.__context__) is not None:
        yield from _causes(before)


_AWAY = Cause(
    Text(
        zh="无法连接 Neo4j 服务器 {uri}，或连接已中断（{detail}）",
        en="The Neo4j server at {uri} cannot be reached, or the connection was cut ({detail})",
    ),
    Text(
        zh="请确认服务器已启动，并核对 QINGFENG_NEO4J_URI；开发环境可运行 make neo4j",
        en="see that it runs and check QINGFENG_NEO4J_URI; for development run `make neo4j`",
    ),
)
_TLS = Cause(
    Text(
        zh="与 Neo4j 服务器 {uri} 未能建立连接：双方的 TLS 加密设置不一致，或服务器证书不受信任",
        en="No connection to the Neo4j server at {uri}, the two sides disagree on TLS "
        "or its certificate is not trusted",
    ),
    Text(
        zh="服务器启用 TLS 时用 bolt+s:// 或 neo4j+s://，未启用时用 bolt:// 或 neo4j://；"
        "自建证书机构请以 QINGFENG_NEO4J_CA_FILE 指定其证书",
        en="use bolt+s:// or neo4j+s:// where the server has TLS, bolt:// or neo4j:// where it has not; "
        "for an authority of your own set QINGFENG_NEO4J_CA_FILE",
    ),
)
_SILENT = Cause(
    Text(
        zh="Neo4j 服务器 {uri} 未作应答，连接已中断",
        en="The Neo4j server at {uri} said nothing and the connection was cut",
    ),
    Text(
        zh="如服务器要求 TLS 加密，请改用 bolt+s:// 或 neo4j+s://；如正在启动，请稍候再试",
        en="if it wants TLS use bolt+s:// or neo4j+s://, if it is still starting try again in a while",
    ),
)
_UNKNOWN = Cause(
    Text(zh="Neo4j 服务器 {uri} 未能完成请求（{detail}）", en="The Neo4j server at {uri} could not do this ({detail})"),
    Text(zh="请查看服务器的 neo4j.log 与 debug.log", en="look at the server's neo4j.log and debug.log"),
)
_SERVER = (
    Cause(
        Text(
            zh="Neo4j 服务器 {uri} 因多次登录失败，暂时拒绝用户 {user}",
            en="The Neo4j server at {uri} refuses user {user} for a while after several failed logins",
        ),
        Text(
            zh="请核对 QINGFENG_NEO4J_PASSWORD，稍候再试",
            en="check QINGFENG_NEO4J_PASSWORD, wait a few seconds, try again",
        ),
        ("Neo.ClientError.Security.AuthenticationRateLimit",),
    ),
    Cause(
        Text(
            zh="Neo4j 用户 {user} 的密码已过期，须先修改",
            en="The password of Neo4j user {user} has expired and must be changed first",
        ),
        Text(
            zh="请用 cypher-shell 登录修改密码，再更新 QINGFENG_NEO4J_PASSWORD",
            en="log in with cypher-shell, change it, then update QINGFENG_NEO4J_PASSWORD",
        ),
        ("Neo.ClientError.Security.CredentialsExpired",),
    ),
    Cause(
        Text(
            zh="Neo4j 服务器 {uri} 不接受用户 {user} 的用户名或密码",
            en="The Neo4j server at {uri} does not accept the name or password of user {user}",
        ),
        Text(
            zh="请核对 QINGFENG_NEO4J_USER 与 QINGFENG_NEO4J_PASSWORD",
            en="check QINGFENG_NEO4J_USER and QINGFENG_NEO4J_PASSWORD",
        ),
        ("Neo.ClientError.Security.Unauthorized",),
    ),
    Cause(
        Text(
            zh="用户 {user} 在 Neo4j 上没有此项权限",
            en="User {user} has no right to do this on the Neo4j server",
        ),
        Text(
            zh="推送需要写权限，扫描只需读权限，最小权限的设置见 deploy/neo4j.md",
            en="a push needs write access, a scan only read access, deploy/neo4j.md has the least rights",
        ),
        ("Neo.ClientError.Security.Forbidden",),
    ),
    Cause(
        Text(
            zh="Neo4j 服务器 {uri} 上的数据库 {database} 为只读",
            en="Database {database} on the Neo4j server at {uri} is read-only",
        ),
        Text(
            zh="推送须写入数据库，请检查服务器的 server.databases.default_to_read_only 等设置",
            en="a push has to write to it, check the server's server.databases.default_to_read_only and the like",
        ),
        (
            "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase",
            "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase",
        ),
    ),
    Cause(
        Text(
            zh="Neo4j 服务器 {uri} 上没有数据库 {database}",
            en="The Neo4j server at {uri} has no database {database}",
        ),
        Text(
            zh="请核对 QINGFENG_NEO4J_DATABASE，社区版只有数据库 neo4j",
            en="check QINGFENG_NEO4J_DATABASE, the Community edition has the one named neo4j",
        ),
        ("Neo.ClientError.Database.DatabaseNotFound",),
    ),
    Cause(
        Text(
            zh="Neo4j 服务器 {uri} 的事务内存已用尽",
            en="The memory for transactions on the Neo4j server at {uri} is used up",
        ),
        Text(
            zh="推送时请调低 QINGFENG_NEO4J_BATCH_BYTES，或调高服务器的 dbms.memory.transaction.total.max，"
            "见 deploy/neo4j.md",
            en="in a push lower QINGFENG_NEO4J_BATCH_BYTES, or raise the server's "
            "dbms.memory.transaction.total.max, see deploy/neo4j.md",
        ),
        (
            "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
            "Neo.TransientError.General.OutOfMemoryError",
            "Neo.TransientError.General.TransactionMemoryLimit",
        ),
        MemoryFull,
    ),
    Cause(
        Text(
            zh="查询超过时限，已被 Neo4j 服务器 {uri} 终止",
            en="The query took longer than its time limit and was ended by the Neo4j server at {uri}",
        ),
        Text(
            zh="请缩小查询范围，或调高 QINGFENG_NEO4J_QUERY_TIMEOUT",
            en="narrow the query, or raise QINGFENG_NEO4J_QUERY_TIMEOUT",
        ),
        ("Neo.ClientError.Transaction.TransactionTimedOut",),
    ),
    Cause(
        Text(zh="查询试图写入，而查询只许读取", en="The query tries to write, and queries may only read"),
        Text(
            zh="请删去 CREATE、MERGE、SET、DELETE 等写入子句",
            en="remove CREATE, MERGE, SET, DELETE and other writing clauses",
        ),
        ("Neo.ClientError.Statement.AccessMode",),
    ),
    Cause(
        Text(zh="Neo4j 服务器不接受查询语句（{detail}）", en="The Neo4j server refuses the query ({detail})"),
        Text(
            zh="请修改查询语句，标签、边与属性的名称见 docs/cypher.md",
            en="correct its text, docs/cypher.md has the names of labels, edges and properties",
        ),
        ("Neo.ClientError.Statement",),
    ),
)
