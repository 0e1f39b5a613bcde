"""Mail through a real SMTP server on the loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select, update

from findings.notify.delivery import deliver_due
from findings.notify.models import Delivery
from findings.notify.subscriptions import SubscriptionError
from findings.settings import Settings
from findings.store.base import now
from findings.store.database import Store
from tests.findings.notify.conftest import Record, Subscribe

controller_module = pytest.importorskip("aiosmtpd.controller")


class Postbox:
    """Takes mail, or says what the test wants."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []
        self.recipient_answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, Settings]]:
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = controller_module.Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield (
        box,
        Settings(
            smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", smtp_sender="qingfeng@jw.example",
            webhook_attempts=3, _env_file=None,
        ),  # type: ignore[call-arg]
    )  # fmt: skip
    controller.stop()


def _only(store: Store) -> Delivery:
    with store.reading() as session:
        return session.scalars(select(Delivery)).one()


def test_a_person_is_told_in_numbers_and_ids_without_a_name(
    store: Store, postbox: tuple[Postbox, Settings], record: Record, subscribe: Subscribe
) -> None:
    box, settings = postbox
    subscribe("duty@jw.example", kind="email")
    record([{}, {"tier": "B", "state": "changed"}])
    assert deliver_due(store, settings).sent == 1
    (mail,) = box.mails
    assert mail["To"] == "duty@jw.example"
    assert mail["Subject"] == "清风：2 条线索有变化"
    body = mail.get_content()
    assert "新增：1 条" in body
    assert "A 级 1 条，B 级 1 条" in body
    assert f"{0:020x}" in body
    assert "张三" not in body
    assert _only(store).last_status == 250


def test_a_server_that_is_busy_gets_the_same_mail_later(
    store: Store, postbox: tuple[Postbox, Settings], record: Record, subscribe: Subscribe
) -> None:
    box, settings = postbox
    box.answers = ["451 try later"]
    subscribe("duty@jw.example", kind="email")
    record([{}])
    assert deliver_due(store, settings).failed == 1
    assert _only(store).last_status == 451
    with store.session() as session:
        session.execute(update(Delivery).values(next_at=now()))
    assert deliver_due(store, settings).sent == 1
    assert box.mails[0]["Message-ID"] == f"<{_only(store).id}@jw.example>"


def test_a_mailbox_that_does_not_exist_is_given_up_at_once(
    store: Store, postbox: tuple[Postbox, Settings], record: Record, subscribe: Subscribe
) -> None:
    box, settings = postbox
    box.recipient_answer = "550 no such user"
    subscribe("nobody@jw.example", kind="email")
    record([{}])
    assert deliver_due(store, settings).dead == 1
    assert _only(store).last_error == "SMTP 550"


def test_without_a_server_or_with_one_that_is_down_the_mail_waits(
    store: Store, postbox: tuple[Postbox, Settings], record: Record, subscribe: Subscribe
) -> None:
    _, settings = postbox
    subscribe("duty@jw.example", kind="email")
    record([{}])
    for change in ({"smtp_host": None}, {"smtp_port": 9}):
        with store.session() as session:
            session.execute(update(Delivery).values(next_at=now()))
        assert deliver_due(store, settings.model_copy(update=change)).failed == 1
    assert _only(store).state == "pending"


def test_where_encryption_is_asked_for_nothing_is_sent_without_it(
    store: Store, postbox: tuple[Postbox, Settings], record: Record, subscribe: Subscribe
) -> None:
    box, settings = postbox
    subscribe("duty@jw.example", kind="email")
    record([{}])
    assert deliver_due(store, settings.model_copy(update={"smtp_security": "starttls"})).failed == 1
    assert box.mails == []


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nBcc: c@d", "a b@c.de", "<a@b.de>", "a@b.de,c@d.ef", "x" * 70 + "@b.de"]
)
def test_what_is_no_mail_address_is_refused(subscribe: Subscribe, address: str) -> None:
    with pytest.raises(SubscriptionError):
        subscribe(address or " ", kind="email")


def test_a_filter_that_nothing_fits_by_a_slip_is_refused(subscribe: Subscribe) -> None:
    for wanted in ({"families": ("bidrigging",)}, {"tiers": ("D",)}, {"states": ("old",)}, {"states": ()},
                   {"regions": ("north",)}):  # fmt: skip
        with pytest.raises(SubscriptionError):
            subscribe(**wanted)
