"""A mail's own HTML made harmless, and the names under which attachments are downloaded."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from casefleet_cli.core.filenames import safe_name
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.mail.html_tags import attributes, tokens
from casefleet_cli.core.stacks import unstacked
from casefleet_cli.web import workers
from casefleet_cli.web.wordbreaks import breakable, broken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from casefleet_cli.core.secrets.spelling import Secrets

MAX_HTML = 500_000
"""Letters of HTML that are looked at; longer mails are cut here."""
MAX_ELEMENTS = 10_000
"""Elements that are shown; a browser takes its time for more."""
MAX_SPAN = 100
"""Columns or rows that a cell may span; browsers make a place for each."""
MAX_TEXT = 300_000
"""Letters of a text that is shown in one page."""
MAX_VALUE = 4_000
"""Letters of an attribute."""
MAX_PICTURES = 500
MAX_PICTURE_OCTETS = 12_000_000
"""Embedded pictures of one mail, in number and in octets; further ones are left out."""
MAX_DEPTH = 512
"""Elements open at once, as in browsers; the parser takes quadratic time in deeper ones, and no person wrote them."""
_ALONE = frozenset({"br", "col", "embed", "hr", "img", "wbr"})
_SIBLINGS = {
    "li": "li", "dd": "dd", "dt": "dd", "option": "option",
    "td": "td", "th": "td", "tr": "td", "tbody": "td", "thead": "td", "tfoot": "td", "colgroup": "td",
}  # fmt: skip
"""Elements that people leave open, and which of them end each other."""
_INSIDE = {"ul": "li", "ol": "li", "dl": "dd", "select": "option", "table": "td"}
"""What ends with those around it."""
_TAGS = {
    "a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_GONE_WITH_CONTENT = {
    "script", "style", "title", "head", "template", "noscript", "iframe", "object", "embed", "applet", "audio", "video",
    "canvas", "svg", "math", "form", "select", "textarea", "button", "option", "frameset", "noembed", "noframes", "xmp",
}  # fmt: skip
_KEPT_WITH_CONTENT = {"form", "noscript", "button", "head"}
_ANYWHERE = {"align", "dir", "lang", "style", "title", "valign"}
_NONE: set[str] = set()
_ATTRIBUTES = {
    "*": _ANYWHERE,
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "tr": {"bgcolor"},
    "td": {"bgcolor", "colspan", "rowspan", "width", "height"},
    "th": {"bgcolor", "colspan", "rowspan", "width", "height", "scope"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "ol": {"start", "type"},
    "blockquote": {"type"},
}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-right",
    "border-spacing", "border-style", "border-top", "border-width", "color", "direction", "font-family", "font-size",
    "font-style", "font-variant", "font-weight", "letter-spacing", "line-height", "list-style-type", "padding",
    "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-indent",
    "text-transform", "vertical-align", "white-space", "width",
}  # fmt: skip
_SPANS = frozenset({"colspan", "rowspan", "span"})
_PICTURES = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>E-mail as it was sent</title>
<style>html{{background:#fff;color:#1a1d21;color-scheme:light}}body{{margin:1rem;overflow-wrap:anywhere;
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}}img,table{{max-width:100%}}
td,th{{overflow-wrap:break-word}}img{{height:auto}}pre{{white-space:pre-wrap}}blockquote{{margin:0 0 0 .5rem;
padding-left:.75rem;border-left:2px solid #ccd2d9}}.casefleet-note{{margin:0 0 1rem;color:#5b6470;font-size:13px}}
</style></head>
<body>{note}{body}</body></html>
"""


TOO_DEEP = "This e-mail is too deeply nested to be shown as it was sent; this is its text."
TOO_MUCH = "This e-mail takes too long to be shown as it was sent; this is its text."
TOO_BUSY = "This machine is busy with other e-mail; this is its text. Load the page anew to see it as it was sent."


class TooDeepError(Exception):
    """More elements may be open at once than MAX_DEPTH."""


