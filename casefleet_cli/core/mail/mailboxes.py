"""Mailboxes out of address lists (RFC 5322 section 3.4), however they are written, in time linear in the length."""

from __future__ import annotations

import re

from casefleet_cli.core.mail.header import clean, decode_words
from casefleet_cli.core.model import Mailbox

_LEXEME = (
    r"""(?s)(?P<quoted>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<angle><[^<>"]*+(?:"(?:[^"\\<>]|\\.)*"[^<>"]*+)*>)"""
    r"""|(?P<word>=\?[^?\s,]{1,80}\?[BbQq]\?[^?\s]*+\?=)"""
    r"""|(?P<blank>\s++)"""
    r"""|(?P<atom>[^\s"<>(),;:\\]++)"""
    r"""|(?P<mark>.)"""
)
_COMMENT = r"[()\\]"
_INNER_COMMENT = r"\([^()]*+\)?"
_PAIR = r"(?s)\\(.)"
_ROUTE = r"^@[^:]*:"
_DOTTED = r"\s*([.@])\s*"
_SPEC = r"""("(?:[^"\\]|\\.)*"|[^\s"'<>(),;:\\@\[\]]++)@(\[[^\]\s]*\]|[^\s"'<>(),;:\\@\[\]]++)"""
_NOT_PLAIN = frozenset('<>" \t\xa0\u3000')
_ENCLOSED = "<>[]()'\"`,;"


def parse_list(value: str) -> tuple[Mailbox, ...]:
    """Every mailbox of an address list in order: groups opened, comments as names, encoded words decoded.

    Also understood: semicolons between addresses, missing commas and brackets, blanks around "@" and ".", quotes that
    never close, a whole list inside one encoded word. What has no address keeps its words as the name. `value` is one
    header's text before encoded words are decoded; never raises.
    """
    simple = _simple_list(value)
    if simple is not None:
        return simple
    return tuple(_List(value).mailboxes())


def _simple_list(value: str) -> tuple[Mailbox, ...] | None:
    """The mailboxes where each is plainly written, or None: most are, and the long way is slow to set up."""
    if "=?" in value or not value.isprintable() or any(mark in value for mark in "();:\\'[]"):
        return None
    found: list[Mailbox] = []
    for item in value.split(","):
        name, bracket, rest = item.strip().partition("<")
        name, address = name.strip(), rest[:-1]
        if not bracket:
            name, address = "", name
        elif rest[-1:] != ">":
            return None
        if name[:1] == name[-1:] == '"' and len(name) > 1:
            name = name[1:-1].strip()
        if (
            address.count("@") != 1
            or any(letter in _NOT_PLAIN for letter in address)
            or '"' in name
            or "@" in name
            or ">" in name
        ):
            return None
        found.append(Mailbox(" ".join(name.split()), address))
    return tuple(found)


