"""Search as the pages do it: a query in, a page of what it finds out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core import query
from casefleet_cli.errors import UsageError
from casefleet_cli.store import misses, search, selection
from casefleet_cli.web import paging, words

if TYPE_CHECKING:
    from casefleet_cli.web.asking import Ask
    from casefleet_cli.web.paging import Slice


_CHIPS = (
    ("has:attachment", "With attachments"),
    ("is:unassigned", "Unassigned"),
    ("is:forwarded", "Forwards"),
    ("after:30d", "Of the last 30 days"),
)


class Told(NamedTuple):
    """One reason why nothing is found, with what would be found."""

    sentence: str
    near: tuple[tuple[str, str], ...]
    """Words, each with the query that has it instead."""


class Found(NamedTuple):
    """What a query finds for a viewer."""

    page: Slice
    """Emails with snippets, the newest first by their moment; of very many, the last logged first."""
    total: int
    """How many there are, counted up to paging.CAP."""
    problem: str
    """A sentence when the query cannot be understood."""
    reasons: tuple[Told, ...] = ()
    """Why nothing is found."""


class Chip(NamedTuple):
    """A term that narrows a search by a click, or that a click takes away."""

    label: str
    query: str
    """What is searched for after the click."""
    is_on: bool


def matches(ask: Ask, text: str) -> Found:
    """The emails in sight that a query means. Rejected ones are left out unless asked for."""
    connection, sight = ask.connection, ask.viewer.sight
    nothing = paging.of([])
    try:
        asked = query.parse(text, ask.days)
        found = selection.of(connection, asked, sight)
    except UsageError as problem:
        return Found(nothing, 0, str(problem))
    total = search.count(connection, found, sight, paging.CAP)
    if not total:
        reasons = misses.why(connection, asked, sight)
        return Found(nothing, 0, "", tuple(_told(text, reason) for reason in reasons))
    if total < paging.CAP:
        spots = [spot for spot in search.by_moment(connection, found, sight) if spot < ask.spot]
        page = paging.of_spots(connection, sight, spots)
    else:
        page = paging.of_emails(connection, sight, search.hits(connection, found, sight, ask.before, paging.asked()))
    marks = (words.MARK_START, words.MARK_END)
    snippets = search.snippets_of(connection, [row["id"] for row in page.rows], found, marks)
    for row in page.rows:
        row["snippet"] = snippets[row["id"]]
    return Found(page, total, "")


def _told(text: str, reason: misses.Reason) -> Told:
    return Told(reason.sentence, tuple((word, query.instead(text, reason.word, word)) for word in reason.near))


def chips(text: str) -> list[Chip]:
    """What a click adds to a query or takes from it."""
    asked = text.split()
    told = []
    for term, label in _CHIPS:
        is_on = term in asked
        changed = [word for word in asked if word != term] if is_on else [text, term]
        told.append(Chip(label, " ".join(changed), is_on))
    return told
