"""Readable plain text out of a mail's HTML."""

from __future__ import annotations

import re

from casefleet_cli.core.mail.html_tags import attribute, tokens

_SILENT = frozenset(("template", "noscript", "svg", "math", "object", "select"))
_FOREIGN = frozenset(("svg", "math"))
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dir", "div", "dl",
     "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "menu", "nav",
     "ol", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul")
)  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_PARAGRAPHS = frozenset(("p", "pre", "ul", "ol", "dl")) | _HEADINGS
_CELLS = frozenset(("td", "th"))
_GROUPS = ("tbody", "thead", "tfoot")
_IN_TABLES = frozenset(("caption", "tr", *_GROUPS)) | _CELLS
_ENDS_PARAGRAPH = (_BLOCKS | _PARAGRAPHS) - _IN_TABLES - {"legend", "table"}
_WALLS = frozenset(("table", "caption", "object", "template", "select")) | _CELLS
"""An end tag inside one of these ends nothing outside."""
_ITEMS = frozenset(("li", "dd", "dt"))
_TRANSPARENT = frozenset(("address", "div", "p", "span")) | _ITEMS
"""An item of a list ends the one before it, though one of these is open in that."""
_HIDEABLE = frozenset(("div", "span", "p", "td", "tr", "table"))
_KEPT = _BLOCKS | _PARAGRAPHS | _CELLS | _SILENT | {"span"}
"""The elements that matter to a reader; what others say is written as if they weren't there."""
_DEEPEST = 20_000
_BLOCK, _PIECE = 1 << 20, 60
"""Letters that are held before the lines they make are joined, and what each piece of text takes beside its letters."""
_DOCTYPE = re.compile(r"<!doctype html([^>]{0,300})", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_INVISIBLE = dict.fromkeys(map(ord, "\0\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c"))
_GAPS = re.compile(r"\n{3,}")
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


def to_text(html: str) -> str:
    """The text of a HTML document as a reader sees it; "" when there is none. Time and memory are linear in its length.

    Blocks begin on a line of their own, table cells are set apart by a blank, list items by "- ", quotations by "> ";
    links keep their words; scripts, styles and hidden elements are left out. Where nothing else is there to read, it is
    what stands for the pictures (their "alt"). Elements that nobody closes end where
    browsers end them (WHATWG HTML, section 13.2.6), as far as that can be seen in the text.
    """
    html = html.replace("\0", "")
    page = _Page(is_strict=_is_strict(html[:1000]))
    writer = page.writer
    held = 0
    pictures: list[str] = []
    text = ""  # a local name: it grows in place, and large text is not held twice
    for name, is_end, attributes, words in tokens(html):
        if not name:
            page.text(words)
            held += len(words) + _PIECE
            if held > _BLOCK and writer.is_broken:
                held = 0
                piece = writer.settled()
                text += piece if text else piece.lstrip("\n")
        elif name == "br":
            if page.hidden < 0:
                writer.newline(writer.newlines + 1)
        elif name == "img":
            if page.hidden < 0 and not text and not writer.is_broken:
                pictures.append(attribute(attributes, "alt"))
        elif name not in _KEPT:
            continue
        elif is_end:
            page.close(name)
        else:
            page.open(name, attributes)
    piece = writer.settled() + writer.last()
    text += piece if text else piece.lstrip("\n")
    if text and not text.isspace():
        return text
    seen = "\n".join(words for words in (_BLANKS.sub(" ", said).strip() for said in pictures) if words)
    return f"{seen}\n" if seen else ""


def _is_strict(head: str) -> bool:
    """Whether the document type asks a browser to follow the standard, by which a table ends a paragraph."""
    found = _DOCTYPE.search(head)
    said = found[1].lower() if found else "3.2"
    return "3.2" not in said and not ("html 4.0" in said and "transitional" in said and "http" not in said)


class _Page:
    """The elements that are open while a document is read."""

    def __init__(self, *, is_strict: bool) -> None:
        self.writer = _Writer()
        self.is_strict = is_strict
        self.stack: list[str] = []
        self.places: dict[str, list[int]] = {}
        """Where in the stack the elements of a name are."""
        self.walls: list[int] = []
        self.opaque: list[int] = []
        """Where the elements are that are not transparent."""
        self.hidden = -1
        """Where the outermost element is of which nothing is read."""
        self.is_after_pre = False

    def text(self, words: str) -> None:
        """Read text."""
        if self.hidden < 0:
            if self.is_after_pre:
                words = words.removeprefix("\r").removeprefix("\n")
            self.writer.words(words)
        self.is_after_pre = False

    def open(self, name: str, attributes: str) -> None:
        """Begin an element, ending those that it cannot stand in."""
        if self.stack and self.stack[-1] in _FOREIGN and name not in _FOREIGN:
            self.pop_to(len(self.stack) - 1)
        if name in _IN_TABLES or name == "table":
            if not self.open_in_table(name):
                return
        elif name in _ITEMS:
            self.open_item(name)
        elif name == "form" and self.last("form") >= 0:
            return
        elif name in _HEADINGS and self.stack and self.stack[-1] in _HEADINGS:
            self.pop_to(len(self.stack) - 1)
        if name in _ENDS_PARAGRAPH or (name == "table" and self.is_strict):
            at = self.near("p")
            self.pop_to(at if at >= 0 else len(self.stack))
        if name == "hr":
            if self.hidden < 0:
                self.writer.rule()
            return
        self.push(name, is_hidden=name in _SILENT or (name in _HIDEABLE and _is_hidden(attributes)))
        self.is_after_pre = name == "pre"

    def open_item(self, name: str) -> None:
        """End the item of a list that another one follows."""
        others = ("dd", "dt") if name == "li" else ("li",)
        before = max(self.last(each) for each in (("li",) if name == "li" else ("dd", "dt")))
        if before > max(self.opaque[-1] if self.opaque else -1, *(self.last(each) for each in others)):
            self.pop_to(before)

    def open_in_table(self, name: str) -> bool:
        """End what a part of a table, or a table beside its cells, cannot stand in; False where there is no table."""
        table = self.last("table")
        inside = max(self.last("caption"), self.last("td"), self.last("th"))
        if name == "table":
            if table > inside and table >= (self.walls[-1] if self.walls else -1):
                self.pop_to(table)
            return True
        if table < 0 or any(self.last(each) > table for each in ("object", "template", "select")):
            return False
        above = [table]
        if name in _CELLS or name == "tr":
            above += [self.last(each) for each in _GROUPS]
        if name in _CELLS:
            above.append(self.last("tr"))
        self.pop_to(max(above) + 1)
        return True

    def close(self, name: str) -> None:
        """End an element, and those that are open in it; an end without a beginning is none."""
        if name == "span":
            at = len(self.stack) - 1 if self.stack and self.stack[-1] == "span" else -1
        elif name in _IN_TABLES or name == "table":
            at = self.last(name)
            at = at if at >= self.last("table") else -1
        elif name in _HEADINGS:
            at = max(self.near(each) for each in _HEADINGS)
        else:
            at = self.near(name)
        if at >= 0:
            self.pop_to(at)
        elif name == "p" and self.hidden < 0:
            self.writer.edge(name)

    def last(self, name: str) -> int:
        """Where the innermost open element of a name is; -1 where there is none."""
        places = self.places.get(name)
        return places[-1] if places else -1

    def near(self, name: str) -> int:
        """The same within the innermost cell, table and the like."""
        at = self.last(name)
        return at if not self.walls or at >= self.walls[-1] else -1

    def push(self, name: str, *, is_hidden: bool) -> None:
        """Put an element on the stack; what stands deeper than any mail needs is read, and not remembered."""
        at = len(self.stack)
        if at >= _DEEPEST:
            if self.hidden < 0:
                self.writer.edge(name)
            return
        self.stack.append(name)
        self.places.setdefault(name, []).append(at)
        if name in _WALLS:
            self.walls.append(at)
        if name not in _TRANSPARENT:
            self.opaque.append(at)
        if self.hidden < 0:
            if is_hidden:
                self.hidden = at
            else:
                self.writer.enter(name)

    def pop_to(self, length: int) -> None:
        """Take elements off the stack until it has that length."""
        while len(self.stack) > length:
            name = self.stack.pop()
            at = len(self.stack)
            self.places[name].pop()
            if name in _WALLS:
                self.walls.pop()
            if name not in _TRANSPARENT:
                self.opaque.pop()
            if self.hidden == at:
                self.hidden = -1
            elif self.hidden < 0:
                self.writer.leave(name)


def _is_hidden(attributes: str) -> bool:
    """Whether the style of an element hides it; of several declarations the last counts (CSS 2.2 section 6.4.1)."""
    if "none" not in attributes.lower():
        return False
    display, is_settled = "", False
    for declaration in _CSS_COMMENT.sub(" ", attribute(attributes, "style")).split(";"):
        name, _, value = declaration.partition(":")
        said, mark, _ = value.partition("!")
        if name.strip().lower() == "display" and said.strip() and (mark or not is_settled):
            display, is_settled = said.strip().lower(), bool(mark)
    return display == "none"


class _Writer:
    """The text while a document is read."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.is_broken = False  # whether there is a whole line in it
        self.newlines = 2  # how many line breaks the text ends with; at its beginning, enough
        self.is_spaced = True  # whether a blank would be one too many
        self.is_owed = False  # whether a blank is due before the next word
        self.quotes = 0
        self.pre = 0

    def enter(self, tag: str) -> None:
        """Begin an element."""
        self.edge(tag)
        if tag == "li":
            self.raw("- ")
        elif tag in _CELLS:
            self.is_owed = not self.is_spaced
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "pre":
            self.pre += 1

    def rule(self) -> None:
        """Write a rule on a line of its own."""
        self.newline(1)
        self.raw("---")
        self.newline(1)

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
            self.is_broken = True
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
        self.out, self.is_broken = [text[whole:]], False
        tidy = "\n".join([line.rstrip() for line in text[:whole].replace("\xa0", " ").split("\n")])
        return _GAPS.sub("\n\n", tidy)

    def last(self) -> str:
        """The line that is open still, ended; "" when there is nothing in it."""
        text = "".join(self.out).replace("\xa0", " ").rstrip()
        return f"{text}\n" if text else ""
