"""The pages: each a plain function from what is asked to what is shown, run in a thread with its own connection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.core.filenames import safe_name
from casefleet_cli.core.query import LONGEST
from casefleet_cli.core.rules import explanation
from casefleet_cli.custody import originals
from casefleet_cli.store import (
    cases,
    contacts,
    database,
    deliveries,
    emails,
    feed,
    leads,
    links,
    mailbook,
    mailparts,
    notifications,
    settings,
    suggestions,
    users,
)
from casefleet_cli.store.database import BEYOND
from casefleet_cli.web import frame, locks, paging, searching

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from casefleet_cli.access import Viewer
    from casefleet_cli.core.moments.days import Days
    from casefleet_cli.core.secrets.spelling import Secrets
    from casefleet_cli.web.paging import Slice

_SHORT = 8
_CHANGES = 10
_THREAD = 50
_MANY = 200
"""Of the people, files, places and deliveries of a page, at most so many are shown."""
_FORWARDS = 20
_REASONS = 50
"""Sentences of one decision that a page shows."""


class Ask(NamedTuple):
    """One request for a page."""

    connection: sqlite3.Connection
    path: str
    """Of the database file, for the one page that needs the bytes."""
    viewer: Viewer
    numbers: tuple[int, ...]
    """The row numbers in the address."""
    arguments: Mapping[str, str]
    days: Days

    @property
    def before(self) -> int:
        """Where this page of a list begins; anything that is no number begins at the top."""
        return self.number("before", BEYOND)

    def number(self, name: str, otherwise: int) -> int:
        """The number that is asked for under a name; anything else is as if nothing were."""
        text = self.arguments.get(name, "")
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else otherwise


class Page(NamedTuple):
    """A template and its values."""

    template: str
    values: dict[str, Any]


class Bytes(NamedTuple):
    """An answer that is no page of ours: a mail's HTML or an attachment."""

    content: bytes
    content_type: str
    headers: dict[str, str]


class NotThereError(Exception):
    """There is nothing at this address, or not for this viewer: the two look alike."""


def home(ask: Ask) -> Page:
    """What waits, what happened lately, and what is open."""
    connection, sight = ask.connection, ask.viewer.sight
    happened = feed.of_firm if ask.viewer.sees_firm else feed.of_my_cases
    return Page(
        "home.html",
        {
            "feed": paging.of_feed(connection, sight, happened(connection, sight, ask.before, paging.asked())),
            "cases": cases.shown(connection, sight, BEYOND, _SHORT + 1, only_open=True),
            "leads": leads.shown(connection, sight, BEYOND, _SHORT + 1, only_open=True),
            "short": _SHORT,
            "first": "before" not in ask.arguments,
        },
    )


def all_cases(ask: Ask) -> Page:
    """All cases."""
    found = cases.shown(ask.connection, ask.viewer.sight, ask.before, paging.asked())
    return Page("cases.html", {"list": paging.of(found)})


def all_leads(ask: Ask) -> Page:
    """All leads."""
    found = leads.shown(ask.connection, ask.viewer.sight, ask.before, paging.asked())
    return Page("leads.html", {"list": paging.of(found)})


def all_contacts(ask: Ask) -> Page:
    """All contacts."""
    found = contacts.shown(ask.connection, ask.viewer.sight, ask.before, paging.asked())
    return Page("contacts.html", {"list": paging.of(found)})


def case(ask: Ask) -> Page:
    """A case and its feed."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = _there(cases.seen(connection, sight, number, _MANY))
    happened = feed.of_case(connection, sight, number, ask.before, paging.asked())
    return Page("case.html", {"case": found, "feed": paging.of_feed(connection, sight, happened)})


def lead(ask: Ask) -> Page:
    """A lead and its feed."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = _there(leads.seen(connection, sight, number, _MANY))
    happened = feed.of_lead(connection, sight, number, ask.before, paging.asked())
    return Page("lead.html", {"lead": found, "feed": paging.of_feed(connection, sight, happened)})


