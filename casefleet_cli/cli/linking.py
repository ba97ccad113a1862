"""Emptying the list: link, unlink, release, reject."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import access
from casefleet_cli.cli import choosing, output
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.core.rules.suggestions import TRUST
from casefleet_cli.desk import admission, entries, strangers
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import links, parties, references

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

    from casefleet_cli.store.sight import Sight

Emails = Annotated[list[str] | None, typer.Argument(metavar="EMAIL...", help="The numbers of the e-mails.")]
Held = Annotated[list[str], typer.Argument(metavar="EMAIL...", help="The numbers of the e-mails.")]
Contacts = Annotated[list[str] | None, typer.Option("--contact", help="A contact; may be repeated.")]
Cases = Annotated[list[str] | None, typer.Option("--case", help="A case; may be repeated.")]
Leads = Annotated[list[str] | None, typer.Option("--lead", help="A lead; may be repeated.")]
_REASONS = 5
"""Sentences about e-mails that a plan leaves out; the rest are counted."""


def link(
    context: typer.Context,
    numbers: Emails = None,
    contact: Contacts = None,
    case: Cases = None,
    lead: Leads = None,
    new_contact: Annotated[
        str | None,
        typer.Option(
            "--new-contact", metavar="[NAME]", help="Make a contact of whom no contact has in the mail, and link it."
        ),
    ] = None,
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="With --new-contact: the person with this address.")
    ] = None,
    suggested: Annotated[bool, typer.Option("--suggested", help="Accept the best suggestion of each.")] = False,
    min_trust: Annotated[
        str | None,
        typer.Option(metavar="KIND", help=f"With --suggested: nothing less trusted than {', '.join(TRUST)}."),
    ] = None,
    thread: Annotated[bool, typer.Option("--thread", help="Link the unassigned mail of the thread too.")] = False,
    query: Annotated[
        str | None, typer.Option(metavar="QUERY", help="Instead of numbers: what search finds, if it is unassigned.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="WHO", help="... sent from this address, domain or name.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="... from this date on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="... up to this date.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Link e-mails to a contact, a case, a lead, or several; the contact comes first.

    Without numbers, the unassigned mail that --query, --from, --since and --until choose (or else that of --contact, or
    with --suggested all) is shown and counted, and linked when you agree.
    """
    connection = context.obj.connection()
    acting = context.obj.acting()
    sight = context.obj.sight
    contacts, places = _asked(connection, sight, contact, case, lead)
    if new_contact is not None or address is not None:
        is_alone = not (suggested or thread)
        _link_new(context, numbers, new_contact, address or "", contacts, places, is_alone=is_alone, yes=yes)
        return
    if suggested == bool(contacts or places):
        raise UsageError("Say where to: --case, --lead or --contact, or else --suggested alone.")
    trust = _trust(min_trust, suggested=suggested)
    if numbers:
        if query is not None or from_ or since or until:
            raise UsageError("Name e-mails by their numbers, or choose them by --query, --from, --since and --until.")
        chosen = list(dict.fromkeys(references.email(connection, number, sight) for number in numbers))
    else:
        chosen = choosing.unassigned(
            connection,
            query,
            from_,
            since,
            until,
            days=context.obj.days(),
            sight=sight,
            contacts=contacts,
            everything=suggested,
        )
    if thread:
        chosen = link_desk.with_their_threads(connection, chosen, sight)
    planned = (
        batch_desk.plan_suggested(connection, chosen, trust, sight)
        if suggested
        else batch_desk.plan(connection, chosen, contacts, places)
    )
    if not numbers:
        _in_bulk(connection, planned, acting, sight, yes=yes)
        return
    if planned.refused and len(chosen) == 1:
        raise UsageError(planned.refused[0])
    if not suggested:
        ask_of_strange(connection, _strange(connection, planned.steps), yes=yes)
    done = batch_desk.carry_out(connection, planned.steps, acting=acting)
    for linked in done.linked:
        output.say(_told(connection, linked, sight))
    if done.batch_id is not None:
        output.say(f"That was batch {done.batch_id}; casefleet unlink --batch {done.batch_id} takes it back.")
    output.some_failed(planned.refused + done.refused, f"of {len(chosen)} e-mails left as they were")


