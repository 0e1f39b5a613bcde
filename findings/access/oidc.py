"""Bearer tokens of an identity provider (OpenID Connect): checked against its public keys, then made a principal.

Only asymmetric algorithms are accepted, so nobody can sign with what is public (RFC 8725). Issuer, audience and expiry
must be in the token and fit. What a token may is what its claims say and the settings translate; a token without a
role that is known here is refused, and one without regions sees none.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import orjson
from sqlalchemy.orm import Session

from findings.access.errors import AccessDenied
from findings.access.principal import Principal, region_prefix
from findings.access.recusal import Ties, recused_parties
from findings.access.rights import Role
from findings.settings import Settings, SettingsError
from i18n import Text, catalogue

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 30
"""How far clocks may differ."""

KEYS_FRESH_SECONDS = 600.0
ASK_AGAIN_SECONDS = 30.0
"""How often, at most, an unknown key id makes us ask the provider: a stranger's tokens must not make us a hammer."""

ALL = "*"
"""The value of a claim of regions or agencies that stands for no limit."""

_LARGEST_DOCUMENT = 1_000_000


@dataclass(frozen=True, slots=True)
class OidcRules:
    """What a token must be, and what its claims mean here."""

    issuer: str
    audience: str
    role_claim: str = "qingfeng_role"
    """Dots lead into objects: `realm_access.roles`. A text or a list of texts."""
    roles: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})
    """Value of the role claim → role. Of several that fit, the first in this order."""
    regions_claim: str = "qingfeng_regions"
    agencies_claim: str = "qingfeng_agencies"
    person_claim: str = "qingfeng_person"
    """The person's id in the data, for recusal."""
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")

    def __post_init__(self) -> None:
        if unsafe := set(self.algorithms) - set(ALGORITHMS):
            raise ValueError(f"only asymmetric algorithms are accepted, not {', '.join(sorted(unsafe))}")


