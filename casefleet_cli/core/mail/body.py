"""Which parts of a message are its text and its HTML, and which are attachments (RFC 8621 section 4.1.4)."""

from __future__ import annotations

import re

from casefleet_cli.core.mail import charset
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from casefleet_cli.core.mail.mime import Part

_WIDE = ("16", "32", "ucs", "unicode")
"""In labels of charsets whose line breaks are not single octets."""
_BLOCK = 1 << 18
_META_CHARSET = rb"(?i)<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{1,40})"


class Choice(NamedTuple):
    """The parts to show as text, those to show as HTML, and the rest; attached messages are left closed."""

    text: tuple[Part, ...]
    html: tuple[Part, ...]
    attachments: tuple[Part, ...]


def choose(root: Part) -> Choice:
    """Sort the parts of a message as RFC 8621 section 4.1.4 does; pictures are always attachments.

    What a bounce says about the delivery and the headers it returns (RFC 3464, RFC 6522) are text, too.
    """
    text: list[Part] = []
    html: list[Part] = []
    attachments: list[Part] = []
    _sort([root], "mixed", is_alternative=False, text=text, html=html, attachments=attachments)
    return Choice(tuple(text), tuple(html), tuple(attachments))


def _sort(
    parts: list[Part],
    kind: str,
    *,
    is_alternative: bool,
    text: list[Part] | None,
    html: list[Part] | None,
    attachments: list[Part],
) -> None:
    """One multipart; a list that is None takes no more, because the other alternative was found to be the one."""
    text_before, html_before = len(text or ()), len(html or ())
    for index, part in enumerate(parts):
        if part.is_letter or part.is_multipart:
            attachments += [part] * part.is_letter
            inner, held = _held(part, kind)
            within = is_alternative or inner == "alternative"
            _sort(held, inner, is_alternative=within, text=text, html=html, attachments=attachments)
            continue
        if not (_is_shown(part, index, kind) or (kind == "alternative" and _is_first_form(part, parts[:index]))):
            attachments.append(part)
            if text is not None and part.disposition == "inline" and part.type == "text/plain":
                text.append(part)  # RFC 2183 section 2.1: a file that is to be shown
            continue
        is_html = part.type == "text/html"
        takers: tuple[list[Part] | None, list[Part] | None]
        if kind == "alternative":
            takers = (html if is_html else text, None)
        else:
            if is_alternative:
                text, html = (None, html) if is_html else (text, None)
            takers = (text, html)
        for taker in takers:
            if taker is not None:
                taker.append(part)
    if kind == "alternative" and text is not None and html is not None:
        if len(text) == text_before:
            text += html[html_before:]
        elif len(html) == html_before:
            html += text[text_before:]


def _held(part: Part, kind: str) -> tuple[str, list[Part]]:
    """What stands in the place of a part that only holds others, and as which kind of multipart."""
    if part.is_letter and part.inside is not None:  # a container in which the letter itself came
        return kind, [part.inside]
    return part.type[10:], part.children


def _is_shown(part: Part, index: int, kind: str) -> bool:
    """Whether the part is read as text rather than kept as a file."""
    if kind == "report" and part.type in ("message/delivery-status", "text/rfc822-headers"):
        return True
    if part.type not in ("text/plain", "text/html") or part.disposition == "attachment":
        return False
    return index == 0 or (kind != "related" and not filename_of(part))


def _is_first_form(part: Part, before: list[Part]) -> bool:
    """Whether a part is the first of its type among the forms of one text; its name makes it no file.

    They stand in whatever order (RFC 2046 section 5.1.4).
    """
    is_text = part.type in ("text/plain", "text/html") and part.disposition != "attachment"
    return is_text and all(other.type != part.type for other in before)


def filename_of(part: Part) -> str | None:
    """The name the sender gave the file, or None."""
    name = part.disposition_parameters.get("filename") or part.parameters.get("name")
    return name or part.disposition_parameters.get("name") or part.parameters.get("filename") or None


def text_of(part: Part, content: bytes, hint: Callable[[], str | None] | None = None) -> tuple[str, str | None]:
    """The text of a text part, lines ended by LF; and the charset's defect. `hint`: as for `charset.read`."""
    label = part.parameters.get("charset")
    if part.type == "text/html" and not label:
        found = re.search(_META_CHARSET, content[:4096])
        label = found[1].decode("ascii") if found else None
    if not label or not any(wide in label.lower() for wide in _WIDE):
        content = one_newline(content)
    text, defect = charset.read(content, label, hint)
    del content
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff").replace("\0", ""), defect


def flowed(part: Part, text: str) -> str:
    """The text of a part with the paragraphs of format=flowed joined (RFC 3676); other text as it is."""
    if part.type != "text/plain" or part.parameters.get("format", "").lower() != "flowed":
        return text
    return _flow(text, is_deleting=part.parameters.get("delsp", "").lower() == "yes")


def one_newline(content: bytes) -> bytes:
    """The octets with every line break as LF."""
    if b"\r" not in content:
        return content
    content = content.replace(b"\r\n", b"\n")
    return content.replace(b"\r", b"\n") if b"\r" in content else content


def _flow(text: str, *, is_deleting: bool) -> str:
    """Paragraphs of format=flowed joined again (RFC 3676 section 4.2); quote marks stay."""
    joined: list[str] = []
    open_depth = -1  # of the paragraph that the last line left open
    position = 0
    while position <= len(text):  # block by block: lines by the million take many times the room of the text
        end = text.find("\n", position + _BLOCK)
        end = len(text) if end < 0 else end
        out: list[str] = []
        for line in text[position:end].split("\n"):
            bare = line.lstrip(">")
            depth = len(line) - len(bare)
            bare = bare.removeprefix(" ")
            is_flowed = bare.endswith(" ") and bare != "-- "
            if open_depth == depth and bare != "-- ":
                out.append(bare[:-1] if is_flowed and is_deleting else bare)
            else:
                mark = ">" * depth + (" " if depth else "")
                out += ("\n", mark, bare[:-1] if is_flowed and is_deleting else bare)
            open_depth = depth if is_flowed else -1
        joined.append("".join(out))
        position = end + 1
    return "".join(joined)[1:]


def join(pieces: list[str]) -> str:
    """Texts that stand one below the other, blank ones left out."""
    kept = [piece for piece in pieces if piece and not piece.isspace()]
    if len(kept) == 1:
        return kept[0]
    return "\n\n".join(piece.strip("\n") for piece in kept) + "\n" if kept else ""


def plain(
    pieces: list[tuple[str, str]], html: list[tuple[str, str]], to_text: Callable[[], Callable[[str], str]]
) -> str:
    """The best plain text from (type, text) pieces: the text parts, with HTML read where it stands for them.

    `to_text` gives the reader of HTML; it is asked for only when there is HTML to read.
    """
    found = join([text if kind != "text/html" else to_text()(text) for kind, text in pieces])
    if (found and not found.isspace()) or not html:
        return found
    return join([text if kind != "text/html" else to_text()(text) for kind, text in html])
