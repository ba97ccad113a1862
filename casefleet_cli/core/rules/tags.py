"""The case tag: what a user writes after the plus of the own BCC address, which is the user's hand and no rule.

It names a case by its number, or by an end of it that begins after a mark; or a lead, as `lead-N`.
"""

from __future__ import annotations

from casefleet_cli.core.rules.routing import NO_COUNTED_RECIPIENT, Tag
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casefleet_cli.core.rules.routing import Contact, Decision, Place

NO_CONTACT = "no-contact"
"""The tag names a place, and no contact can be found in the mail: contact first."""
UNKNOWN = "unknown-case-tag"
"""The tag names nothing that its user may see, or several."""
_LONGEST = 200
_SHOWN = 5
_LEAD = "lead-"
_MOST_DIGITS = 18
"""Of a number that SQLite can count."""


class Candidate(NamedTuple):
    """A case or lead that a tag may name."""

    place: Place
    number: str
    """What the tag is compared with: the number of a case, `lead-N`."""
    name: str
    """As people say it."""
    reference: str
    """What --case or --lead takes."""
    status: str


def normalised(text: str) -> str:
    """A tag or a number as they are compared: letters and digits, however cased; anything else is one hyphen."""
    folded = text.casefold()
    if not text.isascii():
        from unicodedata import normalize  # noqa: PLC0415 - its tables are large, and few tags need them

        folded = normalize("NFC", text).casefold()
    return "-".join("".join(c if c.isalnum() else " " for c in folded).split())[:_LONGEST]


def ends(number: str) -> tuple[str, ...]:
    """The tags that fit a number, the longest first: all of it, and each end that begins after a mark."""
    words = [word for word in normalised(number).split("-") if word]
    return tuple("-".join(words[first:]) for first in range(len(words)))


def lead_id(tag: str) -> int | None:
    """The number of the lead that a tag names; None when it names none."""
    digits = tag.removeprefix(_LEAD)
    is_lead = tag.startswith(_LEAD) and digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if is_lead else None


def fitting(tag: str, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Those a tag (normalised) fits: by the whole number where there is one, else cases by its end; a few at most."""
    whole: list[Candidate] = []
    by_end: list[Candidate] = []
    for candidate in candidates:
        number = normalised(candidate.number)
        if number == tag:
            whole.append(candidate)
        elif candidate.place.kind == "case" and len(by_end) < _SHOWN and number.endswith(f"-{tag}"):
            by_end.append(candidate)
    return tuple(whole[:_SHOWN] or by_end)


def heeded(decision: Decision, tag: str, found: tuple[Candidate, ...], contacts: tuple[Contact, ...]) -> Decision:
    """The decision about own mail with what its tag adds: a place by hand, or why there is none.

    `contacts` are those of the mail; without any, nothing is filed.
    """
    if len(found) != 1:
        return _unfiled(decision, Tag(tag, reason=UNKNOWN, several=tuple(one.name for one in found)))
    place, _, name, reference, status = found[0]
    named = Tag(tag, place, name, reference, status)
    if not contacts:
        return _unfiled(decision, named._replace(reason=NO_CONTACT))
    return decision._replace(outcome="filed", contacts=contacts, tag=named)


def unheeded(decision: Decision, tag: str) -> Decision:
    """The decision about mail that is not its owner's own: the tag is kept, for a person to see."""
    return decision._replace(tag=Tag(tag))


def dropped(decision: Decision) -> Decision:
    """The decision as it is without its tag."""
    tag = decision.tag
    if tag is None:
        return decision
    reason = tag.instead_of if tag.reason is not None and decision.reason == tag.reason else decision.reason
    return outcome_of(decision._replace(reason=reason, tag=None))


def outcome_of(decision: Decision) -> Decision:
    """The decision with the outcome that follows from its places and its tag; held stays held."""
    if decision.outcome == "held":
        return decision
    is_filed = bool(decision.places) or (decision.tag is not None and decision.tag.is_filed)
    return decision._replace(outcome="filed" if is_filed else "unassigned")


def _unfiled(decision: Decision, tag: Tag) -> Decision:
    """The decision with a tag that files nothing; its reason gives way only where it says no more than the tag's."""
    if decision.reason not in (None, NO_COUNTED_RECIPIENT):
        return decision._replace(tag=tag)
    return decision._replace(reason=tag.reason, tag=tag._replace(instead_of=decision.reason))
