"""The pages: each a plain function from what is asked to what is shown, run in a thread with its own connection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.core.mail import message
from casefleet_cli.core.query import LONGEST
from casefleet_cli.core.rules import explanation
from casefleet_cli.web import frame, locks, queries_email, queries_feed, queries_firm

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from casefleet_cli.access import Viewer

_SHORT = 8
_LETTER = 300_000
"""Letters of a mail's text that a page shows."""


class Ask(NamedTuple):
    """One request for a page."""

    connection: sqlite3.Connection
    path: str
    """Of the database file, for the one page that needs the bytes."""
    viewer: Viewer
    numbers: tuple[int, ...]
    """The row numbers in the address."""
    arguments: Mapping[str, str]

    @property
    def before(self) -> int:
        """Where this page of a list begins; anything that is no number begins at the top."""
        text = self.arguments.get("before", "")
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else queries_feed.START


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
    return Page(
        "home.html",
        {
            "feed": queries_feed.everything(ask.connection, ask.viewer, ask.before),
            "cases": queries_firm.open_cases(ask.connection, ask.viewer, _SHORT + 1),
            "leads": queries_firm.open_leads(ask.connection, ask.viewer, _SHORT + 1),
            "short": _SHORT,
            "first": "before" not in ask.arguments,
        },
    )


def cases(ask: Ask) -> Page:
    """All cases."""
    return Page("cases.html", {"list": queries_firm.cases(ask.connection, ask.viewer, ask.before)})


def leads(ask: Ask) -> Page:
    """All leads."""
    return Page("leads.html", {"list": queries_firm.leads(ask.connection, ask.viewer, ask.before)})


def contacts(ask: Ask) -> Page:
    """All contacts."""
    return Page("contacts.html", {"list": queries_firm.contacts(ask.connection, ask.viewer, ask.before)})


def case(ask: Ask) -> Page:
    """A case and its feed."""
    found = _there(queries_firm.case(ask.connection, ask.viewer, ask.numbers[0]))
    feed = queries_feed.of_case(ask.connection, ask.viewer, ask.numbers[0], ask.before)
    return Page("case.html", {"case": found, "feed": feed})


def lead(ask: Ask) -> Page:
    """A lead and its feed."""
    found = _there(queries_firm.lead(ask.connection, ask.viewer, ask.numbers[0]))
    feed = queries_feed.of_lead(ask.connection, ask.viewer, ask.numbers[0], ask.before)
    return Page("lead.html", {"lead": found, "feed": feed})


def contact(ask: Ask) -> Page:
    """A contact, its cases and leads, and its mail."""
    number = ask.numbers[0]
    found = _there(queries_firm.contact(ask.connection, ask.viewer, number))
    return Page(
        "contact.html",
        {
            "contact": found,
            "list": queries_feed.emails_of_contact(ask.connection, ask.viewer, number, ask.before),
            "changes": queries_feed.changes_of_contact(ask.connection, ask.viewer, number)[:10],
        },
    )


def email(ask: Ask) -> Page:
    """An email: its text, its parts, its thread, and why it is where it is."""
    number = ask.numbers[0]
    found = _there(queries_email.email(ask.connection, ask.viewer, number))
    return Page(
        "email.html",
        {
            "email": found,
            "letter_length": _LETTER,
            "as_sent": bool(found["has_html"]) and ask.arguments.get("view") == "html",
            "thread": queries_email.thread(ask.connection, ask.viewer, number),
            "history": queries_feed.of_email(ask.connection, ask.viewer, number),
            "why": _why(ask, number),
            "suggestions": _open_suggestions(ask, found),
        },
    )


