"""Who sees what: the one place that knows what a role means.

Admins see everything. Standard users see everything but held and rejected mail of others. Limited users and guests
see the cases they are assigned to, with what belongs to those, and their own mail until it is filed.
"""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import sight, users
from casefleet_cli.store.sight import Sight, both, either

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

    @property
    def sight(self) -> Sight:
        """The rows that are in sight; the journal of user accounts is for admins."""
        if self.is_admin:
            return sight.EVERYTHING._replace(user_id=self.user_id or 0)
        if self.role == "standard":
            emails = either(sight.let_in, sight.owned)
            told = both(sight.about_no_email_but(emails), sight.about_mail_or_matters)
            return sight.EVERYTHING._replace(user_id=self.user_id or 0, emails=emails, activities=told)
        emails = either(sight.on_my_case, both(sight.not_filed, sight.owned))
        return Sight(
            user_id=self.user_id or 0,
            emails=emails,
            cases=sight.my_cases,
            leads=sight.became_my_case,
            contacts=sight.of_my_cases,
            activities=both(sight.about_no_email_but(emails), sight.about_my_cases),
        )


THIS_COMPUTER = Viewer(None, "this computer", "admin")


def of_user(connection: sqlite3.Connection, user_id: int) -> Viewer | None:
    """The user as a viewer, or None when there is no such user or it is disabled."""
    known = users.active(connection, user_id)
    return None if known is None else Viewer(user_id, *known)
