"""What is inside the parts of a message: attached messages, signed letters, winmail.dat, Outlook's .msg, invitations.

A container that is opened hangs its tree on its part (`Part.inside`), numbered through it ("2.1"). Where the text of
the letter would stand there is a container instead, its text is the letter's (`Part.is_letter`).
"""

from __future__ import annotations

import hashlib

from casefleet_cli.core.mail import body, hints, mime
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from casefleet_cli.core.mail.containers.allowance import Allowance
    from casefleet_cli.core.mail.mime import Part

MOST_WORDS = 1_000_000
"""Letters of what is inside that are kept for the search."""
CUT, TOO_LARGE, TOO_DEEP = "enclosed-text-cut", "containers-too-large", "containers-too-deep"
_CMS, _TNEF, _MSG, _MAIL, _CALENDAR = "smime", "tnef", "msg", "mail", "calendar"
_KINDS = {
    "application/pkcs7-mime": _CMS,
    "application/x-pkcs7-mime": _CMS,
    "application/ms-tnef": _TNEF,
    "application/vnd.ms-tnef": _TNEF,
    "application/x-ms-tnef": _TNEF,
    "application/vnd.ms-outlook": _MSG,
    "application/x-msg": _MSG,
    "application/msoutlook": _MSG,
    "application/x-msoutlook": _MSG,
    "application/eml": _MAIL,
    "application/x-eml": _MAIL,
    "text/calendar": _CALENDAR,
    "text/x-vcalendar": _CALENDAR,
    "application/ics": _CALENDAR,
}
_UNTOLD = frozenset(
    "application/octet-stream application/binary application/x-octet-stream application/unknown application/x-unknown"
    " application/x-download application/force-download".split()
)
"""Types that say nothing, so that the name of the file has to."""
_SUSPECTED = _UNTOLD.union(_KINDS, ("text/plain",))
_NO_FILES = ("multipart/", "message/", "image/", "text/")
_NAMES = {
    ".p7m": _CMS,
    "winmail.dat": _TNEF,
    ".tnef": _TNEF,
    ".msg": _MSG,
    ".eml": _MAIL,
    ".ics": _CALENDAR,
}
_MADE = "casefleet-"
"""How the boundary of a message begins that was made of a container (`letter.BOUNDARY`)."""
_MAIL_FIELDS = frozenset(("from", "to", "subject", "date", "received", "message-id"))


def kind_of(part: Part) -> str | None:
    """The container that the type or the file name of a part calls it; None for most."""
    if part.type not in _SUSPECTED:
        return _MAIL if not part.type.startswith(_NO_FILES) and _is_saved_mail(part) else None
    kind = _KINDS.get(part.type)
    if kind:
        return _MAIL if kind == _MSG and _is_saved_mail(part) else kind
    if part.type != "text/plain" or part.disposition == "attachment":
        name = (body.filename_of(part) or "").strip().lower()
        return next((kind for end, kind in _NAMES.items() if name.endswith(end)), None)
    return None


def _is_saved_mail(part: Part) -> bool:
    """Whether the name of a part is that of a saved message, whatever its type."""
    return (body.filename_of(part) or "").strip().lower().endswith(".eml")


def unfold(root: Part, nodes: Sequence[Part]) -> list[str]:
    """Open the containers among the parts of a message, and those in them; the defects met.

    `nodes`: those of the root.
    """
    waiting = [(part, 0) for part in nodes if kind_of(part) not in (None, _CALENDAR)]
    if not waiting:
        return []
    opener = _Opener(root)
    opener.told_by(root)
    while waiting:
        part, depth = waiting.pop(0)
        opener.open(part, depth)
        if part.inside is not None:
            waiting += [
                (inner, depth + 1) for inner in mime.nodes(part.inside) if kind_of(inner) not in (None, _CALENDAR)
            ]
    _mark_letters(root)
    return list(opener.defects)


