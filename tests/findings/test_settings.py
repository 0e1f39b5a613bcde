"""Settings: each one told in both languages, read from the environment, refused with its name and without its value."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from findings.settings import PREFIX, Settings, SettingsError, check_names, read_settings, settings_page
from i18n import LANGUAGES, Language, catalogue
from tests.conftest import ROOT


def test_every_setting_is_described_and_every_description_is_of_a_setting() -> None:
    described = {key.removeprefix("setting.") for key in catalogue() if key.startswith("setting.")}
    assert described == Settings.model_fields.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_settings_is_as_the_code_prints_it(language: Language) -> None:
    page = ROOT / "docs" / ("settings.md" if language == "en" else "settings.zh.md")
    assert page.read_text(encoding="utf-8") == settings_page(language)
    for name in Settings.model_fields:
        assert f"`{PREFIX}{name.upper()}`" in page.read_text(encoding="utf-8")


def test_the_page_of_settings_shows_what_holds_where_nothing_is_set() -> None:
    page = settings_page("en")
    assert "| `QINGFENG_SESSION_HOURS` | `12` |" in page
    assert "| `QINGFENG_OIDC_ROLES` |  |" in page
    assert "Undefined" not in page


def test_the_environment_is_read_and_what_is_given_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGFENG_WORKSPACE", "/data/ws")
    monkeypatch.setenv("QINGFENG_LANG", "en")
    assert read_settings().store_address() == "sqlite:////data/ws/findings.db"
    assert read_settings().language == "en"
    assert read_settings(workspace=Path("/other"), store_url=None).workspace == Path("/other")


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", "")
    assert read_settings() == Settings(_env_file=None)  # type: ignore[call-arg]
    assert read_settings().audit_purpose_required


def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGFENG_PORT", "hunter2")
    monkeypatch.setenv("QINGFENG_ENGINE", "hunter2")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "QINGFENG_PORT" in str(caught.value)
    assert "QINGFENG_ENGINE" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_wrong_setting_is_told_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGFENG_TWO_PERSON", "hunter2")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "QINGFENG_TWO_PERSON：应为 true 或 false" in caught.value.text.zh
    assert "QINGFENG_TWO_PERSON: must be true or false" in caught.value.text.en


def test_secrets_are_not_in_what_settings_print() -> None:
    settings = Settings(
        store_url="postgresql://u:hunter2@h/d", secret_key=SecretStr("hunter2"), smtp_password=SecretStr("hunter2")
    )
    assert "hunter2" not in repr(settings)


def test_the_signing_key_is_made_once_by_whoever_is_first(tmp_path: Path) -> None:
    settings, keys = read_settings(workspace=tmp_path / "new"), set()
    threads = [threading.Thread(target=lambda: keys.add(settings.signing_key())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(keys) == 1
    assert (tmp_path / "new" / "api.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["api.key"]
    assert Settings(secret_key=SecretStr("given")).signing_key() not in keys


def test_a_name_that_is_no_setting_is_refused_with_the_one_it_is_like(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("QINGFENG_AUDIT_PURPOSE_REQUIERD=false\nOTHER=1\n")
    monkeypatch.setenv("QINGFENG_RATE_PER_MINUT", "hunter2")
    monkeypatch.setenv("QINGFENG_XYZ", "hunter2")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    said = str(caught.value)
    assert "QINGFENG_AUDIT_PURPOSE_REQUIERD (→ QINGFENG_AUDIT_PURPOSE_REQUIRED)" in said
    assert "QINGFENG_RATE_PER_MINUT (→ QINGFENG_RATE_PER_MINUTE)" in said
    assert "QINGFENG_XYZ" in said
    assert "hunter2" not in said


def test_what_other_parts_read_is_no_mistake() -> None:
    check_names(["QINGFENG_SECRET", "qingfeng_port", "QINGFENG_NEO4J_URI", "PATH", "QINGFENG_LANG", "QINGFENG_SHARED"])
    named = {
        name
        for folder in ("graph", "loaders", "queries", "findings", "api", "viz", "i18n", "deploy")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", ".yml", ".service", ".timer", "") and file.is_file()
        for name in re.findall(r"QINGFENG_[A-Z][A-Z0-9_]*[A-Z0-9]", file.read_text(encoding="utf-8", errors="ignore"))
    }
    check_names(named - {"QINGFENG_NEO4J"})  # the beginning of names