def contact(ask: Ask) -> Page:
    """A contact, its cases and leads, and its mail."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = _there(contacts.seen(connection, sight, number, _MANY))
    mail = mailbook.of_contact(connection, sight, number, ask.before, paging.asked())
    changes = feed.changes_of_contact(connection, sight, number, BEYOND, _CHANGES)
    return Page(
        "contact.html",
        {
            "contact": found,
            "list": paging.of_emails(connection, sight, mail),
            "changes": paging.together(changes),
        },
    )


def email(ask: Ask) -> Page:
    """An email: its text, its parts, its thread, and why it is where it is."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = _there(mailbook.seen(connection, sight, number, _MANY))
    places = [
        {**place, "name": f"{place['number']} {place['name']}" if place["number"] else place["name"]}
        for place in links.places_of(connection, number, sight)
    ]
    happened = feed.of_email(connection, sight, number, BEYOND, paging.PAGE_SIZE)
    _name_files(found["attachments"])
    return Page(
        "email.html",
        {
            "email": found,
            "places": places,
            "contacts": links.contacts_of(connection, number, sight, _MANY),
            "letter": paging.part_of(str(found["text"]), ask.number("part", 1), frame.MAX_TEXT),
            "forwards": found["forwards"][:_FORWARDS],
            "many": _MANY,
            "few_files": paging.PAGE_SIZE,
            "as_sent": bool(found["has_html"]) and ask.arguments.get("view") == "html",
            "thread": _thread(ask, number),
            "history": paging.together(happened)[::-1],
            "why": _why(ask, number),
            "suggestions": _open_suggestions(ask, found, places),
            "suspicions": _suspicions(ask, found),
        },
    )


