"""Bearer tokens signed by a real key pair, with keys from a file and from a real HTTP provider."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from findings.access.errors import AccessDenied
from findings.access.oidc import KeySet, OidcRules, authenticate_bearer, rules_from
from findings.access.principal import Principal
from findings.access.recusal import add_recusal
from findings.access.rights import Role
from findings.settings import Settings, SettingsError
from findings.store.database import Store

ISSUER, AUDIENCE = "https://sso.jw.example", "qingfeng"
RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
RULES = OidcRules(
    ISSUER, AUDIENCE, role_claim="realm_access.roles",
    roles={"qf-leader": Role.SUPERVISOR, "qf-staff": Role.INVESTIGATOR},
)  # fmt: skip


def _jwk(key: Any, key_id: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig"}


JWKS = {
    "keys": [
        _jwk(RSA, "k1"),
        _jwk(EC, "k2"),
        {"kty": "XX", "kid": "new-kind"},
        {**_jwk(RSA, "rs only"), "alg": "RS256"},
        {**_jwk(RSA, "encryption"), "use": "enc"},
    ]
}


@pytest.fixture
def keys(tmp_path: Path) -> KeySet:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(JWKS), encoding="utf-8")
    return KeySet(file)


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "staff-0042", "exp": int(time.time()) + 60, "name": "王",
        "realm_access": {"roles": ["other", "qf-staff"]}, "qingfeng_regions": ["330102"],
    }  # fmt: skip
    return {name: value for name, value in (claims | changes).items() if value is not None}


def _token(key: Any = RSA, algorithm: str = "RS256", key_id: str | None = "k1", **changes: Any) -> str:
    return jwt.encode(_claims(**changes), key, algorithm=algorithm, headers={"kid": key_id} if key_id else None)


def _authenticate(store: Store, token: str, keys: KeySet) -> Principal:
    with store.reading() as session:
        return authenticate_bearer(session, token, RULES, keys, ties=lambda person: [f"kin of {person}"])


@pytest.mark.parametrize(
    ("key", "algorithm", "key_id"), [(RSA, "RS256", "k1"), (RSA, "PS256", "k1"), (EC, "ES256", "k2")]
)
def test_a_good_token_gives_the_role_and_limits_of_its_claims(
    store: Store, keys: KeySet, key: Any, algorithm: str, key_id: str
) -> None:
    principal = _authenticate(store, _token(key, algorithm, key_id), keys)
    assert (principal.role, principal.regions, principal.agencies, principal.via) == (
        Role.INVESTIGATOR, frozenset({"330102"}), None, "oidc")  # fmt: skip
    assert principal.id.startswith("oidc:")
    assert "staff-0042" not in principal.id


def test_claims_are_translated_and_what_is_missing_is_nothing(store: Store, keys: KeySet) -> None:
    leader = _authenticate(store, _token(realm_access={"roles": "qf-staff qf-leader"}, qingfeng_regions="*"), keys)
    assert (leader.role, leader.regions) == (Role.SUPERVISOR, None)
    nowhere = _authenticate(store, _token(qingfeng_regions=None), keys)
    assert nowhere.regions == frozenset()
    assert not nowhere.scope().covers("330102", None)
    agency = _authenticate(store, _token(qingfeng_agencies=["G1"]), keys)
    assert agency.agencies == frozenset({"G1"})


def test_recusal_holds_for_bearers_too(store: Store, keys: KeySet) -> None:
    bearer = _authenticate(store, _token(), keys)
    with store.session() as session:
        add_recusal(session, bearer.id, "O9", reason="亲属", actor="u_boss")
    again = _authenticate(store, _token(qingfeng_person="P7"), keys)
    assert again.recused == frozenset({"O9", "P7", "kin of P7"})


def _hmac_with_public_key() -> str:
    """The classic: a token signed by HMAC with the public key as its secret."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(_claims())}"
    mac = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), "sha256")).rstrip(b"=").decode()
    return f"{signed}.{mac}"


