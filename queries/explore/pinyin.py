"""The pinyin of names, quick enough for every name of a province.

pypinyin is imported where it is used: its dictionary takes a third of a second, which only a search needs.
"""

from __future__ import annotations

import functools
import re

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\u3400-\u9fff\uf900-\ufaff]+")


@functools.cache
def _plain(syllable: str) -> str:
    from pypinyin.contrib.tone_convert import to_normal

    return to_normal(syllable).lower()


@functools.cache
def _reading(character: str) -> str:
    """How a character is read where it stands alone."""
    from pypinyin.core import lazy_pinyin

    return lazy_pinyin(character)[0].lower()


@functools.cache
def _exceptions() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[int, ...]]]:
    """Words in which a character is read otherwise than alone, as 重 in 重庆; and how long those that begin so are."""
    from pypinyin.constants import PHRASES_DICT

    words: dict[str, tuple[str, ...]] = {}
    lengths: dict[str, set[int]] = {}
    for word, readings in PHRASES_DICT.items():
        spelled = tuple(_plain(options[0]) for options in readings)
        if len(spelled) == len(word) and spelled != tuple(map(_reading, word)):
            words[word] = spelled
            lengths.setdefault(word[0], set()).add(len(word))
    return words, {first: tuple(sorted(sizes, reverse=True)) for first, sizes in lengths.items()}


@functools.lru_cache(maxsize=100_000)
def syllables(text: str) -> tuple[str, ...]:
    """The pinyin of each Chinese character, without tones; other runs as they are.

    The longest known word that begins at a character decides how it is read.

    >>> syllables("重庆abc建设")
    ('chong', 'qing', 'abc', 'jian', 'she')
    """
    return tuple(part for run in _RUNS.findall(text) for part in (_spelled(run) if HAN.match(run) else (run,)))


def _spelled(run: str) -> list[str]:
    words, lengths = _exceptions()
    spelled: list[str] = []
    at = 0
    while at < len(run):
        for length in lengths.get(run[at], ()):
            if (word := words.get(run[at : at + length])) is not None:
                spelled += word
                at += length
                break
        else:
            spelled.append(_reading(run[at]))
            at += 1
    return spelled


def initials(text: str) -> tuple[str, ...]:
    """The first letter of each Chinese character's pinyin; other runs letter by letter.

    >>> "".join(initials("重庆abc建设"))
    'cqabcjs'
    """
    han = (bool(HAN.match(run)) for run in _RUNS.findall(text) for _ in (run if HAN.match(run) else " "))
    return tuple(
        letter for part, single in zip(syllables(text), han, strict=True) for letter in (part[:1] if single else part)
    )
