"""The query language of search: what a person types, as terms that the store can look for."""

from __future__ import annotations

import re

from casefleet_cli.core import letters
from casefleet_cli.core.clauses import Frame, TooManyError
from casefleet_cli.core.moments import typed
from casefleet_cli.errors import UsageError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from casefleet_cli.core.moments.days import Days

FIELDS = (
    "from", "to", "subject", "filename", "contact", "case", "lead", "user", "label", "before", "after", "has", "is",
)  # fmt: skip
"""The names that may stand before a colon."""
STANDINGS = ("unassigned", "linked", "held", "rejected", "forwarded")
"""What may follow `is:`."""
POSSESSIONS = ("attachment",)
"""What may follow `has:`."""
LONGEST = 2000
"""Characters of a query; and it has at most MOST_TERMS terms, because FTS5 refuses expressions that are too deep."""
MOST_TERMS = 64

_WORDS = frozenset(("", "from", "to", "subject", "filename"))
_NAMES = frozenset(("contact", "case", "lead", "user", "label"))
_EXAMPLES = {
    "from": "from:anna@client.example",
    "to": 'to:"Anna Nguyen"',
    "subject": "subject:hearing",
    "filename": "filename:report*",
    "contact": 'contact:"Anna Nguyen"',
    "case": "case:2026-104",
    "lead": 'lead:"Estate of Lee"',
    "user": "user:ada@firm.example",
    "label": "label:Trash",
    "before": "before:2026-05",
    "after": "after:14d",
    "has": "has:attachment",
    "is": "is:unassigned",
}
_PIECE = re.compile(
    r"""(?P<minus>-?)(?:(?P<field>[A-Za-z]+):(?!//))?(?:"(?P<phrase>[^"]*)(?P<end>"?)(?P<star>\*?)|(?P<word>[^\s"]+))""",
)
_SIGN = re.compile(r"\s*(?P<sign>-?\(|\)|(?:OR|AND|NOT)(?![^\s()]))")
_BOTH_SIDES = 'OR needs something on both sides, as in police OR court; the word itself is "OR".'
_TOO_MANY = (
    "The parentheses of the query mean too much at once; put fewer words between them, or search more than once."
)
_PLAIN = re.compile(r"[\w@][\w.@'’+-]*")
_WORD = re.compile(r"""[^\s"():*.,;@'’-]+\*?""")
_SURROGATE = re.compile("[\ud800-\udfff\0]")


class QueryError(UsageError):
    """A query that cannot be understood: what is wrong with it, and what to write instead."""


class Term(NamedTuple):
    """One thing to look for."""

    field: str
    """One of FIELDS, or "" for words anywhere."""
    text: str
    is_prefix: bool = False
    """Words of which the last one may go on."""
    negated: bool = False
    at: datetime | None = None
    """The moment that before: or after: means, aware."""


class Query(NamedTuple):
    """What to look for: of every group at least one term."""

    groups: tuple[tuple[Term, ...], ...]

    def names(self, field: str) -> bool:
        """Whether any term is about a field."""
        return any(term.field == field for group in self.groups for term in group)


def parse(text: str, days: Days) -> Query:
    """Read a query; all its groups must fit, terms with OR between them are one group. Parentheses are worked out.

    Its dates are read as those in options, by the days of the firm; a month or a year is its first second. Raises
    QueryError, and nothing else, for what cannot be understood.
    """
    text = as_text(text)
    if len(text) > LONGEST:
        raise QueryError(f"The query has {len(text)} characters; {LONGEST} are the most. Look for less at once.")
    items = list(_items(text, days))
    count = sum(isinstance(item, Term) for item in items)
    if count > MOST_TERMS:
        raise QueryError(f"The query has {count} terms; {MOST_TERMS} are the most. Look for less at once.")
    reader = _Reader()
    for item in items:
        reader.take(item)
    groups = reader.ended()
    if not groups:
        raise QueryError('There is nothing to look for; give words, a "phrase" or the beginning of a word with *.')
    return Query(groups)


def as_text(text: str) -> str:
    """A query with blanks for what is no text: NUL, and lone surrogates, which stand for bytes that are not UTF-8."""
    return _SURROGATE.sub(" ", text)


def instead(text: str, word: str, other: str) -> str:
    """A query with another word in place of one that `letters.words` gave; the other alone where that is not there."""
    for match in _WORD.finditer(text):
        if letters.words(match[0].rstrip("*")) == word:
            return f"{text[: match.start()]}{other}{text[match.end() :]}"
    return other


def has_letters(text: str) -> bool:
    """Whether there is anything in the text that the index could hold."""
    return any(letter.isalnum() for letter in text)


def as_typed(term: Term) -> str:
    """A term as somebody may type it."""
    text = term.text.replace('"', " ")
    is_plain = _PLAIN.fullmatch(text) is not None and text not in ("AND", "OR", "NOT")
    field = f"{term.field}:" if term.field else ""
    words = text if is_plain else f'"{text}"'
    return f"{'-' if term.negated else ''}{field}{words}{'*' if term.is_prefix else ''}"