def email_html(ask: Ask) -> Bytes:
    """The HTML of an email made harmless, for the frame on its page."""
    found = _there(mailbook.seen(ask.connection, ask.viewer.sight, ask.numbers[0], _MANY))
    if not found["has_html"]:
        raise NotThereError
    headers = {"Content-Security-Policy": locks.FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    raw, secrets = _original(ask.path, ask.numbers[0])
    content = frame.within_budget(raw, secrets, str(found["text"]), f"/emails/{ask.numbers[0]}")
    return Bytes(content, "text/html; charset=utf-8", headers)


def email_people(ask: Ask) -> Page:
    """All recipients of an email, a page at a time."""
    return _all_of(ask, mailparts.recipients, "email_people.html")


def email_files(ask: Ask) -> Page:
    """All attachments of an email, a page at a time."""
    page = _all_of(ask, mailparts.attachments, "email_files.html")
    _name_files(page.values["rows"])
    return page


def attachment(ask: Ask) -> Bytes:
    """An attachment as a download."""
    found = _there(mailbook.attachment(ask.connection, ask.viewer.sight, ask.numbers[0], ask.numbers[1]))
    connection = database.open_reader(ask.path, busy_seconds=5)  # for which the secrets are no secrets
    try:
        attached = originals.attachment_for(connection, ask.viewer, ask.numbers[0], str(found["part"]))
    finally:
        connection.close()
    if attached is None:
        raise NotThereError
    headers = {"Content-Disposition": frame.disposition(found["filename"], found["content_type"])}
    return Bytes(attached.content, "application/octet-stream", headers)


def unassigned(ask: Ask) -> Page:
    """The list to empty, each email with its best suggestion."""
    found = _waiting(ask, "unassigned")
    for row in found.rows:
        row["suggestion"] = next(iter(_suggestions(ask, row["id"])), None)
    return Page("unassigned.html", {"list": found})


def held(ask: Ask) -> Page:
    """Mail that waits to be let in by its owner or an admin."""
    return Page("held.html", {"list": _waiting(ask, "held")})


def found(ask: Ask) -> Page:
    """What a search finds."""
    query = ask.arguments.get("q", "")
    matches = searching.matches(ask.connection, ask.viewer, query, ask.before, ask.days)
    words = {"query": query[:LONGEST], "list": matches.page, "total": matches.total, "cap": paging.CAP}
    return Page("search.html", {**words, "problem": matches.problem})


def told(ask: Ask) -> Page:
    """What the viewer was told and has not seen to yet; the person at this computer sees everybody's."""
    read_too = ask.arguments.get("all") == "1"
    found = notifications.listed(
        ask.connection,
        ask.viewer.sight,
        ask.viewer.user_id,
        read_too=read_too,
        before=ask.before,
        limit=paging.asked(),
    )
    page = paging.of(found)
    rows = paging.marked(ask.connection, ask.viewer.sight, page.rows)
    return Page("notifications.html", {"list": page._replace(rows=rows), "read_too": read_too})


def badges(connection: sqlite3.Connection, viewer: Viewer) -> dict[str, int]:
    """How many emails are unassigned, how many held, and how many notifications unread; each up to paging.CAP."""
    return {
        "unassigned": mailbook.count_waiting(connection, viewer.sight, "unassigned", paging.CAP),
        "held": mailbook.count_waiting(connection, viewer.sight, "held", paging.CAP),
        "notifications": notifications.count_unread(connection, viewer.user_id, paging.CAP),
    }


_NUMBER = "([1-9][0-9]{0,17})"
ROUTES: tuple[tuple[str, Callable[[Ask], Page | Bytes]], ...] = (
    (r"/", home),
    (r"/cases", all_cases),
    (rf"/cases/{_NUMBER}", case),
    (r"/leads", all_leads),
    (rf"/leads/{_NUMBER}", lead),
    (r"/contacts", all_contacts),
    (rf"/contacts/{_NUMBER}", contact),
    (rf"/emails/{_NUMBER}", email),
    (rf"/emails/{_NUMBER}/html", email_html),
    (rf"/emails/{_NUMBER}/recipients", email_people),
    (rf"/emails/{_NUMBER}/attachments", email_files),
    (rf"/emails/{_NUMBER}/attachments/{_NUMBER}", attachment),
    (r"/unassigned", unassigned),
    (r"/held", held),
    (r"/search", found),
    (r"/notifications", told),
)
"""Every address there is, whole, with the function that answers it."""

FROM_BYTES = frozenset({email_html, attachment})
"""What takes the bytes of a mail apart."""
OPENING: Mapping[Callable[[Ask], Page | Bytes], str] = {
    email: "page",
    email_html: "HTML",
    email_people: "recipients",
    email_files: "attachments",
    attachment: "attachment",
}
"""What somebody opens of the email whose number comes first in the address, as the read log calls it."""


def _there(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        raise NotThereError
    return found


def _waiting(ask: Ask, standing: str) -> Slice:
    sight = ask.viewer.sight
    found = mailbook.waiting(ask.connection, sight, standing, ask.before, paging.asked())
    return paging.of_emails(ask.connection, sight, found)


def _all_of(ask: Ask, some: Callable[..., list[dict[str, Any]]], template: str) -> Page:
    """A page of what an email has very many of, and where the next one begins."""
    number = ask.numbers[0]
    found = _there(mailbook.seen(ask.connection, ask.viewer.sight, number, 0))
    rows = some(ask.connection, ask.viewer.sight, number, ask.number("after", 0), _MANY + 1)
    following = rows[_MANY - 1]["id"] if len(rows) > _MANY else None
    return Page(template, {"email": found, "rows": rows[:_MANY], "following": following})


def _name_files(attachments: list[dict[str, Any]]) -> None:
    """Give attachments the names under which they are saved."""
    for each in attachments:
        each["filename"] = safe_name(each["filename"], each["content_type"])


def _thread(ask: Ask, email_id: int) -> list[dict[str, Any]]:
    """The other emails of the thread in sight, oldest first; of a long one the newest."""
    related = suggestions.related_emails(ask.connection, email_id, ask.viewer.sight)[-_THREAD:]
    sight = ask.viewer.sight
    found = paging.marked(ask.connection, sight, mailbook.entries(ask.connection, sight, related))
    return sorted(found, key=lambda row: (row["date"] or row["logged_at"], row["id"]))


def _original(path: str, email_id: int) -> tuple[bytes, Secrets]:
    """The bytes of an email, and the secrets to hide in whatever is shown of them; the caller checked who asks.

    Over a connection of its own, for which the secrets are no secrets.
    """
    connection = database.open_reader(path, busy_seconds=5)
    try:
        secrets = users.secrets(connection, settings.logging_domain(connection))
        return emails.raw_of(connection, email_id), secrets
    finally:
        connection.close()


def _why(ask: Ask, email_id: int) -> list[dict[str, Any]]:
    """The decisions about an email in words, as far as what they name is in sight."""
    decisions = deliveries.decisions(ask.connection, email_id, latest=20, sight=ask.viewer.sight)[::-1]
    told = [(each["decided_at"], explanation.sentences(each, ask.days)) for each in decisions]
    return [{"at": at, "sentences": words[:_REASONS], "more": len(words[_REASONS:])} for at, words in told]


def _open_suggestions(ask: Ask, found: dict[str, Any], places: list[dict[str, Any]]) -> list[Any]:
    """The suggestions that would change something: for an email that is linked, only places it is not linked to."""
    if found["standing"] == "rejected":
        return []
    here = {(place["kind"], place["id"]) for place in places}
    suggested = _suggestions(ask, found["id"])[:_SHORT]
    return [each for each in suggested if (each.place is None and not here) or (each.place and each.place not in here)]


def _suspicions(ask: Ask, found: dict[str, Any]) -> list[Any]:
    """What deceives in an email, or may."""
    from casefleet_cli.desk import spoofing  # noqa: PLC0415 - kept in one place

    return spoofing.of_email(ask.connection, ask.viewer.sight, found)


def _suggestions(ask: Ask, email_id: int) -> list[Any]:
    """What in sight is likely for an email."""
    from casefleet_cli.desk import suggestions as suggestion_desk  # noqa: PLC0415 - kept in one place

    return suggestion_desk.for_email(ask.connection, email_id, ask.viewer.sight)