def _link_new(
    context: typer.Context,
    numbers: list[str] | None,
    name: str | None,
    address: str,
    contacts: tuple[int, ...],
    places: tuple[Place, ...],
    *,
    is_alone: bool,
    yes: bool,
) -> None:
    """Make a contact of somebody in one e-mail, and link the e-mail to it and where else it is to go."""
    if name is None:
        raise UsageError("--address goes with --new-contact.")
    if not numbers or len(numbers) != 1 or not is_alone:
        raise UsageError("--new-contact takes the number of one e-mail, without --suggested and --thread.")
    access.require(context.obj.viewer(), "link --new-contact")
    connection, sight = context.obj.connection(), context.obj.sight
    email_id = references.email(connection, numbers[0], sight)
    stranger = strangers.one_of(connection, email_id, sight, address)
    ask_of_strange(connection, _strange(connection, [batch_desk.Step(email_id, contacts, places)]), yes=yes)
    done = strangers.link(
        connection, email_id, stranger, name, contacts=contacts, places=places, acting=context.obj.acting()
    )
    output.say(_told(connection, done, sight))


def unlink(
    context: typer.Context,
    numbers: Emails = None,
    contact: Contacts = None,
    case: Cases = None,
    lead: Leads = None,
    thread: Annotated[bool, typer.Option("--thread", help="And the mail of the thread that is there, too.")] = False,
    reason: Annotated[str, typer.Option(metavar="WORDS", help="Why; it stands in the feed.")] = "",
    batch: Annotated[
        int | None, typer.Option(min=0, max=output.LARGEST, metavar="N", help="Take back what one command did.")
    ] = None,
) -> None:
    """Take e-mails off a case, a lead or a contact; off the last one they are unassigned again."""
    connection = context.obj.connection()
    acting = context.obj.acting()
    sight = context.obj.sight
    contacts, places = _asked(connection, sight, contact, case, lead)
    if batch is not None:
        if numbers or contacts or places or thread or reason:
            raise UsageError("--batch takes back a whole batch; give it alone.")
        undone = batch_desk.undo(connection, batch, acting=acting)
        back = f", {undone.brought_back} brought back" if undone.brought_back else ""
        output.say(f"Batch {batch} is taken back: {_count(undone.emails)} unlinked{back}.")
        output.some_failed(undone.kept, "of its links left as they are")
        return
    if not numbers:
        raise UsageError("Say which e-mails, by their numbers, or --batch N.")
    if not contacts and not places:
        raise UsageError("Say what to take them off: --case, --lead or --contact.")

    why = entries.label(reason, "reason")

    def one(email_id: int) -> None:
        standing = link_desk.unlink(connection, email_id, contacts=contacts, places=places, reason=why, acting=acting)
        what = named(connection, places, contacts)
        output.say(f"E-mail {email_id} is taken off {what}.{_stays(email_id, standing) if places else ''}")

    def _stays(email_id: int, standing: str) -> str:
        if standing != "linked":
            return f" It is now {standing}."
        return " It is still on another case or lead." if links.places_of(connection, email_id, sight) else ""

    chosen = [references.email(connection, number, sight) for number in numbers]
    if thread:
        chosen = link_desk.with_those_of_their_threads_on(connection, chosen, places, sight)
    each(chosen, one)


def _in_bulk(
    connection: sqlite3.Connection, planned: batch_desk.Plan, acting: int | None, sight: Sight, *, yes: bool
) -> None:
    """Show a plan, ask, and carry it out."""
    left = f"{_count(len(planned.refused))} left as {'it is' if len(planned.refused) == 1 else 'they are'}"
    if not planned.steps:
        output.say("No unassigned e-mail fits; nothing was linked.")
    else:
        choosing.show_plan(connection, planned.steps, sight)
        output.say(f"{_count(len(planned.steps))} to link.")
        strange = sum(map(len, _strange(connection, planned.steps).values()))
        if strange:
            output.say(f"In {strange} of them is none of the contacts of where it would go.")
    for sentence in planned.refused[:_REASONS]:
        output.warn(sentence)
    if planned.refused:
        output.warn(f"{left}.")
    if not planned.steps:
        return
    if not yes:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError("Nothing was linked; run it again with --yes to link these.")
        typer.confirm("Link them?", abort=True)
    done = batch_desk.carry_out(connection, planned.steps, acting=acting, always_batch=True)
    undo = f": batch {done.batch_id}; casefleet unlink --batch {done.batch_id} takes it back" if done.batch_id else ""
    output.say(f"{_count(len(done.linked))} linked{undo}.")
    for note in dict.fromkeys(note for linked in done.linked for note in linked.not_open):
        output.say(f"Note: {note}.")
    output.some_failed(done.refused, f"of {_count(len(planned.steps))} left as they were")


def ask_of_strange(
    connection: sqlite3.Connection, strange: Mapping[tuple[Place, ...], list[int]], *, yes: bool
) -> None:
    """Ask, or refuse where nobody can answer, when e-mails are to go where none of the contacts is in them.

    `strange`: such e-mails by the cases and leads that they would go to.
    """
    for places, numbers in strange.items():
        some = ", ".join(map(str, numbers[:_REASONS])) + (" and more" if len(numbers) > _REASONS else "")
        sentence = f"None of the contacts of {named(connection, places, ())} is in e-mail {some}"
        if yes:
            continue
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError(f"{sentence}; nothing was linked. --yes files it there all the same.")
        typer.confirm(f"{sentence}. File it there all the same?", abort=True)


