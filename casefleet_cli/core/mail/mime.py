"""The structure of a message: header fields and the tree of parts (RFC 5322 section 2, RFC 2045, RFC 2046), in bytes.

Nothing is copied and nothing is decoded here except what has to be to find parts (a message inside base64).
"""

from __future__ import annotations

import re

from casefleet_cli.core.mail import fields, header, transfer

MOST_PARTS = 5000
DEEPEST = 60
MOST_FIELDS_OF_ALL = 100_000
_FEWEST_FIELDS = 20
"""Fields that are read of every part, when all others together have had too many."""
_ROOM = 1_000_000
"""Octets that attached messages may be decoded to, beyond the size of the mail: messages inside messages, each encoded
again, would take the room of the mail once for each level."""
_MESSAGES = ("message/rfc822", "message/global", "message/news")

_TAIL = re.compile(rb"(--)?[ \t]*\r*(?:\n|\Z)")
_FIRST_DELIMITER = rb"(?:\A|\n)--([^\r\n]{1,400})\r?\n(?=[A-Za-z-]+[ \t]*:|\r?\n)"
_TYPE = r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+"
_ENCODING = r"[a-z0-9-]+"

_ENCODINGS = ("", "7bit", "8bit", "binary", "base64", "quoted-printable")
_COMMON_TYPES = frozenset(
    ("text/plain", "text/html", "multipart/mixed", "multipart/alternative", "multipart/related", "application/pdf",
     "image/png", "image/jpeg", "image/gif", "message/rfc822", "application/octet-stream", "multipart/report")
)  # fmt: skip


class _Budget:
    """What may still be read of one message."""

    def __init__(self, size: int) -> None:
        self.parts = MOST_PARTS
        self.fields = MOST_FIELDS_OF_ALL
        self.octets = size + _ROOM

    def most_fields(self) -> int:
        """How many fields the next part may have."""
        return max(_FEWEST_FIELDS, min(fields.MOST_FIELDS, self.fields))


class Part:
    """One node of the tree: a leaf, a multipart with children, or an attached message with one child."""

    __slots__ = (
        "body",
        "children",
        "data",
        "defects",
        "disposition",
        "disposition_parameters",
        "encoding",
        "end",
        "fields",
        "inside",
        "is_letter",
        "number",
        "parameters",
        "preamble",
        "type",
    )

    def __init__(self, data: bytes, start: int, end: int, number: str, default_type: str, budget: _Budget) -> None:
        self.data = data
        self.end = end
        self.number = number
        self.children: list[Part] = []
        self.defects: list[str] = []
        self.inside: Part | None = None  # what a container holds, once `enclosed` has opened it
        self.is_letter = False
        self.fields, self.body, defect = fields.fields_of(data, start, end, budget.most_fields())
        self.preamble = self.body  # where what stands before the first boundary ends
        budget.fields -= len(self.fields)
        if defect:
            self.defects.append(defect)
        self.describe(default_type)

    def describe(self, default_type: str) -> None:
        """Read what the part says about itself; the first of a repeated field counts, but the last Content-Type."""
        said: dict[str, bytes] = {}
        for name, value in self.fields:
            if name[:1] in "Cc":
                name = name.lower()  # noqa: PLW2901
                if name == "content-type" or name not in said:
                    said[name] = value
        self.type, self.parameters = default_type, _nothing()
        if "content-type" in said:
            kind, self.parameters = header.parameters(_text(said["content-type"]))
            self.type = _media_type(kind, "application/octet-stream" if "name" in self.parameters else default_type)
        self.disposition, self.disposition_parameters = "", _nothing()
        if "content-disposition" in said:
            kind, self.disposition_parameters = header.parameters(_text(said["content-disposition"]))
            self.disposition = kind.lower()
        self.encoding = _text(said.get("content-transfer-encoding", b"")).lower()
        if self.encoding not in _ENCODINGS:
            found = re.search(_ENCODING, self.encoding)
            self.encoding = found[0] if found else ""

    def content(self) -> tuple[bytes, str | None]:
        """The decoded octets, and the defect met while decoding."""
        return transfer.decode(self.data, self.body, self.end, self.encoding)

    def field(self, name: str) -> bytes | None:
        """The first value of a header field, by lower-case name."""
        for other, value in self.fields:
            if other.lower() == name:
                return value
        return None

    @property
    def is_multipart(self) -> bool:
        """Whether it only holds other parts."""
        return self.type.startswith("multipart/")

    @property
    def is_message(self) -> bool:
        """Whether it is an attached message that could be opened."""
        return bool(self.children) and not self.is_multipart


