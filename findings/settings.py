"""The settings of an installation, read from the environment or from `.env` as `QINGFENG_<NAME>`.

What each one does is told in the catalogue, section `setting`, in both languages; `settings_page` prints it.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from i18n import Language, Problem, Text, catalogue, fault, listing, text

PREFIX = "QINGFENG_"


OTHERS = frozenset(
    {
        "SECRET",  # key of the ids of persons, `graph.snapshot`
        "LANG",  # another name of LANGUAGE
        "CACHE",  # downloads, `graph.neo4j.download`
        "SITE",  # deploy/Caddyfile
        "API",
        "SHARED",  # the tests' data
    }
)
"""What begins with `PREFIX` and is read elsewhere. All that begins with `NEO4J_` is the graph server's."""
NEO4J = "NEO4J_"


class SettingsError(Problem):
    """A setting cannot be used; values are not repeated, some are secret."""


class Settings(BaseSettings):
    """Settings of store, scans, access, notifications and API."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    workspace: Path = Path("workspace")
    store_url: str | None = Field(default=None, repr=False)

    engine: Literal["embedded", "neo4j"] = "embedded"
    profile: str = "national"
    threads: int | None = Field(default=None, ge=1)
    retention_days: int | None = Field(default=None, ge=1)
    schedule_file: Path | None = None

    audit_purpose_required: bool = True
    two_person: bool = True
    anchor_folder: Path | None = None

    secret_key: SecretStr | None = None
    session_hours: float = Field(default=12, gt=0)
    session_idle_minutes: float = Field(default=60, gt=0)
    cookie_secure: bool = True
    key_days: int = Field(default=365, ge=1)
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: str | None = None
    oidc_jwks_file: Path | None = None
    oidc_algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    oidc_role_claim: str = "qingfeng_role"
    oidc_roles: dict[str, str] = Field(default_factory=dict)
    oidc_regions_claim: str = "qingfeng_regions"
    oidc_agencies_claim: str = "qingfeng_agencies"
    oidc_person_claim: str = "qingfeng_person"

    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sender: str | None = None
    webhook_allow_private: bool = True  # sites are internal: the case system is on a private address
    webhook_timeout: float = Field(default=10, gt=0)
    webhook_attempts: int = Field(default=8, ge=1)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    trusted_proxies: str = "127.0.0.1"
    rate_per_minute: int = Field(default=600, ge=1)
    login_per_minute: int = Field(default=10, ge=1)
    max_body_bytes: int = Field(default=1_000_000, ge=1_000)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    language: Language = Field(default="zh", validation_alias=AliasChoices("QINGFENG_LANGUAGE", "QINGFENG_LANG"))

    def store_address(self) -> str:
        """The store's URL: the setting, or SQLite in the workspace."""
        return self.store_url or f"sqlite:///{self.workspace / 'findings.db'}"

    def require_workspace(self) -> None:
        """Refuse a workspace that is not there: a mistyped name must not become an empty new one.

        Raises:
            SettingsError: there is no such folder.
        """
        if not self.workspace.is_dir():
            raise SettingsError("store_no_workspace", workspace=self.workspace)

    def signing_key(self) -> bytes:
        """The 32-byte key of what the product signs: `secret_key`, or the workspace's `api.key`, made when needed.

        The file is readable by its owner only. Another key ends all browser sessions and changes the secrets of
        all webhooks.
        """
        if self.secret_key is not None:
            return hashlib.sha256(self.secret_key.get_secret_value().encode()).digest()
        file = self.workspace / "api.key"
        self.workspace.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".api.key.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write(secrets.token_hex(32))
            os.link(draft, file)  # fails where another process was first; nobody reads a half-written key
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
        return bytes.fromhex(file.read_text(encoding="ascii"))


def read_settings(**given: Any) -> Settings:
    """The settings of the environment and `.env`; what is given here, other than None, goes before them.

    Raises:
        SettingsError: one of them cannot be used, or there is no setting of that name; names them all.
    """
    check_names([*os.environ, *DotEnvSettingsSource(Settings).env_vars])
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = [
            Text(zh=f"{name}：{said.zh}", en=f"{name}: {said.en}")
            for e in error.errors(include_input=False, include_url=False)
            for name in (f"{PREFIX}{'_'.join(map(str, e['loc'])).removeprefix(PREFIX).upper()}",)
            for said in (fault(e["type"], e.get("ctx")),)
        ]
        raise SettingsError("store_settings", problems=listing(problems)) from None


def check_names(names: Iterable[str]) -> None:
    """Refuse names that begin like settings and are none: a misspelt one would be passed over without a word.

    Raises:
        SettingsError: names each of them, with the setting that it may have been meant to be.
    """
    known = {name.upper() for name in Settings.model_fields} | OTHERS
    given = sorted({name.upper() for name in names if name.upper().startswith(PREFIX)})
    unknown = [name for name in given if (end := name.removeprefix(PREFIX)) not in known and not end.startswith(NEO4J)]
    if unknown:
        near = {name: difflib.get_close_matches(name.removeprefix(PREFIX), sorted(known), n=1) for name in unknown}
        said = [f"{name} (→ {PREFIX}{near[name][0]})" if near[name] else name for name in unknown]
        raise SettingsError("store_setting_unknown", names=", ".join(said))


def settings_page(language: Language) -> str:
    """The page of all settings: name, default, meaning. Printed to `docs/settings.md`."""
    fields: Mapping[str, FieldInfo] = Settings.model_fields
    lines = [
        f"# {text('store.settings_title', language)}",
        "",
        text("store.settings_about", language),
        "",
        f"| {' | '.join(text(f'store.settings_{column}', language) for column in ('name', 'default', 'meaning'))} |",
        "|---|---|---|",
    ]
    for name, field in fields.items():
        value = field.get_default(call_default_factory=True)
        default = "" if value is None or value == {} else f"`{value}`"
        meaning = catalogue()[f"setting.{name}"].in_language(language)
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"
