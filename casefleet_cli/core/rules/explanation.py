"""Decisions in words that a paralegal understands."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from casefleet_cli.core.moments.days import Days

_OUTCOMES = {
    "not-sent-by-owner": "It was not sent from one of {user}'s own addresses, so no rule may file it.",
    "sender-not-verified": "It says that {user} sent it, but your mail server does not vouch for that (settings"
    " authserv-id), so no rule may file it.",
    "no-counted-recipient": "It went to nobody outside the firm (only to colleagues or the BCC address), so there was"
    " nobody to file it by.",
    "not-routed": "It was imported to be kept, without asking the rules where it belongs.",
    "draft": "It is a draft that was never sent, so no rule may file it.",
    "deleted": "It was thrown away where it comes from, so no rule may file it.",
    "junk": "It was sorted out as junk where it comes from, so no rule may file it.",
    "no-date": "Nothing says when it was sent, so nobody can tell what was open then.",
    "not-understood": "casefleet could not read it; the original is kept whole.",
}
_FORMATS = {
    "msg": "an Outlook .msg, of which the e-mail was made",
    "tnef": "a winmail.dat, of which the e-mail was made",
    "emlx": "an .emlx of Apple Mail",
    "takeout": "part of a Google Takeout",
}
"""What `deliveries.format` means."""


def sentences(decision: Mapping[str, Any], days: Days) -> list[str]:
    """The answer of one stored decision: first what came of it, then one sentence for each recipient asked."""
    user = decision.get("user") or "the user"
    lines = [_headline(decision, str(user))]
    if decision.get("format"):
        lines.append(f"It came as {_FORMATS.get(decision['format'], decision['format'])}.")
    reason = decision.get("reason")
    tag: Mapping[str, Any] = decision.get("tag") or {}
    if tag:
        lines.append(tag_sentence(tag, user=str(user)))
        reason = tag.get("instead_of") if reason == tag.get("reason") else reason
    if reason and reason != "never-log":
        lines.append(_OUTCOMES.get(str(reason), f"Reason: {reason}.").format(user=user))
    if decision.get("as_of"):
        lines.append(f"What counted is what was open on {days.day(str(decision['as_of']))}, the day of the mail.")
    lines += [verdict_sentence(verdict) for verdict in decision.get("verdicts", ())]
    return lines


def verdict_sentence(verdict: Mapping[str, Any]) -> str:
    """Why one recipient did or did not decide where the mail goes."""
    who = _who(verdict)
    cases: Sequence[Mapping[str, Any]] = verdict.get("open_cases", ())
    leads: Sequence[Mapping[str, Any]] = verdict.get("open_leads", ())
    if verdict.get("rule") == "one-open-case":
        return f"{who} has exactly one open case: {case_name(cases[0])}. Filed there (rule one-open-case)."
    if verdict.get("rule") == "one-open-lead":
        name = leads[0]["name"]
        return f"{who} has no open case and exactly one open lead: {name}. Filed there (rule one-open-lead)."
    if verdict.get("reason") == "unknown-address":
        return f"{verdict['recipient']} belongs to no contact (unknown-address)."
    if verdict.get("reason") == "never-log":
        return f"{verdict['recipient']} is on the never-log list, so no rule asks about it (never-log)."
    if verdict.get("reason") == "several-open-cases":
        names = ", ".join(case_name(case) for case in cases)
        return f"{who} has {len(cases)} open cases, and casefleet does not guess: {names} (several-open-cases)."
    if verdict.get("reason") == "several-open-leads":
        names = ", ".join(str(lead["name"]) for lead in leads)
        return (
            f"{who} has no open case and {len(leads)} open leads, and casefleet does not guess: {names}"
            " (several-open-leads)."
        )
    if verdict.get("reason") == "taken-away":
        return f"A rule would file it for {who}, but a person took it away there (taken-away)."
    return f"{who} has no open case and no open lead (nothing-open)."


def tag_sentence(tag: Mapping[str, Any], user: str) -> str:
    """What the case tag of one delivery did, or why it did nothing."""
    written, reason = f"+{tag['written']}", tag.get("reason")
    if reason == "unknown-case-tag":
        if tag.get("several"):
            return f"The case tag {written} fits several: {', '.join(tag['several'])} (unknown-case-tag)."
        return f"The case tag {written} names no case or lead that {user} may see (unknown-case-tag)."
    if not tag.get("place"):
        return f"It came with the case tag {written}, which counts in {user}'s own mail only: a suggestion."
    named = f"The case tag {written} in the BCC address names {tag['place']['kind']} {tag['name']}"
    if tag.get("status", "open") != "open":
        named += f", which is {tag['status']}"
    if reason == "no-contact":
        return f"{named}, but no contact was found in the mail: contact first (no-contact)."
    if reason == "taken-away":
        return f"{named}, but a person took it away there (taken-away)."
    return f"{named}. Put there by the hand of {user}, who wrote it."


def case_name(case: Mapping[str, Any]) -> str:
    """A case as people say it."""
    return f"{case['number']} {case['title']}"


def _headline(decision: Mapping[str, Any], user: str) -> str:
    outcome = decision.get("outcome")
    tag = decision.get("tag") or {}
    if outcome == "filed" and tag.get("place") and not tag.get("reason"):
        by_rule = any(verdict.get("rule") for verdict in decision.get("verdicts", ()))
        return f"Logged for {user} and filed by {user}'s case tag{' and by rule' if by_rule else ''}."
    if outcome == "filed":
        return f"Logged for {user} and filed by rule."
    if outcome == "never-logged":
        return f"Not logged for {user}: all its recipients are on the never-log list, and nothing of it is kept."
    if outcome == "held":
        return f"Logged for {user} and held: only {user} and admins see it."
    return f"Logged for {user} and left unassigned."


def _who(verdict: Mapping[str, Any]) -> str:
    names = [str(contact["name"]) for contact in verdict.get("contacts", ())]
    recipient = verdict["recipient"]
    return f"{' and '.join(names)} ({recipient})" if names else str(recipient)
