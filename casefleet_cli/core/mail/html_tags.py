"""HTML cut into tags and text as browsers cut it (WHATWG HTML, section 13.2.5), in linear time."""

from __future__ import annotations

import re

from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

RAW = frozenset(("script", "style", "title", "textarea", "iframe"))
"""Elements with no tags inside; what is in them is left out."""

_ATTRIBUTE = r"""([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"?|'[^']*'?|[^\s>"'][^\s>]*)?)?"""
_UNNAMED = r"""[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"?|'[^']*'?|[^\s>"'][^\s>]*)?)?"""
_TAG = re.compile(rf"<(/?)([A-Za-z][^\s/>]*)((?:{_UNNAMED}){{0,40}})[\s/]*(>?)")
_MORE = re.compile(rf"(?:{_UNNAMED}){{1,40}}[\s/]*(>?)")
"""Attributes by the dozen: each that is repeated takes room until the whole is read."""
_NAMED = re.compile(_ATTRIBUTE)
_COMMENT_END = re.compile("--!?>")
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW}
_LONGEST_TEXT = 1 << 16
"""Letters of a text that is given whole; longer ones come in pieces of whole lines."""
_HUGE_REFERENCE = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9A-Fa-f]{9,});?")
"""Python refuses numbers of some thousand digits."""


class Token(NamedTuple):
    """A start tag, an end tag, or text where there is no name."""

    name: str
    """In lower case."""
    is_end: bool = False
    attributes: str = ""
    """As they are written."""
    text: str = ""


def tokens(html: str) -> Iterator[Token]:
    """The tags and texts of a document in order, without comments, declarations and RAW elements."""
    position, end = 0, len(html)
    while position < end:
        at = html.find("<", position)
        if at < 0:
            at = end
        while at - position > _LONGEST_TEXT and (cut := html.find("\n", position + _LONGEST_TEXT, at)) >= 0:
            yield Token("", text=_unescaped(html[position : cut + 1]))
            position = cut + 1
        if at > position:
            yield Token("", text=_unescaped(html[position:at]))
        if at == end:
            return
        tag = _TAG.match(html, at)
        if tag is None:
            position = _beyond(html, at)
            if position == at:
                yield Token("", text="<")
                position += 1
            continue
        slash, name, attributes, is_closed = tag.groups()
        position = tag.end()
        if not is_closed:
            position = _rest_of_tag(html, position)
            if position < 0:
                return  # as browsers do
        name = name.lower()
        if name in RAW:
            if not slash:
                found = _RAW_ENDS[name].search(html, position)
                position = found.start() if found else end
            continue
        yield Token(name, bool(slash), attributes)


def attribute(written: str, name: str) -> str:
    """The value of the first attribute of that name; "" where there is none."""
    for found in _NAMED.finditer(written):
        if found[1].lower() == name:
            return _value(found)
    return ""


def attributes(written: str, wanted: Container[str]) -> dict[str, str]:
    """The values of the wanted attributes; the first of each name counts."""
    values: dict[str, str] = {}
    for found in _NAMED.finditer(written):
        name = found[1].lower()
        if name in wanted and name not in values:
            values[name] = _value(found)
    return values


def _value(found: re.Match[str]) -> str:
    value = found[2] or ""
    return _unescaped(value.strip(value[0]) if value[:1] in ('"', "'") else value)


def _rest_of_tag(html: str, position: int) -> int:
    """Where a tag of very many attributes ends, read so far; -1 where it does not."""
    while position < len(html):
        more = _MORE.match(html, position)
        if more is None:
            break
        position = more.end()
        if more[1]:
            return position
    return -1


def _beyond(html: str, at: int) -> int:
    """The end of the comment or declaration that begins at a "<"; that place itself where none does."""
    following = html[at + 1 : at + 2]
    if following == "/" and len(html) == at + 2:
        return at
    if following not in ("!", "?", "/") or not following:
        return at
    if html.startswith("<!--", at):
        if html.startswith((">", "->"), at + 4):
            return html.index(">", at + 4) + 1
        found = _COMMENT_END.search(html, at + 4)
        return found.end() if found else len(html)
    return html.find(">", at) + 1 or len(html)


def _unescaped(text: str) -> str:
    """The text with its character references read."""
    if "&" not in text:
        return text
    text = text.replace("&nbsp;", "\xa0")
    if "&" not in text:
        return text
    from html import unescape  # noqa: PLC0415 - its table is large

    return unescape(_HUGE_REFERENCE.sub("\ufffd", text))
