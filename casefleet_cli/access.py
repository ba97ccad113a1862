"""Who sees what: the one place that turns a viewer into SQL conditions.

Admins see everything. Standard users see everything but held and rejected mail of others. Limited users and guests
see the cases they are assigned to, with what belongs to those, and their own mail until it is filed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3


class Viewer(NamedTuple):
    """Who looks at the pages: a user of the firm, or (user_id None) the person at this computer."""

    user_id: int | None
    name: str
    role: str

    @property
    def is_admin(self) -> bool:
        """Whether nothing but secrets is hidden."""
        return self.role == "admin"

    @property
    def sees_firm(self) -> bool:
        """Whether all cases, leads and contacts of the firm are in sight."""
        return self.role in ("admin", "standard")


THIS_COMPUTER = Viewer(None, "this computer", "admin")

_MY_CASES = "SELECT case_id FROM case_users WHERE user_id = :viewer"
_OWNED = "EXISTS (SELECT 1 FROM deliveries AS own WHERE own.email_id = {0}.id AND own.user_id = :viewer)"
# CROSS JOIN keeps the order: from the few places of an email to the user, not from the user's cases.
_ON_MY_CASE = (
    "EXISTS (SELECT 1 FROM email_cases AS at CROSS JOIN case_users AS mine ON mine.case_id = at.case_id"
    " WHERE at.email_id = {0}.id AND mine.user_id = :viewer)"
    " OR EXISTS (SELECT 1 FROM email_leads AS at CROSS JOIN leads AS was ON was.id = at.lead_id"
    " CROSS JOIN case_users AS mine ON mine.case_id = was.case_id"
    " WHERE at.email_id = {0}.id AND mine.user_id = :viewer)"
)


def of_user(connection: sqlite3.Connection, user_id: int) -> Viewer | None:
    """The user as a viewer, or None when there is no such user or it is disabled."""
    row = connection.execute("SELECT name, role FROM users WHERE id = ? AND disabled_at IS NULL", (user_id,)).fetchone()
    return None if row is None else Viewer(user_id, str(row[0]), str(row[1]))


def parameters(viewer: Viewer) -> dict[str, int]:
    """The values of the named parameters in the conditions; users count from 1, so 0 owns nothing."""
    return {"viewer": viewer.user_id or 0}


def emails(viewer: Viewer, alias: str) -> str:
    """The condition under which a row of emails is in sight."""
    if viewer.is_admin:
        return "1"
    if viewer.role == "standard":
        return f"({alias}.standing IN ('linked', 'unassigned') OR {_OWNED.format(alias)})"
    return f"({_ON_MY_CASE.format(alias)} OR ({alias}.standing <> 'linked' AND {_OWNED.format(alias)}))"


def cases(viewer: Viewer, alias: str) -> str:
    """The condition under which a row of cases is in sight."""
    return "1" if viewer.sees_firm else f"{alias}.id IN ({_MY_CASES})"


def leads(viewer: Viewer, alias: str) -> str:
    """The condition under which a row of leads is in sight: for limited users only what became a case of theirs."""
    return "1" if viewer.sees_firm else f"{alias}.case_id IN ({_MY_CASES})"


def contacts(viewer: Viewer, alias: str) -> str:
    """The condition under which a row of contacts is in sight."""
    if viewer.sees_firm:
        return "1"
    return (
        f"({alias}.id IN (SELECT on_case.contact_id FROM case_contacts AS on_case WHERE on_case.case_id IN"
        f" ({_MY_CASES})) OR {alias}.id IN (SELECT on_lead.contact_id FROM leads AS was JOIN lead_contacts AS on_lead"
        f" ON on_lead.lead_id = was.id WHERE was.case_id IN ({_MY_CASES})))"
    )


def activities(viewer: Viewer, alias: str) -> str:
    """The condition under which a row of activities is in sight; the journal of user accounts is for admins."""
    if viewer.is_admin:
        return "1"
    seen = f"EXISTS (SELECT 1 FROM emails AS of_it WHERE of_it.id = {alias}.email_id AND {emails(viewer, 'of_it')})"
    condition = f"({alias}.email_id IS NULL OR {seen})"
    if viewer.role == "standard":
        about_something = " OR ".join(
            f"{alias}.{column} IS NOT NULL" for column in ("case_id", "lead_id", "contact_id", "email_id")
        )
        return f"({condition} AND ({about_something}))"
    mine = f"{alias}.case_id IN ({_MY_CASES})"
    was_lead = f"{alias}.lead_id IN (SELECT was.id FROM leads AS was WHERE was.case_id IN ({_MY_CASES}))"
    return f"({condition} AND ({mine} OR {was_lead}))"
