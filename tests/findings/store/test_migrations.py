"""What migrations do to a store that has rows."""

from __future__ import annotations

from alembic import command
from sqlalchemy import inspect, select, text

from findings.notify.models import Subscription
from findings.store.database import open_store
from findings.store.migrating import configuration


def test_webhooks_that_had_a_stored_secret_are_switched_off_and_the_secret_is_gone(store_url: str) -> None:
    store = open_store(store_url)
    config = configuration()
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for name, kind, target in (("hook", "webhook", "https://a.example"), ("mail", "email", "a@a.example")):
            connection.execute(
                text(
                    "INSERT INTO subscriptions (id, name, kind, target, secret, states, language, active, created_at, "
                    "created_by) VALUES (:name, :name, :kind, :target, 'whsec_old', '[]', 'zh', true, "
                    "'2026-01-01 00:00:00', 'u1')"
                ),
                {"name": name, "kind": kind, "target": target},
            )
    store.upgrade()
    with store.reading() as session:
        active = {row.name: row.active for row in session.scalars(select(Subscription))}
    assert active == {"hook": False, "mail": True}
    assert "secret" not in {column["name"] for column in inspect(store.engine).get_columns("subscriptions")}
    store.close()
