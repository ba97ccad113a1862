"""Writes containers for tests: S/MIME (CMS, RFC 5652) and winmail.dat (MS-OXTNEF)."""

from __future__ import annotations

import base64
import struct
import zlib

SIGNED = bytes.fromhex("06092a864886f70d010702")
ENVELOPED = bytes.fromhex("06092a864886f70d010703")
COMPRESSED = bytes.fromhex("060b2a864886f70d0109100109")
_DATA = bytes.fromhex("06092a864886f70d010701")


def tlv(tag: int, *contents: bytes, is_open: bool = False) -> bytes:
    """An element of BER; `is_open`: of indefinite length."""
    content = b"".join(contents)
    if is_open:
        return bytes((tag, 0x80)) + content + b"\0\0"
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def signed(content: bytes | None, *, kind: bytes = SIGNED, pieces: int = 0, is_open: bool = False) -> bytes:
    """A ContentInfo with this content, whole or in pieces, without signers; None: certificates alone."""
    if content is None:
        held = b""
    elif pieces:
        octets = [tlv(0x04, content[at : at + pieces]) for at in range(0, len(content), pieces)]
        held = tlv(0xA0, tlv(0x24, *octets, is_open=is_open), is_open=is_open)
    else:
        held = tlv(0xA0, tlv(0x04, content))
    algorithms = tlv(0x31, tlv(0x30, b"", is_open=is_open), is_open=is_open)
    body = tlv(0x30, tlv(0x02, b"\1"), algorithms, tlv(0x30, _DATA, held, is_open=is_open), tlv(0x31), is_open=is_open)
    return tlv(0x30, kind, tlv(0xA0, body, is_open=is_open), is_open=is_open)


def compressed(content: bytes) -> bytes:
    """A CompressedData (RFC 3274)."""
    return signed(zlib.compress(content), kind=COMPRESSED)


def tnef(*, text: bytes = b"", rtf: bytes = b"", files: tuple[tuple[str, bytes | None], ...] = (),
         inner: bytes | None = None, page: int = 1252) -> bytes:  # fmt: skip
    """A winmail.dat; `inner` is attached to it as a message."""
    out = b"\x78\x9f\x3e\x22\x01\x00" + _attribute(1, 0x9007, struct.pack("<II", page, 0))
    if text:
        out += _attribute(1, 0x800C, text + b"\0")
    if rtf:
        out += _attribute(1, 0x9003, struct.pack("<I", 1) + _variable(0x1009, 0x0102, rtf))
    for name, content in files:
        out += _attribute(2, 0x9002, bytes(14)) + _attribute(2, 0x8010, b"SHORT~1.PDF\0")
        if content is not None:
            out += _attribute(2, 0x800F, content)
        out += _attribute(2, 0x9005, struct.pack("<I", 1) + _variable(0x3707, 0x1F, f"{name}\0".encode("utf-16-le")))
    if inner is not None:
        held = bytes.fromhex("0703020000000000c000000000000046") + inner
        out += _attribute(2, 0x9002, bytes(14))
        out += _attribute(2, 0x9005, struct.pack("<I", 1) + _variable(0x3701, 0x000D, held))
    return out


def _attribute(level: int, number: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _variable(number: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + bytes(-len(value) % 4)


def part(content_type: str, name: str, octets: bytes, disposition: str = "attachment") -> bytes:
    """A MIME part in base64."""
    said = f'; name="{name}"' if name else ""
    head = (
        f"Content-Type: {content_type}{said}\nContent-Disposition: {disposition}\nContent-Transfer-Encoding: base64\n\n"
    )
    return head.encode() + base64.encodebytes(octets)


def letter(*parts: bytes, boundary: str = "outer") -> bytes:
    """A mail of these parts; one alone is the whole of it."""
    head = b"From: Ada <ada@firm.example>\nTo: minh@nguyen.example\nSubject: Deed\nMessage-ID: <1@firm.example>\n"
    head += b"Date: Mon, 02 Nov 2026 09:30:00 +0100\nMIME-Version: 1.0\n"
    if len(parts) == 1:
        return head + parts[0]
    mark = boundary.encode()
    body = b"".join(b"--%b\n%b\n" % (mark, one) for one in parts)
    return head + b'Content-Type: multipart/mixed; boundary="%b"\n\n%b--%b--\n' % (mark, body, mark)
