"""A message and all that can be worked out about it without the database; where a bug is in the way, the bare bytes."""

from __future__ import annotations

from casefleet_cli.core.mail import fingerprint, folding
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.model import Message
from casefleet_cli.core.rules.routing import NOT_UNDERSTOOD, letterhead_of
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import emails, originals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from casefleet_cli.core.mail.folding import Run
    from casefleet_cli.core.rules.routing import Letterhead
    from casefleet_cli.core.secrets import Mask


class Packed(NamedTuple):
    """The bytes of a message, ready to be kept, with the base64 that was found in them."""

    raw: bytes
    original: originals.Original
    runs: Sequence[Run]


class Understood(NamedTuple):
    """What a message becomes in the database, and whom it is between."""

    original: originals.Original
    rows: emails.Rows
    letterhead: Letterhead | None
    """None when a bug kept us from understanding the message: its rows are bare."""

    def bare(self) -> Understood:
        """The same, as if nothing but the bytes could be understood."""
        return bare(self.original)


def packed(raw: bytes) -> Packed:
    """The message ready to be kept; linear in its size."""
    runs = folding.find(raw)
    return Packed(raw, originals.pack(raw, runs), runs)


def understand(message: Packed, mask: Mask) -> Understood:
    """Everything about a message, with BCC addresses masked; never raises."""
    parsed = parse(message.raw, message.runs, mask.domain)
    if parsed is not None:
        try:
            return Understood(message.original, emails.rows_of(mask.message(parsed)), letterhead_of(parsed))
        except Exception:  # noqa: BLE001, S110 - as in parse
            pass
    return bare(message.original)


def keep_bare(message: Packed, mask: Mask) -> Understood:  # noqa: ARG001 - stands in for understand
    """The message as if nothing of it could be understood."""
    return bare(message.original)


def parse(raw: bytes, runs: Sequence[Run] = (), logging_domain: str = "") -> Message | None:
    """The parsed message, or None when a bug in the parser got in the way."""
    try:
        return messages.parse(raw, runs, logging_domain)
    except Exception:  # noqa: BLE001 - a bug here must not lose a mail; the defect on the bare email tells of it
        return None


def bare(original: originals.Original) -> Understood:
    """A mail of which only the bytes are certain."""
    message = Message(defects=(NOT_UNDERSTOOD,), fingerprint=fingerprint.of_digest(original.sha256))
    return Understood(original, emails.rows_of(message), None)
