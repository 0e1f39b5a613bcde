"""Webhooks to a real receiver: signed, once, tried again, given up, replayed."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from findings.notify.delivery import BACKOFF, deliver_due, next_attempt
from findings.notify.models import Delivery
from findings.notify.signing import secret_of, sign, verify_signature
from findings.notify.subscriptions import SubscriptionError, delete_subscription, list_deliveries, replay
from findings.settings import Settings
from findings.store.base import now
from findings.store.database import Store
from tests.findings.notify.conftest import Record, Subscribe
from tests.findings.notify.receiver import Receiver


def _make_due(store: Store) -> None:
    with store.session() as session:
        session.execute(update(Delivery).values(next_at=now()))


def _only(store: Store) -> Delivery:
    with store.reading() as session:
        return session.scalars(select(Delivery)).one()


def test_a_receiver_gets_a_signed_message_that_it_can_believe(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe
) -> None:
    subscription = subscribe()
    run = record([{}, {"tier": "B", "state": "changed"}])
    assert deliver_due(store, settings).sent == 1
    (got,) = receiver.got
    assert got.signed_by(secret_of(subscription.id, settings.signing_key()))
    assert not got.signed_by(secret_of("s_another", settings.signing_key()))
    message = orjson.loads(got.body)
    assert (message["run"], message["total"], message["counts"]) == (run, 2, {"new": 1, "changed": 1, "returned": 0})
    assert [item["tier"] for item in message["findings"]] == ["A", "B"]
    assert got.headers["x-qingfeng-delivery"] == message["delivery"]
    assert "张三" not in got.body.decode()
    assert _only(store).state == "sent"
    assert deliver_due(store, settings).sent == 0
    assert len(receiver.got) == 1


def test_a_signature_holds_for_one_body_one_secret_and_a_short_time() -> None:
    header = sign("s1", 1000, b"body")
    assert verify_signature("s1", header, b"body", now=1100)
    assert verify_signature("s2", header + "," + sign("s2", 1000, b"body").split(",")[1], b"body", now=1000)
    for secret, value, body, moment in (
        ("s2", header, b"body", 1000),
        ("s1", header, b"Body", 1000),
        ("s1", header, b"body", 1301),
        ("s1", header, b"body", 600),
        ("s1", header.replace("t=1000", "t=1001"), b"body", 1000),
        ("s1", "t=1000", b"body", 1000),
        ("s1", "v1=" + header.split("v1=")[1], b"body", 1000),
        ("s1", "t=x,v1=\udc80", b"body", 1000),
        ("s1", header + ",t=1000", b"body", 1000),
        ("s1", "", b"body", 1000),
    ):
        assert not verify_signature(secret, value, body, now=moment)


@pytest.mark.parametrize("answer", [500, 404, 302, "close", "slow", "drip"])
def test_a_receiver_that_fails_gets_the_same_message_again_until_it_is_given_up(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe, answer: int | str
) -> None:
    receiver.answers = [answer]
    brief = settings.model_copy(update={"webhook_timeout": 0.5})
    subscribe()
    record([{}])
    for attempt in (1, 2):
        assert deliver_due(store, brief).failed == 1
        delivery = _only(store)
        assert (delivery.state, delivery.attempts) == ("pending", attempt)
        assert delivery.next_at > now()
        assert deliver_due(store, brief).failed == 0
        _make_due(store)
    assert deliver_due(store, brief).dead == 1
    with store.reading() as session:
        (dead,) = list_deliveries(session, state="dead")
    assert dead.last_error
    assert dead.last_status == (answer if isinstance(answer, int) else None)
    assert len({got.body for got in receiver.got}) == 1
    assert len({got.headers["x-qingfeng-delivery"] for got in receiver.got}) == 1
    assert all(got.path == "/hooks/qingfeng" for got in receiver.got)


def test_after_a_failure_the_next_attempt_succeeds(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe
) -> None:
    receiver.answers = [503, 204]
    subscribe()
    record([{}])
    assert deliver_due(store, settings).failed == 1
    _make_due(store)
    assert deliver_due(store, settings).sent == 1
    assert _only(store).last_error is None


def test_gone_for_good_is_given_up_at_once_and_replayed_when_it_is_back(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe
) -> None:
    receiver.answers = [410, 200]
    subscription = subscribe()
    record([{}])
    assert deliver_due(store, settings).dead == 1
    with store.session() as session:
        replayed = replay(session, _only(store).id)
        with pytest.raises(SubscriptionError):
            replay(session, replayed.id)
        with pytest.raises(SubscriptionError):
            replay(session, "d_none")
    assert deliver_due(store, settings).sent == 1
    assert receiver.got[0].body == receiver.got[1].body
    assert receiver.got[1].signed_by(secret_of(subscription.id, settings.signing_key()))


def test_one_bad_receiver_does_not_hold_the_others_up(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe
) -> None:
    subscribe("http://127.0.0.1:9/closed")
    subscribe("http://does-not-exist.invalid/")
    subscribe()
    record([{}])
    outcome = deliver_due(store, settings)
    assert (outcome.sent, outcome.failed) == (1, 2)


def test_a_scan_is_told_to_those_whom_it_concerns(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe
) -> None:
    rows = [
        {},
        {"family": "arrears", "region": "330200", "amount_value": 100_00},
        {"tier": "C", "region": None, "currency": None, "amount_value": 0},
        {"state": "gone", "region": "440300"},
        {"status": "cleared"},
        {"state": "changed", "status": "cleared"},
    ]
    expected: dict[str, tuple[dict[str, Any], set[int]]] = {
        "all": ({}, {0, 1, 2, 5}),
        "family": ({"families": ("arrears",)}, {1}),
        "tier": ({"tiers": ("B", "C")}, {2}),
        "city": ({"regions": ("330100",)}, {0, 5}),
        "province": ({"regions": ("330000",)}, {0, 1, 5}),
        "amount": ({"amount_min": 500_000_00}, {0, 5}),
        "gone": ({"states": ("gone",)}, {3}),
        "nothing": ({"families": ()}, set()),
    }
    names = {subscribe(receiver.url + "/" + name, **wanted).target: name for name, (wanted, _) in expected.items()}
    record(rows)
    deliver_due(store, settings)
    told = {
        names[f"http://127.0.0.1:{receiver.port}{got.path}"]: {
            int(item["finding_id"], 16) for item in orjson.loads(got.body)["findings"]
        }
        for got in receiver.got
    }
    assert told == {name: numbers for name, (_, numbers) in expected.items() if numbers}


def test_a_large_scan_is_told_in_parts_and_whole(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe
) -> None:
    subscribe()
    record([{}] * 1_001)
    assert deliver_due(store, settings).sent == 3
    messages = sorted((orjson.loads(got.body) for got in receiver.got), key=lambda message: message["part"])
    assert [(m["part"], m["parts"], m["total"], len(m["findings"])) for m in messages] == [
        (1, 3, 1_001, 500), (2, 3, 1_001, 500), (3, 3, 1_001, 1)]  # fmt: skip
    assert len({item["finding_id"] for message in messages for item in message["findings"]}) == 1_001


def test_a_scan_that_was_not_recorded_is_not_told(store: Store, record: Record, subscribe: Subscribe) -> None:
    subscribe()
    with pytest.raises(TypeError):
        record([{}, {"no_such_column": 1}])
    with store.reading() as session:
        assert list_deliveries(session) == []


def test_what_another_process_is_sending_is_left_to_it_until_its_claim_ends(
    store: Store, settings: Settings, record: Record, subscribe: Subscribe
) -> None:
    subscribe()
    record([{}])
    with store.session() as session:
        session.execute(update(Delivery).values(claimed_until=now() + timedelta(minutes=1)))
    assert deliver_due(store, settings).sent == 0
    with store.session() as session:
        session.execute(update(Delivery).values(claimed_until=now() - timedelta(seconds=1)))
    assert deliver_due(store, settings).sent == 1


def test_a_deleted_subscription_takes_its_messages_along(store: Store, record: Record, subscribe: Subscribe) -> None:
    subscription = subscribe()
    record([{}])
    with store.session() as session:
        delete_subscription(session, subscription.id)
    with store.reading() as session:
        assert list_deliveries(session) == []


def test_waits_grow_and_differ_by_message() -> None:
    moment = now()
    waits = [next_attempt("d_00000000000000000000", attempts, moment) - moment for attempts in range(1, 12)]
    assert waits[: len(BACKOFF)] == list(BACKOFF)
    assert set(waits[len(BACKOFF) :]) == {BACKOFF[-1]}
    assert BACKOFF[0] < next_attempt("d_0000000000000000ffff", 1, moment) - moment <= BACKOFF[0] * 1.1


def test_over_tls_the_certificate_must_be_the_names(
    store: Store, settings: Settings, record: Record, subscribe: Subscribe, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import ssl

    certificate, key = _certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure = Receiver().start(context)
    try:
        subscribe(f"https://localhost:{secure.port}/named")
        subscribe(f"https://127.0.0.1:{secure.port}/unnamed")
        record([{}])
        assert deliver_due(store, settings).failed == 2
        _make_due(store)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        outcome = deliver_due(store, settings)
        assert (outcome.sent, outcome.failed) == (1, 1)
        assert [got.path for got in secure.got] == ["/named"]
        assert secure.got[0].headers["host"] == f"localhost:{secure.port}"
    finally:
        secure.stop()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def test_the_time_in_the_signature_is_that_of_the_attempt(
    store: Store, settings: Settings, receiver: Receiver, record: Record, subscribe: Subscribe
) -> None:
    subscribe()
    record([{}])
    with store.session() as session:
        session.execute(update(Delivery).values(created_at=now() - timedelta(days=2)))
    deliver_due(store, settings)
    stamp = int(receiver.got[0].headers["x-qingfeng-signature"].partition(",")[0].removeprefix("t="))
    assert abs(stamp - time.time()) < 60