class _Simple(NamedTuple):
    """HTML in our own spelling, and whether that is only its beginning."""

    html: str
    is_cut: bool


def within_budget(raw: bytes, secrets: Secrets, text: str, whole: str) -> bytes:
    """The page of a message's HTML, or of its text with a sentence that says why.

    `text`: the message's, its secrets hidden; `whole`: where all of it can be read.
    """
    try:
        return workers.do(MAKE, raw, secrets, whole) or _text_instead(text, TOO_DEEP, whole)
    except workers.OverrunError:
        return _text_instead(text, TOO_MUCH, whole)
    except workers.BusyError:
        return _text_instead(text, TOO_BUSY, whole)


def made(raw: bytes, secrets: Secrets, whole: str) -> bytes:
    """The page of a message's HTML, its secrets hidden; nothing where it is too deeply nested.

    It looks at hostile bytes, so it is for a process that can be ended.
    """
    try:
        html, pictures = messages.html_with_images(raw)
        page = harmless(html or "", pictures, secrets.hide, whole)
    except TooDeepError:
        return b""
    return page.encode("utf-8", "replace")


def inside(raw: bytes, secrets: Secrets, text: str) -> str:
    """The HTML of a message as `made` has it, to stand in a page of another; its text where there is none to show."""
    html, pictures = messages.html_with_images(raw)
    if html is None:
        return as_text(text)
    try:
        body, notes = _harmless(html, pictures, secrets.hide, "")
    except TooDeepError:
        body, notes = as_text(text), [TOO_DEEP]
    return _note(notes) + body


MAKE = workers.Task(made, processor=0.5, clock=0.7)
"""So a page is there within a second, whatever is in the mail."""


def _text_instead(text: str, why: str, whole: str) -> bytes:
    notes = [why, *(_only_beginning(whole) if len(text) > MAX_TEXT else ())]
    return _page(as_text(text[:MAX_TEXT]), notes).encode("utf-8", "replace")


def as_text(text: str) -> str:
    """A text as HTML in which every word can be broken."""
    return f'<div style="white-space:pre-wrap" dir="auto">{breakable(unstacked(text))}</div>'


def harmless(
    html: str, pictures: Mapping[str, tuple[str, bytes]], masked: Callable[[str], str], whole: str = "/"
) -> str:
    """The HTML as a whole page, without scripts, style sheets, forms, frames, remote pictures and odd links.

    `pictures`: the mail's own, by Content-ID, as (content type, bytes); they become data: addresses. `masked` hides
    secrets; it is asked once the HTML has one spelling. Raises TooDeepError.
    """
    return _page(*_harmless(html, pictures, masked, whole))


