"""What a query of search means in SQL, arranged so that the rarest thing asked for is looked up first."""

from __future__ import annotations

import re

from casefleet_cli import clock
from casefleet_cli.core import letters
from casefleet_cli.core.query import Term
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import references

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from casefleet_cli.core.query import Query
    from casefleet_cli.store.sight import Sight

    Finder = Callable[[str, str], int]

FEW = 1000
"""Up to so many emails are looked up one by one; of more, the newest are tried until enough fit."""

COLUMNS = {
    "": "",
    "from": "{from_name from_address} : ",
    "to": "people : ",
    "subject": "subject : ",
    "filename": "filenames : ",
}
"""By the fields that words are looked for in: where that is, in the syntax of FTS5."""
_AT = "coalesce({0}sent_at, {0}logged_at)"
_LINKS = {
    "contact": ("email_contacts", "contact_id"),
    "case": ("email_cases", "case_id"),
    "lead": ("email_leads", "lead_id"),
    "user": ("deliveries", "user_id"),
}
_NUMBERS = {field: f"SELECT email_id FROM {table} WHERE {column} = {{0}}" for field, (table, column) in _LINKS.items()}
"""The emails that are linked to a number."""
_IS_LINKED = {
    field: f"EXISTS (SELECT 1 FROM {table} AS l WHERE l.email_id = e.id AND l.{column} = {{0}})"
    for field, (table, column) in _LINKS.items()
}
# The mail of the leads that became a case is mail of the case.
_NUMBERS["case"] += (
    " UNION SELECT l.email_id FROM leads AS was JOIN email_leads AS l ON l.lead_id = was.id WHERE was.case_id = {0}"
)
_IS_LINKED["case"] = (
    f"({_IS_LINKED['case']} OR EXISTS (SELECT 1 FROM email_leads AS l CROSS JOIN leads AS was ON was.id = l.lead_id"
    " WHERE l.email_id = e.id AND was.case_id = {0}))"
)
_ATTACHED = "EXISTS (SELECT 1 FROM attachments AS t WHERE t.email_id = e.id AND NOT t.is_inline)"
_FORWARDED = "SELECT id FROM emails INDEXED BY emails_forwarded WHERE forwards <> '[]'"
_LABELLED = """SELECT d.email_id FROM deliveries AS d INDEXED BY deliveries_labelled, json_each(d.labels) AS l
WHERE d.labels <> '[]' AND l.value = {0} COLLATE NOCASE
UNION SELECT p.email_id FROM email_labels AS p WHERE p.label = {0}"""
_HAS_LABEL = """(EXISTS (SELECT 1 FROM deliveries AS d, json_each(d.labels) AS l WHERE d.email_id = e.id
AND l.value = {0} COLLATE NOCASE)
OR EXISTS (SELECT 1 FROM email_labels AS p WHERE p.email_id = e.id AND p.label = {0}))"""
_ADDRESS = re.compile(r"[^\s@]*@[^\s@]+")


class Selection(NamedTuple):
    """The emails that a query means: parts of a statement that reads from `emails AS e`."""

    source: str
    """What follows FROM; holds email_search when the query has words."""
    where: str
    number: str
    """The column of the number of the email that orders quickly."""
    parameters: dict[str, object]
    words: tuple[str, ...]
    """What of the words was looked for, in the syntax of FTS5; none where email_search is not read."""


def of(connection: sqlite3.Connection, query: Query, sight: Sight) -> Selection:
    """What a query means to whom these cases, leads and contacts are in sight; which emails are is for the caller.

    Rejected mail is left out unless it is asked for. Raises UsageError for a name that means nothing or several.
    """
    return _Writer(connection, _finder(connection, sight)).selection(query)


def _finder(connection: sqlite3.Connection, sight: Sight) -> Finder:
    def find(noun: str, text: str) -> int:
        if noun == "user":
            return references.user(connection, text)
        return int(getattr(references, noun)(connection, text, sight))

    return find


