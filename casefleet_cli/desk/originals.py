"""The bytes of mail as they came, for whom they hold no secret of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.errors import UsageError
from casefleet_cli.store import emails, users

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.access import Viewer


class SecretInsideError(UsageError):
    """The bytes hold a BCC address of somebody else."""


def octets_for(connection: sqlite3.Connection, viewer: Viewer, email_id: int) -> bytes:
    """The bytes of an email in sight of a viewer.

    Raises SecretInsideError where they hold a BCC address, past or present, that is not the viewer's: changed bytes
    would be no evidence.
    """
    raw = emails.raw_of(connection, email_id)
    if not viewer.is_admin and users.secrets(connection, but=viewer.user_id).is_in(raw):
        raise SecretInsideError(
            f"The bytes of e-mail {email_id} hold the BCC address of another user and are for admins;"
            f" casefleet email show {email_id} --headers shows the rest."
        )
    return raw
