"""What makes two mails the same mail for a reader, as one SHA-256."""

from __future__ import annotations

import hashlib
import re

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

RECIPE = 2
"""The number of the recipe; a change of it comes with a migration."""
_BLOCK = 1 << 18
_BINARY = rb"[\x00-\x08\x0e-\x1f]"


class Fingerprint:
    """A SHA-256 over length-prefixed fields, so that no two lists of fields look alike."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256(b"casefleet %d\n" % RECIPE, usedforsecurity=False)

    def add(self, *fields: str | bytes | None) -> None:
        """Add fields in order; None, "" and a field that is not added all differ."""
        for field in fields:
            if field is None:
                self._hash.update(b"-")
                continue
            octets = field.encode("utf-8", "surrogatepass") if isinstance(field, str) else field
            self._hash.update(b"%d:" % len(octets))
            self._hash.update(octets)

    def add_head(self, msgid: str | None, date: datetime | None, subject: str | None) -> None:
        """Add what a header says of its message: the instant of Date counts, not its zone or how it is written."""
        words = None if subject is None else " ".join(_composed(subject).split())
        self.add(msgid, None if date is None else _instant(date), words)

    def add_set(self, addresses: Iterable[str]) -> None:
        """Add addresses in normal form; their order and how often they stand there don't count."""
        listed = sorted(set(addresses))
        self.add(str(len(listed)), *listed)

    def add_text(self, content_type: str, text: str) -> None:
        """Add a leaf of text; how its line breaks are written and blanks at the ends of lines don't count."""
        self.add(content_type, _digest_of_text(text))

    def add_octets(self, content: bytes) -> None:
        """Add any other leaf; line breaks don't count, nor do blanks at their ends where nothing binary is in it."""
        if not re.search(_BINARY, content):
            self.add("other", _digest_of_text(content.decode("latin-1")))
        else:
            plain = content.replace(b"\r\n", b"\n") if b"\r\n" in content else content
            self.add("other", hashlib.sha256(plain, usedforsecurity=False).digest())

    def hexdigest(self) -> str:
        """The fingerprint in hex."""
        return self._hash.hexdigest()


def of_bytes(raw: bytes) -> str:
    """The fingerprint of what is no message: all its octets."""
    fingerprint = Fingerprint()
    fingerprint.add("bytes", raw)
    return fingerprint.hexdigest()


def of_digest(sha256: str) -> str:
    """The fingerprint of a mail of which only the bytes are certain, by their SHA-256 in hex."""
    return hashlib.sha256(b"bare\0" + sha256.encode(), usedforsecurity=False).hexdigest()


def _composed(text: str) -> str:
    """The text in NFC."""
    if text.isascii():
        return text
    import unicodedata  # noqa: PLC0415 - its tables are large and many mails need none

    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _instant(date: datetime) -> str:
    """Seconds since the year 1 in UTC, which no zone can push over the edge of the calendar."""
    offset = date.utcoffset()
    seconds = date.toordinal() * 86_400 + date.hour * 3600 + date.minute * 60 + date.second
    return str(seconds - (0 if offset is None else offset.days * 86_400 + offset.seconds))


def _digest_of_text(text: str) -> bytes:
    """SHA-256 of the text in NFC with LF as line break, without blanks at line ends and blank lines at the end.

    It goes block by block, because lines by the hundred thousand take several times the room of the text.
    """
    digest = hashlib.sha256(usedforsecurity=False)
    position = 0
    held: list[str] = []
    """Blank lines that count only when something follows."""
    while position < len(text):
        end = text.find("\n", position + _BLOCK) + 1 or len(text)
        block = text[position:end]
        position = end
        if "\r" in block:
            block = block.replace("\r\n", "\n").replace("\r", "\n")
        block = _composed(block)
        if " \n" in block or "\t\n" in block:
            block = "\n".join([line.rstrip(" \t") for line in block.split("\n")])
        kept = block.rstrip(" \t\n")
        if kept:
            for blank in held:
                digest.update(blank.encode())
            digest.update(kept.encode("utf-8", "surrogatepass"))
            held = [block[len(kept) :]]
        else:
            held.append(block)
    return digest.digest()
