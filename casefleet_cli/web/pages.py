"""The pages: each a plain function from what is asked to what is shown, run in a thread with its own connection."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from casefleet_cli.core.query import LONGEST
from casefleet_cli.store import cases, contacts, correspondence, feed, leads, mailbook, notifications
from casefleet_cli.store.correspondence import TOP
from casefleet_cli.store.database import BEYOND
from casefleet_cli.web import email_pages, matter_pages, my_pages, paging, searching
from casefleet_cli.web.asking import Ask, Page
from casefleet_cli.web.email_pages import suggested

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from casefleet_cli.access import Viewer
    from casefleet_cli.store.correspondence import Source
    from casefleet_cli.web.asking import Bytes

_SUGGESTIONS = 3
_LATEST = ("id", "date", "logged_at", "subject", "from_name", "from_address", "suspicious", "hides")
_OPEN = 200
"""Open leads on one page."""


def all_cases(ask: Ask) -> Page:
    """All cases, each with its latest e-mail."""
    page = paging.of(cases.shown(ask.connection, ask.viewer.sight, ask.before, paging.asked()))
    with_latest(ask, page.rows, lambda number: correspondence.case_sources(ask.connection, number))
    return Page("cases.html", {"list": page})


def all_leads(ask: Ask) -> Page:
    """All leads, each with its latest e-mail: the open ones by stage, and those that ended a page at a time."""
    connection, sight = ask.connection, ask.viewer.sight
    ended = paging.of(leads.shown(connection, sight, ask.before, paging.asked(), only="ended"))
    is_first = "before" not in ask.arguments
    still = leads.shown(connection, sight, BEYOND, _OPEN + 1, only="open") if is_first else []
    with_latest(ask, [*still, *ended.rows], correspondence.lead_sources)
    stages = [(stage, list(rows)) for stage, rows in groupby(sorted(still[:_OPEN], key=_stage), key=_stage)]
    rows = [row for _, some in stages for row in some] + ended.rows
    shown = {"list": paging.Slice(rows, ended.next), "stages": stages, "ended": ended.rows}
    return Page("leads.html", {**shown, "more": len(still) > _OPEN, "most": _OPEN})


def all_contacts(ask: Ask) -> Page:
    """All contacts, each with the latest e-mail from or to it."""
    page = paging.of(contacts.shown(ask.connection, ask.viewer.sight, ask.before, paging.asked()))
    with_latest(ask, page.rows, lambda number: correspondence.contact_sources(ask.connection, number))
    return Page("contacts.html", {"list": page})


def with_latest(ask: Ask, rows: list[dict[str, Any]], sources_of: Callable[[int], list[Source]]) -> None:
    """Give cases, leads or contacts their `latest` e-mail in sight: id, date, logged_at and subject; else None."""
    connection, sight = ask.connection, ask.viewer.sight
    newest = {row["id"]: correspondence.newest(connection, sight, sources_of(row["id"]), TOP, 1) for row in rows}
    wanted = list({spot.email_id for spots in newest.values() for spot in spots})
    told = paging.marked(connection, sight, mailbook.entries(connection, sight, wanted))
    known = {row["id"]: {name: row[name] for name in _LATEST} for row in told}
    for row in rows:
        row["latest"] = next((known.get(spot.email_id) for spot in newest[row["id"]]), None)


def _stage(lead: dict[str, Any]) -> str:
    return str(lead["stage"] or "")


def journal(ask: Ask) -> Page:
    """All that happened, the accounts of users included."""
    happened = feed.of_firm(ask.connection, ask.viewer.sight, ask.before, paging.asked())
    return Page("journal.html", {"feed": paging.of_feed(ask.connection, ask.viewer.sight, happened)})


def unassigned(ask: Ask) -> Page:
    """The list to empty, each email with its best suggestions."""
    values = my_pages.waits(ask, "unassigned")
    likely = suggested(ask, [row["id"] for row in values["list"].rows])
    for row in values["list"].rows:
        row["suggestions"] = likely[row["id"]][:_SUGGESTIONS]
        row["suggestion"] = next(iter(row["suggestions"]), None)
    return Page("unassigned.html", values)


def held(ask: Ask) -> Page:
    """Mail that waits to be let in by its owner or an admin."""
    return Page("held.html", my_pages.waits(ask, "held"))


def found(ask: Ask) -> Page:
    """What a search finds."""
    query = " ".join(filter(None, (ask.arguments.get("in", "").strip(), ask.arguments.get("q", ""))))
    matches = searching.matches(ask, query)
    words = {"query": query[:LONGEST], "list": matches.page, "total": matches.total, "cap": paging.CAP}
    asked = {**words, "problem": matches.problem, "chips": searching.chips(query[:LONGEST]),
             "reasons": matches.reasons}  # fmt: skip
    is_answer = query.strip() and not matches.problem
    return Page("search.html", asked if is_answer else {**asked, "also": {}})


def badges(connection: sqlite3.Connection, viewer: Viewer) -> dict[str, int]:
    """How many emails are unassigned, how many held, and how many notifications unread; each up to paging.CAP."""
    return {
        "unassigned": correspondence.count_waiting(connection, viewer.sight, "unassigned", paging.CAP),
        "held": correspondence.count_waiting(connection, viewer.sight, "held", paging.CAP),
        "notifications": notifications.count_unread(connection, viewer.user_id, paging.CAP),
    }


_NUMBER = "([1-9][0-9]{0,17})"
ROUTES: tuple[tuple[str, Callable[[Ask], Page | Bytes]], ...] = (
    (r"/", my_pages.home),
    (r"/cases", all_cases),
    (rf"/cases/{_NUMBER}", matter_pages.case),
    (rf"/cases/{_NUMBER}/journal", matter_pages.case_journal),
    (rf"/cases/{_NUMBER}/attachments", matter_pages.case_files),
    (rf"/cases/{_NUMBER}/viewers", matter_pages.case_viewers),
    (r"/leads", all_leads),
    (rf"/leads/{_NUMBER}", matter_pages.lead),
    (rf"/leads/{_NUMBER}/journal", matter_pages.lead_journal),
    (rf"/leads/{_NUMBER}/attachments", matter_pages.lead_files),
    (r"/contacts", all_contacts),
    (rf"/contacts/{_NUMBER}", matter_pages.contact),
    (rf"/emails/{_NUMBER}", email_pages.email),
    (rf"/emails/{_NUMBER}/html", email_pages.email_html),
    (rf"/emails/{_NUMBER}/recipients", email_pages.email_people),
    (rf"/emails/{_NUMBER}/attachments", email_pages.email_files),
    (rf"/emails/{_NUMBER}/viewers", email_pages.email_viewers),
    (rf"/emails/{_NUMBER}/attachments/{_NUMBER}", email_pages.attachment),
    (r"/journal", journal),
    (r"/unassigned", unassigned),
    (r"/held", held),
    (r"/search", found),
    (r"/notifications", my_pages.told),
    (r"/profile", my_pages.profile),
    (r"/profile/casefleet-bcc.vcf", my_pages.vcard),
)
"""Every address there is, whole, with the function that answers it."""

FROM_BYTES = frozenset({email_pages.email_html, email_pages.attachment})
"""What takes the bytes of a mail apart."""
OPENING: Mapping[Callable[[Ask], Page | Bytes], str] = {
    email_pages.email: "page",
    email_pages.email_html: "HTML",
    email_pages.email_people: "recipients",
    email_pages.email_files: "attachments",
    email_pages.attachment: "attachment",
}
"""What somebody opens of the email whose number comes first in the address, as the read log calls it."""
