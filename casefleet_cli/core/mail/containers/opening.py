"""From a container of any kind to the MIME entity in it, or the defect that says why there is none."""

from __future__ import annotations

from casefleet_cli.core.mail.containers import cms, letter, msg, tnef
from casefleet_cli.core.mail.containers.allowance import DamagedError
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from casefleet_cli.core.mail.containers.allowance import Allowance

_SIGNED_FILE = ".p7m"


def entity_of(kind: str, octets: bytes, name: str, allowance: Allowance) -> bytes | str | None:
    """The entity in a container; a defect in kebab-case where it cannot be opened; None where there is nothing in it.

    `kind` is "smime", "tnef", "msg" or "mail". Raises SpentError.
    """
    try:
        if kind == "smime":
            return _signed(octets, name, allowance)
        if kind == "tnef":
            return letter.entity(tnef.read(octets, allowance), octets)
        if octets.startswith(msg.MAGIC):
            return letter.write(msg.read(octets, allowance), octets)
    except DamagedError:
        return f"{'msg' if kind == 'mail' else kind}-damaged"
    except ImportError:
        return msg.MISSING
    return octets if octets.strip() else None


def told_by(fields: Sequence[tuple[str, bytes]]) -> list[str]:
    """The defects that a message tells which was made of a container: only those that are known."""
    wanted = letter.DEFECTS_FIELD.lower()
    said = (value.decode("ascii", "replace").split() for name, value in fields if name.lower() == wanted)
    return [word for words in said for word in words if word in letter.DEFECTS]


def _signed(octets: bytes, name: str, allowance: Allowance) -> bytes | str | None:
    content = cms.content_of(octets, allowance)
    if content is None or isinstance(content, str):
        return content
    inner = name.removesuffix(_SIGNED_FILE) if name.lower().endswith(_SIGNED_FILE) else ""
    if (inner and "." in inner) or not (letter.is_entity(content) or b"\0" not in content[:4096]):
        # contract.pdf.p7m: a file that was signed, not a letter
        return letter.file_entity(inner or "content", "application/octet-stream", content)
    return content
