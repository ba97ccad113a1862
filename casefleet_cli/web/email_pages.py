"""The pages of one e-mail: its text, its HTML, its people, its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli import access
from casefleet_cli.core.address import normal
from casefleet_cli.core.filenames import safe_name
from casefleet_cli.core.rules import explanation
from casefleet_cli.core.rules.notices import quoted
from casefleet_cli.custody import originals
from casefleet_cli.store import (
    activities,
    contacts,
    database,
    deliveries,
    emails,
    feed,
    labels,
    links,
    mailbook,
    mailparts,
    settings,
    suggestions,
    users,
)
from casefleet_cli.store.database import BEYOND
from casefleet_cli.web import frame, locks, paging
from casefleet_cli.web.asking import Ask, Bytes, NotThereError, Page, there

if TYPE_CHECKING:
    from collections.abc import Callable

    from casefleet_cli.core.secrets.spelling import Secrets

_SHORT = 8
_THREAD = 50
_MANY = 200
"""Of the people, files, places and deliveries of a page, at most so many are shown."""
_FORWARDS = 20
_FEW_REASONS = 2
_REASONS = 50
"""Sentences of one decision that a page shows."""


def email(ask: Ask) -> Page:
    """An email: its text, its parts, its thread, and why it is where it is."""
    connection, sight, number = ask.connection, ask.viewer.sight, ask.numbers[0]
    found = there(mailbook.seen(connection, sight, number, _MANY))
    places = [
        {**place, "name": f"{place['number']} {place['name']}" if place["number"] else place["name"]}
        for place in links.places_of(connection, number, sight)
    ]
    happened = feed.of_email(connection, sight, number, BEYOND, paging.PAGE_SIZE)
    _name_files(found["attachments"])
    suspicions = _suspicions(ask, found)
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
            "labels": labels.of_email(connection, number),
            "rejected": activities.rejection(connection, number) if found["standing"] == "rejected" else None,
            "few_reasons": _FEW_REASONS,
            "sender": _sender(ask, found, deceives=any(one.field == "from" for one in suspicions)),
            "suggestions": _open_suggestions(ask, found),
            "suspicions": suspicions,
        },
    )


def email_html(ask: Ask) -> Bytes:
    """The HTML of an email made harmless, for the frame on its page."""
    found = there(mailbook.seen(ask.connection, ask.viewer.sight, ask.numbers[0], _MANY))
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
    found = there(mailbook.attachment(ask.connection, ask.viewer.sight, ask.numbers[0], ask.numbers[1]))
    connection = database.open_reader(ask.path, busy_seconds=5)  # for which the secrets are no secrets
    try:
        attached = originals.attachment_for(connection, ask.viewer, ask.numbers[0], str(found["part"]))
    finally:
        connection.close()
    if attached is None:
        raise NotThereError
    headers = {"Content-Disposition": frame.disposition(found["filename"], found["content_type"])}
    return Bytes(attached.content, "application/octet-stream", headers)


def _all_of(ask: Ask, some: Callable[..., list[dict[str, Any]]], template: str) -> Page:
    """A page of what an email has very many of, and where the next one begins."""
    number = ask.numbers[0]
    found = there(mailbook.seen(ask.connection, ask.viewer.sight, number, 0))
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


def _open_suggestions(ask: Ask, found: dict[str, Any]) -> list[Any]:
    """The suggestions that would change something; none for mail that is out of sight."""
    return [] if found["standing"] == "rejected" else suggested(ask, [found["id"]])[found["id"]][:_SHORT]


def _sender(ask: Ask, found: dict[str, Any], *, deceives: bool) -> dict[str, Any]:
    """The contacts in sight that hold the sender's address; where none does, the command that adds one.

    None is offered for the firm's own people, for mail that is not let in, and where the sender deceives.
    """
    address = normal(found["from_address"])
    held_by = contacts.in_sight_of(ask.connection, ask.viewer.sight, address) if address else []
    is_own = bool(users.senders_among(ask.connection, [address]))
    is_let_in = found["standing"] in ("linked", "unassigned")
    command = ""
    if address and is_let_in and ask.viewer.may("contact add") and not (held_by or is_own or deceives):
        name = quoted(" ".join(found["from_name"].split()) or address)
        command = f"casefleet contact add {name} --address {quoted(address)}"
    return {"contacts": held_by, "command": command}


def email_viewers(ask: Ask) -> Page:
    """Who of the firm may see an email, and why."""
    found = there(mailbook.seen(ask.connection, ask.viewer.sight, ask.numbers[0], 0))
    seers = [one._asdict() for one in access.seers_of_email(ask.connection, ask.numbers[0])]
    return Page("viewers.html", {"email": found, "rows": seers, "following": None})


def _suspicions(ask: Ask, found: dict[str, Any]) -> list[Any]:
    """What deceives in an email, or may."""
    from casefleet_cli.desk import spoofing  # noqa: PLC0415 - kept in one place

    return spoofing.of_email(ask.connection, ask.viewer.sight, found)


def suggested(ask: Ask, email_ids: list[int]) -> dict[int, list[Any]]:
    """What in sight is likely for each of some emails, the most trusted first."""
    from casefleet_cli.desk import suggestions as suggestion_desk  # noqa: PLC0415 - kept in one place

    return suggestion_desk.for_emails(ask.connection, email_ids, ask.viewer.sight)
