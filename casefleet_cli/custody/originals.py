"""The bytes of mail as they came, and of what is attached, for whom they hold no secret of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.secrets import copies
from casefleet_cli.custody import containers
from casefleet_cli.errors import UsageError
from casefleet_cli.store import emails, settings, users

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.access import Viewer
    from casefleet_cli.core.secrets.spelling import Secrets


class SecretInsideError(UsageError):
    """The bytes hold a BCC address of somebody else."""


class Attachment(NamedTuple):
    """An attachment as somebody may have it."""

    content: bytes
    is_masked: bool
    """Whether BCC addresses in it were masked, so that it is not octet for octet what was sent."""
    defect: str | None = None
    """What was wrong with its encoding, so that it may not be whole."""


def octets_for(connection: sqlite3.Connection, viewer: Viewer, email_id: int) -> bytes:
    """The bytes of an email in sight of a viewer.

    Raises SecretInsideError where they hold a BCC address, past or present, that is not the viewer's, in whatever
    encoding: changed bytes would be no evidence.
    """
    raw = emails.raw_of(connection, email_id)
    if not viewer.is_admin and _tells(raw, users.secrets(connection, but=viewer.user_id)):
        raise SecretInsideError(
            f"The bytes of e-mail {email_id} hold the BCC address of another user and are for admins;"
            f" casefleet email show {email_id} --headers shows the rest."
        )
    return raw


def attachment_for(connection: sqlite3.Connection, viewer: Viewer, email_id: int, part: str) -> Attachment | None:
    """An attachment of an email in sight of a viewer, by the number of its part; None where there is none.

    In text, and in messages as text, BCC addresses are masked for everybody. What cannot be changed without breaking it
    (a document, an archive) is as it was sent, or raises SecretInsideError where it holds a BCC address that is not the
    viewer's, and the viewer is no admin.
    """
    found = messages.part_bytes(emails.raw_of(connection, email_id), part)
    return None if found is None else _Mask(connection, viewer).attachment(found[1])


class Attachments:
    """The attachments of an email in sight of a viewer, as `attachment_for` gives one, from one look at its bytes."""

    def __init__(self, connection: sqlite3.Connection, viewer: Viewer, email_id: int) -> None:
        self._parts = messages.parts(emails.raw_of(connection, email_id))
        self._mask = _Mask(connection, viewer)

    def one(self, part: str) -> Attachment | None:
        """The attachment by the number of its part; None where there is none. Raises SecretInsideError."""
        found = self._parts.get(part)
        return self._mask.attachment(*found.content()) if found else None


class _Mask:
    """What of an attachment a viewer may have."""

    def __init__(self, connection: sqlite3.Connection, viewer: Viewer) -> None:
        self._secrets = users.secrets(connection, settings.logging_domain(connection))
        self._not_for_viewer = None if viewer.is_admin else users.secrets(connection, but=viewer.user_id)

    def attachment(self, content: bytes, defect: str | None = None) -> Attachment:
        copy = _redacted(content, self._secrets)
        if copy.held and self._not_for_viewer and _tells(copy.raw, self._not_for_viewer):
            raise SecretInsideError(
                "This attachment holds the BCC address of another user, so only that user and admins may have it."
            )
        return Attachment(copy.raw, copy.raw != content, defect)


def _tells(content: bytes, secrets: Secrets) -> bool:
    copy = _redacted(content, secrets)
    return copy.raw != content or bool(copy.held)


def _redacted(content: bytes, secrets: Secrets) -> copies.Copy:
    return copies.redact(content, secrets, lambda inner: containers.look_into(inner, secrets))
