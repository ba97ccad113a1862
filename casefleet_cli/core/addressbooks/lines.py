"""Long lines that were folded, of vCard and LDIF, made whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_OCTETS = 1 << 16
"""Of a line as a whole; what is beyond is left out: pictures and keys, of which nothing is taken."""
_PARAMETERS = 200
"""Octets at the beginning of a line in which its parameters stand."""


def unfolded(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines as they were before they were folded, each with the number of its first; without their ends.

    A line goes on where the next one begins with a blank (RFC 6350 section 3.2, RFC 2849), which vCard 2.1 keeps as a
    part of the text, and where quoted-printable ends in "=" (RFC 2045 section 6.7).
    """
    pieces: list[bytes] = []
    start = length = 0
    is_quoted = keeps_blank = False
    for number, ended in enumerate(lines, 1):
        line = ended.rstrip(b"\r\n")
        goes_on = bool(pieces) and (line[:1] in (b" ", b"\t") or (is_quoted and pieces[-1].endswith(b"=")))
        if goes_on:
            if is_quoted and pieces[-1].endswith(b"="):
                pieces[-1] = pieces[-1][:-1]
            elif not keeps_blank:
                line = line[1:]
        else:
            if pieces:
                yield start, b"".join(pieces)
            pieces, start, length = [], number, 0
            if not line:
                yield number, b""
                continue
            beginning = line[:_PARAMETERS].upper()
            is_quoted = b"QUOTED-PRINTABLE" in beginning.partition(b":")[0]
            if beginning.startswith(b"VERSION:"):
                keeps_blank = beginning.startswith(b"VERSION:2.1")
        if line and length < MOST_OCTETS:
            pieces.append(line[: MOST_OCTETS - length])
            length += len(pieces[-1])
    if pieces:
        yield start, b"".join(pieces)
