"""The pages about who looks: what needs them, what they were told, and how they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli.desk import users as user_desk
from casefleet_cli.store import cases, correspondence, database, feed, leads, notifications, settings, users
from casefleet_cli.store.database import BEYOND
from casefleet_cli.web import paging
from casefleet_cli.web.asking import Ask, Bytes, NotThereError, Page, there

if TYPE_CHECKING:
    from casefleet_cli.web.paging import Slice

_SHORT = 8
_FEW = 5
_LISTED = ("unassigned", "held")
"""What is told by a list of mail already."""


def home(ask: Ask) -> Page:
    """What needs who looks, what happened lately, and what is open."""
    connection, sight = ask.connection, ask.viewer.sight
    happened = feed.of_firm if ask.viewer.sees_firm else feed.of_my_cases
    lately = paging.of_feed(connection, sight, happened(connection, sight, ask.before, paging.asked()))
    told = notifications.listed(connection, sight, ask.viewer.user_id, read_too=False, limit=paging.PAGE_SIZE)
    others = [row for row in told if row["kind"] not in _LISTED][:_FEW] if ask.viewer.user_id is not None else []
    return Page(
        "home.html",
        {
            "unassigned": _mine(ask, "unassigned"),
            "held": _mine(ask, "held"),
            "told": paging.marked(connection, sight, others),
            "few": _FEW,
            "feed": lately,
            "cases": cases.shown(connection, sight, BEYOND, _SHORT + 1, only_open=True),
            "leads": leads.shown(connection, sight, BEYOND, _SHORT + 1, only="open"),
            "short": _SHORT,
            "first": "before" not in ask.arguments,
        },
    )


def told(ask: Ask) -> Page:
    """What the viewer was told and has not seen to yet; the person at this computer sees everybody's."""
    read_too, kind = ask.arguments.get("all") == "1", ask.arguments.get("kind", "")
    connection, sight, user_id = ask.connection, ask.viewer.sight, ask.viewer.user_id
    found = notifications.listed(
        connection, sight, user_id, read_too=read_too, before=ask.before, limit=paging.asked(), kind=kind
    )
    page = paging.of(found)
    rows = paging.marked(connection, sight, page.rows)
    kinds = notifications.kinds(connection, user_id, paging.CAP)
    return Page(
        "notifications.html", {"list": page._replace(rows=rows), "read_too": read_too, "kinds": kinds, "kind": kind}
    )


def profile(ask: Ask) -> Page:
    """Who looks: name, role and addresses, and the own BCC address, which nobody else is shown."""
    number = ask.viewer.user_id
    if number is None:
        raise NotThereError
    user = there(users.profile(ask.connection, number))
    connection = database.open_reader(ask.path, busy_seconds=5)  # for which the own address is no secret
    try:
        own = user_desk.bcc_addresses(connection, number, acting=number)
        domain = settings.logging_domain(connection)
    finally:
        connection.close()
    current = own.current if own else ""
    local, _, at = current.partition("@")
    return Page(
        "profile.html",
        {
            "user": user,
            "bcc": current,
            "in_grace": own.in_grace if own else (),
            "tagged": f"{local}+2026-104@{at}" if current else "",
            "domain": domain,
        },
    )


def vcard(ask: Ask) -> Bytes:
    """The own BCC address as a contact for the mail program."""
    number = ask.viewer.user_id
    if number is None:
        raise NotThereError
    connection = database.open_reader(ask.path, busy_seconds=5)  # as above
    try:
        card = user_desk.vcard(connection, number, acting=number)
    finally:
        connection.close()
    headers = {"Content-Disposition": 'attachment; filename="casefleet-bcc.vcf"'}
    return Bytes(card.encode(), "text/vcard; charset=utf-8", headers)


def _mine(ask: Ask, standing: str) -> Slice:
    """The newest emails that wait for who looks; none for the person at this computer."""
    if ask.viewer.user_id is None:
        return paging.of([])
    found = correspondence.waiting_for(ask.connection, ask.viewer.sight, standing, _FEW + 1)
    return paging.of_spots(ask.connection, ask.viewer.sight, found)


def waits(ask: Ask, standing: str) -> dict[str, Any]:
    """A list of what waits, all in sight or that of who looks alone (`?mine=1`)."""
    mine = ask.arguments.get("mine") == "1" and ask.viewer.user_id is not None
    sight = ask.viewer.sight
    found = correspondence.waiting(ask.connection, sight, standing, ask.spot, paging.asked(), only_own=mine)
    return {"list": paging.of_spots(ask.connection, sight, found), "mine": mine}
