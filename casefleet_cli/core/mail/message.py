"""One message, understood: the only door to what a mail says.

`parse` never raises, whatever the bytes. What it tolerates:

| Violation | Against | Test |
|---|---|---|
| raw 8-bit bytes in a header: UTF-8, else the body's charset, else Windows-1252 | RFC 5322 2.2 | header.test_decode |
| byte order mark, blank lines, "From " line, blanks before the first field | RFC 5322 2.1 | test_header_violations |
| "Subject :", lines that are no field among the fields | RFC 5322 2.2 | test_header_violations |
| no blank line between header and body | RFC 5322 2.1 | test_header_violations |
| CR or CR CR LF as line break, UTF-16 files | RFC 5322 2.3 | test_header_violations |
| a repeated field: addresses add up, the last Content-Type counts | RFC 5322 3.6 | test_header_violations |
| encoded words inside words and quotes, with blanks, split characters, bad base64 | RFC 2047 5 | header.test_decode |
| groups, comment names, semicolons, missing brackets, commas and quotes | RFC 5322 3.4 | address.test_parse_list |
| dates with zone names, milliseconds, two-digit years, other orders | RFC 5322 3.3 | moments_field.test_parse |
| charsets unknown, misnamed or wrongly declared | RFC 2046 4.1.2 | test_bodies, header.test_charset |
| no charset where another part or the header names one | RFC 2046 4.1.2 | hints.test_charset |
| base64 without padding, with padding inside, with foreign letters, that is none | RFC 2045 6.8 | test_bodies |
| quoted-printable with "=" before other letters, blanks after soft breaks | RFC 2045 6.7 | test_bodies |
| boundary missing, wrong, unclosed, used twice | RFC 2046 5.1 | test_bodies, mime.test_boundaries |
| the letter before the first boundary, forms of a text in any order | RFC 2046 5.1 | hints.test_letter, test_forms |
| a multipart without parts, one in another's place | RFC 2046 5.1 | test_an_alternative_with_an_empty_related_is_read |
| base64 on an attached message | RFC 2046 5.2.1 | test_an_attached_message_in_base64_is_opened |
| a letter inside smime.p7m or winmail.dat, attached .eml and .msg files | - | containers.test_what_is_inside |
| parameters without quotes or semicolons, twice, in pieces, in encoded words | RFC 2231 | header.test_parameters |
| a type that is none, multipart/* | RFC 2045 5.2 | mime.test_media_types |
| nesting, parts and fields without end | - | test_depth_and_number_of_parts_are_bounded |
| no message at all: .msg files (OLE2), nothing, binary data | - | test_what_is_no_message_is_told_apart_and_not_read |

The tests are in tests/unit: test_message.py, or the file of the module named before the dot.
"""

from __future__ import annotations

from casefleet_cli.core import address
from casefleet_cli.core.mail import body, enclosed, fingerprint, forwarded, header, hints, mime
from casefleet_cli.core.mail.head import LONGEST_PEOPLE, Head, trace
from casefleet_cli.core.model import Attachment, Forward, Message
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from casefleet_cli.core.mail.folding import Run
    from casefleet_cli.core.mail.mime import Part

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def parse(raw: bytes, runs: Sequence[Run] = (), logging_domain: str = "") -> Message:
    """Understand a message; never raises, in time and memory linear in its size.

    `runs`: what `folding.find` found in it, so that it is not decoded again. `logging_domain`: recipients there don't
    count in the fingerprint, since not every copy has them.

    Bytes that are no message (Outlook's .msg, nothing, binary data) give an empty one with the defect "not-a-message"
    or "empty-message"; their fingerprint is that of the bytes.
    """
    root, defects = _open(raw)
    return (
        _Reader(root, defects, runs if root and root.data is raw else (), logging_domain).message()
        if root
        else _not_a_message(raw, defects)
    )


def part_bytes(raw: bytes, part: str) -> tuple[str, bytes] | None:
    """The content type and the decoded octets of the part that `Attachment.part` names; None where there is none."""
    root, _ = _open(raw)
    found = enclosed.find(root, part) if root else None
    return (found.type, found.content()[0]) if found else None


def parts(raw: bytes) -> dict[str, Part]:
    """Every leaf of a message by the number that `Attachment.part` names, from one look; each is decoded when asked.

    Those inside of containers are among them, numbered through the container.
    """
    root, _ = _open(raw)
    if root is None:
        return {}
    enclosed.unfold(root, mime.nodes(root))
    return {part.number: part for part in enclosed.all_nodes(root) if not part.is_multipart}


def html_of(raw: bytes) -> str | None:
    """The HTML of the message as it came, not cleaned; None where there is none."""
    root = _letter(raw)
    return _html(root) if root else None


