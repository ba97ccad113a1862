"""A whole message as it came, without secrets: what encodings hide is decoded, masked and encoded again.

Only what holds a secret is written anew: every other octet of the copy is that of the original. What cannot be changed
without breaking it (a compressed container, a picture) stays and is told of.
"""

from __future__ import annotations

import binascii
import re
from itertools import islice, pairwise

from casefleet_cli.core.mail import charset, folding, header, mime, transfer
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.secrets.mask import rewritten
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from casefleet_cli.core.mail.mime import Part
    from casefleet_cli.core.secrets.spelling import Secrets

DEEPEST = 8
"""Messages inside messages that are encoded as a whole, one in the other."""
_LINE = 76
_WORD = re.compile(rb"=\?[^?\s]{1,80}\?[BbQq]\?[^?\s]*(?: [^?\s]+)*\?=")
_WORD_OCTETS = 42
"""So many become an encoded word of at most 75 letters (RFC 2047 section 2)."""
_UUENCODED = ("x-uuencode", "uuencode", "x-uue", "uue")
_BINARY = bytes({*range(32), 0x7F} - {7, 8, 9, 10, 11, 12, 13, 14, 15, 26, 27})
_FROM_LINE = re.compile(rb"^From ", re.M)
_MOST_IN_MBOX = 5000
_HAS_ENCODING = re.compile(rb"^Content-Transfer-Encoding:", re.I | re.M)
_NO_TEXTS = (b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"Rar!", b"7z\xbc\xaf", b"\x89PNG", b"GIF8", b"\xff\xd8\xff")


class Findings(NamedTuple):
    """What was found inside a container: where secrets are, and what could not be looked into."""

    held: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class Copy(NamedTuple):
    """A message without the secrets that could be taken out."""

    raw: bytes
    held: tuple[str, ...]
    """The places that still hold one, in words."""
    unread: tuple[str, ...]
    """The places that could not be looked into, in words."""


def redact(raw: bytes, secrets: Secrets, look_into: Callable[[bytes], Findings]) -> Copy:
    """A copy of a message in which no mail program shows a secret; never raises.

    `look_into` is asked about attachments that are no text.
    """
    work = _Redaction(secrets, look_into)
    copy = work.message(raw, "", 0)
    if not work.held and _still_shows(copy, secrets):
        work.held.append("the text as mail programs show it")
    return Copy(copy, tuple(work.held), tuple(work.unread))


def _still_shows(raw: bytes, secrets: Secrets) -> bool:
    shown = messages.parse(raw)
    html = messages.html_of(raw) or ""
    return secrets.hide(html) != html or rewritten(shown, secrets.hide, secrets.hide) != shown


