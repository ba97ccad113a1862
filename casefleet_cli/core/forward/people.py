"""Mailboxes as mail programs print them above a forwarded message: for readers, not after RFC 5322."""

from __future__ import annotations

import re

from casefleet_cli.core.mail.mailboxes import within
from casefleet_cli.core.model import Mailbox

_WORD = r"""\s<>()\[\],;:"'«»„“”|\\"""
_ADDRESS = rf"[^{_WORD}@]+@[^{_WORD}]+"
_SPEC = re.compile(rf"(?<![^{_WORD}@]){_ADDRESS}")
"""It begins where a word does, or a long word would be read again from each of its letters."""
_MAILTO = re.compile(r"\s?<mailto:[^<>\s]{0,400}>|\s?\[mailto:[^\[\]\s]{0,400}\](?=\s*[>\])])", re.I)
_BRACKETED = re.compile(rf"""[<\[(«]\s*(?:<\s*)?(?:mailto:|smtp:)?['"]?({_ADDRESS})['"]?\s*[>\])»]{{0,2}}""", re.I)
_NO_LOCAL_PART = re.compile(r"[<\[]\s?@[^\s<>@]{1,255}>")
"""An address that was made anonymous."""
_COMMENT = re.compile(r"^\s*\(([^()]*)\)\s*$")
_ON_BEHALF = re.compile(
    r"[\[(]?\b(?:on behalf of|im auftrag von|de la part de|en nombre de|per conto di|em nome de|namens|för|"
    r"på vegne af|på vegne av|puolesta|w imieniu|jménem|v zastúpení|nevében|în numele|от имени|від імені|adına|"
    r"εκ μέρους|代表|の代理|代理)\b[\])]?",
    re.I,
)
_QUOTES = "\"'“”„‟«»‘’‚`\u2039\u203a *\t"
_MARKS = re.compile(r"""["<>\[\](),;]""")
_NOBODY = re.compile(
    r"^(?:undisclosed|unlisted|verborgene|destinataires? (?:inconnu|non)|recipients? not shown)\b[^@]*$", re.I
)
_LONGEST = 200_000


def one(value: str) -> Mailbox | None:
    """The sender that a label line names; None where there is nothing.

    Of "A on behalf of B" it is B, the author (RFC 5322 section 3.6.2), with the address of A where B has none; an
    address without a name speaks for the A who wrote.
    """
    text = value[:2000]
    first, *rest = _ON_BEHALF.split(text, maxsplit=1)
    sender, author = _mailbox(first), _mailbox(rest[0]) if rest else None
    if not author or not sender:
        return author or sender
    if author.name:
        return author if author.address else Mailbox(author.name, sender.address)
    return sender


def many(value: str) -> tuple[Mailbox, ...]:
    """The mailboxes of a list, whatever separates them; "Doe, John <j@x>" is one."""
    separator, pieces = _pieces(value[:_LONGEST])
    found: list[Mailbox] = []
    waiting: list[str] = []
    for piece in pieces:
        if not piece.strip(_QUOTES):
            continue
        if separator == ";" or _SPEC.search(piece):
            together = len(waiting) == 1 and not _is_bare(piece)
            names = [f"{waiting[0]}, {piece.strip()}"] if together else [*waiting, piece]
            waiting = []
            found += [mailbox for name in names if (mailbox := _mailbox(name))]
        else:
            waiting.append(piece.strip())
    if len(waiting) == 2 and not found and all(len(name.split()) == 1 for name in waiting):
        waiting = [", ".join(waiting)]
    found += [mailbox for name in waiting if (mailbox := _mailbox(name))]
    return tuple(found)


def _bare(value: str) -> str:
    """The text without the second form of an address that Outlook and Gmail add: "a@b<mailto:a@b>"."""
    if "mailto:" not in value.lower():
        return value
    out, position = [], 0
    for link in _MAILTO.finditer(value):
        before = value[position : link.start()]
        out.append(before)
        if not (
            _SPEC.search(before[-402:]) or _SPEC.search(value[link.end() : link.end() + 402].partition("mailto:")[0])
        ):
            out.append(f" <{link[0].strip()[8:-1]}>")
        position = link.end()
    return "".join((*out, value[position:]))


def _is_bare(piece: str) -> bool:
    """Whether a piece is an address and no more."""
    return not _SPEC.sub("", piece, count=2).strip(_QUOTES + "<>[]()")


def _pieces(text: str) -> tuple[str, list[str]]:
    """The list cut at its separators; semicolons win over commas, and neither counts inside quotes or brackets."""
    cuts: dict[str, list[int]] = {",": [], ";": []}
    depth, is_quoted = 0, False
    for mark in _MARKS.finditer(text):
        sign = mark[0]
        if sign == '"':
            is_quoted = not is_quoted and text.find('"', mark.end()) >= 0 if depth == 0 else is_quoted
        elif is_quoted:
            continue
        elif sign in "<[(":
            depth += 1
        elif sign in ">])":
            depth = max(0, depth - 1)
        elif depth == 0:
            cuts[sign].append(mark.start())
    separator = "," if not cuts[";"] or (cuts[","] and cuts[";"] == [len(text.rstrip()) - 1]) else ";"
    pieces, position = [], 0
    for cut in cuts[separator]:
        pieces.append(text[position:cut])
        position = cut + 1
    return separator, [*pieces, text[position:]]


def _mailbox(text: str) -> Mailbox | None:
    """One mailbox; a name that only repeats the address is no name."""
    text = _bare(text).strip().rstrip(",;").strip()
    if not text or _NOBODY.match(text):
        return None
    text = _NO_LOCAL_PART.sub("", text).strip() or text
    all_bracketed = list(_BRACKETED.finditer(text))
    if all_bracketed:
        bracketed = all_bracketed[-1]  # names may hold an address too
        name, address = text[: bracketed.start()], bracketed[1]
        if not name.strip(_QUOTES):
            name = text[bracketed.end() :]
    else:
        spec = _SPEC.search(text)
        if spec is None or "/" in spec[0].partition("@")[0]:  # Notes names: "Jane Doe/Legal/Firm@Firm"
            return Mailbox(_name(text), "") if _name(text) else None
        name, address = text[: spec.start()] or _COMMENT.sub(r"\1", text[spec.end() :]), spec[0]
    name, address = _name(name), address.strip("'\"<>. ")
    if address.lower().startswith("mailto:"):
        address = address[7:]
    return Mailbox("" if name.lower() == address.lower() else name, address)


def _name(text: str) -> str:
    """A display name on one line without the quotes around it."""
    text = " ".join(text.replace("\\", "").split()).strip(" *\t:;,")
    if not _SPEC.search(text):  # a name may hold an address with its brackets
        text = text.strip(" *\t<>:;,")
    return within(text, lambda first, last: first in _QUOTES and last in _QUOTES).strip('"“”„«»* ')
