"""The pages for feed readers: the list of a page as an Atom feed, of numbers, dates and links.

What is in it is what the page shows the same viewer. Feed readers keep what they get, often on machines of others: so
there is no text and no person in it, and a subject only where the firm wants that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from casefleet_cli.core.atom import Entry, Feed, document, plain, tag
from casefleet_cli.store import activities, settings
from casefleet_cli.web import formats, words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from casefleet_cli.web.asking import Page

    Row = Mapping[str, Any]

_LETTERS = 300
"""Of a subject."""
_LISTS = ("q", "all", "kind", "mine")
"""The arguments that say which list a page shows; the others say which part of it."""
_TOKEN = re.compile(r"/feeds/([0-9a-z]{1,100})\.atom")
_WHAT = {"cases": "Case", "leads": "Lead", "contacts": "Contact", "emails": "E-mail"}


class Firm(NamedTuple):
    """What the entries of a firm's feeds depend on, besides the page."""

    domain: str
    """Where mail is logged: a name of this firm's alone."""
    since: str
    """The day from which on the firm's own numbers count."""
    has_subjects: bool


class Asked(NamedTuple):
    """A feed as it is asked for."""

    origin: str
    """The scheme and the host before every link."""
    viewer: int
    """Whose eyes it has; 0: the person who runs this machine."""
    address: str
    """The path of the page."""
    query: str = ""
    token: int | None = None
    """The number of the feed whose token was shown; None where the viewer is signed in."""


def of_firm(connection: sqlite3.Connection) -> Firm:
    """What the feeds of this firm have in common; reads settings."""
    since = (activities.first_at(connection) or "2026-01-01")[:10]
    has_subjects = settings.get(connection, settings.ATOM_SUBJECTS) == "on"
    return Firm(settings.logging_domain(connection) or "localhost", since, has_subjects)


def page_of(typed: str) -> str:
    """The path of a page with what says which list it shows, from an address as a browser shows it; "" for no path."""
    try:
        parts = urlsplit(typed.strip())
    except ValueError:
        return ""
    address = formats.split(parts.path or "/")[0]
    arguments = parse_qsl(parts.query, keep_blank_values=True)
    kept = {name: value for name, value in arguments if name in _LISTS}
    ours = address.startswith("/") and address.isascii() and address.isprintable()
    return address + (f"?{urlencode(kept, errors='replace')}" if kept else "") if ours else ""


def token_in(address: str) -> str:
    """The token in the address of a feed; "" for any other address."""
    found = _TOKEN.fullmatch(address)
    return found[1] if found else ""


def address_of(token: str) -> str:
    """The address of the feed that a token opens."""
    return f"/feeds/{token}.atom"


def told(name: str, page: Page, firm: Firm, asked: Asked) -> bytes:
    """A page as a feed, by the name of the function that made it."""
    form = formats.FORMS[name]
    found = page.values[form.rows or form.news]
    rows = found if isinstance(found, list) else found.rows
    entry = next(made for column, made in _BY_COLUMN if column in form.columns_of_news)
    about = page.values.get(form.about or "email", {})
    view = _View(firm, asked, about)
    whose = f"feed/{asked.token}" if asked.token else f"user/{asked.viewer}{_with_query(asked)}"
    # The token is in no feed, and neither is what was searched for by it: what a reader keeps tells neither.
    itself = f"{asked.origin}{formats.address_as(asked.address, 'atom')}{_query(asked)}"
    feed = Feed(
        id=view.tag(whose),
        title=_title(asked.address, about),
        author=f"CaseFleet, {firm.domain}",
        updated=f"{firm.since}T00:00:00Z",
        link=f"{asked.origin}{asked.address if asked.token else _with_query(asked)}",
        itself="" if asked.token else itself,
        entries=tuple(entry(view, row) for row in rows),
    )
    return document(feed)


class _View(NamedTuple):
    """What makes entries of rows."""

    firm: Firm
    asked: Asked
    about: Row
    """What the page is about."""

    def tag(self, name: str) -> str:
        return tag(self.firm.domain, self.firm.since, name)

    def link(self, path: str) -> str:
        return f"{self.asked.origin}{path}"

    def mail(self, number: int, subject: object) -> str:
        """What an e-mail is called."""
        known = str(words.clean(subject or "")) if self.firm.has_subjects else ""
        return words.short(plain(known), _LETTERS) or f"E-mail {number}"


def _activity(view: _View, row: Row) -> Entry:
    title = f"Activity {row['id']}"
    path = next((f"/{place['kind']}s/{place['id']}" for place in row["places"]), view.asked.address)
    if row["email_id"]:
        title, path = view.mail(row["email_id"], row["subject"]), f"/emails/{row['email_id']}"
    return Entry(view.tag(f"activity/{row['id']}"), title, row["at"], view.link(path))


def _mail(view: _View, row: Row) -> Entry:
    title = view.mail(row["id"], row["subject"])
    at = view.tag(f"email/{row['id']}"), title, row["logged_at"], view.link(f"/emails/{row['id']}")
    return Entry(*at, published=row["date"] or "")


def _notification(view: _View, row: Row) -> Entry:
    title, path = f"Notification {row['id']}", "/notifications"
    if row["email_id"]:
        title, path = view.mail(row["email_id"], row["subject"]), f"/emails/{row['email_id']}"
    return Entry(view.tag(f"notification/{row['id']}"), title, row["created_at"], view.link(path))


def _case(view: _View, row: Row) -> Entry:
    at = row["closed_at"] or row["opened_at"]
    return Entry(
        view.tag(f"case/{row['id']}"), f"Case {words.clean(row['number'])}", at, view.link(f"/cases/{row['id']}")
    )


def _lead(view: _View, row: Row) -> Entry:
    at = row["ended_at"] or row["opened_at"]
    return Entry(view.tag(f"lead/{row['id']}"), f"Lead {row['id']}", at, view.link(f"/leads/{row['id']}"))


def _contact(view: _View, row: Row) -> Entry:
    path = f"/contacts/{row['id']}"
    return Entry(view.tag(f"contact/{row['id']}"), f"Contact {row['id']}", row["created_at"], view.link(path))


def _file(view: _View, row: Row) -> Entry:
    name = f"attachment/{row['id']}"
    path = f"{view.asked.address}/{row['id']}"
    return Entry(view.tag(name), f"Attachment {row['id']}", view.about["logged_at"], view.link(path))


def _recipient(view: _View, row: Row) -> Entry:
    at = view.about["logged_at"], view.link(view.asked.address)
    return Entry(view.tag(f"recipient/{row['id']}"), f"Recipient {row['id']}", *at)


_BY_COLUMN: tuple[tuple[str, Callable[[_View, Row], Entry]], ...] = (
    ("verb", _activity),
    ("logged_at", _mail),
    ("created_at", _notification),
    ("number", _case),
    ("opened_at", _lead),
    ("addresses", _contact),
    ("filename", _file),
    ("address", _recipient),
)
"""What makes an entry of a row, by the first of these columns that such rows have."""


def _title(address: str, about: Row) -> str:
    """What a page is called by its path: "Case 2026-104, journal"."""
    first, number, *more = (*address.strip("/").split("/"), "")
    if not first:
        return "Activity"
    name = f"{_WHAT[first]} {words.clean(about.get('number', number))}" if number else first.capitalize()
    return ", ".join((name, *filter(None, more)))


def _query(asked: Asked) -> str:
    return f"?{asked.query}" if asked.query else ""


def _with_query(asked: Asked) -> str:
    return f"{asked.address}{_query(asked)}"
