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
    if found is None:
        return None
    content = found[1]
    secrets = users.secrets(connection, settings.logging_domain(connection))
    copy = _redacted(content, secrets)
    if copy.held and not viewer.is_admin and _tells(copy.raw, users.secrets(connection, but=viewer.user_id)):
        raise SecretInsideError(
            "This attachment holds the BCC address of another user, so only that user and admins may have it."
        )
    return Attachment(copy.raw, copy.raw != content)


def _tells(content: bytes, secrets: Secrets) -> bool:
    copy = _redacted(content, secrets)
    return copy.raw != content or bool(copy.held)


def _redacted(content: bytes, secrets: Secrets) -> copies.Copy:
    return copies.redact(content, secrets, lambda inner: containers.look_into(inner, secrets))
