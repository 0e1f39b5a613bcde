"""The store opens on both databases, keeps transactions whole, and says what is wrong with it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import DBAPIError, StatementError

from findings.audit.trail import append
from findings.store.database import Store, open_store
from findings.store.errors import StoreError
from findings.store.metadata import METADATA
from findings.store.migrating import head
from findings.store.models import SavedFilter
from i18n import LANGUAGES

WANTS_ALL = {"sqlite": "SELECT 1", "postgresql": "LOCK TABLE saved_filters IN EXCLUSIVE MODE"}
"""A writer's statement that meets any other writer: on PostgreSQL those of different rows do not meet."""


def _filter(name: str, **query: object) -> SavedFilter:
    return SavedFilter(owner="u1", name=name, query=dict(query))


def test_a_new_store_has_every_table_at_the_newest_revision(store: Store) -> None:
    assert store.version() == head()
    assert set(METADATA.tables) <= set(inspect(store.engine).get_table_names())


def test_upgrading_twice_and_at_once_changes_nothing(store_url: str) -> None:
    stores = [open_store(store_url) for _ in range(4)]
    errors: list[BaseException] = []

    def upgrade(store: Store) -> None:
        try:
            store.upgrade()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=upgrade, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors
    assert {store.version() for store in stores} == {head()}
    for store in stores:
        store.close()


def test_a_session_is_committed_whole_or_not_at_all(store: Store) -> None:
    def half(session_fails: bool) -> None:
        with store.session() as session:
            session.add(_filter("first"))
            session.flush()
            if session_fails:
                raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        half(session_fails=True)
    with store.reading() as session:
        assert session.query(SavedFilter).count() == 0
    half(session_fails=False)
    with store.reading() as session:
        assert session.query(SavedFilter).count() == 1


def test_reading_cannot_write_and_sees_one_state(store: Store) -> None:
    with store.reading() as session, pytest.raises(StoreError):
        session.execute(insert(SavedFilter), [{"owner": "u1", "name": "from a reader", "query": {}}])
    with store.session() as session:
        session.add(_filter("one"))
    with store.reading() as reader:
        assert reader.query(SavedFilter).count() == 1
        with store.session() as writer:
            writer.add(_filter("two"))
        assert reader.query(SavedFilter).count() == 1, "a writer changed what a reader sees"
    with store.reading() as reader:
        assert reader.query(SavedFilter).count() == 2


def test_moments_come_back_in_utc_and_json_in_its_order(store: Store) -> None:
    beijing = datetime(2026, 3, 1, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    with store.session() as session:
        saved = _filter("order", z=1, a={"y": "线索", "b": None})
        saved.created_at = beijing
        session.add(saved)
    with store.reading() as session:
        saved = session.query(SavedFilter).one()
        assert saved.created_at == beijing
        assert saved.created_at.tzinfo is UTC
        assert list(saved.query) == ["z", "a"]
        assert saved.query["a"] == {"y": "线索", "b": None}
    naive = {"owner": "u1", "name": "naive", "query": {}, "created_at": beijing.replace(tzinfo=None)}
    with store.session() as session, pytest.raises(StatementError, match="time zone"):
        session.execute(insert(SavedFilter), [naive])


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "sqlite://", "nonsense secret", ""])
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert caught.value.key == "store_address"
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_as_such() -> None:
    store = open_store("postgresql://u:secret@127.0.0.1:1/d")
    with pytest.raises(StoreError) as caught:
        store.version()
    assert caught.value.key == "store_unreachable"
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_store_is_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "findings.db").write_bytes(b"something else" * 1000)
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{tmp_path / 'findings.db'}").upgrade()
    assert caught.value.key == "store_damaged"


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'findings.db'}")
    store.upgrade()
    with store.session() as session:
        session.add(_filter("secret"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_a_writer_that_waits_too_long_is_told_so_in_both_languages(store_url: str) -> None:
    holder, waiting = open_store(store_url), open_store(store_url, lock_seconds=0.3)
    holder.upgrade()
    with holder.session() as session:
        session.add(_filter("held"))
        session.flush()
        with waiting.session() as other, pytest.raises(StoreError) as caught:
            other.execute(text(WANTS_ALL[waiting.dialect]))
    assert caught.value.key == "store_locked"
    for language in LANGUAGES:
        assert caught.value.text.in_language(language)
    with waiting.session() as session:
        session.add(_filter("after"))
    with waiting.reading() as session:
        assert session.query(SavedFilter).count() == 2
    holder.close()
    waiting.close()


def test_models_and_migrations_agree(store: Store) -> None:
    directed = {f"ix_findings_{name}" for name in ("order", "amount", "score", "changed")}

    def comparable(_item: object, name: str | None, *_: object) -> bool:
        return not (name in directed and store.dialect == "sqlite")  # SQLite does not tell their direction

    with store.engine.connect() as connection:
        options = {"compare_type": True, "include_object": comparable}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
        assert directed <= {index["name"] for index in inspect(connection).get_indexes("findings")}


@pytest.mark.parametrize("statement", ["UPDATE audit_records SET actor = 'nobody'", "DELETE FROM audit_records"])
def test_the_audit_trail_can_only_grow(store: Store, statement: str) -> None:
    with store.session() as session:
        append(session, actor="u1", action="test", subject="s")
    with pytest.raises(DBAPIError, match="append-only"), store.session() as session:
        session.execute(text(statement))