class _Redaction:
    """What is found on the way through a message."""

    def __init__(self, secrets: Secrets, look_into: Callable[[bytes], Findings]) -> None:
        self.secrets = secrets
        self.look_into = look_into
        self.held: list[str] = []
        self.unread: list[str] = []

    def message(self, raw: bytes, place: str, depth: int) -> bytes:
        """The copy of a message, of which `place` is the part number in the message around it."""
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            codec = "utf-16-le" if raw[:1] == b"\xff" else "utf-16-be"
            try:
                inner = raw[2:].decode(codec).encode()
            except UnicodeError:
                return self.secrets.hide_octets(raw)
            copy = self.message(inner, place, depth)
            return raw if copy == inner else raw[:2] + copy.decode("utf-8", "replace").encode(codec)
        if raw.startswith(_NO_TEXTS):
            self.closed(raw, place or "the message")
            return raw
        if b"\n" not in raw and b"\r" in raw:
            return self.message(raw.replace(b"\r", b"\n"), place, depth).replace(b"\n", b"\r")
        if not _is_text(raw) and not mime.read_headers(raw[:4096]):
            self.closed(raw, place or "the message")
            return raw
        starts = [found.start() for found in islice(_FROM_LINE.finditer(raw), _MOST_IN_MBOX)]
        if len(starts) > 1 and not starts[0]:
            return self.mbox(raw, starts, place, depth)
        root = mime.tree(raw)
        if {"too-deep", "too-many-parts"} & set(root.defects):
            self.unread.append("parts beyond the bounds of the parser")
        pieces: list[bytes] = []
        done = 0
        for part in mime.nodes(root):
            opened = part.is_multipart or (part.children and part.children[0].data is raw)
            if part.data is not raw or opened or part.body < done:
                continue
            pieces += (self.text(raw[done : part.body]), self.leaf(part, place, depth))
            done = part.end
        return b"".join([*pieces, self.text(raw[done:])])

    def mbox(self, raw: bytes, starts: list[int], place: str, depth: int) -> bytes:
        """The copy of several messages one after the other, each behind its From line."""
        pieces: list[bytes] = []
        for start, end in pairwise([*starts, len(raw)]):
            body = raw.find(b"\n", start, end) + 1 or end
            pieces += (self.text(raw[start:body]), self.message(raw[body:end], place, depth))
        if len(starts) == _MOST_IN_MBOX:
            self.unread.append(f"part {place} (too many messages)" if place else "messages beyond the first")
        return b"".join(pieces)

    def leaf(self, part: Part, place: str, depth: int) -> bytes:
        """The body of a part as it is in the copy, still encoded."""
        written = part.data[part.body : part.end]
        number = f"{place}.{part.number}" if place else part.number
        content = part.content()[0]
        encoding = part.encoding
        if not part.children and not part.type.startswith(("text/", "message/")) and not _is_text(content):
            self.closed(content, f"part {number} ({part.type})")
            return self.kept(written, number) if content != written else written
        if encoding in _UUENCODED:
            if self.plain(content, part) != content:
                self.held.append(f"part {number} (uuencode)")
            return self.kept(written, number)
        if encoding == "base64":
            hidden = self.opened(part, content, number, depth)
            return self.kept(written, number) if hidden == content else _base64(hidden, written)
        if encoding == "quoted-printable" and not part.children:
            copy = self.text(written)
            hidden = transfer.quoted_printable(copy)
            if self.plain(hidden, part) == hidden:
                return copy
        if encoding == "quoted-printable":
            hidden = self.opened(part, content, number, depth)
            return written if hidden == content else _quoted_printable(hidden, written)
        return self.text(self.plain(written, part))

    def kept(self, written: bytes, number: str) -> bytes:
        """Encoded octets as they are; whoever decodes them passes over what else stands between the letters."""
        if self.secrets.is_in(written):
            self.held.append(f"part {number} (among its encoded letters)")
        return written

    def opened(self, part: Part, content: bytes, number: str, depth: int) -> bytes:
        """Decoded octets without secrets: those of an attached message as a message."""
        if not part.type.startswith("message/") and not part.children and not _HAS_ENCODING.search(content, 0, 65536):
            return self.plain(content, part)
        if depth < DEEPEST:
            return self.message(content, number, depth + 1)
        self.unread.append(f"part {number} (too deep)")
        return self.plain(content, part)

    def plain(self, content: bytes, part: Part) -> bytes:
        """The octets of a text without secrets."""
        label = part.parameters.get("charset")
        return self.secrets.hide_octets(content, charset.codec_of(label) if label else None)

    def text(self, written: bytes) -> bytes:
        """Octets as they stand in a message, with encoded words and stray base64 in them, without secrets."""
        copy = self.secrets.hide_octets(written)
        if b"=?" in copy:
            copy = self.words(copy)
        if b"base64" in copy:
            copy = self.runs(copy)
        return copy

    def words(self, written: bytes) -> bytes:
        """The same with encoded words (RFC 2047) that tell a secret written anew."""
        pieces: list[bytes] = []
        done = 0
        newline = _newline(written)
        for start, end in _groups(written):
            text = header.decode_words(written[start:end].decode("latin-1"))
            hidden = self.secrets.hide(text)
            if hidden != text:
                pieces += (written[done:start], _encoded_words(hidden, newline))
                done = end
        return b"".join([*pieces, written[done:]])

    def runs(self, written: bytes) -> bytes:
        """The same with the base64 of messages that are quoted as text."""
        pieces: list[bytes] = []
        done = 0
        for run in folding.find(written):
            hidden = self.secrets.hide_octets(run.octets) if _is_text(run.octets) else run.octets
            if hidden != run.octets:
                pieces += (written[done : run.start], _base64(hidden, written[run.start : run.end]))
                done = run.end
        return b"".join([*pieces, written[done:]])

    def closed(self, content: bytes, place: str) -> None:
        """Tell of octets that are left as they are."""
        if self.secrets.is_in(content):
            self.held.append(place)
            return
        found = self.look_into(content)
        self.held += [f"{place}: {name}" if name else place for name in found.held]
        self.unread += [f"{place}: {name}" if name else place for name in found.unread]


def _is_text(content: bytes) -> bool:
    """Whether octets can be rewritten as text: no control characters, UTF-16 set aside, and no known container."""
    if content.startswith(_NO_TEXTS):
        return False
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return len(content.translate(None, _BINARY)) == len(content)


def _groups(written: bytes) -> Iterator[tuple[int, int]]:
    """Where encoded words stand that are read as one text: only blanks are between them."""
    start = end = -1
    for word in _WORD.finditer(written):
        if end >= 0 and (word.start() - end > 200 or written[end : word.start()].strip()):
            yield start, end
            start = -1
        start = word.start() if start < 0 else start
        end = word.end()
    if end >= 0:
        yield start, end


def _encoded_words(text: str, newline: bytes) -> bytes:
    words: list[bytes] = []
    piece = b""
    for letter in text:
        octets = letter.encode("utf-8", "replace")
        if len(piece) + len(octets) > _WORD_OCTETS:
            words.append(piece)
            piece = b""
        piece += octets
    return (newline + b" ").join(
        b"=?utf-8?B?" + binascii.b2a_base64(word, newline=False) + b"?=" for word in [*words, piece]
    )


def _base64(content: bytes, written: bytes) -> bytes:
    """Octets in base64, in lines as those of what was written before."""
    lead = len(written) - len(written.lstrip(b"\r\n"))
    first = written[lead:].split(b"\n", 1)[0].strip()
    width = len(first) if 4 <= len(first) <= 1000 and len(first) % 4 == 0 and b"\n" in written[lead:].strip() else _LINE
    letters = binascii.b2a_base64(content, newline=False)
    lines = [letters[at : at + width] for at in range(0, len(letters), width)]
    return written[:lead] + _newline(written).join(lines) + written[len(written.rstrip(b"\r\n")) :]


def _quoted_printable(content: bytes, written: bytes) -> bytes:
    newline = _newline(written)
    encoded = binascii.b2a_qp(content.replace(b"\r\n", b"\n"), istext=True)
    return encoded.replace(b"\r\n", b"\n").replace(b"\n", newline)


def _newline(written: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in written else b"\n"