def unfold_letter(root: Part) -> None:
    """Open only what stands where the text of the letter would."""
    opener: _Opener | None = None
    depth = 0
    node = _first_leaf(root)
    while kind_of(node) in (_CMS, _TNEF):
        opener = opener or _Opener(root)
        opener.open(node, depth)
        if node.inside is None:
            return
        node.is_letter = True
        node, depth = _first_leaf(node.inside), depth + 1


def find(root: Part, number: str) -> Part | None:
    """The part of this number inside a container; only those on the way to it are opened."""
    opener: _Opener | None = None
    tree, depth = root, 0
    while True:
        leaves = [part for part in mime.nodes(tree) if not part.is_multipart]
        found = next((leaf for leaf in leaves if leaf.number == number), None)
        if found is not None:
            return found
        way = next((leaf for leaf in leaves if number.startswith(f"{leaf.number}.") and kind_of(leaf)), None)
        if way is None:
            return None
        opener = opener or _Opener(root)
        opener.open(way, depth)
        if way.inside is None:
            return None
        tree, depth = way.inside, depth + 1


def mail_in(part: Part) -> Part | None:
    """The message that is attached in a part, as message/rfc822 or as an .eml or .msg file; or None."""
    if part.is_message:
        return part.children[0]
    return part.inside if kind_of(part) in (_MAIL, _MSG) else None


def original_of(root: Part) -> Part | None:
    """The container of which a whole message was made, attached to it last; None where it came as a message.

    The boundary has to hold its digest, so that no part of other mail passes for one.
    """
    if not root.children or not _was_made(root):
        return None
    last = root.children[-1]
    return last if kind_of(last) in (_MSG, _TNEF) and _is_original(root, last.content()[0]) else None


def letter_nodes(root: Part) -> list[Part]:
    """The parts of the letter: also those of the container in which it came."""
    found = mime.nodes(root)
    for part in found:  # grows while it is gone through
        if part.is_letter and part.inside is not None:
            found += mime.nodes(part.inside)
    return found


def all_nodes(root: Part) -> list[Part]:
    """The parts of a message and those of every container that was opened."""
    found = mime.nodes(root)
    for part in found:  # grows while it is gone through
        if part.inside is not None:
            found += mime.nodes(part.inside)
    return found


def _first_leaf(node: Part) -> Part:
    while node.is_multipart and node.children:
        node = node.children[0]
    return node


def _mark_letters(root: Part) -> None:
    node = _first_leaf(root)
    while node.inside is not None and kind_of(node) in (_CMS, _TNEF):
        node.is_letter = True
        node = _first_leaf(node.inside)


def _was_made(root: Part) -> bool:
    return root.parameters.get("boundary", "").startswith(_MADE)


def _is_original(root: Part, octets: bytes) -> bool:
    """Whether the whole message was made of this very container."""
    if not _was_made(root):
        return False
    digest = hashlib.sha256(octets, usedforsecurity=False).hexdigest()[:32]
    return root.parameters["boundary"][len(_MADE) :] == digest


