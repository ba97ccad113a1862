"""Letters as they are compared when people look for words: without case, accents, points and the forms of print.

A letter becomes the same whatever stands beside it. So what an email needs for its search is a short list of letters.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import chain

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MOST = 128
"""Letters of one email that are looked for as others; of more, those that occur most."""
_MOST_WORK = 1 << 25
"""Letters times characters of one email: each of its letters is one pass over the texts."""
_AT_LEAST = 8

_SIGNS = dict.fromkeys("\u2018\u2019\u201b\u02bc\u02bb\u02b9\u00b4`\u2032\uff07", "'") | dict.fromkeys(
    "\u2010\u2011\u2012\u2013\u2014\u2212", "-"
)
"""Apostrophes and hyphens of other keyboards."""
_OTHERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | {"ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك"}
    | _SIGNS
)
"""What no decomposition (UAX #15) reaches: letters with a stroke, Arabic ones of other keyboards, signs."""
_LEFT_OUT = "\u00ad\u034f\u0640\u200d\u2060\ufeff"
"""Soft hyphen, grapheme joiner, tatweel, zero width joiner, word joiner, byte order mark: they part no word."""
_MARKS = (
    (0x0300, 0x036F), (0x0483, 0x0487), (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5),
    (0x05C7, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06DC), (0x06DF, 0x06E4),
    (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x08CA, 0x08E1), (0x08E3, 0x08FF), (0x1AB0, 0x1ABD), (0x1DC0, 0x1DFF),
    (0x20D0, 0x20DC), (0xFB1E, 0xFB1E), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip
"""Marks without which the word is the same: of Latin, Greek, Cyrillic, Hebrew (niqqud) and Arabic (tashkil), and what
chooses a variant. Those of other writings, as dakuten or the vowels of India, make another letter and stay."""

_NEWER = "\u01e0\u01e1\u037f"
"""Letters that unicode61 of FTS5 does not know, among those that it knows."""


def folded(text: str) -> str:
    """The text with every letter as it is compared; ß is ss, an apostrophe any apostrophe."""
    return text.lower() if text.isascii() and "`" not in text else text.translate(_FOLDED)


def words(text: str) -> str:
    """The text as the index of search holds its words: `folded`, and nothing that is no word becomes one."""
    return text.lower() if text.isascii() else text.translate(_IN_WORDS)


def others(texts: Iterable[str]) -> list[str]:
    """The letters of texts that the index has to hold as others, each followed by what it becomes.

    A tokenizer that knows case and the accents of Latin (unicode61 of FTS5) does the rest. Very long texts, and those
    with more letters than MOST, are given those that occur most.
    """
    written = [text for text in texts if not text.isascii()]
    if not written:
        return []
    needed = sorted(filter(_is_needed, set().union(*written)))
    most = min(MOST, max(_AT_LEAST, _MOST_WORK // sum(map(len, written))))
    if len(needed) > most:
        counts = Counter({letter: sum(text.count(letter) for text in written) for letter in needed})
        needed = sorted(letter for letter, _ in counts.most_common(most))
    return list(chain.from_iterable((letter, _in_words(letter)) for letter in needed))


def replaced(text: str, others: Sequence[str]) -> str:
    """The text with each of the letters replaced by what `others` says that it becomes."""
    for letter, other in zip(others[::2], others[1::2], strict=True):
        text = text.replace(letter, other)
    return text


def as_written(found: str, text: str, others: Sequence[str], mark: tuple[str, str]) -> str:
    """A part of `replaced(text, others)`, with marks before and behind words, in the letters of the text itself.

    Marks are single characters that the text does not hold. Points that follow a word's last letter are of the word.
    """
    becomes = dict(zip(others[::2], others[1::2], strict=True))
    origins = [index for index, letter in enumerate(text) for _ in becomes.get(letter, letter)]
    origins.append(len(text))
    at = replaced(text, others).find(found.translate(dict.fromkeys(map(ord, mark))))
    if at < 0:
        return found
    told, last = [], origins[at] if at else 0
    for letter in found:
        if letter in mark:
            told += [text[last : origins[at]], letter]
            last = origins[at]
        else:
            at += 1
    return "".join((*told, text[last : origins[at]]))


@lru_cache(4096)
def _folded(letter: str) -> str:
    plain = letter.casefold().translate(_OTHERS)
    if plain.isascii():
        return plain
    kept = "".join(each for each in unicodedata.normalize("NFKD", plain) if not _is_mark(each))
    return unicodedata.normalize("NFC", kept).casefold().translate(_OTHERS)


@lru_cache(4096)
def _in_words(letter: str) -> str:
    plain = _folded(letter)
    is_of_words = letter.isalnum() or _is_mark(letter)
    return plain if is_of_words and (not plain or plain.isalnum() or letter in _SIGNS) else letter


@lru_cache(4096)
def _is_needed(letter: str) -> bool:
    plain = _in_words(letter)
    if plain == letter or letter in _NEWER:
        return plain != letter
    is_latin = letter <= "\u024f" or "\u1e00" <= letter <= "\u1ef9"
    is_accented = is_latin and plain.isascii() and plain == unicodedata.normalize("NFD", letter)[0].lower()
    is_capital = letter <= "\u0527" and plain == letter.lower()
    return not is_accented and not is_capital


def _is_mark(letter: str) -> bool:
    return letter in _LEFT_OUT or any(first <= ord(letter) <= last for first, last in _MARKS)


class _Table:
    """What str.translate asks for each letter."""

    def __init__(self, of: Callable[[str], str]) -> None:
        self._of = of

    def __getitem__(self, code: int) -> str:
        return self._of(chr(code))


_FOLDED, _IN_WORDS = _Table(_folded), _Table(_in_words)