class _Writer:
    """Collects the parts of one statement."""

    def __init__(self, connection: sqlite3.Connection, find: Finder) -> None:
        self._connection = connection
        self._find = find
        self._parameters: dict[str, object] = {}
        self._where: list[str] = []
        self._few: list[str] = []
        """Conditions that only few emails meet."""

    def selection(self, query: Query) -> Selection:
        match = self._match(query)
        for group in query.groups:
            if len(group) == 1 and not group[0].negated:
                self._alone(group[0])
            elif not _is_plain(group):
                self._where.append(f"({' OR '.join(self._condition(term) for term in group)})")
        self._range(query, has_words=bool(match))
        if not query.names("is") or not any(t.field == "is" and t.text == "rejected" for g in query.groups for t in g):
            self._where.append("e.standing <> 'rejected'")
        where = " AND ".join(self._few + self._where)
        if not match:
            return Selection("emails AS e", where, "e.id", self._parameters, ())
        where = f"email_search MATCH {self._put(match)} AND {where}"
        asked = (term for group in query.groups if _is_plain(group) for term in group if not term.negated)
        words = tuple(dict.fromkeys(map(_expression, asked)))
        if self._few:
            source = "emails AS e CROSS JOIN email_search ON email_search.rowid = e.id"
            return Selection(source, where, "e.id", self._parameters, words)
        source = "email_search CROSS JOIN emails AS e ON e.id = email_search.rowid"
        return Selection(source, where, "email_search.rowid", self._parameters, words)

    def _match(self, query: Query) -> str:
        """All that the index can answer by itself, as one expression; "" for nothing."""
        plain = [group for group in query.groups if _is_plain(group)]
        positive = [f"({' OR '.join(map(_expression, group))})" for group in plain if not group[0].negated]
        negative = [_expression(group[0]) for group in plain if group[0].negated]
        if not positive:
            self._where += [f"NOT {self._words(term)}" for group in plain for term in group]
            return ""
        found = " AND ".join(positive)
        return f"({found}) NOT ({' OR '.join(negative)})" if negative else found

    def _alone(self, term: Term) -> None:
        """Note a condition that every email has to meet; dates are noted together, by _range."""
        if term.field in COLUMNS:
            self._where += self._exact(term)
        elif term.field in _LINKS:
            number = self._put(self._find(term.field, term.text))
            self._rare_or_not(_NUMBERS[term.field].format(number), self._linked(term, number))
        elif term.field == "label":
            label = self._put(term.text)
            self._rare_or_not(_LABELLED.format(label), _HAS_LABEL.format(label))
        elif term == Term("is", "forwarded"):
            self._rare_or_not(_FORWARDED, self._condition(term))
        elif term.field == "is" and term.text != "linked":
            few = f"SELECT id FROM emails WHERE standing <> 'linked' AND standing = '{term.text}'"
            self._rare_or_not(few, self._condition(term))
        elif term.field not in ("before", "after"):
            self._where.append(self._condition(term))

    def _rare_or_not(self, numbers: str, condition: str) -> None:
        """Choose the way of asking by how many emails there are."""
        counted = f"SELECT count(*) FROM ({numbers} LIMIT {FEW + 1})"
        (count,) = self._connection.execute(counted, self._parameters).fetchone()
        if count <= FEW:
            self._few.append(f"e.id IN ({numbers})")
        else:
            self._where.append(condition)

    def _range(self, query: Query, *, has_words: bool) -> None:
        """Note the dates that all emails have to lie between."""
        dates = [g[0] for g in query.groups if len(g) == 1 and g[0].field in ("before", "after") and not g[0].negated]
        if not dates:
            return
        stamps = [(term.field, self._put(_stamp(term))) for term in dates]
        by_row, by_index = (
            " AND ".join(f"{at} {'<' if field == 'before' else '>='} {stamp}" for field, stamp in stamps)
            # The plus keeps SQLite from the index when the newest emails are tried one by one.
            for at in (f"+{_AT.format('e.')}", _AT.format(""))
        )
        if has_words or self._few:
            self._where.append(by_row)
        else:
            self._rare_or_not(f"SELECT id FROM emails WHERE {by_index}", by_row)

    def _condition(self, term: Term) -> str:
        """One term as a condition on a row of emails."""
        if term.field in COLUMNS:
            found = " AND ".join([self._words(term), *self._exact(term)])
        elif term.field in _LINKS:
            found = self._linked(term, self._put(self._find(term.field, term.text)))
        elif term.field == "label":
            found = _HAS_LABEL.format(self._put(term.text))
        elif term.field in ("before", "after"):
            sign = "<" if term.field == "before" else ">="
            found = f"+{_AT.format('e.')} {sign} {self._put(_stamp(term))}"
        elif term.field == "has":
            found = _ATTACHED
        elif term.text == "forwarded":
            found = "e.forwards <> '[]'"
        elif term.text == "linked":
            found = "e.standing = 'linked'"
        else:
            found = f"e.standing <> 'linked' AND e.standing = '{term.text}'"
        return f"NOT ({found})" if term.negated else f"({found})"

    def _linked(self, term: Term, number: str) -> str:
        return _IS_LINKED[term.field].format(number)

    def _words(self, term: Term) -> str:
        return f"e.id IN (SELECT rowid FROM email_search WHERE email_search MATCH {self._put(_expression(term))})"

    def _exact(self, term: Term) -> list[str]:
        """What an address or a domain in from: and to: asks beyond its words."""
        if not _is_address(term):
            return []
        local, _, domain = term.text.partition("@")
        asked = self._put(term.text if local else "%@" + re.sub(r"([\\%_])", r"\\\1", domain))
        fits = f"{{0}} = {asked} COLLATE NOCASE" if local else f"{{0}} LIKE {asked} ESCAPE '\\'"
        if term.field == "from":
            return [fits.format("e.from_address")]
        fits = fits.format("r.address")
        return [f"EXISTS (SELECT 1 FROM email_recipients AS r WHERE r.email_id = e.id AND {fits})"]

    def _put(self, value: object) -> str:
        name = f"q{len(self._parameters)}"
        self._parameters[name] = value
        return f":{name}"


def _is_plain(group: tuple[Term, ...]) -> bool:
    """Whether the index can answer a group by itself."""
    if len(group) == 1:
        term = group[0]
        return term.field in COLUMNS and not (term.negated and _is_address(term))
    return all(term.field in COLUMNS and not term.negated and not _is_address(term) for term in group)


def _is_address(term: Term) -> bool:
    asked = term.field in ("from", "to") and not term.is_prefix
    return asked and _ADDRESS.fullmatch(term.text) is not None


def _expression(term: Term) -> str:
    """A term in the syntax of FTS5, all that a person typed inside quotation marks."""
    typed = term.text.replace('"', " ")
    texts = [letters.words(typed)]
    if letters.others((typed,)):
        texts.append(typed)  # a very long email keeps some letters as they were written
    quoted = " OR ".join(f'"{text}"{"*" if term.is_prefix else ""}' for text in texts)
    return f"{COLUMNS[term.field]}({quoted})" if len(texts) > 1 else f"{COLUMNS[term.field]}{quoted}"


def _stamp(term: Term) -> str:
    """The date of a term as the database writes moments."""
    if term.at is None:
        raise ValueError(term)
    return clock.stamp(term.at)
