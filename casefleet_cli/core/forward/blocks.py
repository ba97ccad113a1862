"""Header blocks in a text: the "From: / Sent: / To: / Subject:" lines above a quoted or forwarded message."""

from __future__ import annotations

import re

from casefleet_cli.core.forward.labels import (
    CC,
    DATE,
    FROM,
    LABELS,
    OTHER,
    RAW_HEADERS,
    SUBJECT,
    TO,
    fold,
)
from casefleet_cli.light import NamedTuple

MAIN = (FROM, TO, CC, DATE, SUBJECT)
_QUOTE = re.compile(r"(?:[ \t]{0,8}>)+ ?")
_INVISIBLE = {
    **dict.fromkeys((0xFEFF, 0x200B, 0x200E, 0x200F, 0x061C, 0xAD, *range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    **dict.fromkeys((0xA0, 0x202F, 0x2007, 0x3000), " "),
}
_ENTITIES = {"&nbsp;": " ", "&#160;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_ENTITY = re.compile("&(?:nbsp|lt|gt|quot|amp|#39|#160);")
"""What help desks leave of a page in plain text."""
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+$")
_UNKNOWN_LABEL = re.compile(r"[*_]{0,2}[^\W\d_][^\n:：@<>\"]{0,30}[:：](?!//)")
_ADDRESS = re.compile(r"[^\s@<>,;]@[^\s@<>,;]")
_LONGEST_LABEL = 42
_MOST_CONTINUED = 60
_MOST_BLANKS = 3
_LINES_EACH, _LINES_ANYWAY = 10, 2000
_MOST_LINES = 100_000
"""Lines of a text that are searched."""
_MOST_LEADING = 200
"""Lines of other fields before the first that matters, at most."""
_MOST_FOLDED = 10
SENDER = "sender"
"""The field of who sent it for the author, whom From names (RFC 5322 section 3.6.2)."""


class Line(NamedTuple):
    """A line without its marks of quotation."""

    text: str
    depth: int
    """How many ">" stood before it."""
    is_indented: bool


class Block(NamedTuple):
    """A header block."""

    start: int
    end: int
    """The line after its last."""
    values: dict[str, str]
    """By field, as written; only the main fields."""
    labels: dict[str, str]
    """By field, the folded label."""
    raw_headers: int
    """How many fields only a mail system writes."""
    strange: int = 0
    """How many lines in it, or right below, have a label that no header has: "Pages: 3"."""


def languages_of(labels: dict[str, str]) -> str:
    """The languages that labels by field are in, each between blanks; only blanks when they tell nothing."""
    spoken: dict[str, int] = {}
    for label in labels.values():
        for language in LABELS[label][1].split() if label in LABELS else ():
            spoken[language] = spoken.get(language, 0) + 1
    own = LABELS.get(labels.get(FROM, ""), ("", ""))[1].split()
    if "en" in own:  # else Gmail, which writes "Date:", "Subject:" and "To:" in English everywhere
        own = []
    most = max((spoken[language] for language in own or spoken), default=0)
    return f" {' '.join(language for language in own or spoken if spoken[language] == most)} "


def lines_of(text: str) -> list[Line]:
    """The lines of a text, without quotation marks and invisible characters; entities of HTML that stand in it read."""
    if "&" in text:
        text = _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    lines = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n", _MOST_LINES)[:_MOST_LINES]:
        quote = _QUOTE.match(raw) if ">" in raw[:9] else None
        rest = raw[quote.end() :] if quote else raw
        if rest[:2] == "| " and rest.count("|") == 1:  # some quote with a bar
            rest = rest[2:]
        lines.append(Line(rest.strip(), quote[0].count(">") if quote else 0, rest[:1] in (" ", "\t")))
    return lines


def label_of(text: str) -> tuple[str, str, str] | None:
    """Field, folded label and value of a line that begins with a known label; None for other lines."""
    if text[:1] == "|":  # the table that NetEase draws: "| 发件人 | Li <li@example.com> |"
        cells = [cell.strip() for cell in text.strip("|").split("|", 1)]
        if len(cells) == 2 and fold(cells[0].strip("*:： ")) in LABELS:
            label = fold(cells[0].strip("*:： "))
            return LABELS[label][0], label, cells[1].strip("| ")
        return None
    head = text[:_LONGEST_LABEL]
    cut = head.find(":")
    if "：" in head:
        wide = head.find("：")
        cut = wide if cut < 0 else min(cut, wide)
    if cut < 1:
        return None
    label = fold(head[:cut].strip("*_ \t"))
    known = LABELS.get(label)
    if known is None:
        if not _FIELD_NAME.match(label):
            return None
        known = (OTHER, " ")
    value = text[cut + 1 :].strip()
    if value[:1] == "*":
        value = value.lstrip("* ")
    return known[0], label, value.rstrip("*").strip() if head[0] == "*" else value


def is_labelled(text: str) -> bool:
    """Whether a line begins with a word and a colon, known or not."""
    return _UNKNOWN_LABEL.match(text) is not None


class Page:
    """A text with its labels found once, so that every question about it is linear at most."""

    def __init__(self, text: str) -> None:
        self.lines = lines_of(text)
        self.texts = [line.text for line in self.lines]
        self.budget = _LINES_EACH * len(self.lines) + _LINES_ANYWAY
        """How many lines may still be read into blocks, so that no text makes the same lines be read over and over."""
        self.hits: dict[int, tuple[str, str, str]] = {}
        for index, line in enumerate(self.lines):
            if ":" in line.text[:_LONGEST_LABEL] or "：" in line.text[:_LONGEST_LABEL] or line.text[:1] == "|":
                hit = label_of(line.text)
                if hit:
                    self.hits[index] = hit
        self.next_hit = [len(self.lines)] * (len(self.lines) + 1)
        for index in range(len(self.lines) - 1, -1, -1):
            is_main = index in self.hits and self.hits[index][0] != OTHER
            self.next_hit[index] = index if is_main else self.next_hit[index + 1]

    def skip_blank(self, index: int, most: int = 4) -> int:
        """The first line from `index` on that is not empty, if at most `most` empty ones lie between."""
        end = min(len(self.lines), index + most + 1)
        while index < end and not self.lines[index].text:
            index += 1
        return index

    def block(
        self, start: int, *, adopt: bool = False, subject: str | None = None, known: dict[str, str] | None = None
    ) -> Block | None:
        """The header block that begins at a line, however complete; None where no label stands.

        With `adopt`, a line "word: name <address>" with an unknown word counts as the sender's. `subject` is the
        subject to expect, which tells a folded subject line from the first line of the message. `known`: what was told
        by field above it.
        """
        if self.budget <= 0:
            return None
        reader = _Reader(self, start, adopt=adopt, subject=subject)
        reader.values.update(known or {})
        block = reader.block()
        self.budget -= reader.index - start + 1
        return block


class _Reader:
    """One header block while it is read."""

    def __init__(self, page: Page, start: int, *, adopt: bool, subject: str | None) -> None:
        self.page = page
        self.start = self.index = start
        self.adopt = adopt
        self.subject = subject
        self.values: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self.raw_headers = 0
        self.strange = 0
        self.field = ""
        self.continued = 0
        self.gaps = 0

    def block(self) -> Block | None:
        lines = self.page.lines
        while self.index < len(lines):
            line = lines[self.index]
            hit = self.page.hits.get(self.index)
            if hit:
                if not self.take(*hit):
                    break
            elif not line.text:
                if not self.bridge():
                    break
                continue
            elif not (self.adopted(line) or self.continuation(line)):
                self.strange += _UNKNOWN_LABEL.match(line.text) is not None
                break
            self.index += 1
        if not self.values:
            return None
        end = self.index
        while end > self.start + 1 and not lines[end - 1].text:
            end -= 1
        return Block(self.start, end, self.values, self.labels, self.raw_headers, self.strange)

    def take(self, field: str, label: str, value: str) -> bool:
        """Read a label line; False when it begins the next block."""
        if field == OTHER:
            self.raw_headers += label in RAW_HEADERS or label.startswith("x-")
            self.field, self.continued = OTHER, 0
            return bool(self.values) or self.index - self.start < _MOST_LEADING
        if field == FROM and self.is_of_sender(label):
            return True
        if field in self.values:
            if field == FROM or self.is_complete():
                return False
            if field == DATE and "date" in label and "date" not in self.labels[DATE]:
                self.field = OTHER
                return True
            if self.values[field]:
                return False
        self.values[field], self.labels[field] = value, label
        self.field, self.continued = field, 0
        return True

    def is_of_sender(self, label: str) -> bool:
        """Pass over a sender's line where the author's stands too; drop what it said where that comes later."""
        if label == SENDER and FROM in self.values:
            self.field, self.continued = OTHER, 0
            return True
        if self.labels.get(FROM) == SENDER and label != SENDER:
            del self.values[FROM]
        return False

    def is_complete(self) -> bool:
        return all(field in self.values for field in (FROM, DATE, TO, SUBJECT))

    def bridge(self) -> bool:
        """Cross empty lines inside a block: only towards a field that it still lacks."""
        following = self.page.skip_blank(self.index, _MOST_BLANKS - 1)
        hit = self.page.hits.get(following)
        if hit is None or hit[0] in self.values or not self.leads_on(following, *hit):
            return False
        self.gaps += 1
        self.index = following
        return True

    def leads_on(self, following: int, field: str, _label: str, value: str) -> bool:
        """Whether the label behind empty lines belongs to this block."""
        if field == OTHER:
            onward = self.page.next_hit[following]
            hit = self.page.hits.get(onward)
            return hit is not None and onward - following <= _MOST_BLANKS and hit[0] not in self.values
        if self.is_complete():
            return self.gaps > 2 and field == CC and "@" in value  # every line of this block has a gap below it
        return field == FROM or FROM not in self.values or len(self.values) < 3 or self.is_gappy(following)

    def is_gappy(self, following: int) -> bool:
        """Whether what follows an empty line reads like more of a header: its value fits its label."""
        field, _, value = self.page.hits[following]
        return field == SUBJECT or (field == DATE and any(sign.isdigit() for sign in value)) or "@" in value

    def adopted(self, line: Line) -> bool:
        """Take "word: name <address>" as the sender, its word being in a language that we don't know."""
        if not self.adopt or FROM in self.values or self.index > self.start + 2 or not _UNKNOWN_LABEL.match(line.text):
            return False
        label, value = re.split("[:：]", line.text, maxsplit=1)
        if not _ADDRESS.search(value) or any(sign.isdigit() for sign in label):  # "On 1 March at 3:14 …"
            return False
        value = value.strip()
        self.values[FROM], self.labels[FROM] = value, ""
        self.field, self.continued = FROM, 0
        return True

    def continuation(self, line: Line) -> bool:
        """Take a line as more of the value above it."""
        if self.field == "" or self.continued >= _MOST_CONTINUED:
            return False
        self.continued += 1
        if self.field == OTHER and line.is_indented and line.depth == self.page.lines[self.index - 1].depth:
            return True  # a folded field (RFC 5322 section 2.2.3)
        if not self.values:
            return False
        if self.field == OTHER:
            return self.expects_more() and line.depth == self.page.lines[self.index - 1].depth
        value = self.values[self.field]
        if _UNKNOWN_LABEL.match(line.text) and not line.is_indented and value:
            if not self.expects_more():
                return False
            self.field = OTHER  # a label that we don't know, such as one for attachments
            self.strange += 1
            return True
        if not (self.expects_more() or self.fits(line, value)):
            return False
        self.values[self.field] = f"{value} {line.text}".strip()
        return True

    def expects_more(self) -> bool:
        """Whether a field that the block lacks follows before the next empty line."""
        following = self.page.next_hit[self.index]
        limit = _MOST_CONTINUED if self.field in (TO, CC) else 4
        if following - self.index > limit or following >= len(self.page.lines):
            return False
        if self.page.hits[following][0] in self.values:
            return False
        return all(self.page.lines[index].text for index in range(self.index, following))

    def fits(self, line: Line, value: str) -> bool:
        """Whether the last field of a block goes on in this line."""
        if self.field in (FROM, TO, CC):
            if not value:
                return bool(_ADDRESS.search(line.text)) or self.is_stacked()
            if not _ADDRESS.search(line.text):
                return value[-1] in ",;" and ";" in line.text
            tail = value[max(value.rfind(","), value.rfind(";")) + 1 :]
            return (
                not tail.strip()
                or ("@" not in tail and len(line.text.split()) < 9)
                or tail.count("<") > tail.count(">")
            )
        if self.field == SUBJECT and value and self.is_folded():
            return True
        if self.field == SUBJECT and self.subject:
            whole = " ".join(f"{value} {line.text}".split())
            return " ".join(self.subject.split()).startswith(whole)
        return not value and (self.field == DATE or self.is_stacked())

    def is_folded(self) -> bool:
        """Whether this line and those that follow continue a field, up to an empty line or the next field."""
        lines = self.page.lines
        depth = lines[self.index - 1].depth
        for at in range(self.index, min(len(lines), self.index + _MOST_FOLDED)):
            if not lines[at].text or at in self.page.hits:
                return at > self.index
            if not lines[at].is_indented or lines[at].depth != depth:
                return False
        return self.index + _MOST_FOLDED > len(lines)

    def is_stacked(self) -> bool:
        """Whether the labels of this block stand on lines of their own, with the values below."""
        at = self.page.hits.get(self.start)
        return at is not None and not at[2]
