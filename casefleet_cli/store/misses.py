"""Why a query finds nothing: which part of it does, and which words near it are in mail that the viewer sees."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from casefleet_cli.core import spelling
from casefleet_cli.core.query import Query, Term, as_typed
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import search, selection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from casefleet_cli.store.sight import Sight

    Group = tuple[Term, ...]

_MOST_PARTS = 8
"""Parts of a query that are tried, each as one search more."""
_MOST_SAID = 8
_MOST_WORDS = 2
"""Words that near ones are looked for to, some hundreds of questions to the index each."""
_COUNTED = 100
_LONGEST_PHRASE = 12
_CANDIDATES = 24
"""Near words of which it is asked whether they are in sight."""
_REACH, _WEIGHED = 10_000, 200
"""The newest emails with such a word that are looked at, which is all that is read of a bigger archive, and counted."""
_OFFERED = 3
_NOTHING: tuple[str, tuple[str, ...]] = "", ()


class Reason(NamedTuple):
    """One thing that is to be said."""

    sentence: str
    word: str = ""
    """What of the query near words were looked for to, as the index would hold it."""
    near: tuple[str, ...] = ()
    """What is found instead, those in most mail first; a beginning of words has a star."""


def why(connection: sqlite3.Connection, query: Query, sight: Sight) -> list[Reason]:
    """What to say to whom a query finds nothing in sight. No word is offered that is in no mail in sight."""
    groups = query.groups[:_MOST_PARTS]
    # To ask for all mail without a word takes long in much mail, and finds nearly always.
    tried = [group for group in groups if not _is_negated(group)] or groups
    missing = [group for group in tried if not _count(connection, (group,), sight, 1)]
    reasons = []
    looked_for = 0
    for term in [term for group in missing for term in group][:_MOST_SAID]:
        word, near = _NOTHING
        if term.field in selection.COLUMNS and not term.negated and looked_for < _MOST_WORDS:
            word, near = _near(connection, term, sight)
            looked_for += 1
        reasons.append(Reason(_nothing(term), word, near))
    if not missing and len(query.groups) > 1:
        reasons += _together(connection, query.groups, sight)
    if not query.names("is"):
        count = _count(connection, (*query.groups, (Term("is", "rejected"),)), sight, _COUNTED)
        if count:
            reasons.append(Reason(f"{_emails(count)} among rejected mail; add is:rejected."))
    return reasons


def _together(connection: sqlite3.Connection, groups: Sequence[Group], sight: Sight) -> list[Reason]:
    """Which part leaves out what the others find."""
    told = []
    for number, group in enumerate(groups[:_MOST_PARTS]):
        others = (*groups[:number], *groups[number + 1 :])
        is_last = not _is_negated(group) and all(map(_is_negated, others))
        count = 0 if is_last else _count(connection, others, sight, _COUNTED)
        if count:
            told.append(Reason(f"Without {' OR '.join(map(as_typed, group))}, {_emails(count)}."))
    return told or [Reason("No e-mail fits all of its parts at once.")]


def _is_negated(group: Group) -> bool:
    return all(term.negated for term in group)


def _nothing(term: Term) -> str:
    written = as_typed(term)
    return f"No e-mail fits {written}." if term.field or term.negated else f"No e-mail has {written}."


def _emails(count: int) -> str:
    if count >= _COUNTED:
        return f"{_COUNTED} e-mails or more fit"
    return f"{count} e-mails fit" if count > 1 else "1 e-mail fits"


def _count(connection: sqlite3.Connection, groups: Sequence[Group], sight: Sight, cap: int) -> int:
    found = selection.of(connection, Query(tuple(groups)), sight)
    return search.count(connection, found, sight, cap)


def _near(connection: sqlite3.Connection, term: Term, sight: Sight) -> tuple[str, tuple[str, ...]]:
    """The word of a term that is not there, and those near it that are, where it looks and in mail that is in sight."""
    words = spelling.parts(term.text)
    if len(words) > _LONGEST_PHRASE:
        return _NOTHING
    absent = [word for word in words if not _count(connection, ((Term(term.field, word),),), sight, 1)]
    if len(absent) != 1:
        return _NOTHING
    begun = [] if term.is_prefix else [f'"{absent[0]}"*']
    asked = {f'"{word}"': word for word in spelling.neighbours(absent[0])}
    there = list(islice((one for one in asked if _is_there(connection, term.field, one)), _CANDIDATES))
    seen = _seen(connection, term.field, there + begun, sight)
    near = [asked[one] for one, _ in seen.most_common() if one in asked][:_OFFERED]
    found = (*near, *(f"{absent[0]}*" for one in begun if one in seen))
    return absent[0], found


def _seen(connection: sqlite3.Connection, field: str, asked: Iterable[str], sight: Sight) -> Counter[str]:
    """In how many emails each of some words is, of the newest with it that are in sight; those in none are left out."""
    # The numbers in sight are asked for first: most viewers see few of much mail.
    query = (
        "SELECT count(*) FROM (SELECT 1 FROM (SELECT rowid AS id FROM email_search WHERE email_search MATCH :asked"
        f" ORDER BY rowid DESC LIMIT {_REACH}) AS hit CROSS JOIN emails AS e ON e.id = hit.id"
        f" WHERE {sight.emails_by('hit.id')} AND e.standing <> 'rejected' LIMIT {_WEIGHED})"
    )
    counts: Counter[str] = Counter()
    for one in asked:
        given = {"asked": f"{selection.COLUMNS[field]}{one}", **sight.parameters}
        counts[one] += connection.execute(query, given).fetchone()[0]
    return +counts


def _is_there(connection: sqlite3.Connection, field: str, word: str) -> bool:
    """Whether any email has a word, in sight or not."""
    asked = f"{selection.COLUMNS[field]}{word}"
    query = "SELECT 1 FROM email_search WHERE email_search MATCH ? LIMIT 1"
    return connection.execute(query, (asked,)).fetchone() is not None
