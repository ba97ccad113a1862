"""Readable plain text out of a mail's HTML."""

from __future__ import annotations

import re
from typing import Any

_SILENT = frozenset(
    (
        "head",
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "svg",
        "math",
        "object",
        "iframe",
        "select",
        "textarea",
    )
)
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dir", "div", "dl",
     "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "menu", "nav",
     "ol", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul")
)  # fmt: skip
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "dl"))
_CELLS = frozenset(("td", "th"))
_BLOCK = 1 << 18
"""A document larger than this is read in blocks of this many characters: its tree takes fifty times the room."""
_DEEPEST = 3000
_BEGINNING = re.compile(
    r"<(?!br\b|img\b|p\b|hr\b|meta\b|link\b|input\b|col\b|li\b|td\b|tr\b|dt\b|dd\b)[a-z]", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>?")
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_INVISIBLE = dict.fromkeys(map(ord, "\0\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c"))
_GAPS = re.compile(r"\n{3,}")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def to_text(html: str) -> str:
    """The text of a HTML document as a reader sees it; "" when there is none.

    Blocks begin on a line of their own, table cells are set apart by a blank, list items by "- ", quotations by "> ";
    links keep their words; scripts, styles and hidden elements are left out.
    """
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - few mails have no text part

    html = html.replace("\0", "")
    writer = _Writer()
    text = ""  # a local name: it grows in place, and large text is not held twice
    position = 0
    while position < len(html):
        end = len(html) if len(html) - position <= _BLOCK else html.find("<", position + _BLOCK)
        block = html[position : end if end > 0 else len(html)]
        position += len(block)
        if _is_too_deep(block):
            block = _TAG.sub("<br>", block)
        body = LexborHTMLParser(block.encode("utf-8", "replace")).body
        if body is not None:
            writer.walk(body)
        piece = writer.settled() if position < len(html) else writer.settled() + writer.last()
        text += piece if text else piece.lstrip("\n")
    return text if text and not text.isspace() else ""


def _is_too_deep(html: str) -> bool:
    """Whether more elements may be open at once than any mail needs: building such a tree takes quadratic time."""
    ends = html.count("</")
    if html.count("<") - 2 * ends < _DEEPEST:
        return False
    return sum(1 for _ in _BEGINNING.finditer(html)) - ends > _DEEPEST


class _Writer:
    """The text while a tree is walked."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.newlines = 2  # how many line breaks the text ends with; at its beginning, enough
        self.is_spaced = True  # whether a blank would be one too many
        self.is_owed = False  # whether a blank is due before the next word
        self.quotes = 0
        self.pre = 0

    def walk(self, top: Any) -> None:
        """Write every node below `top`, without recursion: hostile trees are deep."""
        node, depth = top, 0
        while True:
            if node.is_text_node:
                self.words(node.text_content or "")
            elif self.enter(node):
                child = node.first_child
                if child is not None:
                    node, depth = child, depth + 1
                    continue
                self.leave(node.tag)
            while depth:
                following = node.next
                if following is not None:
                    node = following
                    break
                node, depth = node.parent, depth - 1
                self.leave(node.tag)
            if not depth:
                return

    def enter(self, node: Any) -> bool:
        """Begin an element; False when nothing of it is to be read."""
        tag = node.tag
        if tag == "br":
            self.newline(self.newlines + 1)
            return False
        if tag in _SILENT or not node.is_element_node:
            return False
        if tag == "img":
            return False
        if tag in ("div", "span", "p", "td", "tr", "table") and _HIDDEN.search(node.attributes.get("style") or ""):
            return False
        self.edge(tag)
        if tag == "li":
            self.raw("- ")
        elif tag in _CELLS:
            self.is_owed = not self.is_spaced
        elif tag == "hr":
            self.raw("---")
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "pre":
            self.pre += 1
        return True

    def leave(self, tag: str) -> None:
        """End an element that was entered."""
        self.edge(tag)
        if tag == "blockquote":
            self.quotes -= 1
        elif tag == "pre":
            self.pre -= 1

    def edge(self, tag: str) -> None:
        """The line breaks on either side of an element."""
        if tag in _PARAGRAPHS:
            self.newline(2)
        elif tag in _BLOCKS:
            self.newline(1)

    def newline(self, wanted: int) -> None:
        """End the line so that `wanted` line breaks stand here."""
        if wanted > self.newlines and self.out:
            self.out.append("\n" * (wanted - self.newlines))
        self.newlines = max(self.newlines, wanted)
        self.is_spaced, self.is_owed = True, False

    def words(self, text: str) -> None:
        """Write text, its white space collapsed outside of <pre>."""
        text = text.translate(_INVISIBLE) if not text.isascii() else text
        if self.pre:
            for index, line in enumerate(text.split("\n")):
                if index:
                    self.newline(self.newlines + 1)
                if line:
                    self.raw(line)
            return
        plain = _BLANKS.sub(" ", text)
        if plain[:1] == " ":
            self.is_owed = self.is_owed or not self.is_spaced
            plain = plain[1:]
        if not plain:
            return
        is_ending_blank = plain[-1] == " "
        self.raw(plain[:-1] if is_ending_blank else plain)
        self.is_owed = is_ending_blank

    def raw(self, text: str) -> None:
        """Write text as it is, after the blank that is owed and, on a new line, the marks of quotation."""
        if self.newlines and self.quotes:
            self.out.append("> " * min(self.quotes, 20))
        elif self.is_owed:
            self.out.append(" ")
        self.out.append(text)
        self.newlines, self.is_spaced, self.is_owed = 0, text[-1:] == " ", False

    def settled(self) -> str:
        """The lines that are whole, tidy; the last one, and the line breaks after it, stay open."""
        text = "".join(self.out)
        whole = text.rstrip("\n").rfind("\n") + 1
        self.out = [text[whole:]]
        tidy = "\n".join([line.rstrip() for line in text[:whole].replace("\xa0", " ").split("\n")])
        return _GAPS.sub("\n\n", tidy)

    def last(self) -> str:
        """The line that is open still, ended; "" when there is nothing in it."""
        text = "".join(self.out).replace("\xa0", " ").rstrip()
        return f"{text}\n" if text else ""
