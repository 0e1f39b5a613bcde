"""Who may do what on a server: encrypted lines, readers that cannot write, users, versions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from graph.neo4j import Neo4jGraph, server_snapshot
from graph.neo4j.errors import ServerError
from graph.neo4j.push import push
from graph.neo4j.server import LocalServer, ServerAddress
from graph.neo4j.settings import Neo4jSettings, connect
from graph.snapshot import Workspace
from tests.graph.lines import Line, through
from tests.graph.test_neo4j_push import assert_shows
from tests.graph.worlds import BASE, changed, store
from tests.neo4j_fixture import SHORT_LIFE

pytestmark = pytest.mark.xdist_group("neo4j")

PRICES = "MATCH (b:Bid) RETURN b.id AS id, b.price AS price ORDER BY id"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


class EncryptedServer(LocalServer):
    """A server that takes encrypted connections only."""

    @property
    def address(self) -> ServerAddress:
        plain = super().address
        return replace(plain, uri=plain.uri.replace("bolt://", "bolt+ssc://"))


def encrypted_server(folder: Path, **configuration: str) -> EncryptedServer:
    """A server with the certificate in `folder/tls`, which is made where it is missing; it vouches for itself."""
    certificate, key = folder / "tls" / "public.crt", folder / "tls" / "private.key"
    if not certificate.is_file():
        certificate.parent.mkdir(parents=True)
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(make, check=True, capture_output=True)
    lines = {
        "server.bolt.tls_level": "REQUIRED",
        "dbms.ssl.policy.bolt.enabled": "true",
        "dbms.ssl.policy.bolt.base_directory": str(certificate.parent),
        **configuration,
    }
    return EncryptedServer(folder, lines, dies_with_starter=True, jvm_options=SHORT_LIFE)


@pytest.fixture(scope="module")
def guarded(neo4j_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an encrypted server that runs."""
    folder = tmp_path_factory.mktemp("guarded")
    server = encrypted_server(folder)
    server.start()
    yield folder
    encrypted_server(folder).kill()


def at(folder: Path, scheme: str, **others: object) -> Neo4jSettings:
    server = LocalServer(folder)
    return server.address.settings(uri=f"{scheme}://127.0.0.1:{server.port}", **others)


@pytest.mark.parametrize(
    ("scheme", "what", "hint"),
    [
        ("bolt", "said nothing", "if it wants TLS use bolt+s://"),
        ("neo4j", "said nothing", "if it wants TLS use bolt+s://"),
        ("bolt+s", "its certificate is not trusted", "set QINGFENG_NEO4J_CA_FILE"),
        ("neo4j+s", "its certificate is not trusted", "set QINGFENG_NEO4J_CA_FILE"),
    ],
)
def test_server_with_tls_says_what_does_not_fit(guarded: Path, scheme: str, what: str, hint: str) -> None:
    with pytest.raises(ServerError) as caught:
        connect(at(guarded, scheme))
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert "TLS" in caught.value.text.zh


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s", "bolt+ssc", "neo4j+ssc"])
def test_server_without_tls_refuses_who_wants_it(neo4j_settings: Neo4jSettings, scheme: str) -> None:
    with pytest.raises(ServerError, match="disagree on TLS") as caught:
        connect(neo4j_settings.model_copy(update={"uri": neo4j_settings.uri.replace("bolt", scheme, 1)}))
    assert "bolt:// or neo4j:// where it has not" in caught.value.hint


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
def test_certificate_of_ones_own_authority_is_trusted(guarded: Path, scheme: str, workspace: Workspace) -> None:
    settings = at(guarded, scheme, ca_file=guarded / "tls" / "public.crt")
    snapshot = store(workspace, BASE)
    push(workspace, settings, full=True)
    graph = Neo4jGraph.open(settings, snapshot.id)
    assert graph.run(PRICES, {})["id"].tolist() == ["B1", "B2"]
    graph.close()


