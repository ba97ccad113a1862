"""Linking many emails at once: a plan that people can look at, then all of it in one transaction, and its undo."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from casefleet_cli import access, clock
from casefleet_cli.core.rules.suggestions import TRUST
from casefleet_cli.desk import admission
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, batches, emails, links, references, settings, standings
from casefleet_cli.store.database import transaction
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from casefleet_cli.core.rules.routing import Place
    from casefleet_cli.desk.links import Linked
    from casefleet_cli.store.sight import Sight


T = TypeVar("T")
_AT_ONCE = 200
_BREATH = 0.11
"""Seconds; whoever waits for SQLite's lock asks for it every tenth of one at the latest."""


class Step(NamedTuple):
    """What a plan would do with one email."""

    email_id: int
    contacts: tuple[int, ...]
    places: tuple[Place, ...]
    reason: str = ""
    """Of a suggestion."""
    standing: str = ""
    """Where the email stood when the plan was made."""


class Plan(NamedTuple):
    """What would be done."""

    steps: list[Step]
    refused: list[str]
    """A sentence for each email that cannot be linked so."""


class Done(NamedTuple):
    """What was done."""

    batch_id: int | None
    """None when nothing was new."""
    linked: list[Linked]
    refused: list[str]


class Undone(NamedTuple):
    """What taking back a batch did."""

    emails: int
    """How many lost a link."""
    kept: list[str]
    """A sentence for each link that stays."""
    brought_back: int = 0
    """How many it had rejected and are back."""


def plan(
    connection: sqlite3.Connection, email_ids: Iterable[int], contacts: tuple[int, ...], places: tuple[Place, ...]
) -> Plan:
    """Plan to link emails to the same contacts, cases and leads."""
    return _planned(connection, (Step(email_id, contacts, places) for email_id in email_ids))


def plan_suggested(
    connection: sqlite3.Connection, email_ids: Iterable[int], min_trust: str = TRUST[-1], sight: Sight = EVERYTHING
) -> Plan:
    """Plan to accept, for each email, the one most trusted suggestion of a place in sight, down to a trust.

    Refused are emails without any, and those with several that are equally good.
    """
    steps, refused = [], []
    for email_id in email_ids:
        try:
            steps.append(suggested(connection, email_id, min_trust, sight))
        except UsageError as refusal:
            refused.append(str(refusal))
    planned = _planned(connection, steps)
    return Plan(planned.steps, refused + planned.refused)


def carry_out(
    connection: sqlite3.Connection, steps: list[Step], *, acting: int | None = None, always_batch: bool = False
) -> Done:
    """Do what was planned, as one batch if it is about several emails or `always_batch`.

    It is committed some hundred at a time, and who delivers mail meanwhile gets in between. Emails that stand elsewhere
    than when it was planned are left as they are, each with a sentence.
    """
    linked: list[Linked] = []
    refused: list[str] = []
    batch_id = None
    for some in slices(steps):
        with transaction(connection):
            if batch_id is None and (always_batch or len(steps) > 1):
                batch_id = batches.add(connection, acting)
            linked += _linked(connection, some, batch_id, acting, refused)
            if batch_id is not None and not any(done.activities for done in linked):
                batches.remove(connection, batch_id)
                batch_id = None
    return Done(batch_id, linked, refused)