BAD: dict[str, Callable[[], str]] = {
    "expired": lambda: _token(exp=int(time.time()) - 120),
    "not yet valid": lambda: _token(nbf=int(time.time()) + 600),
    "no expiry": lambda: _token(exp=None),
    "another audience": lambda: _token(aud="other"),
    "no audience": lambda: _token(aud=None),
    "another issuer": lambda: _token(iss="https://evil.example"),
    "no issuer": lambda: _token(iss=None),
    "no subject": lambda: _token(sub=None),
    "no known role": lambda: _token(realm_access={"roles": ["admin"]}),
    "no role claim": lambda: _token(realm_access=None),
    "role claim of another form": lambda: _token(realm_access=["qf-staff"]),
    "a region that is none": lambda: _token(qingfeng_regions=["33%"]),
    "another key": lambda: _token(OTHER),
    "another key's id": lambda: _token(key_id="k2"),
    "an unknown key id": lambda: _token(key_id="k9"),
    "no key id among several": lambda: _token(key_id=None),
    "a key for another algorithm": lambda: _token(algorithm="PS256", key_id="rs only"),
    "a key for encryption": lambda: _token(key_id="encryption"),
    "an algorithm not listed": lambda: _token(algorithm="RS512"),
    "no algorithm": lambda: jwt.encode(_claims(), "", algorithm="none", headers={"kid": "k1"}),
    "the public key as a shared secret": _hmac_with_public_key,
    "altered": lambda: _token()[:-6] + "AAAAAA",
    "no token": lambda: "a.b.c",
    "nothing": lambda: "",
    "long": lambda: "x" * 100_000,
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_token_is_refused_before_the_store_is_asked(keys: KeySet, how: str) -> None:
    with pytest.raises(AccessDenied) as refused:
        authenticate_bearer(Session(), BAD[how](), RULES, keys)
    assert refused.value.key == "trust_token_refused"


class Provider:
    """An identity provider that publishes metadata and keys, and counts how often it is asked."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                document = provider.documents.get(self.path)
                self.send_response(200 if document is not None else 503)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def provider() -> Iterator[Provider]:
    started = Provider()
    yield started
    started.server.shutdown()
    started.server.server_close()


def test_keys_are_found_by_the_issuers_metadata_and_remembered(provider: Provider) -> None:
    provider.documents = {"/.well-known/openid-configuration": {"jwks_uri": provider.url + "/keys"}, "/keys": JWKS}
    keys = KeySet("", issuer=provider.url)
    for _ in range(5):
        assert keys.key("k1", "RS256").key_id == "k1"
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]


def test_unknown_key_ids_do_not_make_us_ask_again_and_again(provider: Provider) -> None:
    provider.documents = {"/keys": JWKS}
    keys = KeySet(provider.url + "/keys")
    for number in range(20):
        with pytest.raises(AccessDenied):
            keys.key(f"unknown-{number}", "RS256")
    assert len(provider.asked) == 1


def test_a_changed_key_is_found_and_an_unreachable_provider_is_outlived(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("findings.access.oidc.ASK_AGAIN_SECONDS", 0.0)
    provider.documents = {"/keys": {"keys": [_jwk(RSA, "k1")]}}
    keys = KeySet(provider.url + "/keys")
    keys.key("k1", "RS256")
    provider.documents = {"/keys": {"keys": [_jwk(RSA, "k1"), _jwk(OTHER, "k3")]}}
    assert keys.key("k3", "RS256").key_id == "k3"
    monkeypatch.setattr("findings.access.oidc.KEYS_FRESH_SECONDS", -1.0)
    provider.documents = {}
    assert keys.key("k1", "RS256").key_id == "k1"
    provider.documents = {"/keys": {"keys": "nonsense"}}
    assert keys.key("k3", "RS256").key_id == "k3"


@pytest.mark.parametrize(
    "changes",
    [{"oidc_audience": None}, {"oidc_algorithms": ("RS256", "HS256")}, {"oidc_algorithms": ("none",)},
     {"oidc_roles": {"boss": "king"}}],
)  # fmt: skip
def test_settings_that_would_be_unsafe_are_refused(changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "_env_file": None}
    assert rules_from(Settings(**fields)) is not None
    assert rules_from(Settings(_env_file=None)) is None  # type: ignore[call-arg]
    with pytest.raises(SettingsError):
        rules_from(Settings(**(fields | changes)))