class KeySet:
    """The provider's public keys (JWKS, RFC 7517), from a file or an address, remembered for ten minutes.

    If the provider cannot be reached the keys of the last time stay in use: signed tokens go on working, and expire.
    Safe to share between threads.
    """

    def __init__(self, place: str | Path, *, issuer: str = "", timeout: float = 5.0) -> None:
        """Args:
        place: a file, the address of the keys, or "" for the address in the issuer's metadata.
        issuer: whose metadata, where `place` is "".
        timeout: seconds that the provider may take.
        """
        self._place = place
        self._issuer = issuer
        self._timeout = timeout
        self._keys: dict[str, jwt.PyJWK] = {}
        self._only_for: dict[str, str] = {}
        self._read_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def key(self, key_id: str | None, algorithm: str) -> jwt.PyJWK:
        """The key of this id, for this algorithm; without an id the only one there is.

        Raises:
            AccessDenied: there is no such key, it is for another algorithm, or none could ever be read.
        """
        with self._lock:
            since_try, age = time.monotonic() - self._tried_at, time.monotonic() - self._read_at
            unknown = key_id not in self._keys if key_id is not None else len(self._keys) != 1
            if (age > KEYS_FRESH_SECONDS or unknown) and since_try > ASK_AGAIN_SECONDS:
                self._refresh()
            if key_id is None and len(self._keys) == 1:
                key_id = next(iter(self._keys))
            if key_id is None or key_id not in self._keys:
                raise _refused(Text(zh="签名密钥未知", en="its signing key is not known"))
            if self._only_for.get(key_id, algorithm) != algorithm:
                raise _refused(Text(zh="签名算法不被接受", en="its algorithm is not accepted"))
            return self._keys[key_id]

    def _refresh(self) -> None:
        self._tried_at = time.monotonic()
        try:
            document = orjson.loads(self._read())
            found = [(str(key.get("kid", "")), key) for key in document["keys"] if key.get("use", "sig") == "sig"]
        except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
            return
        keys = {}
        for key_id, key in found:
            try:
                keys[key_id] = jwt.PyJWK(key)
            except jwt.PyJWTError:
                continue  # Of a kind that is not known here: other keys of the set still are.
        if keys:
            self._keys, self._read_at = keys, time.monotonic()
            self._only_for = {key_id: str(key["alg"]) for key_id, key in found if "alg" in key}

    def _read(self) -> bytes:
        if isinstance(self._place, Path):
            return self._place.read_bytes()
        address = self._place
        if not address:
            metadata = self._fetch(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
            address = str(orjson.loads(metadata)["jwks_uri"])
        return self._fetch(address)

    def _fetch(self, address: str) -> bytes:
        answer = bytearray()
        with httpx.stream("GET", address, timeout=self._timeout, follow_redirects=False) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                answer += chunk
                if len(answer) > _LARGEST_DOCUMENT:
                    raise ValueError("too large for a set of keys")
        return bytes(answer)


def authenticate_bearer(
    session: Session, token: str, rules: OidcRules, keys: KeySet, *, ties: Ties | None = None
) -> Principal:
    """The bearer of a token of the identity provider.

    Args:
        session: of the store, for the recusal list; reading is enough.
        token: the JWT after `Bearer `.
        rules: what it must be.
        keys: the provider's.
        ties: who is tied to a person, for recusal.

    Raises:
        AccessDenied: the token is not one, is signed by another key or algorithm, is for somebody else, is over or not
            yet valid, or has no role that is known here.
    """
    claims = _checked(token, rules, keys)
    values = _values(_claim(claims, rules.role_claim))
    role = next((role for value, role in rules.roles.items() if value in values), None)
    if role is None:
        raise _refused(Text(zh="其中没有本系统认可的角色", en="it holds no role that is known here"))
    # The subject may be a name or a staff number: the trail gets a hash of it, the same one every time.
    principal_id = "oidc:" + hashlib.sha256(f"{rules.issuer}\n{claims['sub']}".encode()).hexdigest()[:20]
    person = _claim(claims, rules.person_claim)
    person_id = person if isinstance(person, str) and person else None
    return Principal(
        id=principal_id,
        name=str(claims.get("name") or claims.get("preferred_username") or principal_id),
        role=role,
        regions=_regions(_values(_claim(claims, rules.regions_claim))),
        agencies=_agencies(_claim(claims, rules.agencies_claim)),
        via="oidc",
        recused=recused_parties(session, principal_id, person_id, ties),
        person_id=person_id,
    )


def _checked(token: str, rules: OidcRules, keys: KeySet) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in rules.algorithms:
            raise _refused(Text(zh="签名算法不被接受", en="its algorithm is not accepted"))
        claims: dict[str, Any] = jwt.decode(
            token,
            keys.key(key_id if isinstance(key_id, str) else None, algorithm).key,
            algorithms=list(rules.algorithms),
            audience=rules.audience,
            issuer=rules.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise _refused(Text(zh="已过期", en="it is expired")) from None
    except jwt.InvalidAudienceError:
        raise _refused(Text(zh="不是签发给本系统的", en="it is for another audience")) from None
    except jwt.InvalidIssuerError:
        raise _refused(Text(zh="签发者不符", en="it is of another issuer")) from None
    except (jwt.PyJWTError, ValueError, TypeError, NotImplementedError):
        raise _refused(Text(zh="格式或签名不正确", en="its form or signature is wrong")) from None
    return claims


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; a claim whose own name has dots goes before."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _values(claim: Any) -> frozenset[str]:
    """A claim as texts: a list, or one text of words between spaces or commas."""
    if isinstance(claim, str):
        return frozenset(claim.replace(",", " ").split())
    return frozenset(item for item in claim if isinstance(item, str)) if isinstance(claim, list) else frozenset()


def _regions(values: frozenset[str]) -> frozenset[str] | None:
    if ALL in values:
        return None
    for region in values:
        try:
            region_prefix(region)
        except ValueError:
            raise _refused(
                Text(zh="其中的地区不是行政区划代码", en="it holds a region that is no division code")
            ) from None
    return values


def _agencies(claim: Any) -> frozenset[str] | None:
    """No claim is no limit: regions limit already, and by default see nothing."""
    values = _values(claim)
    return None if claim is None or ALL in values else values


def _refused(reason: Text) -> AccessDenied:
    return AccessDenied("trust_token_refused", reason=reason)


def rules_from(settings: Settings) -> OidcRules | None:
    """The rules that the settings give; None where no identity provider is set.

    Raises:
        SettingsError: an algorithm or a role of the settings is not known, or the audience is missing.
    """
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_audience:
        raise SettingsError("store_settings", problems=catalogue()["trust.oidc_no_audience"])
    if unsafe := sorted(set(settings.oidc_algorithms) - set(ALGORITHMS)):
        raise SettingsError(
            "store_settings", problems=catalogue()["trust.oidc_bad_algorithm"].format(names=", ".join(unsafe))
        )
    for role in settings.oidc_roles.values():
        if role not in set(Role):
            raise SettingsError("store_settings", problems=catalogue()["trust.oidc_bad_role"].format(role=role))
    return OidcRules(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        role_claim=settings.oidc_role_claim,
        roles={value: Role(role) for value, role in settings.oidc_roles.items()} or {r.value: r for r in Role},
        regions_claim=settings.oidc_regions_claim,
        agencies_claim=settings.oidc_agencies_claim,
        person_claim=settings.oidc_person_claim,
        algorithms=tuple(settings.oidc_algorithms),
    )


def keys_from(settings: Settings) -> KeySet:
    """The key set that the settings name: a file, an address, or the issuer's metadata."""
    place: str | Path = settings.oidc_jwks_file or settings.oidc_jwks_url or ""
    return KeySet(place, issuer=settings.oidc_issuer or "")
