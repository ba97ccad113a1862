"""Cases, leads, contacts and notifications as the pages show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli import access
from casefleet_cli.store import database
from casefleet_cli.web.queries_feed import PAGE_SIZE, Slice

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from casefleet_cli.access import Viewer

CAP = 1000
"""Badges are counted up to here, so that they cost the same at any size."""
_LOOKED_AT = 2000
"""Of the waiting emails of the firm, the newest so many are looked at for a badge."""
_CASES = """SELECT k.id, k.number, k.title, k.status, k.opened_at, k.closed_at,
(SELECT count(*) FROM email_cases AS l WHERE l.case_id = k.id) AS emails FROM cases AS k"""
_LEADS = """SELECT d.id, d.name, d.status, d.stage, d.source, d.opened_at, d.ended_at, d.case_id,
(SELECT count(*) FROM email_leads AS l WHERE l.lead_id = d.id) AS emails FROM leads AS d"""


def badges(connection: sqlite3.Connection, viewer: Viewer) -> dict[str, int]:
    """How many emails are unassigned, how many held, and how many notifications unread; each up to CAP."""
    asked = {**access.parameters(viewer), "cap": CAP}
    seen = access.emails(viewer, "e")
    counts = {
        standing: _count(
            connection,
            f"SELECT 1 FROM (SELECT id, standing FROM emails WHERE standing = '{standing}' AND standing <> 'linked'"
            f" ORDER BY id DESC LIMIT {_LOOKED_AT}) AS e WHERE {seen} LIMIT :cap",
            asked,
        )
        for standing in ("unassigned", "held")
    }
    counts["notifications"] = _count(
        connection, f"SELECT 1 FROM notifications AS n WHERE n.read_at IS NULL AND {_mine(viewer)} LIMIT :cap", asked
    )
    return counts


def open_cases(connection: sqlite3.Connection, viewer: Viewer, limit: int) -> list[dict[str, Any]]:
    """The open cases in sight, the last opened first."""
    return _rows(
        connection,
        f"{_CASES} WHERE k.status = 'open' AND {access.cases(viewer, 'k')} ORDER BY k.id DESC LIMIT :limit",
        {"limit": limit, **access.parameters(viewer)},
    )


def open_leads(connection: sqlite3.Connection, viewer: Viewer, limit: int) -> list[dict[str, Any]]:
    """The open leads in sight, the last opened first."""
    return _rows(
        connection,
        f"{_LEADS} WHERE d.status = 'open' AND {access.leads(viewer, 'd')} ORDER BY d.id DESC LIMIT :limit",
        {"limit": limit, **access.parameters(viewer)},
    )


def cases(connection: sqlite3.Connection, viewer: Viewer, before: int) -> Slice:
    """All cases in sight, the last opened first."""
    return _slice(connection, viewer, f"{_CASES} WHERE k.id < :before AND {access.cases(viewer, 'k')}", "k", before)


def leads(connection: sqlite3.Connection, viewer: Viewer, before: int) -> Slice:
    """All leads in sight, the last opened first."""
    return _slice(connection, viewer, f"{_LEADS} WHERE d.id < :before AND {access.leads(viewer, 'd')}", "d", before)


def contacts(connection: sqlite3.Connection, viewer: Viewer, before: int) -> Slice:
    """All contacts in sight, the last added first."""
    query = (
        "SELECT c.id, c.name, c.kind, (SELECT group_concat(address, ', ') FROM (SELECT x.address FROM contact_addresses"
        " AS x WHERE x.contact_id = c.id LIMIT 3)) AS addresses FROM contacts AS c WHERE c.id < :before AND"
        f" c.merged_into_id IS NULL AND {access.contacts(viewer, 'c')}"
    )
    return _slice(connection, viewer, query, "c", before)


def case(connection: sqlite3.Connection, viewer: Viewer, case_id: int) -> dict[str, Any] | None:
    """A case in sight with its contacts, users and former leads, or None."""
    asked = {"id": case_id, **access.parameters(viewer)}
    found = _rows(connection, f"{_CASES} WHERE k.id = :id AND {access.cases(viewer, 'k')}", asked)
    if not found:
        return None
    return {
        **found[0],
        "contacts": _rows(
            connection,
            "SELECT c.id, c.name, l.role, (SELECT x.address FROM contact_addresses AS x WHERE x.contact_id = c.id"
            " ORDER BY x.id LIMIT 1) AS address FROM case_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
            " WHERE l.case_id = :id ORDER BY c.name LIMIT 200",
            asked,
        ),
        "users": _rows(
            connection,
            "SELECT u.id, u.name, u.role, u.disabled_at FROM case_users AS l JOIN users AS u ON u.id = l.user_id"
            " WHERE l.case_id = :id ORDER BY u.name",
            asked,
        ),
        "leads": _rows(connection, "SELECT id, name FROM leads WHERE case_id = :id ORDER BY id", asked),
    }


def lead(connection: sqlite3.Connection, viewer: Viewer, lead_id: int) -> dict[str, Any] | None:
    """A lead in sight with its contacts and the case it became, or None."""
    asked = {"id": lead_id, **access.parameters(viewer)}
    found = _rows(connection, f"{_LEADS} WHERE d.id = :id AND {access.leads(viewer, 'd')}", asked)
    if not found:
        return None
    became = _rows(
        connection,
        f"SELECT k.id, k.number, k.title FROM cases AS k WHERE k.id = :case AND {access.cases(viewer, 'k')}",
        {**asked, "case": found[0]["case_id"]},
    )
    return {
        **found[0],
        "case": became[0] if became else None,
        "contacts": _rows(
            connection,
            "SELECT c.id, c.name, '' AS role, (SELECT x.address FROM contact_addresses AS x WHERE x.contact_id = c.id"
            " ORDER BY x.id LIMIT 1) AS address FROM lead_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
            " WHERE l.lead_id = :id ORDER BY c.name LIMIT 200",
            asked,
        ),
    }


def contact(connection: sqlite3.Connection, viewer: Viewer, contact_id: int) -> dict[str, Any] | None:
    """A contact in sight with its addresses and its cases and leads in sight, or None."""
    asked = {"id": contact_id, **access.parameters(viewer)}
    found = _rows(
        connection,
        "SELECT c.id, c.name, c.kind, c.note, c.created_at, c.merged_into_id FROM contacts AS c"
        f" WHERE c.id = :id AND {access.contacts(viewer, 'c')}",
        asked,
    )
    if not found:
        return None
    addresses = connection.execute(
        "SELECT address FROM contact_addresses WHERE contact_id = ? ORDER BY id", (contact_id,)
    )
    return {
        **found[0],
        "addresses": [address for (address,) in addresses],
        "cases": _rows(
            connection,
            f"{_CASES} JOIN case_contacts AS l ON l.case_id = k.id WHERE l.contact_id = :id"
            f" AND {access.cases(viewer, 'k')} ORDER BY k.status DESC, k.id DESC LIMIT 200",
            asked,
        ),
        "leads": _rows(
            connection,
            f"{_LEADS} JOIN lead_contacts AS l ON l.lead_id = d.id WHERE l.contact_id = :id"
            f" AND {access.leads(viewer, 'd')} ORDER BY d.status DESC, d.id DESC LIMIT 200",
            asked,
        ),
    }


def notifications(connection: sqlite3.Connection, viewer: Viewer, before: int, *, read_too: bool) -> Slice:
    """What the viewer was told and has not seen to yet; the person at this computer sees everybody's."""
    query = (
        "SELECT n.id, n.kind, n.detail, n.created_at, n.read_at, n.import_id, u.name AS user, e.id AS email_id,"
        " e.subject, e.from_name, e.from_address FROM notifications AS n JOIN users AS u ON u.id = n.user_id"
        f" LEFT JOIN emails AS e ON e.id = n.email_id AND {access.emails(viewer, 'e')}"
        f" WHERE n.id < :before AND {_mine(viewer)} AND {'1' if read_too else 'n.read_at IS NULL'}"
    )
    return _slice(connection, viewer, query, "n", before)


def _mine(viewer: Viewer) -> str:
    return "1" if viewer.user_id is None else "n.user_id = :viewer"


def _slice(connection: sqlite3.Connection, viewer: Viewer, query: str, alias: str, before: int) -> Slice:
    asked = {"before": before, "limit": PAGE_SIZE + 1, **access.parameters(viewer)}
    found = _rows(connection, f"{query} ORDER BY {alias}.id DESC LIMIT :limit", asked)
    shown = found[:PAGE_SIZE]
    return Slice(shown, shown[-1]["id"] if len(found) > PAGE_SIZE else None)


def _rows(connection: sqlite3.Connection, query: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(database.rows(connection.execute(query, asked)))


def _count(connection: sqlite3.Connection, query: str, asked: Mapping[str, Any]) -> int:
    (found,) = connection.execute(f"SELECT count(*) FROM ({query})", asked).fetchone()
    return int(found)
