"""Atom (RFC 4287): a list of what is new, for feed readers, made of numbers, dates and links."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

_NO_LETTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) has no place for, however it is written."""


class Entry(NamedTuple):
    """One thing that is new."""

    id: str
    """A URI that is of this thing alone, for ever."""
    title: str
    updated: str
    """A moment as RFC 3339 writes it."""
    link: str
    """Where it is shown."""
    published: str = ""
    """A moment, too, where there is one."""


class Feed(NamedTuple):
    """A list of entries, the newest first."""

    id: str
    title: str
    author: str
    updated: str
    """The moment of a feed without entries; else the last of theirs counts."""
    link: str
    """The page of the same list."""
    itself: str
    """Where the feed is; "" where that is a secret."""
    entries: tuple[Entry, ...]


def tag(domain: str, day: str, name: str) -> str:
    """A tag URI (RFC 4151): what the owner of a domain, since a day, calls by a name."""
    return f"tag:{domain},{day}:{name}"


def document(feed: Feed) -> bytes:
    """The feed in XML, in UTF-8: the same bytes for the same feed."""
    updated = max((entry.updated for entry in feed.entries), default=feed.updated)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        _element("id", feed.id),
        _element("title", feed.title),
        f"<author>{_element('name', feed.author)}</author>",
        _element("updated", updated),
        _link("alternate", feed.link, "text/html"),
    ]
    if feed.itself:
        lines.append(_link("self", feed.itself, "application/atom+xml"))
    for entry in feed.entries:
        lines += ["<entry>", _element("id", entry.id), _element("title", entry.title)]
        lines.append(_element("updated", entry.updated))
        if entry.published:
            lines.append(_element("published", entry.published))
        lines += [_link("alternate", entry.link, "text/html"), "</entry>"]
    return "\n".join([*lines, "</feed>", ""]).encode("utf-8")


def plain(words: str) -> str:
    """The words on one line, without what XML has no place for."""
    return " ".join(_NO_LETTER.sub("", words).split())


def _element(name: str, words: str) -> str:
    return f"<{name}>{_escaped(words)}</{name}>"


def _link(relation: str, address: str, kind: str) -> str:
    return f'<link rel="{relation}" type="{kind}" href="{_escaped(address)}"/>'


def _escaped(words: str) -> str:
    return html.escape(plain(words))
