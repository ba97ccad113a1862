"""Words that somebody may have meant: those that are one slip of the fingers away."""

from __future__ import annotations

from itertools import chain

from casefleet_cli.core import letters
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST, LONGEST = 3, 24
"""Letters of a word that has neighbours: next to a shorter one is everything, and a longer one is no word."""
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "абвгдежзиклмнопрстуфхцчшщъыьэюяіґє",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ءابتثجحخدذرزسشصضطظعغفقكلمنهوي",
)


def neighbours(word: str) -> tuple[str, ...]:
    """The words that are one letter more, less or other, or two letters the other way round, each once.

    The word is one that `letters.words` gave. Other letters are those of the alphabets that it is written in. What
    mixes letters and digits is no word but a code, which nobody is helped to guess: it has none.
    """
    if not SHORTEST <= len(word) <= LONGEST or len({letter.isdigit() for letter in word}) > 1:
        return ()
    alphabet = "".join(one for one in _ALPHABETS if not set(one).isdisjoint(word))
    found = dict.fromkeys(chain(_swapped(word), _shorter(word), _other(word, alphabet), _longer(word, alphabet)))
    found.pop(word, None)
    return tuple(found)


def parts(text: str) -> list[str]:
    """The words of a text as the index of search holds them, each once."""
    plain = "".join(letter if letter.isalnum() else " " for letter in letters.words(text))
    return list(dict.fromkeys(plain.split()))


def _swapped(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))


def _shorter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _other(word: str, alphabet: str) -> Iterator[str]:
    return (word[:at] + letter + word[at + 1 :] for at in range(len(word)) for letter in alphabet)


def _longer(word: str, alphabet: str) -> Iterator[str]:
    return (word[:at] + letter + word[at:] for at in range(len(word) + 1) for letter in alphabet)