def test_scan_needs_no_write_access(guarded: Path, workspace: Workspace) -> None:
    snapshot = store(workspace, BASE)
    push(workspace, at(guarded, "bolt+ssc"), full=True)
    encrypted_server(guarded).stop()
    reader = encrypted_server(guarded, **{"server.databases.default_to_read_only": "true"})
    reader.start()
    settings = reader.address.settings()
    try:
        assert server_snapshot(settings) == snapshot.id
        graph = Neo4jGraph.open(settings, snapshot.id)
        assert graph.run(PRICES, {})["price"].tolist()[:1] == [100_001]
        graph.close()
        store(workspace, changed(BASE, bids=BASE["bids"][:1]))
        with pytest.raises(ServerError, match=r"Database neo4j on the Neo4j server at .* is read-only") as caught:
            push(workspace, settings)
        assert "只读" in caught.value.text.zh
    finally:
        reader.stop()
        encrypted_server(guarded).start()


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_queries_ask_for_a_reader_and_pushes_for_a_writer(
    scheme: str, neo4j_server: LocalServer, neo4j_settings: Neo4jSettings, workspace: Workspace
) -> None:
    # A cluster sends a transaction to a follower if it says that it only reads; the words are those of the protocol.
    begin, only_reads = b"\xb1\x11", b"\x84mode\x81r"
    line = Line(neo4j_server.port)
    # The routing table of neo4j:// names the server itself: let it name the line.
    line.answers = lambda part: part.replace(b":%d" % neo4j_server.port, b":%d" % line.port)
    settings = through(line, neo4j_settings, uri=f"{scheme}://127.0.0.1:{line.port}")
    snapshot = store(workspace, BASE)
    push(workspace, settings)
    assert line.sent.count(begin) > line.sent.count(only_reads)
    graph = Neo4jGraph.open(settings, snapshot.id)
    line.sent.clear()
    for _ in range(3):
        graph.run(PRICES, {})
    assert line.sent.count(begin) == line.sent.count(only_reads) == 3
    graph.close()
    line.close()


def test_a_query_cannot_write_however_it_is_hidden(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    snapshot = store(workspace, BASE)
    push(workspace, neo4j_settings)
    graph = Neo4jGraph.open(neo4j_settings, snapshot.id)
    for text in (
        "CREATE (n:Bid {id: 'x'}) RETURN n.id AS id",
        "MATCH (b:Bid) SET b.price = 0 RETURN count(*) AS n",
        "MATCH (b:Bid) DETACH DELETE b RETURN count(*) AS n",
        "MATCH (b:Bid) CALL (b) { SET b.price = 0 } RETURN count(*) AS n",
        "UNWIND [1] AS i FOREACH (j IN [i] | MERGE (:Bid {id: 'x'})) RETURN i",
        "CREATE INDEX FOR (b:Bid) ON (b.price)",
        "CALL db.createLabel('Forged')",
    ):
        with pytest.raises(ServerError):
            graph.run(text, {})
    graph.close()
    assert_shows(workspace, neo4j_settings)


def test_community_has_users_but_no_roles(
    workspace: Workspace, neo4j_settings: Neo4jSettings, neo4j_server: LocalServer
) -> None:
    """What deploy/neo4j.md says of the rights that can be given, edition by edition."""
    snapshot = store(workspace, BASE)
    push(workspace, neo4j_settings)
    with connect(neo4j_settings) as driver, driver.session(database="system") as session:
        session.run(
            "CREATE USER qingfeng_scan IF NOT EXISTS SET PASSWORD $password CHANGE NOT REQUIRED",
            password="the reader's own",
        ).consume()
        with pytest.raises(Exception, match="Unsupported administration command: CREATE ROLE"):
            session.run("CREATE ROLE qingfeng_read").consume()
    reader = neo4j_settings.model_copy(update={"user": "qingfeng_scan", "password": SecretStr("the reader's own")})
    graph = Neo4jGraph.open(reader, snapshot.id)
    assert graph.run(PRICES, {})["id"].tolist() == ["B1", "B2"]
    with pytest.raises(ServerError, match="tries to write"):
        graph.run("CREATE (n:Bid {id: 'x'}) RETURN n.id AS id", {})
    graph.close()


def test_server_that_is_too_old_is_named(neo4j_server: LocalServer, neo4j_settings: Neo4jSettings) -> None:
    def older(part: bytes) -> bytes:
        return part.replace(b"Neo4j/5.26.", b"Neo4j/5.12.")

    line = Line(neo4j_server.port)
    line.answers = older
    with pytest.raises(ServerError, match=r"is version 5\.12\.\d+, which is too old") as caught:
        connect(through(line, neo4j_settings))
    assert caught.value.hint == "upgrade it to Neo4j 5.26 LTS or newer"
    line.close()