def inline_images(raw: bytes) -> dict[str, tuple[str, bytes]]:
    """The images that HTML can show by "cid:", as (content type, octets) by content-id without angle brackets."""
    root = _letter(raw)
    return _images(root) if root else {}


def html_with_images(raw: bytes) -> tuple[str | None, dict[str, tuple[str, bytes]]]:
    """`html_of` and `inline_images` from one look."""
    root = _letter(raw)
    return (_html(root), _images(root)) if root else (None, {})


def _letter(raw: bytes) -> Part | None:
    """The tree of parts with what is in the container of the letter."""
    root, _ = _open(raw)
    if root is not None:
        enclosed.unfold_letter(root)
    return root


def _html(root: Part) -> str | None:
    hint = hints.charset_of(root)
    chosen = [part for part in body.choose(root).html if part.type == "text/html"]
    pages = [body.text_of(part, part.content()[0], hint)[0] for part in chosen]
    return "\n".join(pages) if pages else None


def _images(root: Part) -> dict[str, tuple[str, bytes]]:
    images: dict[str, tuple[str, bytes]] = {}
    for leaf in enclosed.letter_nodes(root):
        if leaf.type.startswith("image/"):
            content_id = _content_id(leaf)
            if content_id and content_id not in images:
                images[content_id] = (leaf.type, leaf.content()[0])
    return images


def _open(raw: bytes) -> tuple[Part | None, list[str]]:
    """The tree of parts, or None for what is no message; and the defects of the bytes as a whole."""
    if raw.startswith(_OLE2):
        return None, ["not-a-message"]
    if not raw[:1000].strip() and not raw.strip():
        return None, ["empty-message"]
    defects = []
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            raw, defects = raw.decode("utf-16").encode("utf-8"), ["utf-16-file"]
        except UnicodeDecodeError:
            return None, ["not-a-message"]
    if b"\n" not in raw[:20_000] and b"\r" in raw[:20_000]:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        defects.append("bare-cr")
    root = mime.tree(raw)
    if not root.fields and b"\0" in raw[:4096]:
        return None, ["not-a-message"]
    hints.find_letter(root)
    return root, defects


def _not_a_message(raw: bytes, defects: list[str]) -> Message:
    return Message(defects=tuple(defects), fingerprint=fingerprint.of_bytes(raw))


