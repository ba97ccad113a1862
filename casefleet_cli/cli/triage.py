"""Triage: the list of unassigned mail one at a time on a terminal, one key an answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli import access
from casefleet_cli.cli import card, keys, output, waiting
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.core.rules.explanation import sentences
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.core.spoofing.letters import visible
from casefleet_cli.desk import admission, reading, strangers
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk.triage import Look, Sitting, look_at
from casefleet_cli.errors import UsageError
from casefleet_cli.store import emails, links, parties, references

if TYPE_CHECKING:
    from casefleet_cli.cli.state import State
    from casefleet_cli.desk.triage import Act

_MOST = 9
_LINES = 12
"""Of a letter; the rest is a key away."""
_TEXT = 4000
_KEYS = "1-9 file  t thread  c other case  l other lead  n new contact  r reject  m more  s skip  u undo  q quit"
_HELP = """\
1-9  file the e-mail there
t    take the unassigned mail of its thread along, or not
c    another case, by its number or title
l    another lead, by its name
n    make a contact of somebody in the e-mail
r    reject: it is no case's mail
m    all of its text
s    leave it for later (so do Space and Enter)
u    take the last answer back
q    end
"""
_SKIPS = ("s", " ", "\r", "\n")


def triage(
    context: typer.Context,
    query: Annotated[list[str] | None, typer.Argument(metavar="QUERY", help="Only what search finds by this.")] = None,
    user: waiting.User = None,
    mine: waiting.Mine = False,
    from_: waiting.From = None,
    since: waiting.Since = None,
) -> None:
    """Empty the list of unassigned mail one at a time: the letter, where it may belong, one key an answer.

    All that is done is one batch, which `unlink --batch` takes back.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("triage asks on a terminal; without one use casefleet unassigned and casefleet link.")
    numbers = waiting.chosen(
        context.obj, user=user, mine=mine, from_=from_, since=since, query=" ".join(query) if query else None
    )
    if not numbers:
        output.say("Nothing waits here.")
        return
    desk = _Desk(context.obj, numbers)
    try:
        desk.work()
    except (KeyboardInterrupt, EOFError, typer.Abort):
        output.say("")
    desk.tell_the_end()


