"""The signature of a webhook: what the receiver checks before it believes a word.

    X-Qingfeng-Signature: t=1795302000,v1=5257a869e7…

`v1` is HMAC-SHA256 over `<t>.<body>` with the secret that was shown when the subscription was made, in hex. The time
is signed too, so that a recorded request cannot be sent again later. A header may have several `v1`; one that fits is
enough.
"""

from __future__ import annotations

import base64
import hmac

HEADER = "X-Qingfeng-Signature"
DELIVERY_HEADER = "X-Qingfeng-Delivery"
"""The id of the delivery. A receiver may get one twice (it answered, the answer was lost) and keeps it once."""

TOLERANCE_SECONDS = 300
"""How old a signed request may be: clocks differ, and a queue may hold it for a moment."""


def secret_of(subscription_id: str, signing_key: bytes) -> str:
    """The secret of a webhook: 256 bits that only the key gives, so that the store and its copies hold none.

    Args:
        subscription_id: whose webhook.
        signing_key: of `Settings.signing_key()`. Another key gives every subscription another secret.
    """
    digest = hmac.digest(signing_key, b"webhook " + subscription_id.encode(), "sha256")
    return "whsec_" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The header's value for a body that is sent at `timestamp` (seconds since 1970-01-01 UTC).

    >>> sign("whsec_example", 1795302000, b"{}")
    't=1795302000,v1=6d6c75707073bac408a5019161fec114de0f39ef5be9931a02fa3bea3d282586'
    """
    return f"t={timestamp},v1={_mac(secret, timestamp, body)}"


def verify_signature(
    secret: str, header: str, body: bytes, *, now: int, tolerance_seconds: int = TOLERANCE_SECONDS
) -> bool:
    """Whether the header was made over this body with this secret, not longer than the tolerance ago.

    Compares in constant time. A header that cannot be read is false, never an error.
    """
    timestamps, macs = [], []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdecimal() and len(value) <= 12:
            timestamps.append(int(value))
        elif name == "v1":
            macs.append(value)
    if len(timestamps) != 1 or abs(now - timestamps[0]) > tolerance_seconds:
        return False
    expected = _mac(secret, timestamps[0], body).encode()
    return any(hmac.compare_digest(expected, mac.encode("utf-8", "replace")) for mac in macs)


def _mac(secret: str, timestamp: int, body: bytes) -> str:
    return hmac.digest(secret.encode(), b"%d." % timestamp + body, "sha256").hex()