class _Reader:
    """A tree of parts while it becomes a Message."""

    def __init__(self, root: Part, defects: list[str], runs: Sequence[Run], logging_domain: str) -> None:
        self.root = root
        self.hint = hints.charset_of(root)
        self.domain = logging_domain
        self.runs = {run.start: run for run in runs}
        self.nodes = mime.nodes(root)
        defects = defects + enclosed.unfold(root, self.nodes)
        self.chosen = body.choose(root)
        self.defects = dict.fromkeys(defects)
        self.print = fingerprint.Fingerprint()
        self.texts: dict[int, str] = {}
        self.sizes: dict[int, int] = {}

    def message(self) -> Message:
        """Everything at once."""
        root = self.root
        head = Head(root)
        chosen = self.chosen
        shown = {id(part) for part in (*chosen.text, *chosen.html)}
        self.print.add_head(head.msgid, head.date, head.subject)
        self.print.add_set(_addresses(head, "from"))
        self.print.add_set(one for one in _addresses(head, "to", "cc") if one.rpartition("@")[2] != self.domain)
        # What does not count: parts of attached messages, and the file of which this message was made.
        original = enclosed.original_of(root)
        within: set[int] = set() if original is None else {id(original)}
        for part in self.nodes:
            if part.is_message or id(part) in within:
                within.update(map(id, part.children))
            self.read(part, is_text=id(part) in shown, counts=id(part) not in within)
        people = {name: head.people(name) for name in ("from", "sender", "reply-to", "to", "cc", "bcc", "resent-from")}
        self.defects.update(dict.fromkeys(head.defects))
        for part in (*chosen.text, *chosen.html):
            if id(part) not in self.texts:  # the letter came in a container
                self.texts[id(part)] = body.flowed(part, body.text_of(part, part.content()[0], self.hint)[0])
        html = [(part.type, self.texts[id(part)]) for part in chosen.html]
        has_html = any(kind == "text/html" for kind, _ in html)
        text = body.plain([(part.type, self.texts[id(part)]) for part in chosen.text], html, _html_reader)
        page = "\n".join(page for kind, page in html if kind == "text/html") if has_html else None
        room = [LONGEST_PEOPLE]  # of its own: what is inside takes none from what the letter forwards
        contents = enclosed.look_inside(
            chosen.attachments, text, lambda mail: Head(mail, room).in_lines(), _html_reader
        )
        self.defects.update(dict.fromkeys(contents.defects))
        if has_html and self.is_contradictory():
            self.defects["alternatives-differ"] = None
        return Message(
            msgid=head.msgid,
            subject=head.subject,
            from_=people["from"],
            sender=people["sender"],
            reply_to=people["reply-to"],
            to=people["to"],
            cc=people["cc"],
            bcc=people["bcc"],
            resent_from=people["resent-from"],
            trace=trace(root),
            state="draft" if head.is_unsent else "",
            date=head.date,
            received=() if head.date else head.received,
            in_reply_to=head.msgids("in-reply-to"),
            references=head.msgids("references"),
            text=text,
            has_html=has_html,
            attachments=tuple(self.attachment(part, is_inner=is_inner) for part, is_inner in contents.parts),
            enclosed=contents.words,
            forwards=self.forwards(head, text, page),
            defects=tuple(self.defects),
            fingerprint=self.print.hexdigest(),
        )

    def read(self, part: Part, *, is_text: bool, counts: bool) -> None:
        """Decode a part once: for its size, its text and, where it counts there, the fingerprint."""
        self.defects.update(dict.fromkeys(part.defects))
        if part.is_multipart:
            return
        if part.is_message:
            child = Head(part.children[0])
            self.sizes[id(part)] = _size_of(part)
            if counts:
                self.print.add("message")
                self.print.add_head(child.msgid, child.date, child.subject)
                self.print.add_set(_addresses(child, "from"))
            return
        content, defect = self.content(part)
        if defect:
            self.defects[defect] = None
        self.sizes[id(part)] = len(content)
        if not is_text and (part.type not in ("text/plain", "text/html") or not counts):
            if counts:
                self.print.add_octets(content)
            return
        handed_over = [content]
        del content  # so that large text is not held twice
        text, defect = body.text_of(part, handed_over.pop(), self.hint)
        if counts:
            self.print.add_text(part.type, text)
        if is_text:
            self.texts[id(part)] = body.flowed(part, text)
            if defect:
                self.defects[defect] = None

    def content(self, part: Part) -> tuple[bytes, str | None]:
        """The decoded octets of a leaf, and the defect met."""
        run = self.runs.get(part.body) if part.encoding == "base64" and part.data is self.root.data else None
        if run and run.end <= part.end and not part.data[run.end : part.end].strip(b"\r\n"):
            return run.octets, None
        return part.content()

    def attachment(self, part: Part, *, is_inner: bool) -> Attachment:
        """The words about an attachment."""
        content_id = _content_id(part)
        is_inline = part.disposition == "inline" or (not part.disposition and content_id is not None)
        size = self.sizes[id(part)] if id(part) in self.sizes else _size_of(part)
        return Attachment(part.number, body.filename_of(part), part.type, size, content_id, is_inline, is_inner)

    def is_contradictory(self) -> bool:
        """Whether the text and the HTML that stand for each other say different things."""
        text = {id(part): part.type for part in self.chosen.text}
        html = {id(part): part.type for part in self.chosen.html}
        spoken = [self.texts[one] for one, kind in text.items() if kind != "text/html" and one not in html]
        pages = [self.texts[one] for one, kind in html.items() if kind == "text/html" and one not in text]
        if not spoken or not pages:
            return False
        from casefleet_cli.core.mail import alternatives  # noqa: PLC0415 - mail without HTML needs none of it

        return alternatives.differ("\n".join(spoken), "\n".join(pages))

    def forwards(self, head: Head, text: str, page: str | None) -> tuple[Forward, ...]:
        """The messages that this one forwards: attached ones first, else one that is quoted in the text."""
        if self.root.type in forwarded.NEVER:
            return ()
        attached = [mail for part in self.chosen.attachments if (mail := enclosed.mail_in(part)) is not None]
        if attached and forwarded.is_from_a_system(head.people("from")):
            return ()
        if attached:
            return forwarded.attached(attached, head.room, text.strip() or None)
        if ":" not in text and page is None:
            return ()
        from casefleet_cli.core.forward import find  # noqa: PLC0415 - large; a mail without a colon forwards nothing

        return find.find_all(head.subject, text, page, head.people("from"))


def _addresses(head: Head, *names: str) -> list[str]:
    """The addresses of some fields, in normal form."""
    return [address.normal(mailbox.address) for name in names for mailbox in head.people(name) if mailbox.address]


def _size_of(part: Part) -> int:
    """The octets of a leaf or an attached message, decoded."""
    if part.is_message:
        return part.end - part.body if part.data is part.children[0].data else part.children[0].end
    return len(part.content()[0])


def _content_id(part: Part) -> str | None:
    value = part.field("content-id")
    return (header.decode(value).strip("<> ") or None) if value else None


def _html_reader() -> Callable[[str], str]:
    from casefleet_cli.core.mail.html_text import to_text  # noqa: PLC0415 - its library is needed by few mails

    return to_text