def read_headers(raw: bytes) -> list[tuple[str, bytes]]:
    """The header fields in order: names as written, values unfolded but not decoded; only the headers are read.

    Skipped: a byte order mark, blank lines, a mbox "From " line before the headers; lines that are no field.
    """
    return fields.fields_of(raw, fields.start_of(raw), len(raw))[0]


def tree(raw: bytes) -> Part:
    """The tree of parts; at most MOST_PARTS parts, DEEPEST levels. Parts are numbered as IMAP does (RFC 3501)."""
    budget = _Budget(len(raw))
    root = Part(raw, fields.start_of(raw), len(raw), "", "text/plain", budget)
    _grow(root, 0, budget, root)
    if not root.is_multipart:
        root.number = "1"
    return root


def tree_inside(entity: bytes, number: str) -> Part:
    """The tree of the MIME entity that was found in the part of this number; its parts are numbered through it."""
    budget = _Budget(len(entity))
    root = Part(entity, fields.start_of(entity), len(entity), number, "text/plain", budget)
    if not root.is_multipart:
        root.number = f"{number}.1"
    _grow(root, number.count(".") + 1, budget, root)
    if not root.is_multipart and root.number == number:
        root.number = f"{number}.1"
    return root


def nodes(part: Part) -> list[Part]:
    """The part and every part below it, in the order of the text."""
    out: list[Part] = []
    waiting = [part]
    while waiting:
        node = waiting.pop()
        out.append(node)
        waiting += reversed(node.children)
    return out


def _grow(part: Part, depth: int, budget: _Budget, root: Part) -> None:
    """Find the children of a part, and theirs."""
    if not part.is_multipart and part.type not in _MESSAGES:
        return
    if depth >= DEEPEST:
        root.defects.append("too-deep")
        return
    if part.is_multipart:
        part.children = _body_parts(part, budget)
    elif part.encoding in ("base64", "quoted-printable") and part.end - part.body > budget.octets:
        root.defects.append("too-much-encoded")
    else:
        part.children = _enclosed(part, budget)
    budget.parts -= len(part.children)
    if budget.parts <= 0:
        root.defects.append("too-many-parts")
        return
    for child in part.children:
        _grow(child, depth + 1, budget, root)


def _body_parts(part: Part, budget: _Budget) -> list[Part]:
    """The children of a multipart; one that has none but has content becomes text, so that nothing is lost."""
    spans = _spans(part, budget.parts)
    if not spans and "multipart-empty" not in part.defects and part.data[part.body : part.end].strip():
        part.type = "text/plain"
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    prefix = f"{part.number}." if part.number else ""
    return [Part(part.data, *span, f"{prefix}{index}", default, budget) for index, span in enumerate(spans, start=1)]


def _enclosed(part: Part, budget: _Budget) -> list[Part]:
    """The message in an attached message, unless it has no header at all."""
    data, start, end = part.data, part.body, part.end
    if part.encoding in ("base64", "quoted-printable"):
        data, _ = part.content()
        start, end = fields.start_of(data), len(data)
        budget.octets -= end
    elif fields.is_from_line(data, start):
        start = min(end, data.find(b"\n", start, end) + 1 or end)
    child = Part(data, start, end, part.number, "text/plain", budget)
    if not child.fields:
        return []
    if not child.is_multipart:
        child.number = f"{part.number}.1" if part.number else "1.1"
    return [child]


