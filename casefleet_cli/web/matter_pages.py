"""The pages of a case, a lead and a contact: their mail by its own moment, their journal, their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli import access
from casefleet_cli.core.filenames import safe_name
from casefleet_cli.store import cases, contacts, correspondence, feed, leads, mailparts
from casefleet_cli.store.database import BEYOND
from casefleet_cli.web import charts, paging
from casefleet_cli.web.asking import Ask, Page, there

if TYPE_CHECKING:
    from casefleet_cli.store.correspondence import Source

_CHANGES = 10
_MANY = 200
"""Of the people and places of a page, at most so many are shown."""
_WEEKS = 104
_FILES = 12
"""Of the files of one e-mail in a list."""


def case(ask: Ask) -> Page:
    """A case and its correspondence."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = there(cases.seen(connection, sight, number, _MANY))
    sources = correspondence.case_sources(connection, number)
    mail = correspondence.newest(connection, sight, sources, ask.spot, paging.asked())
    return Page("case.html", {"case": found, "list": _mail(ask, mail), "chart": _chart(ask, sources)})


def case_journal(ask: Ask) -> Page:
    """What happened about a case, in the order it happened."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = there(cases.seen(connection, sight, number, _MANY))
    happened = feed.of_case(connection, sight, number, ask.before, paging.asked())
    return Page("case_journal.html", {"case": found, "feed": paging.of_feed(connection, sight, happened)})


def case_files(ask: Ask) -> Page:
    """The attachments of the mail of a case, by the moment of the mail."""
    found = there(cases.seen(ask.connection, ask.viewer.sight, ask.numbers[0], _MANY))
    sources = correspondence.case_sources(ask.connection, ask.numbers[0])
    return Page("case_files.html", {"case": found, "list": _files(ask, sources)})


def case_viewers(ask: Ask) -> Page:
    """Who of the firm may see a case, and why."""
    found = there(cases.seen(ask.connection, ask.viewer.sight, ask.numbers[0], 0))
    seers = [one._asdict() for one in access.seers_of_case(ask.connection, ask.numbers[0])]
    return Page("case_viewers.html", {"case": found, "rows": seers, "following": None})


def lead(ask: Ask) -> Page:
    """A lead and its correspondence."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = there(leads.seen(connection, sight, number, _MANY))
    sources = correspondence.lead_sources(number)
    mail = correspondence.newest(connection, sight, sources, ask.spot, paging.asked())
    return Page("lead.html", {"lead": found, "list": _mail(ask, mail), "chart": _chart(ask, sources)})


def lead_journal(ask: Ask) -> Page:
    """What happened about a lead, in the order it happened."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = there(leads.seen(connection, sight, number, _MANY))
    happened = feed.of_lead(connection, sight, number, ask.before, paging.asked())
    return Page("lead_journal.html", {"lead": found, "feed": paging.of_feed(connection, sight, happened)})


def lead_files(ask: Ask) -> Page:
    """The attachments of the mail of a lead, by the moment of the mail."""
    found = there(leads.seen(ask.connection, ask.viewer.sight, ask.numbers[0], _MANY))
    return Page("lead_files.html", {"lead": found, "list": _files(ask, correspondence.lead_sources(ask.numbers[0]))})


def contact(ask: Ask) -> Page:
    """A contact, its cases and leads, and all mail from and to its addresses."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = there(contacts.seen(connection, sight, number, _MANY))
    sources = correspondence.contact_sources(connection, number)
    mail = correspondence.newest(connection, sight, sources, ask.spot, paging.asked())
    changes = feed.changes_of_contact(connection, sight, number, BEYOND, _CHANGES)
    return Page("contact.html", {"contact": found, "list": _mail(ask, mail), "changes": paging.together(changes)})


def _mail(ask: Ask, spots: list[correspondence.Spot]) -> paging.Slice:
    page = paging.of_spots(ask.connection, ask.viewer.sight, spots)
    return page._replace(rows=paging.directed(ask.connection, page.rows))


def _chart(ask: Ask, sources: list[Source]) -> charts.Chart | None:
    now = int(ask.days.now.timestamp())
    weeks = correspondence.weeks(ask.connection, ask.viewer.sight, sources, now, _WEEKS, ask.days.east)
    return charts.of_weeks(weeks)


def _files(ask: Ask, sources: list[Source]) -> paging.Slice:
    connection, sight = ask.connection, ask.viewer.sight
    mail = correspondence.newest(connection, sight, sources, ask.spot, paging.asked(), with_files=True)
    page = paging.of_spots(connection, sight, mail)
    files = mailparts.of_emails(connection, [row["id"] for row in page.rows], _FILES)
    for row in page.rows:
        row["files"] = files.get(row["id"], [])
        for file in row["files"]:
            file["filename"] = safe_name(file["filename"], file["content_type"])
    return page
