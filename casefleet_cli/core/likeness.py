"""Names that are like what somebody asks for: in any order of words, cut short, or one slip of the fingers away."""

from __future__ import annotations

from casefleet_cli.core import spelling
from casefleet_cli.light import NamedTuple

_SHORTEST_BEGINNING = 3
_MOST_WORDS = 12


class Likeness(NamedTuple):
    """What a name has to hold: of each word itself, its beginning, or one of its neighbours."""

    words: tuple[tuple[str, frozenset[str]], ...]

    def fits(self, text: str) -> bool:
        """Whether a text has a word for each; whatever fits nothing asked for fits nothing."""
        if not self.words:
            return False
        held = spelling.parts(text)
        return all(any(_is_like(one, word, near) for one in held) for word, near in self.words)


def of(asked: str) -> Likeness:
    """The likeness to what is asked for; of very many words the first count."""
    words = spelling.parts(asked)[:_MOST_WORDS]
    return Likeness(tuple((word, frozenset(spelling.neighbours(word))) for word in words))


def _is_like(held: str, word: str, near: frozenset[str]) -> bool:
    return held == word or held in near or (len(word) >= _SHORTEST_BEGINNING and held.startswith(word))