def _spans(part: Part, most: int) -> list[tuple[int, int]]:
    """Where the body parts of a multipart lie; its boundary is guessed from the body when the header's does not fit."""
    boundary = part.parameters.get("boundary", "")
    spans: list[tuple[int, int]] = []
    if boundary:
        spans = _cut(part, boundary.encode("utf-8", "replace"), most)
        if not spans and boundary != boundary.rstrip():
            spans = _cut(part, boundary.rstrip().encode("utf-8", "replace"), most)
    if not spans and "multipart-empty" not in part.defects:
        part.defects.append("boundary-wrong" if boundary else "boundary-missing")
        guess = re.compile(_FIRST_DELIMITER).search(
            part.data, max(0, part.body - 1), min(part.end, part.body + 100_000)
        )
        if guess and guess[1].strip():
            spans = _cut(part, guess[1].rstrip(b" \t"), most)
    return spans


def _cut(part: Part, boundary: bytes, most: int) -> list[tuple[int, int]]:
    """The spans between the delimiter lines of a boundary (RFC 2046 section 5.1.1)."""
    data, end = part.data, part.end
    delimiter = b"--" + boundary
    spans: list[tuple[int, int]] = []
    begun = -1  # where the part that is being read began
    is_closed = False
    part.preamble = part.body
    position = part.body if data.startswith(delimiter, part.body) else data.find(b"\n" + delimiter, part.body, end) + 1
    while (position > 0 or data.startswith(delimiter)) and position < end and len(spans) < most:
        tail = _TAIL.match(data, position + len(delimiter), end)
        if tail:
            if begun >= 0:
                spans.append((begun, max(begun, _before_newline(data, position))))
            elif not spans and not is_closed:
                part.preamble = max(part.body, _before_newline(data, position))
            elif is_closed and not tail[1]:  # an inner multipart used the same boundary, and closed it
                part.defects.append("boundary-reused")
            begun = -1 if tail[1] else tail.end()
            is_closed = bool(tail[1])
        position = data.find(b"\n" + delimiter, tail.end() - 1 if tail else position + 1, end) + 1
        if position == 0:
            break
    if is_closed and not spans:
        part.defects.append("multipart-empty")
    if begun >= 0:
        spans.append((begun, end))
        if position == 0:
            part.defects.append("boundary-unclosed")
    return spans


def letter_before(part: Part) -> Part:
    """What stands before the first boundary of a multipart, as a part; it is encoded as the multipart says it is.

    Of several Content-Type fields one that speaks of text is its own.
    """
    letter = Part(part.data, part.body, part.body, "0", "text/plain", _Budget(0))
    letter.fields = [
        (name, value)
        for name, value in part.fields
        if name.lower() == "content-transfer-encoding"
        or (name.lower() == "content-type" and value.lstrip()[:5].lower() == b"text/")
    ]
    letter.describe("text/plain")
    letter.body, letter.end = part.body, part.preamble
    return letter


def _before_newline(data: bytes, position: int) -> int:
    """The end of a part whose delimiter line begins at `position`: the line break before belongs to the delimiter."""
    position -= 1
    while position > 0 and data[position - 1] == 0x0D:
        position -= 1
    return position


def _text(value: bytes) -> str:
    return header.to_text(value)


def _nothing() -> dict[str, str]:
    return {}


def _media_type(value: str, default: str) -> str:
    """Lower-case type/subtype; RFC 2045 section 5.2 for what is none."""
    kind = "".join(value.lower().split())
    if kind in _COMMON_TYPES or re.fullmatch(_TYPE, kind):
        return kind
    found = re.match(_TYPE, kind)
    if found:
        return found[0]
    if kind in ("text", "html", "plain", "text/*"):
        return "text/html" if kind == "html" else "text/plain"
    if kind.partition("/")[0] == "multipart":  # "multipart/*": RFC 2046 section 5.1.3
        return "multipart/mixed"
    return "application/octet-stream" if "/" in kind else default
