"""Names as they are compared when people type them: case, accents, apostrophes and "Last, First" make no difference."""

from __future__ import annotations

from casefleet_cli.core import letters


def folded(text: str) -> str:
    """The text without case, accents and doubled blanks; ß is ss, an apostrophe any apostrophe."""
    return " ".join(letters.folded(text).split())


def spellings(text: str) -> tuple[str, ...]:
    """The folded text, and where one comma parts it the other way round: "Nguyen, Minh" is "minh nguyen", too."""
    whole = folded(text)
    last, comma, first = whole.partition(",")
    if not comma or "," in first or not last.strip() or not first.strip():
        return (whole,)
    return whole, f"{first.strip()} {last.strip()}"


def are_same(one: str, other: str) -> bool:
    """Whether two texts are spellings of one name."""
    return not set(spellings(one)).isdisjoint(spellings(other))


def has_words(name: str, words: str) -> bool:
    """Whether the words, as they are typed, stand in a name as whole words one after the other."""
    return any(_stands_in(wanted, spelled) for wanted in spellings(words) if wanted for spelled in spellings(name))


def _stands_in(wanted: str, spelled: str) -> bool:
    """Whether a text stands in another with no letter or digit right before or behind it."""
    at = spelled.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        before, behind = spelled[max(at - 1, 0) : at], spelled[end : end + 1]
        if not _is_of_a_word(before) and not _is_of_a_word(behind):
            return True
        at = spelled.find(wanted, at + 1)
    return False


def _is_of_a_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def has_letters(name: str, letters: str) -> bool:
    """Whether what is typed stands anywhere in a name."""
    return any(wanted in spelled for wanted in spellings(letters) for spelled in spellings(name))