def _harmless(
    html: str, pictures: Mapping[str, tuple[str, bytes]], masked: Callable[[str], str], whole: str
) -> tuple[str, list[str]]:
    """What is inside of that page, and what is to be said about it."""
    import nh3  # noqa: PLC0415 - only this page needs it

    simple = _simple(html)
    room, places = MAX_PICTURE_OCTETS, MAX_PICTURES
    left_out = 0

    def attribute(_tag: str, name: str, value: str) -> str | None:
        nonlocal room, places, left_out
        if name == "href":
            return value if _scheme(value) in ("http", "https", "mailto", "tel") else None
        if name != "src":
            return value
        picture = pictures.get(value.strip()[4:].strip("<>")) if _scheme(value) == "cid" else None
        if picture is None or picture[0].lower() not in _PICTURES or len(picture[1]) > room or not places:
            left_out += 1
            return None
        room -= len(picture[1])
        places -= 1
        return f"data:{picture[0].lower()};base64,{base64.b64encode(picture[1]).decode('ascii')}"

    body = nh3.clean(
        simple.html,
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_CONTENT - _KEPT_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        filter_style_properties=_STYLES,
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    notes = _only_beginning(whole) if simple.is_cut else []
    if left_out:
        notes.append(f"{left_out} picture{'s' * (left_out > 1)} not loaded.")
    return masked(body), notes


def disposition(filename: str | None, content_type: str) -> str:
    """The Content-Disposition header of a download (RFC 6266): always an attachment, its name safe and in UTF-8."""
    name = safe_name(filename, content_type)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", plain).strip(" .") or "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _page(body: str, notes: list[str]) -> str:
    return _PAGE.format(body=body, note=_note(notes))


def _note(notes: list[str]) -> str:
    return f'<p class="casefleet-note">{" ".join(notes)}</p>' if notes else ""


def _only_beginning(whole: str) -> list[str]:
    """What is said of HTML that is cut; `whole` is where all can be read, where there is such a page."""
    if not whole:
        return ["Only the beginning is shown."]
    link = f'<a href="{escape(whole)}" target="_blank" rel="noopener">Show all as text</a>'
    return [f"Only the beginning is shown. {link}"]


def _simple(html: str) -> _Simple:
    """The HTML as we read it, spelled in one way: elements that are known, with their few attributes.

    What follows has nothing left to stumble over: no comments, no foreign content, no tag of 100,000 attributes, no
    word without an end. Raises TooDeepError where more than MAX_DEPTH elements may be open at once.
    """
    written: list[str] = []
    depth = _Depth()
    elements = run = 0
    for token in tokens(html[:MAX_HTML]):
        name = token.name
        if not name:
            text, run = broken(token.text, run, _spelled)
            written.append(text)
        elif name in _TAGS or name in _GONE_WITH_CONTENT:
            elements += 1
            if elements > 2 * MAX_ELEMENTS:  # each has a start and an end
                return _Simple("".join(written), is_cut=True)
            allowed = _ANYWHERE | _ATTRIBUTES.get(name, _NONE) if token.attributes and name in _TAGS else _NONE
            found = attributes(token.attributes, allowed) if allowed else {}
            pairs = "".join(f' {key}="{escape(_bounded(key, value))}"' for key, value in found.items())
            written.append(f"</{name}>" if token.is_end else f"<{name}{pairs}>")
            if depth.after(name, is_end=token.is_end) > MAX_DEPTH:
                raise TooDeepError
    return _Simple("".join(written), is_cut=len(html) > MAX_HTML)


def _spelled(text: str) -> str:
    return escape(unstacked(text), quote=False)


def _bounded(name: str, value: str) -> str:
    """The value of an attribute, as far as it makes sense."""
    if name in _SPANS:
        return value if len(value) < 3 else str(MAX_SPAN)
    if name in ("href", "src") and len(value) > MAX_VALUE:
        return ""
    return value[:MAX_VALUE]


class _Depth:
    """How many elements may be open at once; rather too many than too few.

    An end counts for its own name alone, so that stray ends hide none. Elements that end their siblings are counted
    once until another kind of them is opened inside.
    """

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._kinds: list[str] = []
        self._depth = 0

    def after(self, name: str, *, is_end: bool) -> int:
        """The depth after this tag."""
        kind = _SIBLINGS.get(name)
        if name in _ALONE or name == "p":  # a paragraph is ended by all that does not belong in it
            return self._depth
        if kind is None:
            step = 1 if not is_end else -1 if self._open[name] else 0
            self._open[name] += step
            self._depth += step
            if step < 0 and self._kinds and self._kinds[-1] == _INSIDE.get(name):
                self._kinds.pop()
        elif not is_end and self._kinds[-1:] != [kind]:
            self._kinds.append(kind)
        elif is_end and self._kinds[-1:] == [kind]:
            self._kinds.pop()
        return self._depth + len(self._kinds)


def _scheme(address: str) -> str:
    """The scheme as a browser would read it: without the blanks and control letters it skips."""
    visible = "".join(each for each in address if ord(each) > 32)
    scheme, colon, _ = visible.partition(":")
    return scheme.lower() if colon else ""
