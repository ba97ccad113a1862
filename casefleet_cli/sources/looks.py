"""What a file is, told by its first bytes; names prove nothing."""

from __future__ import annotations

import re

from casefleet_cli.sources.compression import ZSTD_MISSING, can_unpack, compression_of, is_zlib
from casefleet_cli.sources.emlx import begins_emlx
from casefleet_cli.sources.from_line import KNOWN_FIELD, begins_mbox, shape
from casefleet_cli.sources.items import PACKED
from casefleet_cli.sources.outlook import MAGICS

SNIFF = 16_384
"""How many bytes from the start of a file are looked at."""
BOM = b"\xef\xbb\xbf"

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"!BDN", "an Outlook data file (.pst or .ost): export its mail as mbox or .eml (readpst does it) to import it"),
    (0, b"PK\x03\x04", "a zip archive (or an Office document): unpack it to import mail that is in it"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it to import mail that is in it"),
    (0, b"Rar!\x1a\x07", "a RAR archive: unpack it to import mail that is in it"),
    (257, b"ustar", "a tar archive: unpack it to import mail that is in it"),
    (0, b"Dovecot-LZ4", "compressed with LZ4 by Dovecot: export it with doveadm to import it"),
    (0, b"*mbx*", "a mailbox in the mbx format of UW IMAP: convert it to mbox to import it"),
    (0, b"\x01\x01\x01\x01\n", "a mailbox in the MMDF format: convert it to mbox to import it"),
    (0, b"BABYL OPTIONS:", "a mailbox in the Babyl format: convert it to mbox to import it"),
    (0, b"SQLite format 3\x00", "a SQLite database"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"\x89PNG\r\n", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90\x00", "a program"),
    (0, b"\xff\xfe", "UTF-16 text: save it as .eml to import it"),
    (0, b"\xfe\xff", "UTF-16 text: save it as .eml to import it"),
)
_CMS = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07"
"""How the object identifiers of what PKCS #7 calls a content type begin (RFC 5652), in DER and BER."""
_PACKED = ((0, b"PK\x03\x04"), (257, b"ustar"))
_OF_DOCUMENTS = (b"[Content_Types].xml", b"mimetypeapplication/", b"META-INF/")
"""Names of members with which the files of office programs (OOXML, ODF) and Java begin."""
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")  # RFC 5322 section 3.6.8; 4.5 allows the blank before the colon
_KNOWN = re.compile(rb"^" + KNOWN_FIELD, re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")


def other_than_mail(head: bytes) -> str | None:
    """The sentence for a file that is certainly no message, by its first SNIFF bytes; None when it may be one."""
    if not head:
        return "The file is empty."
    if len(head) < SNIFF and not head.removeprefix(BOM).strip():
        return "The file holds nothing but blank lines."
    if head.startswith(b"\x30") and _CMS in head[:40]:
        return "This is signed or encrypted data (S/MIME, .p7m) without the mail that it came in."
    for offset, magic, what in _OTHERS:
        if head.startswith(magic, offset):
            return f"This is {what}."
    return None


def looks_like_message(head: bytes) -> bool:
    """Whether these first bytes of a file are the header of a message (RFC 5322 section 2.2).

    A header section has at least one field that mail knows, and few lines that are neither a field nor folded: mail
    with a broken line is still mail, prose that holds a `Note:` is not.
    """
    text = text_of(head)
    end = _BLANK_LINE.search(text)
    header = text[: end.start()] if end else text
    if b"\x00" in header[:512] or not _KNOWN.search(header):
        return False
    lines = header.splitlines()
    if not end and len(head) >= SNIFF:
        lines.pop()  # it was cut
    fields = strays = 0
    for line in lines:
        if _FIELD.match(line):
            fields += 1
        elif not line.startswith((b" ", b"\t")):
            strays += 1
    return fields >= strays


def text_of(head: bytes) -> bytes:
    """The same from where its text begins, past a byte order mark and blank lines."""
    return head.removeprefix(BOM).lstrip(b"\r\n")


def tell(head: bytes, *, in_maildir: bool = False) -> tuple[str | None, str]:
    """What a file is by its first SNIFF bytes, "eml", "packed" or one of `many`; or None and a sentence: what it is.

    `in_maildir`: it is in cur/ or new/ of a Maildir, where all that is not certainly something else is a mail, perhaps
    compressed by the server. The same is asked of a file and of a member of an archive.
    """
    name = compression_of(head)
    if name and not can_unpack(name):
        return None, ZSTD_MISSING
    if in_maildir:
        reason = None if name or is_zlib(head) else other_than_mail(head)
        return (None, reason) if reason else ("eml", "")
    if name or any(head.startswith(magic, offset) for offset, magic in _PACKED):
        is_document = head.startswith(b"PK") and any(name in head[:2000] for name in _OF_DOCUMENTS)
        return (None, "This is a document or a program in a zip archive.") if is_document else (PACKED, "")
    reason = other_than_mail(head)
    if reason:
        return None, reason
    if head.startswith(MAGICS):
        return "eml", ""
    text = text_of(head)
    if begins_mbox(text):
        return "mbox", ""
    if b"\n" not in text and shape(text.partition(b"\r")[0]) == "dated":
        return None, "This is an mbox with the line ends of an old Macintosh: convert them to import it."
    if begins_emlx(head):
        return "eml", ""
    if looks_like_message(head):
        return ("mbox" if shape(text) else "eml"), ""
    return None, "This does not begin like a mail: it has no header lines."
