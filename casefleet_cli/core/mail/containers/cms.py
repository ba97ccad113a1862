"""Cryptographic Message Syntax (RFC 5652) as S/MIME has it: what was signed or compressed, which anybody can read.

Only the few fields on the way to the content are read, in BER (X.690) with definite or indefinite lengths.
"""

from __future__ import annotations

import binascii
import re

from casefleet_cli.core.mail.containers.allowance import DamagedError, SpentError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casefleet_cli.core.mail.containers.allowance import Allowance

ENCRYPTED = "smime-encrypted"
_SEQUENCE, _OCTETS, _INTEGER, _OID, _SET, _EXPLICIT = 0x30, 0x04, 0x02, 0x06, 0x31, 0xA0
_CONSTRUCTED = 0x20
_SIGNED = bytes.fromhex("2a864886f70d010702")
_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")
_CLOSED = frozenset(
    bytes.fromhex(oid)
    for oid in ("2a864886f70d010703", "2a864886f70d010704", "2a864886f70d010706", "2a864886f70d0109100117")
)
"""Enveloped, signed and enveloped, encrypted, authenticated and enveloped."""
_PEM = rb"-----[A-Z0-9 ]{1,60}-----"
_DEEPEST = 32
_MOST_TIMES, _MOST_MORE = 20, 200_000
"""How far compressed mail may grow: mail in words and in base64 stays far below."""


class _Element(NamedTuple):
    tag: int
    start: int
    end: int
    """Of its content; -1 where only its end mark tells."""


def content_of(octets: bytes, allowance: Allowance) -> bytes | str | None:
    """The octets that were signed or compressed; ENCRYPTED for what only its recipient can open; None for nothing.

    Certificates alone and detached signatures hold nothing. Raises DamagedError and SpentError.
    """
    data = _binary(octets)
    outer = _enter(data, 0, _SEQUENCE)
    kind = _element(data, outer.start)
    if kind.tag != _OID:
        raise DamagedError
    oid = data[kind.start : kind.end]
    if oid in _CLOSED:
        return ENCRYPTED
    if oid not in (_SIGNED, _COMPRESSED):
        return None
    body = _enter(data, _enter(data, kind.end, _EXPLICIT).start, _SEQUENCE)
    position = _after(data, body.start)  # the version
    position = _after(data, position)  # the algorithms
    inner = _enter(data, position, _SEQUENCE)
    named = _element(data, inner.start)
    if named.tag != _OID:
        raise DamagedError
    if not _has_more(data, named.end, inner):
        return None
    held = _enter(data, named.end, _EXPLICIT)
    content = _octets(data, held.start)
    allowance.take(len(content))
    return _inflated(content, allowance) if oid == _COMPRESSED else content


def _binary(octets: bytes) -> bytes:
    """The octets themselves, or what is written in base64 (PEM, or a transfer encoding that nobody declared)."""
    if octets[:1] == b"\x30":
        return octets
    try:
        return binascii.a2b_base64(re.sub(_PEM, b"", octets))
    except binascii.Error:
        raise DamagedError from None


def _element(data: bytes, position: int) -> _Element:
    """The element at a position (X.690 section 8.1)."""
    if position + 2 > len(data):
        raise DamagedError
    tag, length = data[position], data[position + 1]
    if tag & 0x1F == 0x1F:  # tags of several octets don't occur in CMS
        raise DamagedError
    start = position + 2
    if length == 0x80:
        if not tag & _CONSTRUCTED:
            raise DamagedError
        return _Element(tag, start, -1)
    if length > 0x80:
        count = length & 0x7F
        if count > 8 or start + count > len(data):
            raise DamagedError
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > len(data):
        raise DamagedError
    return _Element(tag, start, start + length)


def _enter(data: bytes, position: int, tag: int) -> _Element:
    found = _element(data, position)
    if found.tag != tag:
        raise DamagedError
    return found


def _after(data: bytes, position: int) -> int:
    """Where the element at a position ends; linear, however deep it is."""
    depth = 0
    while True:
        found = _element(data, position)
        if found.end < 0:
            depth += 1
            position = found.start
        else:
            position = found.end
            if found.tag == 0 and depth:
                depth -= 1
        if depth == 0:
            return position


def _has_more(data: bytes, position: int, within: _Element) -> bool:
    return data[position : position + 2] != b"\0\0" if within.end < 0 else position < within.end


def _octets(data: bytes, position: int) -> bytes:
    """The content of an octet string, whole or in pieces (X.690 section 8.7)."""
    found = _element(data, position)
    if found.tag == _OCTETS:
        return data[found.start : found.end]
    if found.tag != _OCTETS | _CONSTRUCTED:
        return data[found.start : found.end] if found.end >= 0 else data[found.start : _after(data, position) - 2]
    pieces: list[bytes] = []
    ends = [found.end]
    position = found.start
    while ends:
        if position == ends[-1]:
            ends.pop()
            continue
        piece = _element(data, position)
        if piece.tag == 0 and ends[-1] < 0:
            ends.pop()
            position = piece.end
        elif piece.tag == _OCTETS:
            pieces.append(data[piece.start : piece.end])
            position = piece.end
        elif piece.tag == _OCTETS | _CONSTRUCTED and len(ends) < _DEEPEST:
            ends.append(piece.end)
            position = piece.start
        else:
            raise DamagedError
    return b"".join(pieces)


def _inflated(content: bytes, allowance: Allowance) -> bytes:
    import zlib  # noqa: PLC0415 - compressed S/MIME (RFC 3274) is rare

    most = min(allowance.octets, _MOST_TIMES * len(content) + _MOST_MORE)
    machine = zlib.decompressobj()
    try:
        made = machine.decompress(content, most + 1)
    except zlib.error:
        raise DamagedError from None
    if len(made) > most:
        raise SpentError
    allowance.take(len(made))
    return made