class _Opener:
    """Opens containers of one message within its allowance."""

    def __init__(self, root: Part) -> None:
        from casefleet_cli.core.mail.containers.allowance import Allowance  # noqa: PLC0415 - few mails have containers

        self.root = root
        self.allowance: Allowance = Allowance(len(root.data))
        self.defects: dict[str, None] = {}

    def open(self, part: Part, depth: int) -> None:
        """Hang what is in a container on its part; where that cannot be, a defect says why."""
        from casefleet_cli.core.mail.containers import allowance, opening  # noqa: PLC0415 - as above

        kind = kind_of(part)
        if kind is None:
            return
        if depth >= allowance.DEEPEST:
            self.defects[TOO_DEEP] = None
            return
        octets = part.content()[0]
        if self.root is part or not _is_original(self.root, octets):
            try:
                found = opening.entity_of(kind, octets, body.filename_of(part) or "", self.allowance)
                if isinstance(found, str):
                    self.defects[found] = None
                elif found is not None:
                    self._hang(part, found, kind)
            except allowance.SpentError:
                self.defects[TOO_LARGE] = None

    def _hang(self, part: Part, entity: bytes, kind: str) -> None:
        self.allowance.take(len(entity))
        tree = mime.tree_inside(entity, part.number)
        if kind == _MAIL and not any(name.lower() in _MAIL_FIELDS for name, _ in tree.fields):
            return
        self.allowance.take(0, len(mime.nodes(tree)))
        self.told_by(tree)
        part.inside = tree

    def told_by(self, made: Part) -> None:
        """Note what a message that was made of another form tells of it."""
        if _was_made(made):
            from casefleet_cli.core.mail.containers import opening  # noqa: PLC0415 - as above

            self.defects.update(dict.fromkeys(opening.told_by(made.fields)))


class Contents(NamedTuple):
    """The attachments of a message with those inside of them, and the words inside."""

    parts: tuple[tuple[Part, bool], ...]
    """In order; whether each is inside of another one."""
    words: str
    defects: tuple[str, ...]


_NOTHING = Contents((), "", ())


def look_inside(
    attachments: Sequence[Part], text: str, describe: Callable[[Part], str], to_text: Callable[[], Callable[[str], str]]
) -> Contents:
    """What is in the attachments; `describe` gives the lines that stand for the header of a message.

    Words of a winmail.dat that the letter's `text` has anyway are left out.
    """
    if not attachments:
        return _NOTHING
    parts: list[tuple[Part, bool]] = []
    blocks: dict[str, None] = {}
    count, own = 0, ""
    waiting = [(part, False) for part in reversed(attachments)]
    while waiting:
        part, is_inner = waiting.pop()
        parts.append((part, is_inner))
        kind = kind_of(part)
        mail = mail_in(part)
        inner = mail or (None if part.is_letter else part.inside)
        words = ""
        if inner is not None:
            choice = body.choose(inner)
            if count < MOST_WORDS:
                words, more = _text(choice, hints.charset_of(inner), to_text, MOST_WORDS - count)
                words, count = words.strip(), count + more
                if mail is not None:
                    words = "\n\n".join(filter(None, (describe(mail), words)))
                elif words and kind == _TNEF:
                    own = own or "".join(text.split())
                    words = "" if "".join(words.split()) in own else words
            waiting += [(found, True) for found in reversed(choice.attachments)]
        elif kind == _CALENDAR and count < MOST_WORDS:
            from casefleet_cli.core.mail.containers import calendar  # noqa: PLC0415 - few mails have one

            said = body.text_of(part, part.content()[0])[0]
            words = calendar.words(said[: MOST_WORDS - count])
            count += len(said)
        if words:
            name = " ".join((body.filename_of(part) or "attached").split())
            block = f"---------- {name} ----------\n{words}"
            if block not in blocks:
                blocks[block] = None
    words = "\n\n".join(blocks)
    is_cut = max(count, len(words)) > MOST_WORDS
    return Contents(tuple(parts), words[:MOST_WORDS], (CUT,) if is_cut else ())


def _text(
    choice: body.Choice, hint: Callable[[], str | None], to_text: Callable[[], Callable[[str], str]], most: int
) -> tuple[str, int]:
    """The text of what is inside, of which at most so many letters are read, and how many were."""
    count = 0

    def read(parts: tuple[Part, ...]) -> list[tuple[str, str]]:
        nonlocal count
        found = []
        for part in parts:
            text = body.flowed(part, body.text_of(part, part.content()[0], hint)[0])
            found.append((part.type, text[: max(0, most - count)]))
            count += len(text)
        return found

    pieces = read(choice.text)
    html = [] if any(text.strip() for _, text in pieces) else read(choice.html)
    return body.plain(pieces, html, to_text), count
