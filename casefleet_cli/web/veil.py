"""Hiding BCC addresses in what is shown of the bytes themselves, however the mail program has spelt them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from casefleet_cli.core.secrets import MASK, Mask

if TYPE_CHECKING:
    from collections.abc import Iterable

_RUN = re.compile(r"[A-Za-z0-9]{12,}")
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Veil:
    """Knows the logging domain and every BCC address there ever was.

    The mask of core finds whole addresses; the veil also finds their secret part alone, as in HTML where a word
    processor has put tags between the local part and the "@".
    """

    def __init__(self, logging_domain: str, bcc_addresses: Iterable[str]) -> None:
        self._mask = Mask(logging_domain)
        self._secrets = {
            run.lower() for address in bcc_addresses for run in _RUN.findall(address.rpartition("@")[0] or address)
        }

    def text(self, text: str) -> str:
        """The text with every BCC address and every secret part of one hidden."""
        return _RUN.sub(lambda found: MASK if found[0].lower() in self._secrets else found[0], self._mask.text(text))

    def octets(self, content: bytes) -> bytes:
        """The bytes of a text in any encoding that writes ASCII as ASCII, or in UTF-16, with the same hidden."""
        # Latin-1 gives every octet a letter of its own, so that nothing else changes.
        encoding = _MARKS.get(content[:2], "latin-1")
        try:
            return self.text(content.decode(encoding, "surrogatepass")).encode(encoding, "surrogatepass")
        except UnicodeDecodeError:
            return self.text(content.decode("latin-1")).encode("latin-1")
