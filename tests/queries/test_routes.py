"""How much money payment chains carry."""

from __future__ import annotations

from queries.debt_feeding.routes import Chain, Payment, carry


def _chain(*payments: tuple[int, str, str, int]) -> Chain:
    """Payments `(key, payer, payee, amount)`, a day apart."""
    return tuple(
        Payment(day, "payments", key, amount, payer, payee) for day, (key, payer, payee, amount) in enumerate(payments)
    )


DIRECT = _chain((1, "A", "Z", 70))
THROUGH_B = _chain((2, "A", "B", 100), (3, "B", "Z", 60))
THROUGH_B_AGAIN = _chain((2, "A", "B", 100), (4, "B", "Z", 50))


def test_chains_without_a_common_payment_carry_each_what_its_smallest_payment_lets_through() -> None:
    assert carry([DIRECT, THROUGH_B], keep_pct=50, hop_days=30).reached == 70 + 60


def test_chains_with_a_common_payment_carry_no_more_than_it_together() -> None:
    carried = carry([DIRECT, THROUGH_B, THROUGH_B_AGAIN], keep_pct=50, hop_days=30)
    assert len(carried.chains) == 3
    assert carried.reached == 70 + 100


def test_no_chains_carry_nothing() -> None:
    assert carry([], keep_pct=50, hop_days=30).reached == 0
