"""casefleet email print: one e-mail as a page to print."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli.cli import card, output
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.desk import reading
from casefleet_cli.store import mailbook, references

if TYPE_CHECKING:
    from casefleet_cli.cli.state import State
    from casefleet_cli.core.moments.days import Days

_PRINTED = ("Subject", "From", "Beware", "To", "Cc", "Bcc", "Date", "E-mail", "Filed to", "Attachments", "Forwards")
"""The labels that a page has, in order."""
_SAYS = {**card.SAYS, "date": "by its own Date field"}


def print_(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="EMAIL", help="The number of the e-mail.")],
    as_text: Annotated[bool, typer.Option("--text", help="With its text, not as it was sent.")] = False,
) -> None:
    """Print one e-mail as a page of HTML, to a file: who, when, what, and the mail as it was sent, made harmless."""
    from casefleet_cli.web import frame, printed  # noqa: PLC0415 - heavy

    state: State = context.obj
    connection = state.reader()
    email_id = references.email(connection, number, state.sight)
    whole = card.whole(connection, email_id, state.sight)
    if as_text or not whole["has_html"]:
        body = frame.as_text(whole["text"])
    else:
        body = frame.inside(*mailbook.original(connection, email_id), whole["text"])
    told = {**dict(card.fields(whole)), "Date": _when(whole, state.days())}
    lines = ((label, _lines(told[label])) for label in _PRINTED)
    title = f"E-mail {email_id}: {clean(whole['subject'] or 'no subject')}"
    page = printed.page(title, [(label, values) for label, values in lines if values], body)
    if reading.is_noted(connection):
        reading.note(state.database_path, state.viewer(), email_id, "page")
    if sys.stdout.isatty():
        output.block(page)
    else:
        sys.stdout.write(page.encode("utf-8", "replace").decode())


def _lines(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [line for line in (clean(str(one)) for one in values if one) if line]


def _when(whole: dict[str, Any], days: Days) -> str:
    """The moment of an email with its distance from UTC, and what says so."""
    if not whole["sent_at"]:
        return f"not given; logged {_moment(whole['logged_at'], days)}"
    said = _SAYS.get(whole["moment_from"])
    return _moment(whole["sent_at"], days) + (f" ({said})" if said else "")


def _moment(stamp: str, days: Days) -> str:
    try:
        return days.local(stamp).isoformat(" ", "minutes")
    except ValueError:
        return stamp
