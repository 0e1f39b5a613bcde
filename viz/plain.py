"""Text out of the data, made fit to be shown: nothing hidden in it acts, and nothing is lost of it.

Names, purposes and notes come from outside and may hold anything. A control character breaks XML and Excel; a
direction mark makes a reader see another order than is stored. Both are evidence as well, so they are shown as
`[U+202E]` and not dropped.
"""

from __future__ import annotations

import re
import unicodedata

_ACTING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls; tab and line breaks are text
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # direction marks, invisible joints, odd line breaks
    "\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff"  # halves of pairs, code points that are no characters
    "\U000e0000-\U000e0fff]"  # tags
    "|[\U0001fffe\U0001ffff\U0002fffe\U0002ffff]"
)


def plain(value: object) -> str:
    """The value as text in which each control, direction mark or non-character is shown by its number."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return _ACTING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def line(value: object) -> str:
    """`plain` on one line: runs of white space become one space."""
    return " ".join(plain(value).split())


def columns(text: str) -> float:
    """How wide the text is, in widths of a Chinese character."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.55 for letter in text)


def shortened(value: object, width: float) -> str:
    """One line of at most `width` Chinese characters, with an ellipsis where something is left out."""
    text = line(value)
    return text if columns(text) <= width else _head(text, width - 1) + "…"


def two_lines(value: object, width: float) -> list[str]:
    """A label: at most two lines of `width` Chinese characters, with an ellipsis where something is left out."""
    text = line(value)
    if columns(text) <= width:
        return [text] if text else []
    # Two lines about as long as each other, so that none is one character; where they are too short, full ones.
    even = (columns(text) + 1) / 2
    first = _first(text, min(even, width))
    if columns(line(text[len(first) :])) > width:
        first = _first(text, width)
    return [first.rstrip(" ·"), shortened(text[len(first) :], width)]


def _first(text: str, width: float) -> str:
    """The beginning of at most this width, up to a space where there is one not too early."""
    first = _head(text, width)
    if text[len(first)] != " " and first.rfind(" ") > len(first) // 3:
        first = first[: first.rindex(" ")]
    return first


def _head(text: str, width: float) -> str:
    used = 0.0
    for count, letter in enumerate(text):
        used += columns(letter)
        if used > width:
            return text[:count]
    return text


def css_string(value: object) -> str:
    """The text as a CSS string, each character that is no letter or digit written by its number."""
    return '"' + "".join(c if c.isalnum() else f"\\{ord(c):X} " for c in line(value)) + '"'
