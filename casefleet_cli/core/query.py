"""The query language of search: what a person types, as terms that the store can look for."""

from __future__ import annotations

import re

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
    """Read a query; all its groups must fit, terms with OR between them are one group.

    Its dates are read as those in options, by the days of the firm; a month or a year is its first second. Raises
    QueryError, and nothing else, for what cannot be understood.
    """
    text = as_text(text)
    if len(text) > LONGEST:
        raise QueryError(f"The query has {len(text)} characters; {LONGEST} are the most. Look for less at once.")
    groups: list[list[Term]] = []
    joining = False
    count = 0
    for item in _items(text, days):
        if item is None:
            if joining or not groups:
                raise QueryError('OR needs something on both sides, as in police OR court; the word itself is "OR".')
            joining = True
            continue
        count += 1
        if joining:
            groups[-1].append(item)
        else:
            groups.append([item])
        joining = False
    if joining:
        raise QueryError('OR needs something on both sides, as in police OR court; the word itself is "OR".')
    if not groups:
        raise QueryError('There is nothing to look for; give words, a "phrase" or the beginning of a word with *.')
    if count > MOST_TERMS:
        raise QueryError(f"The query has {count} terms; {MOST_TERMS} are the most. Look for less at once.")
    return Query(tuple(tuple(group) for group in groups))


def as_text(text: str) -> str:
    """A query with blanks for what is no text: NUL, and lone surrogates, which stand for bytes that are not UTF-8."""
    return _SURROGATE.sub(" ", text)


def has_letters(text: str) -> bool:
    """Whether there is anything in the text that the index could hold."""
    return any(letter.isalnum() for letter in text)


def _items(text: str, days: Days) -> Iterator[Term | None]:
    """The terms of a query, and None for each OR."""
    for match in _PIECE.finditer(text):
        if match[0] == "OR":
            yield None
        elif match[0] != "AND":
            yield from _term(match, days)


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
