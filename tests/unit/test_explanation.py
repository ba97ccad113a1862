"""Why a mail is where it is, in words: every sentence, whole."""

from __future__ import annotations

from typing import Any

import pytest

from casefleet_cli.core.rules.explanation import case_name, sentences, tag_sentence, verdict_sentence
from tests.firm import DAYS

ANNA, BERT = {"name": "Anna"}, {"name": "Bert"}
TRUST, WILL = {"number": "2026-1", "title": "Trust"}, {"number": "2026-2", "title": "Will"}
ESTATE, FARM = {"name": "Estate"}, {"name": "Farm"}
PLACE = {"kind": "case", "id": 1}
NAMED = {"written": "1", "place": PLACE, "name": "2026-1 Trust", "status": "open"}
BY_RULE = {"recipient": "a@x", "contacts": [ANNA], "rule": "one-open-case", "open_cases": [TRUST]}
UNKNOWN = {"recipient": "x@y", "reason": "unknown-address"}


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (BY_RULE, "Anna (a@x) has exactly one open case: 2026-1 Trust. Filed there (rule one-open-case)."),
        (
            {"recipient": "a@x", "contacts": [ANNA, BERT], "rule": "one-open-lead", "open_leads": [ESTATE]},
            "Anna and Bert (a@x) has no open case and exactly one open lead: Estate. Filed there (rule one-open-lead).",
        ),
        (UNKNOWN, "x@y belongs to no contact (unknown-address)."),
        (
            {"recipient": "a@x", "reason": "never-log"},
            "a@x is on the never-log list, so no rule asks about it (never-log).",
        ),
        (
            {"recipient": "a@x", "contacts": [ANNA], "reason": "several-open-cases", "open_cases": [TRUST, WILL]},
            "Anna (a@x) has 2 open cases, and casefleet does not guess: 2026-1 Trust, 2026-2 Will (several-open-cases).",
        ),
        (
            {"recipient": "a@x", "contacts": [ANNA], "reason": "several-open-leads", "open_leads": [ESTATE, FARM]},
            "Anna (a@x) has no open case and 2 open leads, and casefleet does not guess: Estate, Farm"
            " (several-open-leads).",
        ),
        (
            {"recipient": "a@x", "contacts": [ANNA], "reason": "taken-away", "open_cases": [TRUST]},
            "A rule would file it for Anna (a@x), but a person took it away there (taken-away).",
        ),
        (
            {"recipient": "a@x", "contacts": [ANNA], "reason": "nothing-open"},
            "Anna (a@x) has no open case and no open lead (nothing-open).",
        ),
        ({"recipient": "a@x"}, "a@x has no open case and no open lead (nothing-open)."),
    ],
)
def test_a_recipient(verdict: dict[str, Any], sentence: str) -> None:
    assert verdict_sentence(verdict) == sentence


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        (
            {"written": "1", "reason": "unknown-case-tag", "several": ["2025-1 Trust", "2026-1 Will"]},
            "The case tag +1 fits several: 2025-1 Trust, 2026-1 Will (unknown-case-tag).",
        ),
        (
            {"written": "1", "reason": "unknown-case-tag"},
            "The case tag +1 names no case or lead that Ada may see (unknown-case-tag).",
        ),
        ({"written": "1"}, "It came with the case tag +1, which counts in Ada's own mail only: a suggestion."),
        (
            NAMED,
            "The case tag +1 in the BCC address names case 2026-1 Trust. Put there by the hand of Ada, who wrote it.",
        ),
        (
            {"written": "1", "place": PLACE, "name": "2026-1 Trust"},
            "The case tag +1 in the BCC address names case 2026-1 Trust. Put there by the hand of Ada, who wrote it.",
        ),
        (
            {**NAMED, "status": "closed"},
            "The case tag +1 in the BCC address names case 2026-1 Trust, which is closed."
            " Put there by the hand of Ada, who wrote it.",
        ),
        (
            {**NAMED, "reason": "no-contact"},
            "The case tag +1 in the BCC address names case 2026-1 Trust, but no contact was found in the mail:"
            " contact first (no-contact).",
        ),
        (
            {**NAMED, "reason": "taken-away"},
            "The case tag +1 in the BCC address names case 2026-1 Trust, but a person took it away there (taken-away).",
        ),
    ],
)
def test_a_tag(tag: dict[str, Any], sentence: str) -> None:
    assert tag_sentence(tag, "Ada") == sentence