class _List:
    """One address list while it is read."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.found: list[Mailbox] = []
        self.clear()

    def clear(self) -> None:
        """Begin the next mailbox."""
        self.phrase: list[str] = []
        self.bare: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None

    def mailboxes(self) -> list[Mailbox]:
        value, position = self.value, 0
        match = re.compile(_LEXEME).match
        while position < len(value):
            token = match(value, position)
            if token is None:
                break
            position, kind, text = token.end(), token.lastgroup, token[0]
            if kind == "mark":
                position = self.mark(text, position)
            elif kind == "angle":
                self.enclose(text[1:-1])
            elif kind == "quoted":
                self.phrase.append(decode_words(re.sub(_PAIR, r"\1", text[1:-1])))
                self.bare.append(text)
            else:
                self.phrase.append(text)
                self.bare.append(text)
        self.flush()
        return self.found

    def mark(self, text: str, position: int) -> int:
        """Take one special character; return where to read on."""
        if text in ",;":
            self.flush()
        elif text == "(":
            return self.comment(position)
        elif text == "<":
            end = _next(self.value, ",;<>", position)
            self.enclose(self.value[position:end])
            return end + (self.value[end : end + 1] == ">")
        elif text == ":" and self.angle is None and not any("@" in word for word in self.bare):
            if "".join(self.bare).strip().lower() != "mailto":
                self.comments = []
            self.phrase, self.bare = [], []
        elif text not in '>"':
            self.phrase.append(text)
            self.bare.append(text)
        return position

    def comment(self, position: int) -> int:
        """Read a comment, nested ones included (RFC 5322 section 3.2.2); an unclosed one ends with the list."""
        depth, start, end = 1, position, len(self.value)
        for sign in re.compile(_COMMENT).finditer(self.value, position):
            if sign[0] == "\\" or (sign.start() > start and self.value[sign.start() - 1] == "\\"):
                continue
            depth += 1 if sign[0] == "(" else -1
            if not depth:
                end = sign.start()
                break
        self.comments.append(self.value[start:end])
        self.phrase.append(" ")
        self.bare.append(" ")
        return end + 1

    def enclose(self, inside: str) -> None:
        """Take what stands in angle brackets; a second pair begins another mailbox."""
        if self.angle:
            self.flush()
        inside = re.sub(_ROUTE, "", inside.strip())
        if "(" in inside:
            inside = re.sub(_INNER_COMMENT, "", inside)
        if '"' not in inside:
            inside = "".join(inside.split())
        self.angle = _unwrapped(decode_words(inside))

    def flush(self) -> None:
        """End the mailbox that is being read."""
        phrase = "".join(self.phrase).strip()
        if self.angle is None and not phrase and not self.comments:
            self.clear()
            return
        name = _name(phrase)
        if self.angle is not None:
            self.add(name, self.angle)
        else:
            self.add_bare(name, "".join(self.bare).strip())
        self.clear()

    def add(self, name: str, address: str) -> None:
        """Keep a mailbox; without a phrase the comment is its name."""
        if not name and self.comments:
            name = _name(re.sub(_PAIR, r"\1", " ".join(self.comments)))
        if "@" not in address and "@" in name:
            inner = re.search(_SPEC, name)
            if inner:
                name, address = _name(name.replace(inner[0], "").strip(" <>")), inner[0]
        name, address = clean(name), clean(address)
        if name or address:
            self.found.append(Mailbox(name, address))

    def add_bare(self, name: str, bare: str) -> None:
        """Keep a mailbox that was written without angle brackets."""
        if "=?" in bare:
            whole = decode_words(bare)
            if "@" in whole and "=?" not in whole:
                self.found += _List(whole).mailboxes()
                return
        if "@" not in bare:
            self.add(name, "")
            return
        joined = re.sub(_DOTTED, r"\1", bare) if '"' not in bare else bare
        if not any(letter.isspace() for letter in joined):
            self.add("", _unwrapped(decode_words(joined)))
            return
        specs = list(re.finditer(_SPEC, bare))
        if not specs:
            self.add(name, "")
            return
        position = 0
        for spec in specs:  # "John Doe john@example.com", or several addresses with only blanks between them
            self.add(_name(decode_words(bare[position : spec.start()].strip(_ENCLOSED + " \t"))), spec[0])
            position = spec.end()


def _next(value: str, marks: str, position: int) -> int:
    """Where the first of the marks stands, or the end."""
    found = [at for at in (value.find(mark, position) for mark in marks) if at >= 0]
    return min(found, default=len(value))


def _unwrapped(address: str) -> str:
    """The address without "mailto:" and without quotes or brackets around the whole."""
    address = address.strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    if address[:1] == address[-1:] == "'" or address[:1] == address[-1:] == '"':
        address = address[1:-1]
    return address.strip("<> ,;") if address[:1] in "<> ,;" or address[-1:] in "<> ,;" else address


def _name(phrase: str) -> str:
    """A display name: decoded, one line, blanks single, quotes around the whole taken off."""
    name = " ".join(clean(decode_words(phrase)).split())
    while len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name