def _strange(connection: sqlite3.Connection, steps: Iterable[batch_desk.Step]) -> dict[tuple[Place, ...], list[int]]:
    """The e-mails that would go where none of the contacts is in them, by where that is."""
    found: dict[tuple[Place, ...], list[int]] = {}
    for step in steps:
        missing = tuple(p for p in step.places if parties.is_missing(connection, step.email_id, p, step.contacts))
        if missing:
            found.setdefault(missing, []).append(step.email_id)
    return found


def _trust(kind: str | None, *, suggested: bool) -> str:
    if kind is not None and not suggested:
        raise UsageError("--min-trust goes with --suggested.")
    if kind is not None and kind not in TRUST:
        raise UsageError(f"{kind!r} is no kind of suggestion; there are {', '.join(TRUST)}, the most trusted first.")
    return kind or TRUST[-1]


def _count(number: int) -> str:
    return f"{number} e-mail{'' if number == 1 else 's'}"


def release(context: typer.Context, numbers: Held) -> None:
    """Let held e-mails in, as received mail, and rejected ones back."""
    connection = context.obj.connection()
    acting, sight = context.obj.acting(), context.obj.sight
    each(
        [references.email(connection, number, sight) for number in numbers],
        lambda n: output.say(f"E-mail {n} is released and now {admission.release(connection, n, acting=acting)}."),
    )


def reject(
    context: typer.Context,
    numbers: Held,
    reason: Annotated[str, typer.Option(metavar="WORDS", help="Why; its owners are told.")] = "",
) -> None:
    """Put held or unassigned e-mails out of sight, because they are no case's; nothing is deleted."""
    connection = context.obj.connection()
    acting, sight = context.obj.acting(), context.obj.sight

    def one(email_id: int) -> None:
        standing = admission.reject(connection, email_id, reason.strip(), acting=acting)
        output.say(f"E-mail {email_id} is now {standing}; release brings it back.")

    each([references.email(connection, number, sight) for number in numbers], one)


def _asked(
    connection: sqlite3.Connection,
    sight: Sight,
    contact: list[str] | None,
    case: list[str] | None,
    lead: list[str] | None,
) -> tuple[tuple[int, ...], tuple[Place, ...]]:
    contacts = tuple(references.contact(connection, text, sight) for text in contact or ())
    cases = tuple(Place("case", references.case(connection, text, sight)) for text in case or ())
    leads = tuple(Place("lead", references.lead(connection, text, sight)) for text in lead or ())
    return contacts, cases + leads


def each(email_ids: list[int], work: Callable[[int], None]) -> None:
    """Do the work for each email; a refusal stops one e-mail, not the others."""
    failures = []
    for email_id in email_ids:
        try:
            work(email_id)
        except UsageError as refusal:
            if len(email_ids) == 1:
                raise
            failures.append(str(refusal))
    output.some_failed(failures, f"of {len(email_ids)} e-mails left as they were")


def named(connection: sqlite3.Connection, places: Iterable[Place], contacts: Iterable[int]) -> str:
    """Cases, leads and contacts as people say them."""
    names = [f"{place.kind} {links.name_and_status(connection, place)[0]}" for place in places]
    return ", ".join((*names, *(f"contact {links.contact_name(connection, contact)}" for contact in contacts)))


def _told(connection: sqlite3.Connection, done: link_desk.Linked, sight: Sight) -> str:
    names = named(connection, done.places, done.contacts)
    sentence = f"E-mail {done.email_id} is linked to {names}." if names else ""
    sentence = sentence or f"E-mail {done.email_id} was linked there already."
    return sentence + _elsewhere(connection, done, sight) + "".join(f" Note: {note}." for note in done.not_open)


def _elsewhere(connection: sqlite3.Connection, done: link_desk.Linked, sight: Sight) -> str:
    """Where else an e-mail is that was put somewhere, and who put it there when."""
    if not done.places:
        return ""
    there = [
        place
        for place in links.places_of(connection, done.email_id, sight)
        if Place(place["kind"], place["id"]) not in done.places
    ]
    told = []
    for place in there[:_REASONS]:
        by = "a rule" if place["linked_by"] == "rule" else place["user"] or "hand"
        name = f"{place['kind']} {place['number'] or place['id']} {place['name']}"
        told.append(f"{name} (by {by}, {output.moment(place['linked_at'])})")
    return f" It is also on {'; '.join(told)}." if told else ""