class _Desk:
    """The mails that wait, the one that is looked at, and what was done so far."""

    def __init__(self, state: State, numbers: list[int]) -> None:
        self._state = state
        self._connection = state.connection()
        self._numbers = numbers
        self._sitting = Sitting(self._connection, state.acting())
        self._at = 0
        self._thread = False

    def work(self) -> None:
        """Show one mail after the other, and do what is answered."""
        output.say(f"{len(self._numbers)} to look at. ? explains the keys.")
        while self._at < len(self._numbers):
            email_id = self._numbers[self._at]
            if emails.standing(self._connection, email_id) != "unassigned":
                self._next()
                continue
            self._one(email_id)

    def _one(self, email_id: int) -> None:
        look = self._show(email_id)
        while True:
            key = self._key()
            try:
                if self._answered(key, email_id, look):
                    return
            except UsageError as refusal:
                output.say(str(refusal))
                if emails.standing(self._connection, email_id) != "unassigned":
                    self._next()
                    return

    def _answered(self, key: str, email_id: int, look: Look) -> bool:
        """Do what a key says; False where the same mail goes on being asked about."""
        if key in _SKIPS:
            self._next()
        elif key == "q":
            self._at = len(self._numbers)
        elif key == "u":
            return self._undo()
        elif key == "r":
            self._done(self._sitting.reject(email_id, keys.line(f"Why [{admission.NOT_CASE_MAIL}]")))
        elif key == "n":
            return self._new_contact(email_id)
        elif key in ("c", "l"):
            return self._elsewhere(look, "case" if key == "c" else "lead")
        elif key.isdigit() and 0 < int(key) <= min(len(look.candidates), _MOST):
            chosen = look.candidates[int(key) - 1]
            self._file(look.waiting, chosen.place, chosen.contact.id if chosen.contact else None, chosen.name)
        else:
            self._tell(key, look)
            return False
        return True

    def _tell(self, key: str, look: Look) -> None:
        """What changes nothing."""
        if key == "t":
            self._thread = not self._thread
            others = len(look.waiting) - 1
            output.say(f"Its thread goes along: {others} more." if self._thread else "Its thread stays.")
        elif key == "m":
            output.block(str(look.email["text"] or "(no text)"))
        elif key == "?":
            output.block(_HELP)
        else:
            # What was pasted, or typed ahead of the question, answers nothing.
            output.say("There is no such answer here; one key at a time, ? explains them.")

    def _file(self, email_ids: list[int], place: Place, contact_id: int | None, name: str) -> None:
        filed = email_ids if self._thread else email_ids[:1]
        self._done(self._sitting.file(filed, place, contact_id, name))

    def _elsewhere(self, look: Look, kind: str) -> bool:
        typed = keys.line(f"Which {kind}")
        if not typed:
            return False
        find = references.case if kind == "case" else references.lead
        place = Place(kind, find(self._connection, typed, self._state.sight))
        link_desk.refuse(self._connection, look.waiting[0], (), (place,))
        if parties.is_missing(self._connection, look.waiting[0], place):
            answer = keys.line("None of its contacts is in the mail. File it there all the same [y/N]")
            if answer.lower() not in ("y", "yes"):
                return False
        self._file(look.waiting, place, None, links.name_and_status(self._connection, place)[0])
        return True

    def _new_contact(self, email_id: int) -> bool:
        access.require(self._state.viewer(), "link --new-contact")
        found = strangers.of_email(self._connection, email_id, self._state.sight)[:_MOST]
        if not found:
            output.say("Everybody outside the firm in this e-mail is a contact already.")
            return False
        for nth, one in enumerate(found, 1):
            _say_choice(nth, f"{card.person(one.name, one.address)}, {one.words}")
        number = (keys.line("Whom [1]") if len(found) > 1 else "") or "1"
        if number not in map(str, range(1, len(found) + 1)):
            output.say(f"There is no {number} in this list; nothing was changed.")
            return False
        chosen = found[int(number) - 1]
        name = keys.line(f"Name [{chosen.called}]")
        act = self._sitting.new_contact(email_id, chosen, name)
        output.say(f"E-mail {email_id} is {act.words}.")
        return True

    def _undo(self) -> bool:
        undone = self._sitting.undo()
        if undone is None:
            output.say("There is nothing to take back.")
            return False
        act, kept = undone
        output.say(f"Taken back: e-mail {act.emails[0]} was {act.words}.")
        for sentence in kept:
            output.say(sentence)
        if act.emails[0] in self._numbers:
            self._at = self._numbers.index(act.emails[0])
        self._thread = False
        return True

    def _done(self, act: Act) -> None:
        others = f", with {len(act.emails) - 1} of its thread" if len(act.emails) > 1 else ""
        output.say(f"E-mail {act.emails[0]} is {act.words}{others}.")
        for note in act.notes:
            output.say(f"Note: {note.rstrip('.')}.")
        self._next()

    def _next(self) -> None:
        self._at += 1
        self._thread = False

    def _key(self) -> str:
        key = keys.key(f"{_KEYS}\n> ")
        output.say(key if key.isprintable() else "")
        return key

    def _show(self, email_id: int) -> Look:
        """Print one mail and its numbered candidates."""
        connection, state = self._connection, self._state
        if reading.is_noted(connection):
            reading.note(state.database_path, state.viewer(), email_id, "text")
        look = look_at(connection, email_id, state.sight)
        email = look.email
        output.say("")
        output.say(f"─── {self._at + 1} of {len(self._numbers)} ── e-mail {email_id} " + "─" * 20)
        output.card(
            [
                ("Subject", visible(email["subject"] or "(no subject)")),
                ("From", card.person(email["from_name"], email["from_address"])),
                ("To", _boxes(email["to"])),
                ("Cc", _boxes(email["cc"])),
                ("Date", output.moment(email["sent_at"])),
                ("Beware", look.suspicions),
                ("Logged for", list(dict.fromkeys(delivery["user"] for delivery in email["deliveries"]))),
                ("Contacts", look.contacts),
                ("Files", [one["filename"] or "unnamed" for one in email["attachments"][:8]]),
                ("Forwards", [card.forward_in_words(forward) for forward in email["forwards"][:3]]),
                (
                    "Thread",
                    f"{look.related} more, {len(look.waiting) - 1} of them unassigned" if look.related else None,
                ),
                ("Why", self._why(look)),
            ]
        )
        output.say("")
        output.block(_beginning(email["text"] or "(no text)"))
        output.say("")
        _say_candidates(look)
        return look

    def _why(self, look: Look) -> str:
        if look.decision is None:
            return ""
        told = sentences(look.decision, self._state.days())
        return told[1] if len(told) > 1 else told[0]

    def tell_the_end(self) -> None:
        """Say what was done, what is left, and how it is taken back."""
        acts = self._sitting.acts
        rejected = sum(act.words.startswith("rejected") for act in acts)
        filed = sum(len(act.emails) for act in acts if act.words.startswith("filed"))
        left = sum(emails.standing(self._connection, number) == "unassigned" for number in self._numbers)
        output.say(f"{filed} filed, {rejected} rejected, {left} left.")
        if acts:
            batch = self._sitting.batch_id
            output.say(f"That was batch {batch}; casefleet unlink --batch {batch} takes it back.")


def _say_candidates(look: Look) -> None:
    for nth, one in enumerate(look.candidates[:_MOST], 1):
        _say_choice(nth, f"{one.place.kind} {one.name}: {one.reason}")
    if len(look.candidates) > _MOST:
        output.say(f"    and {len(look.candidates) - _MOST} more; c takes any case", raw=True)
    if not look.candidates:
        for suggestion in look.suggestions[:3]:
            output.say(f"    {clean(suggestion.summary)}: {clean(suggestion.reason)}", raw=True)
        output.say("    No case or lead is likely: c and l take any, n makes a contact.", raw=True)


def _say_choice(nth: int, words: str) -> None:
    output.say(f" {nth}  {clean(words)}", raw=True)


def _beginning(text: str) -> str:
    lines = text[:_TEXT].splitlines()
    some = "\n".join(lines[:_LINES])
    return some if len(lines) <= _LINES and len(text) <= _TEXT else f"{some}\n… (m shows all)"


def _boxes(people: list[dict[str, Any]]) -> str | None:
    if not people:
        return None
    some = ", ".join(card.person(one["name"], one["address"]) for one in people[:5])
    return f"{some} and {len(people) - 5} more" if len(people) > 5 else some
