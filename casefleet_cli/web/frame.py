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
from casefleet_cli.core.mail.html_tags import attributes, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_HTML = 2_000_000
"""Letters of HTML that are looked at; longer mails are cut here."""
MAX_PICTURES = 12_000_000
"""Octets of embedded pictures in one mail; further ones are left out."""
MAX_DEPTH = 512
"""Elements open at once, as in browsers; the parser takes quadratic time in deeper ones, and no person wrote them."""
_ALONE = frozenset({"br", "col", "embed", "hr", "img"})
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
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
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
_PICTURES = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>E-mail as it was sent</title>
<style>html{{background:#fff;color:#1a1d21;color-scheme:light}}body{{margin:1rem;overflow-wrap:anywhere;
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}}img,table{{max-width:100%}}
img{{height:auto}}pre{{white-space:pre-wrap}}blockquote{{margin:0 0 0 .5rem;padding-left:.75rem;
border-left:2px solid #ccd2d9}}.casefleet-note{{margin:0 0 1rem;color:#5b6470;font-size:13px}}</style></head>
<body>{note}{body}</body></html>
"""


class Shown(NamedTuple):
    """HTML that can be shown, and how many pictures were left out because they are elsewhere."""

    html: str
    left_out: int


def harmless(html: str, pictures: Mapping[str, tuple[str, bytes]], masked: Callable[[str], str]) -> Shown:
    """The HTML as a whole page, without scripts, style sheets, forms, frames, remote pictures and odd links.

    `pictures`: the mail's own, by Content-ID, as (content type, bytes); they become data: addresses. `masked` hides
    secrets; it is asked once the HTML has one spelling.
    """
    import nh3  # noqa: PLC0415 - only this page needs it

    is_cut = len(html) > MAX_HTML
    simple = _simple(html[:MAX_HTML])
    if simple is None:
        return Shown(_page("", ["Too deeply nested to be shown."]), 0)
    room = MAX_PICTURES
    left_out = 0

    def attribute(_tag: str, name: str, value: str) -> str | None:
        nonlocal room, left_out
        if name == "href":
            return value if _scheme(value) in ("http", "https", "mailto", "tel") else None
        if name != "src":
            return value
        picture = pictures.get(value.strip()[4:].strip("<>")) if _scheme(value) == "cid" else None
        if picture is None or picture[0].lower() not in _PICTURES or len(picture[1]) > room:
            left_out += 1
            return None
        room -= len(picture[1])
        return f"data:{picture[0].lower()};base64,{base64.b64encode(picture[1]).decode('ascii')}"

    body = nh3.clean(
        simple,
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_CONTENT - _KEPT_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        filter_style_properties=_STYLES,
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    notes = ["Only the beginning is shown."] if is_cut else []
    if left_out:
        notes.append(f"{left_out} picture{'s' * (left_out > 1)} not loaded.")
    return Shown(_page(masked(body), notes), left_out)


def disposition(filename: str | None, content_type: str) -> str:
    """The Content-Disposition header of a download (RFC 6266): always an attachment, its name safe and in UTF-8."""
    name = safe_name(filename, content_type)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", plain).strip(" .") or "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _page(body: str, notes: list[str]) -> str:
    return _PAGE.format(body=body, note=f'<p class="casefleet-note">{" ".join(notes)}</p>' if notes else "")


def _simple(html: str) -> str | None:
    """The HTML as we read it, spelled in one way: elements that are known, with their few attributes.

    What follows has nothing left to stumble over: no comments, no foreign content, no tag of 100,000 attributes. None
    where more than MAX_DEPTH elements may be open at once.
    """
    written: list[str] = []
    depth = _Depth()
    for token in tokens(html):
        name = token.name
        if not name:
            written.append(escape(token.text, quote=False))
        elif name in _TAGS or name in _GONE_WITH_CONTENT:
            allowed = _ANYWHERE | _ATTRIBUTES.get(name, _NONE) if token.attributes and name in _TAGS else _NONE
            found = attributes(token.attributes, allowed) if allowed else {}
            pairs = "".join(f' {key}="{escape(value)}"' for key, value in found.items())
            written.append(f"</{name}>" if token.is_end else f"<{name}{pairs}>")
            if depth.after(name, is_end=token.is_end) > MAX_DEPTH:
                return None
    return "".join(written)


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
