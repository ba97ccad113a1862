"""What a decision owes to whose attention."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casefleet_cli.core.rules.routing import Decision, Tag


class Notice(NamedTuple):
    """One user to tell one thing."""

    user_id: int
    kind: str
    """"unassigned", "held", "exposed-address", "filed-by-tag", "no-contact" or "unknown-case-tag"; "never-logged" is
    told by intake.recording, once."""
    detail: str = ""


def notices_for(decision: Decision, owner_id: int) -> tuple[Notice, ...]:
    """The notices of one decision: the owner hears of mail that waits, every user of an address that others saw."""
    waiting = () if decision.outcome == "filed" else (Notice(owner_id, decision.outcome),)
    return waiting + tuple(Notice(user_id, "exposed-address") for user_id in decision.exposed)


def notices_of_tag(tag: Tag | None, owner_id: int, email_id: int) -> tuple[Notice, ...]:
    """What the owner is told about a case tag: what it did and the command that takes it back, or what is missing."""
    if tag is None:
        return ()
    if tag.place is None:
        if tag.reason is None:
            return ()
        return (Notice(owner_id, tag.reason, f"+{tag.written} {_misses(tag)}"),)
    place = f"{tag.place.kind} {tag.name}"
    option = f"--{tag.place.kind} {quoted(tag.reference)}"
    if tag.is_filed:
        closed = "" if tag.status == "open" else f", which is {tag.status}"
        taken_back = f"casefleet unlink {email_id} {option} takes it back"
        return (Notice(owner_id, "filed-by-tag", f"+{tag.written} put it on {place}{closed}; {taken_back}"),)
    if tag.reason == "no-contact":
        command = f"casefleet link {email_id} --contact C {option}"
        told = f"+{tag.written} names {place}, but no contact was found in the mail: {command}"
        return (Notice(owner_id, tag.reason, told),)
    return ()


def _misses(tag: Tag) -> str:
    if tag.several:
        return f"fits several, write more of the number: {', '.join(tag.several)}"
    return "names no case or lead that you may see; it was logged as without it"


def quoted(word: str) -> str:
    """A word as a shell takes it."""
    if word and all(letter.isalnum() or letter in "-_./:" for letter in word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