UNASSIGNED = "Logged for Ada and left unassigned."
NOT_OWN = "It was not sent from one of Ada's own addresses, so no rule may file it."


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        ({"outcome": "unassigned"}, [UNASSIGNED]),
        ({"outcome": "filed"}, ["Logged for Ada and filed by rule."]),
        ({"outcome": "filed", "verdicts": [BY_RULE]}, ["Logged for Ada and filed by rule.", verdict_sentence(BY_RULE)]),
        (
            {"outcome": "held", "reason": "not-sent-by-owner"},
            ["Logged for Ada and held: only Ada and admins see it.", NOT_OWN],
        ),
        (
            {"outcome": "filed", "tag": NAMED},
            ["Logged for Ada and filed by Ada's case tag.", tag_sentence(NAMED, "Ada")],
        ),
        (
            {"outcome": "filed", "tag": NAMED, "verdicts": [BY_RULE, UNKNOWN]},
            [
                "Logged for Ada and filed by Ada's case tag and by rule.",
                *[tag_sentence(NAMED, "Ada"), verdict_sentence(BY_RULE), verdict_sentence(UNKNOWN)],
            ],
        ),
        (
            {"outcome": "filed", "tag": NAMED, "verdicts": [UNKNOWN]},
            [
                "Logged for Ada and filed by Ada's case tag.",
                *[tag_sentence(NAMED, "Ada"), "x@y belongs to no contact (unknown-address)."],
            ],
        ),
        (
            {"outcome": "filed", "tag": {**NAMED, "reason": "taken-away"}, "verdicts": [BY_RULE]},
            [
                "Logged for Ada and filed by rule.",
                *[tag_sentence({**NAMED, "reason": "taken-away"}, "Ada"), verdict_sentence(BY_RULE)],
            ],
        ),
        (
            {"outcome": "filed", "tag": {"written": "1"}, "verdicts": [BY_RULE]},
            ["Logged for Ada and filed by rule.", tag_sentence({"written": "1"}, "Ada"), verdict_sentence(BY_RULE)],
        ),
        (
            {"outcome": "unassigned", "tag": {**NAMED, "reason": "no-contact"}, "reason": "no-contact"},
            [UNASSIGNED, tag_sentence({**NAMED, "reason": "no-contact"}, "Ada")],
        ),
        (
            {
                "outcome": "unassigned",
                "tag": {"written": "1", "reason": "unknown-case-tag", "instead_of": "no-counted-recipient"},
                "reason": "unknown-case-tag",
            },
            [
                UNASSIGNED,
                "The case tag +1 names no case or lead that Ada may see (unknown-case-tag).",
                "It went to nobody outside the firm (only to colleagues or the BCC address), so there was nobody to file"
                " it by.",
            ],
        ),
        (
            {"outcome": "unassigned", "tag": {"written": "1", "reason": "unknown-case-tag"}, "reason": "draft"},
            [
                UNASSIGNED,
                "The case tag +1 names no case or lead that Ada may see (unknown-case-tag).",
                "It is a draft that was never sent, so no rule may file it.",
            ],
        ),
        (
            {"outcome": "unassigned", "format": "msg"},
            [UNASSIGNED, "It came as an Outlook .msg, of which the e-mail was made."],
        ),
        (
            {"outcome": "unassigned", "format": "tnef"},
            [UNASSIGNED, "It came as a winmail.dat, of which the e-mail was made."],
        ),
        ({"outcome": "unassigned", "format": "emlx"}, [UNASSIGNED, "It came as an .emlx of Apple Mail."]),
        ({"outcome": "unassigned", "format": "takeout"}, [UNASSIGNED, "It came as part of a Google Takeout."]),
        ({"outcome": "unassigned", "format": "papyrus"}, [UNASSIGNED, "It came as papyrus."]),
        (
            {"outcome": "never-logged", "reason": "never-log"},
            ["Not logged for Ada: all its recipients are on the never-log list, and nothing of it is kept."],
        ),
        (
            {"outcome": "unassigned", "reason": "not-routed"},
            [UNASSIGNED, "It was imported to be kept, without asking the rules where it belongs."],
        ),
        (
            {"outcome": "unassigned", "reason": "deleted"},
            [UNASSIGNED, "It was thrown away where it comes from, so no rule may file it."],
        ),
        (
            {"outcome": "unassigned", "reason": "junk"},
            [UNASSIGNED, "It was sorted out as junk where it comes from, so no rule may file it."],
        ),
        (
            {"outcome": "unassigned", "reason": "no-date"},
            [UNASSIGNED, "Nothing says when it was sent, so nobody can tell what was open then."],
        ),
        (
            {"outcome": "unassigned", "reason": "not-understood"},
            [UNASSIGNED, "casefleet could not read it; the original is kept whole."],
        ),
        ({"outcome": "unassigned", "reason": "newer"}, [UNASSIGNED, "Reason: newer."]),
        (
            {"outcome": "filed", "as_of": "2026-05-17T23:00:00Z", "verdicts": [BY_RULE]},
            [
                "Logged for Ada and filed by rule.",
                "What counted is what was open on 2026-05-17, the day of the mail.",
                verdict_sentence(BY_RULE),
            ],
        ),
    ],
)
def test_a_decision(decision: dict[str, Any], told: list[str]) -> None:
    assert sentences({"user": "Ada", **decision}, DAYS) == told


def test_a_decision_for_nobody_who_is_known() -> None:
    for decision in ({}, {"user": None}):
        assert sentences({"outcome": "held", "reason": "sender-not-verified", **decision}, DAYS) == [
            "Logged for the user and held: only the user and admins see it.",
            "It says that the user sent it, but your mail server does not vouch for that (settings authserv-id), so no rule"
            " may file it.",
        ]


def test_a_case() -> None:
    assert case_name(TRUST) == "2026-1 Trust"