class _Reader:
    """Puts terms and signs together; deep parentheses are a longer list here."""

    def __init__(self) -> None:
        self._frames = [Frame(is_odd=False)]
        self._joined = [False]
        """Of each frame, whether OR stands before it."""
        self._is_joining = False
        self._is_negating = False

    def take(self, item: Term | str) -> None:
        """Take a term, "OR", "NOT", "(" or ")"."""
        if isinstance(item, Term):
            self._add([(item._replace(negated=item.negated ^ self._is_negating ^ self._frames[-1].is_odd),)])
        elif item == "NOT":
            self._is_negating = not self._is_negating
        elif item == "(":
            self._frames.append(Frame(is_odd=self._frames[-1].is_odd ^ self._is_negating))
            self._joined.append(self._is_joining)
            self._is_joining = self._is_negating = False
        elif item == ")":
            self._end()
            frame, self._is_joining = self._frames.pop(), self._joined.pop()
            if not frame.is_empty:
                self._add(self._clauses(frame))
        elif self._is_joining or self._is_negating or self._frames[-1].is_empty:
            raise QueryError(_BOTH_SIDES)
        else:
            self._is_joining = True

    def ended(self) -> tuple[tuple[Term, ...], ...]:
        """All that was taken."""
        self._end()
        return tuple(self._clauses(self._frames[0]))

    def _end(self) -> None:
        if self._is_negating:
            raise QueryError('NOT needs something after it, as in police NOT draft; the word itself is "NOT".')
        if self._is_joining:
            raise QueryError(_BOTH_SIDES)

    def _add(self, clauses: list[tuple[Term, ...]]) -> None:
        try:
            self._frames[-1].add(clauses, joined=self._is_joining)
        except TooManyError:
            raise QueryError(_TOO_MANY) from None
        self._is_joining = self._is_negating = False

    def _clauses(self, frame: Frame) -> list[tuple[Term, ...]]:
        try:
            return frame.clauses()
        except TooManyError:
            raise QueryError(_TOO_MANY) from None


def _items(text: str, days: Days) -> Iterator[Term | str]:
    """The terms of a query, with "OR", "NOT", "(" and ")" between them."""
    at, opened = 0, []
    while match := _SIGN.match(text, at) or _PIECE.search(text, at):
        at = match.end()
        sign = match.groupdict().get("sign")
        if sign in ("(", "-("):
            opened.append(text[at : at + 50])
            yield from ("NOT", "(") if sign == "-(" else "("
        elif sign == ")":
            if opened:
                opened.pop()
                yield ")"
        elif sign is not None:
            yield from () if sign == "AND" else (sign,)
        else:
            closing = min(len(opened), _closing(match["word"] or ""))
            at -= closing
            found = _PIECE.fullmatch(text, match.start(), at) if closing else match
            if found is not None:
                yield from _term(found, days)
    if opened:
        before = _short(opened[-1].strip()) if opened[-1].strip() else "the end"
        raise QueryError(f"The parenthesis before {before} is not closed; close it, or leave it out.")


def _closing(word: str) -> int:
    """How many parentheses a word ends with that it did not open."""
    at_end = len(word) - len(word.rstrip(")"))
    return max(0, min(at_end, word.count(")") - word.count("(")))


def _term(match: re.Match[str], days: Days) -> Iterator[Term]:
    field, phrase, word = (match["field"] or "").lower(), match["phrase"], match["word"]
    if phrase is not None and not match["end"]:
        raise QueryError(f"The quotation mark before {_short(phrase)} is not closed; close it, or leave it out.")
    if field and field not in FIELDS:
        known = ", ".join(f"{name}:" for name in FIELDS)
        raise QueryError(
            f"There is no field {_short(field)} to search in; there are {known}."
            " To find it as words, put it in quotation marks."
        )
    if field and word is not None and word.startswith("("):
        raise QueryError(
            f"No parenthesis can follow {field}: at once; write ({_EXAMPLES[field]} OR {field}:...), with {field}:"
            " before each."
        )
    is_prefix = bool(match["star"]) if phrase is not None else word.endswith("*")
    value = phrase.strip() if phrase is not None else word.rstrip("*")
    if not field:
        name = value[:-1].lower()
        if phrase is None and value.endswith(":") and name in FIELDS:
            raise QueryError(f"{name}: needs something right after it, as in {_EXAMPLES[name]}.")
        if has_letters(value):
            yield Term("", value, is_prefix, bool(match["minus"]))
        return
    value = value if field in _WORDS or field in _NAMES else value.lower()
    _check(field, value)
    at = _moment(field, value, days) if field in ("before", "after") else None
    yield Term(field, value, is_prefix and field in _WORDS, bool(match["minus"]), at)


def _check(field: str, value: str) -> None:
    """Raise QueryError when a field cannot have this value."""
    if not has_letters(value):
        raise QueryError(f"{field}: needs something right after it, as in {_EXAMPLES[field]}.")
    known = {"is": STANDINGS, "has": POSSESSIONS}.get(field)
    if known is not None and value not in known:
        raise QueryError(
            f"{field}:{_short(value)} means nothing; there is {', '.join(f'{field}:{one}' for one in known)}."
        )


def _moment(field: str, value: str, days: Days) -> datetime:
    try:
        return typed.moment(value, days)
    except typed.BadDateError as error:
        raise QueryError(f"After {field}: {error}") from None


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 40 else text[:39] + "…")
