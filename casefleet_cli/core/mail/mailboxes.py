"""Mailboxes out of address lists (RFC 5322 section 3.4), however they are written, in time linear in the length."""

from __future__ import annotations

import re

from casefleet_cli.core.mail.header import clean, decode_words
from casefleet_cli.core.model import Mailbox
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LEXEME = (
    r"""(?s)(?P<angle><[^<>"]*>)"""
    r"""|(?P<word>=\?[^?\s,]{1,80}\?[BbQq]\?[^?\s]*\?=)"""
    r"""|(?P<blank>\s+)"""
    r"""|(?P<atom>[^\s"<>(),;:\\]+)"""
    r"""|(?P<mark>.)"""
)
_QUOTED_ANGLE = r"""(?s)<([^<>"]*(?:"(?:[^"\\<>]|\\.)*"[^<>"]*)+)>"""
_LONGEST_ANGLE = 500
"""Letters between angle brackets that may hold quotes: of each bracket so many are looked at, or it is no bracket."""
_QUOTE_END = r"""(?s)\\.|\""""
_BRACKET_END = "[,;<>]"
_COMMENT = r"[()\\]"
_INNER_COMMENT = r"\([^()]*+\)?"
_PAIR = r"(?s)\\(.)"
_ROUTE = r"^@[^:]*:"
_SPEC = (
    r"""(?:"[^"\\]{0,100}(?:\\.[^"\\]{0,100}){0,20}"|(?<![^\s"'<>(),;:\\@\[\]])[^\s"'<>(),;:\\@\[\]]+)"""
    r"""@(?:\[[^\[\]\s@]*\]|[^\s"'<>(),;:\\@\[\]]+)"""
)
"""A word begins where it does, and a quoted local part is short, or each of their letters would be tried as a start."""
_SUFFIXES = ("jr", "sr", "ii", "iii", "iv", "esq", "md", "phd", "dr")
"""What may stand between a last name and a first one."""
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
        self.is_open = False
        """A quotation mark never closes, and so does none behind it: what would close one closes the other."""
        self.loose = ""
        """Words before a comma that are no mailbox by themselves: a last name, whose first name comes next."""
        self.outer = ""
        """What stood between an angle bracket and the next one, before any closed."""
        self.clear()

    def clear(self) -> None:
        """Begin the next mailbox."""
        self.phrase: list[str] = []
        self.bare: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None
        self.has_at = False
        """Whether there is an "@" in what was written without angle brackets."""

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
            else:
                self.take(text, text)
        self.flush()
        self.settle()
        return self.found

    def take(self, words: str, written: str) -> None:
        """More of the phrase, or of an address without angle brackets."""
        self.phrase.append(words)
        self.bare.append(written)
        self.has_at = self.has_at or "@" in written

    def mark(self, text: str, position: int) -> int:
        """Take one special character; return where to read on."""
        if text in ",;":
            self.flush(is_comma=text == ",")
        elif text == "(":
            return self.comment(position)
        elif text == "<":
            return self.bracket(position)
        elif text == '"':
            return self.quoted(position)
        elif text == ":" and self.angle is None and not self.has_at:
            if "".join(self.bare).strip().lower() != "mailto":
                self.comments = []
            self.phrase, self.bare = [], []
        elif text != ">":
            self.take(text, text)
        return position

    def quoted(self, position: int) -> int:
        """Read a quoted string; a mark that never closes is none."""
        if not self.is_open:
            for sign in re.compile(_QUOTE_END).finditer(self.value, position):
                if sign[0] == '"':
                    inside = self.value[position : sign.start()]
                    self.take(decode_words(re.sub(_PAIR, r"\1", inside)), f'"{inside}"')
                    return sign.end()
            self.is_open = True
        return position

    def bracket(self, position: int) -> int:
        """Read angle brackets with quotes between them, or an opening one that no other closes."""
        angle = re.compile(_QUOTED_ANGLE).match(self.value, position - 1, position + _LONGEST_ANGLE)
        if angle:
            self.enclose(angle[1])
            return angle.end()
        found = re.compile(_BRACKET_END).search(self.value, position)
        end = found.start() if found else len(self.value)
        if self.value[end : end + 1] == "<":
            self.outer = self.value[position:end]  # of nested brackets the innermost hold the address
            return end
        self.enclose(self.value[position:end])
        return end + (self.value[end : end + 1] == ">")

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
        self.angle = _unwrapped(decode_words(inside if "@" in inside or not self.outer else self.outer))
        self.outer = ""

    def flush(self, *, is_comma: bool = False) -> None:
        """End the mailbox that is being read; words without an address before a comma wait for the next one."""
        phrase = "".join(self.phrase).strip()
        if self.angle is None and not phrase and not self.comments:
            self.settle()
            self.clear()
            return
        name = _name(phrase)
        if self.angle is not None:
            self.add(self.whole(name), self.angle)
        elif is_comma and name and not self.has_at and not self.comments and '"' not in "".join(self.bare):
            if self.loose and name.rstrip(".").lower() in _SUFFIXES:
                name = f"{self.loose}, {name}"
            else:
                self.settle()
            self.loose = name
        else:
            self.settle()
            self.add_bare(name, "".join(self.bare).strip())
        self.clear()

    def settle(self) -> None:
        """Keep words that waited for a first name as what they are: a name without an address."""
        if self.loose:
            self.found.append(Mailbox(clean(self.loose), ""))
        self.loose = ""

    def whole(self, name: str) -> str:
        """The name with the words that waited for it: "Last, First" as programs write it without the quotes.

        RFC 5322 section 3.2.3 wants quotes around a comma.
        """
        if not self.loose or not name:
            self.settle()
            return name
        comments = "".join(f" ({comment})" for comment in self.comments)
        whole, self.loose = f"{self.loose}, {name}{_name(comments) and ' '}{_name(comments)}", ""
        return whole

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
        joined = _joined(_joined(bare, "."), "@") if '"' not in bare else bare
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


def _joined(text: str, mark: str) -> str:
    """The text without blanks around a mark."""
    return mark.join([piece.strip() for piece in text.split(mark)]) if mark in text else text


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
    return within(name, lambda first, last: first == last and first in "\"'")


def within(text: str, is_pair: Callable[[str, str], bool]) -> str:
    """The text without the pairs of quotation marks around the whole, however many, and the blanks inside them."""
    begin, end = 0, len(text)
    while end - begin > 1 and is_pair(text[begin], text[end - 1]):
        begin, end = begin + 1, end - 1
        while begin < end and text[begin].isspace():
            begin += 1
        while begin < end and text[end - 1].isspace():
            end -= 1
    return text[begin:end]