def slices(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Parts of what is done with many, each for a transaction of its own; between them others get in."""
    for at in range(0, len(items), _AT_ONCE):
        if at:
            clock.pause(_BREATH)
        yield items[at : at + _AT_ONCE]


def _linked(
    connection: sqlite3.Connection, steps: Sequence[Step], batch_id: int | None, acting: int | None, refused: list[str]
) -> list[Linked]:
    linked = []
    detail = "" if batch_id is None else f"batch {batch_id}"
    for step in steps:
        standing = emails.standing(connection, step.email_id)
        if standing != step.standing:
            refused.append(f"E-mail {step.email_id} is {standing} meanwhile and was left so.")
            continue
        done = link_desk.put(
            connection, step.email_id, contacts=step.contacts, places=step.places, acting=acting, detail=detail
        )
        linked.append(done)
        if batch_id is not None:
            batches.add_activities(connection, batch_id, done.activities)
    return linked


def undo(connection: sqlite3.Connection, batch_id: int, *, acting: int | None = None) -> Undone:
    """Take back exactly the links that a batch made, and what it rejected; some hundred at a time, as `carry_out`.

    What was linked or unlinked by hand since stays as it is, and so does a contact that an email on a case or lead
    needs. Raises UsageError when there is no such batch, or it was undone before.
    """
    viewer = access.who(connection, acting)
    with transaction(connection):
        _require_done(connection, batch_id, None if viewer.is_admin else viewer.user_id)
    changed: set[int] = set()
    kept: list[str] = []
    back = 0
    for some in slices(batches.activities_of(connection, batch_id)):
        with transaction(connection):
            unlinked, stays, released = _undone(connection, batch_id, some, acting)
        changed |= unlinked
        kept += stays
        back += released
    with transaction(connection):
        batches.mark_undone(connection, batch_id)
    return Undone(len(changed), kept, back)


def _require_done(connection: sqlite3.Connection, batch_id: int, whose: int | None) -> None:
    undone_at = batches.undone_at(connection, batch_id, whose)
    if undone_at is None:
        newest = batches.last(connection, whose)
        rest = f"the last is {newest}" if newest else "there is none yet; linking several e-mails makes one"
        raise UsageError(f"There is no batch {batch_id}; {rest}.")
    if undone_at:
        day = settings.days(connection).day(undone_at)
        raise UsageError(f"Batch {batch_id} was undone already, on {day}; nothing was changed.")


def take_back(
    connection: sqlite3.Connection, batch_id: int, acts: Iterable[int], *, acting: int | None = None
) -> list[str]:
    """As `undo`, of a part of a batch: what some activities tell of; a sentence for each link that stays."""
    with transaction(connection):
        return _undone(connection, batch_id, list(acts), acting)[1]


def _undone(
    connection: sqlite3.Connection, batch_id: int, among: Sequence[int], acting: int | None
) -> tuple[set[int], list[str], int]:
    """The emails that lost a link, a sentence for each link that stays, and how many emails are let back in."""
    viewer = access.who(connection, acting)
    changed: set[int] = set()
    kept = []
    detail = f"batch {batch_id} undone"
    for link in batches.links_of(connection, batch_id, among):
        if not _is_there(connection, link) or not _is_seen(connection, viewer.sight, link):
            continue
        refusal = _take_back(connection, link)
        if refusal:
            kept.append(f"E-mail {link.email_id} stays on {_name(connection, link)}: {refusal}.")
            continue
        changed.add(link.email_id)
        activities.add(
            connection,
            "unlinked",
            user_id=acting,
            email_id=link.email_id,
            contact_id=link.contact_id,
            case_id=link.place.case_id if link.place else None,
            lead_id=link.place.lead_id if link.place else None,
            detail=detail,
        )
        standings.refresh(connection, link.email_id)
    brought_back = [
        email_id
        for email_id in batches.rejected_by(connection, batch_id, among)
        if references.is_in_sight(connection, viewer.sight, "email", email_id)
        and admission.bring_back(connection, email_id, acting, detail)
    ]
    return changed, kept, len(brought_back)


def _planned(connection: sqlite3.Connection, steps: Iterable[Step]) -> Plan:
    planned, refused = [], []
    for step in steps:
        try:
            link_desk.refuse(connection, step.email_id, step.contacts, step.places)
        except UsageError as refusal:
            refused.append(str(refusal))
        else:
            planned.append(step._replace(standing=emails.standing(connection, step.email_id)))
    return Plan(planned, refused)


def suggested(
    connection: sqlite3.Connection, email_id: int, min_trust: str = TRUST[-1], sight: Sight = EVERYTHING
) -> Step:
    """The step that accepts the best suggestion; raises UsageError when there is nothing clear to accept."""
    trusted = TRUST[: TRUST.index(min_trust) + 1]
    likely = suggestion_desk.for_email(connection, email_id, sight)
    found = suggestion_desk.candidates(one for one in likely if one.trust in trusted)
    if not found:
        raise UsageError(f"Nothing is suggested for e-mail {email_id}; link it with --contact and --case or --lead.")
    best = [one for one in found if one.trust == found[0].trust]
    if len(best) > 1:
        names = "; ".join(f"{one.place.kind} {one.name}" for one in best)
        raise UsageError(f"E-mail {email_id} has several likely places: {names}; choose one with --case or --lead.")
    (chosen,) = best
    contacts = (chosen.contact.id,) if chosen.contact else ()
    return Step(email_id, contacts, (chosen.place,), chosen.reason)


def _take_back(connection: sqlite3.Connection, link: batches.BatchLink) -> str:
    """Remove one link of a batch, or say why it stays."""
    if link.was_changed:
        return "it was put there by hand since"
    if link.place is not None:
        links.remove(connection, link.email_id, link.place)
    elif emails.standing(connection, link.email_id) == "linked" and _is_last_contact(connection, link):
        return "it is on a case or lead and needs a contact"
    else:
        links.remove_contact(connection, link.email_id, link.contact_id or 0)
    return ""


def _is_last_contact(connection: sqlite3.Connection, link: batches.BatchLink) -> bool:
    return len(links.contacts_of(connection, link.email_id, EVERYTHING)) == 1


def _is_seen(connection: sqlite3.Connection, sight: Sight, link: batches.BatchLink) -> bool:
    """Whether who takes a batch back knows of the email and the place of a link."""
    seen = functools.partial(references.is_in_sight, connection, sight)
    return seen("email", link.email_id) and (link.place is None or seen(link.place.kind, link.place.id))


def _is_there(connection: sqlite3.Connection, link: batches.BatchLink) -> bool:
    if link.place is None:
        return any(
            contact["id"] == link.contact_id for contact in links.contacts_of(connection, link.email_id, EVERYTHING)
        )
    places = links.places_of(connection, link.email_id, EVERYTHING)
    return any((place["kind"], place["id"]) == (link.place.kind, link.place.id) for place in places)


def _name(connection: sqlite3.Connection, link: batches.BatchLink) -> str:
    if link.place is not None:
        return f"{link.place.kind} {links.name_and_status(connection, link.place)[0]}"
    return f"contact {links.contact_name(connection, link.contact_id or 0)}"
