"""What makes two mails the same mail for a reader, as one SHA-256."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from casefleet_cli.core.mail.body import one_newline

if TYPE_CHECKING:
    from collections.abc import Iterable

_BLOCK = 1 << 18
_BINARY = rb"[\x00-\x08\x0e-\x1f]"


class Fingerprint:
    """A SHA-256 over length-prefixed fields, so that no two lists of fields look alike."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256(b"casefleet 1\n", usedforsecurity=False)

    def add(self, *fields: str | bytes | None) -> None:
        """Add fields in order; None, "" and a field that is not added all differ."""
        for field in fields:
            if field is None:
                self._hash.update(b"-")
                continue
            octets = field.encode("utf-8", "surrogatepass") if isinstance(field, str) else field
            self._hash.update(b"%d:" % len(octets))
            self._hash.update(octets)

    def add_all(self, fields: Iterable[str]) -> None:
        """Add a list of fields, and how many they are."""
        listed = list(fields)
        self.add(str(len(listed)), *listed)

    def add_part(self, number: str, content_type: str, content: bytes, encoding: str) -> None:
        """Add a leaf: its place, type and decoded content; line breaks and trailing blanks of text don't count.

        What isn't text counts octet by octet where base64 or uuencode guarded its line breaks on the way.
        """
        is_guarded = encoding in ("base64", "x-uuencode", "uuencode", "x-uue", "uue")
        if content_type.startswith(("text/", "message/")) or not is_guarded or not re.search(_BINARY, content):
            self.add(number, content_type, "text", _digest_of_text(content))
        else:
            self.add(number, content_type, "octets", hashlib.sha256(content, usedforsecurity=False).digest())

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


def _digest_of_text(content: bytes) -> bytes:
    """SHA-256 of the octets with LF as line break, without blanks at the ends of lines and blank lines at the end.

    It goes block by block, because lines by the hundred thousand take several times the room of the text.
    """
    digest = hashlib.sha256(usedforsecurity=False)
    position = 0
    held: list[bytes] = []
    """Blank lines that count only when something follows."""
    while position < len(content):
        end = content.find(b"\n", position + _BLOCK) + 1 or len(content)
        block = one_newline(content[position:end])
        position = end
        if b" \n" in block or b"\t\n" in block:
            block = b"\n".join([line.rstrip(b" \t") for line in block.split(b"\n")])
        kept = block.rstrip(b" \t\n")
        if kept:
            for blank in held:
                digest.update(blank)
            digest.update(kept)
            held = [block[len(kept) :]]
        else:
            held.append(block)
    return digest.digest()
