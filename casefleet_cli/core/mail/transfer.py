"""Content-Transfer-Encoding (RFC 2045 section 6) undone, also where it is damaged."""

from __future__ import annotations

import binascii
import re

_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_UNPADDED = rb"[^=]+"
_SOFT_BREAK = rb"=[ \t]+(?=\r?\n)"
_BEGIN = rb"(?m)^begin(?:-base64)?[ \t]+[0-7]{3,4}[ \t][^\r\n]*\r*\n"


def decode(data: bytes, start: int, end: int, encoding: str) -> tuple[bytes, str | None]:
    """The decoded octets of `data[start:end]`, and the defect met: "base64-damaged", "uuencode-damaged", ...

    An encoding that is unknown is taken as none, with the defect "transfer-encoding-unknown".
    """
    if encoding == "base64":
        return _base64(data, start, end)
    if encoding == "quoted-printable":
        if data.find(b"= ", start, end) >= 0 or data.find(b"=\t", start, end) >= 0:
            return quoted_printable(data[start:end]), None
        return binascii.a2b_qp(memoryview(data)[start:end]), None
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uuencode(data[start:end])
    if encoding in ("", "7bit", "8bit", "binary"):
        return data[start:end], None
    return data[start:end], "transfer-encoding-unknown"


def quoted_printable(data: bytes) -> bytes:
    """Quoted-printable undone (RFC 2045 section 6.7); "=" before anything but hex digits stays."""
    if b"= " in data or b"=\t" in data:
        data = re.sub(_SOFT_BREAK, b"=", data)
    return binascii.a2b_qp(data)


def base64(data: bytes) -> bytes:
    """Base64 undone (RFC 2045 section 6.8), foreign letters skipped, missing padding supplied."""
    return _base64(data, 0, len(data))[0]


def _base64(data: bytes, start: int, end: int) -> tuple[bytes, str | None]:
    if b" " in data[start : start + 200].strip() and _is_prose(data[start:end]):
        return data[start:end], "transfer-encoding-wrong"
    pad = data.find(b"=", start, end)
    if pad < 0 or (end - pad < 1000 and not data[pad:end].strip(b"= \t\r\n")):
        try:
            return binascii.a2b_base64(memoryview(data)[start:end]), None
        except binascii.Error:
            return _damaged(data[start:end]), "base64-damaged"
    # Some senders encode piece by piece, so that padding stands in the middle; text may follow, too.
    out = bytearray()
    for piece in re.compile(_UNPADDED).finditer(data, start, end):
        out += _damaged(piece[0])
    return bytes(out), "base64-damaged"


def _is_prose(data: bytes) -> bool:
    """Whether what is called base64 is written in words: its lines have many blanks in them."""
    head = data[:4000]
    return head.count(b" ") > len(head) // 40 and head.count(b" ") > 3 * head.count(b"\n")


def _damaged(piece: bytes) -> bytes:
    letters = piece.translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:  # one letter is six bits: no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _uuencode(data: bytes) -> tuple[bytes, str | None]:
    begin = re.search(_BEGIN, data)
    out, defect = bytearray(), None if begin else "uuencode-damaged"
    for line in data[begin.end() if begin else 0 :].split(b"\n"):
        line = line.rstrip(b"\r")  # noqa: PLW2901
        if line in (b"end", b"`") or line.strip() == b"end":
            break
        if not line:
            continue
        if len(out) > len(data):  # blanks that are cut off stand for zeros, up to 63 a line
            return bytes(out), "uuencode-damaged"
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            octets = (line[0] - 32) & 63  # some encoders leave garbage at the end of the line
            try:
                out += binascii.a2b_uu(line[: (octets * 4 + 5) // 3 + 1])
            except binascii.Error:
                defect = "uuencode-damaged"
    return bytes(out), defect
