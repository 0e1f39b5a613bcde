"""Numbers with check digits and other identifiers of the real world, valid in form and assigned to nobody.

The province's 行政区划代码 begins with 38, which GB/T 2260 has not assigned, so that no code, identity number
or telephone number written here can be mistaken for a real party's.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loaders.sample.columns import Floats, Ints

_USCC_CHARSET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
_USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_RIC_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_RIC_MAP = np.frombuffer(b"10X98765432", dtype=np.uint8)
_VALUE = np.full(128, -1, dtype=np.int64)
_VALUE[_USCC_CHARSET] = np.arange(31)

BUSINESS, GOVERNMENT, INSTITUTION = "91", "11", "12"
"""First two characters of a unified social credit code: registrar and kind of body."""


def _digits(numbers: npt.ArrayLike, width: int) -> npt.NDArray[np.uint8]:
    values = np.asarray(numbers, dtype=np.int64).reshape(-1, 1)
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (values // powers % 10 + 48).astype(np.uint8)


def _texts(matrix: npt.NDArray[np.uint8]) -> list[str]:
    joined = matrix.tobytes().decode("ascii")
    width = matrix.shape[1]
    return [joined[i : i + width] for i in range(0, len(joined), width)]


def uscc(serials: npt.ArrayLike, kinds: Iterable[str], regions: Iterable[int]) -> list[str]:
    """Unified social credit codes 统一社会信用代码 (GB 32100), both check characters right.

    Args:
        serials: a number per organisation, unique; becomes the organisation code.
        kinds: `BUSINESS`, `GOVERNMENT` or `INSTITUTION` per organisation.
        regions: six-digit 行政区划代码 per organisation.
    """
    serial = np.asarray(serials, dtype=np.int64) * 7_368_787 % 31**8
    code = serial.reshape(-1, 1) // 31 ** np.arange(7, -1, -1, dtype=np.int64) % 31
    body = _USCC_CHARSET[code]
    # GB 11714 counts letters from A = 10 with no gaps, unlike the outer check.
    ordinal = np.where(body >= 65, body.astype(np.int64) - 55, body.astype(np.int64) - 48)
    check = 11 - (ordinal * _ORG_WEIGHTS).sum(axis=1) % 11
    inner = np.frombuffer(b"0123456789X0", dtype=np.uint8)[np.where(check == 11, 0, check)]
    head = np.array([list(kind.encode()) for kind in kinds], dtype=np.uint8).reshape(-1, 2)
    matrix = np.hstack([head, _digits(list(regions), 6), body, inner.reshape(-1, 1)])
    outer = (31 - (_VALUE[matrix] * _USCC_WEIGHTS).sum(axis=1) % 31) % 31
    return _texts(np.hstack([matrix, _USCC_CHARSET[outer].reshape(-1, 1)]))


def identity_numbers(serials: npt.ArrayLike, region: int = 380102) -> list[str]:
    """Resident identity numbers 居民身份证号 (GB 11643) with the right check digit; the serials are unique."""
    serial = np.asarray(serials, dtype=np.int64)
    # 41 years of birthdays x 999 order codes, shuffled, then the next county's code: no number comes twice.
    block = 41 * 336 * 999
    serial = serial * 7_368_787 % block + serial // block * block
    birthday, order = serial % (41 * 336), serial // (41 * 336)
    year, day = 1955 + birthday // 336, birthday % 336
    month_day = (day // 28 + 1) * 100 + day % 28 + 1
    head = (region + order // 999) * 10**8 + year * 10**4 + month_day
    matrix = np.hstack([_digits(head, 14), _digits(order % 999 + 1, 3)])
    check = ((matrix.astype(np.int64) - 48) * _RIC_WEIGHTS).sum(axis=1) % 11
    return _texts(np.hstack([matrix, _RIC_MAP[check].reshape(-1, 1)]))


def phone_numbers(serials: npt.ArrayLike) -> Ints:
    """Mobile numbers, unique for unique serials below 6 × 10⁹."""
    return 13_000_000_000 + np.asarray(serials, dtype=np.int64) * 1_234_567_891 % 6_000_000_000


def account_numbers(serials: npt.ArrayLike) -> Ints:
    """Bank accounts of 19 digits, unique for unique serials."""
    return 6_217 * 10**15 + np.asarray(serials, dtype=np.int64) * 987_654_321 % 10**15


def hexadecimal(rng: np.random.Generator, count: int, width: int) -> list[str]:
    """Random hexadecimal texts of `width` characters (fingerprints of files and machines)."""
    text = rng.bytes(count * width // 2).hex()
    return [text[i : i + width] for i in range(0, count * width, width)]


def softmax_weights(rng: np.random.Generator, count: int, spread: float) -> Floats:
    """Log-normal weights: a few large firms, many small ones."""
    return rng.lognormal(0.0, spread, count)


def text_array(values: list[str]) -> pa.Array:
    """A text column."""
    return pa.array(values, pa.string())
