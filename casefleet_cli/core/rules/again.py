"""What a further delivery of an email for the same owner may still decide: only what no earlier one decided."""

from __future__ import annotations

from casefleet_cli.core.rules import tags
from casefleet_cli.core.rules.routing import NO_DATE, NOT_ROUTED, NOT_SENT_BY_OWNER, NOT_UNDERSTOOD, STATES
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from casefleet_cli.core.rules.routing import Decision, Place

_ASKED_NOBODY = frozenset((*STATES, NOT_ROUTED, NOT_UNDERSTOOD, NO_DATE))
"""Reasons of decisions that left the rules unasked."""
TAKEN_AWAY = "taken-away"
"""A person took the email off the place that a rule would file it to."""


class Earlier(NamedTuple):
    """An earlier decision about the same email for the same owner."""

    reason: str | None
    recipients: frozenset[str]
    """Those that were asked."""
    tag: str = ""
    """The case tag that it came with, as tags compare it."""


def addition(decision: Decision, earlier: Iterable[Earlier]) -> Decision | None:
    """What a decision adds to those before it; None when that is nothing."""
    before = list(earlier)
    if decision.tag is not None and any(one.tag == decision.tag.written for one in before):
        decision = tags.dropped(decision)
    tag = None if decision.outcome == "held" else decision.tag
    answered = [one for one in before if one.reason not in _ASKED_NOBODY]
    if not answered:
        return None if decision.reason in _ASKED_NOBODY and tag is None else decision
    if any(one.reason == NOT_SENT_BY_OWNER for one in answered):
        return None
    asked = frozenset[str]().union(*(one.recipients for one in answered))
    verdicts = tuple(verdict for verdict in decision.verdicts if verdict.recipient not in asked)
    if not verdicts and tag is None:
        return None
    places = tuple(dict.fromkeys(verdict.place for verdict in verdicts if verdict.place))
    contacts = dict.fromkeys(contact for verdict in verdicts for contact in verdict.party.contacts)
    if tag is not None and tag.is_filed:
        contacts.update(dict.fromkeys(decision.contacts))
    return tags.outcome_of(decision._replace(verdicts=verdicts, places=places, contacts=tuple(contacts)))


def without(decision: Decision, taken_away: Set[Place]) -> Decision:
    """A decision without the places that a person took the email off: no rule and no copy puts it there again."""
    if decision.tag is not None and decision.tag.place in taken_away:
        tag = decision.tag._replace(reason=TAKEN_AWAY)
        decision = tags.outcome_of(decision._replace(tag=tag))
    if taken_away.isdisjoint(decision.places):
        return decision
    verdicts = tuple(
        verdict._replace(rule=None, place=None, reason=TAKEN_AWAY) if verdict.place in taken_away else verdict
        for verdict in decision.verdicts
    )
    places = tuple(place for place in decision.places if place not in taken_away)
    return tags.outcome_of(decision._replace(verdicts=verdicts, places=places))