def email_html(ask: Ask) -> Bytes:
    """The HTML of an email made harmless, for the frame on its page."""
    found = _there(queries_email.email(ask.connection, ask.viewer, ask.numbers[0]))
    if not found["has_html"]:
        raise NotThereError
    original = queries_email.original(ask.path, ask.numbers[0])
    html = message.html_of(original.raw) or ""
    shown = frame.harmless(html, message.inline_images(original.raw), original.veil.text)
    headers = {"Content-Security-Policy": locks.FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Bytes(shown.html.encode("utf-8", "replace"), "text/html; charset=utf-8", headers)


def attachment(ask: Ask) -> Bytes:
    """An attachment as a download."""
    found = _there(queries_email.attachment(ask.connection, ask.viewer, ask.numbers[0], ask.numbers[1]))
    original = queries_email.original(ask.path, ask.numbers[0])
    part = message.part_bytes(original.raw, str(found["part"]))
    if part is None:
        raise NotThereError
    content = part[1]
    if found["content_type"].startswith(("text/", "message/")):
        content = original.veil.octets(content)
    headers = {"Content-Disposition": frame.disposition(found["filename"], found["content_type"])}
    return Bytes(content, "application/octet-stream", headers)


def unassigned(ask: Ask) -> Page:
    """The list to empty, each email with its best suggestion."""
    found = queries_feed.waiting(ask.connection, ask.viewer, "unassigned", ask.before)
    for row in found.rows:
        row["suggestion"] = next(iter(_suggestions(ask, row["id"])), None)
    return Page("unassigned.html", {"list": found})


def held(ask: Ask) -> Page:
    """Mail that waits to be let in by its owner or an admin."""
    return Page("held.html", {"list": queries_feed.waiting(ask.connection, ask.viewer, "held", ask.before)})


def search(ask: Ask) -> Page:
    """What a search finds."""
    query = ask.arguments.get("q", "")
    found, total, problem = queries_email.search(ask.connection, ask.viewer, query, ask.before)
    told = {"query": query[:LONGEST], "list": found, "total": total, "cap": queries_firm.CAP, "problem": problem}
    return Page("search.html", told)


def notifications(ask: Ask) -> Page:
    """What the viewer was told."""
    read_too = ask.arguments.get("all") == "1"
    found = queries_firm.notifications(ask.connection, ask.viewer, ask.before, read_too=read_too)
    return Page("notifications.html", {"list": found, "read_too": read_too})


_NUMBER = "([1-9][0-9]{0,17})"
ROUTES: tuple[tuple[str, Callable[[Ask], Page | Bytes]], ...] = (
    (r"/", home),
    (r"/cases", cases),
    (rf"/cases/{_NUMBER}", case),
    (r"/leads", leads),
    (rf"/leads/{_NUMBER}", lead),
    (r"/contacts", contacts),
    (rf"/contacts/{_NUMBER}", contact),
    (rf"/emails/{_NUMBER}", email),
    (rf"/emails/{_NUMBER}/html", email_html),
    (rf"/emails/{_NUMBER}/attachments/{_NUMBER}", attachment),
    (r"/unassigned", unassigned),
    (r"/held", held),
    (r"/search", search),
    (r"/notifications", notifications),
)
"""Every address there is, whole, with the function that answers it."""


def _there(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        raise NotThereError
    return found


def _why(ask: Ask, email_id: int) -> list[dict[str, Any]]:
    """The decisions about an email in words; they name cases of the whole firm, so only who sees the firm sees them."""
    if not ask.viewer.sees_firm:
        return []
    decisions = queries_email.decisions(ask.connection, email_id)
    return [{"at": each["decided_at"], "sentences": explanation.sentences(each)} for each in decisions]


def _open_suggestions(ask: Ask, found: dict[str, Any]) -> list[Any]:
    """The suggestions that would change something: for an email that is linked, only places it is not linked to."""
    if found["standing"] == "rejected":
        return []
    here = {(place["kind"], place["id"]) for place in found["places"]}
    suggested = _suggestions(ask, found["id"])[:_SHORT]
    return [each for each in suggested if (each.place is None and not here) or (each.place and each.place not in here)]


def _suggestions(ask: Ask, email_id: int) -> list[Any]:
    """What is likely for an email; for who sees the firm, as suggestions name its cases and leads."""
    if not ask.viewer.sees_firm:
        return []
    from casefleet_cli.desk import suggestions  # noqa: PLC0415 - kept in one place

    return suggestions.for_email(ask.connection, email_id)
