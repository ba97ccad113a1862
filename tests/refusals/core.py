"""What the core refuses: queries and dates that cannot be understood, or could be understood in several ways."""

from __future__ import annotations

from casefleet_cli.core.moments import typed
from casefleet_cli.core.query import FIELDS, LONGEST, MOST_TERMS, QueryError, parse
from tests.firm import DAYS
from tests.refusals import Refusal

BOTH_SIDES = 'OR needs something on both sides, as in police OR court; the word itself is "OR".'
AFTER_IT = 'NOT needs something after it, as in police NOT draft; the word itself is "NOT".'
TOO_MUCH = "The parentheses of the query mean too much at once; put fewer words between them, or search more than once."
NOTHING = 'There is nothing to look for; give words, a "phrase" or the beginning of a word with *.'
KNOWN = ", ".join(f"{name}:" for name in FIELDS)
NO_DATE = ' is not a date; write it like 2026-05-01, "1 May 2026 14:00", 2026-05, yesterday or 14d.'

QUERIES = {
    "": NOTHING,
    " \0\ud800 ": NOTHING,
    "* ()": NOTHING,
    "  !!! - ": NOTHING,
    "OR": BOTH_SIDES,
    "police OR": BOTH_SIDES,
    "OR police": BOTH_SIDES,
    "police OR OR court": BOTH_SIDES,
    "x" * (LONGEST + 1): f"The query has {LONGEST + 1} characters; {LONGEST} are the most. Look for less at once.",
    "x " * (MOST_TERMS + 1): f"The query has {MOST_TERMS + 1} terms; {MOST_TERMS} are the most. Look for less at once.",
    "(a OR )": BOTH_SIDES,
    "(police OR) court": BOTH_SIDES,
    "police OR ()": BOTH_SIDES,
    "NOT OR police": BOTH_SIDES,
    "police NOT": AFTER_IT,
    "(police NOT) court": AFTER_IT,
    "a NOT (police": "The parenthesis before 'police' is not closed; close it, or leave it out.",
    "police (": "The parenthesis before the end is not closed; close it, or leave it out.",
    "subject:(hearing OR trial)": "No parenthesis can follow subject: at once; write (subject:hearing OR subject:...),"
    " with subject: before each.",
    " OR ".join(f"({one}1 {one}2)" for one in "abcdefg"): TOO_MUCH,
    f"NOT ({' '.join(f'({one}1 OR {one}2)' for one in 'abcdefg')})": TOO_MUCH,
    '"police report': "The quotation mark before 'police report' is not closed; close it, or leave it out.",
    f'"{"x" * 50}': f"The quotation mark before '{'x' * 39}…' is not closed; close it, or leave it out.",
    "form:anna": f"There is no field 'form' to search in; there are {KNOWN}. To find it as words, put it in quotation"
    " marks.",
    "from: anna": "from: needs something right after it, as in from:anna@client.example.",
    'to:""': 'to: needs something right after it, as in to:"Anna Nguyen".',
    "is:lost": "is:'lost' means nothing; there is is:unassigned, is:linked, is:held, is:rejected, is:forwarded.",
    "has:wings": "has:'wings' means nothing; there is has:attachment.",
    "before:soon": f"After before: 'soon'{NO_DATE}",
    "after:2026-02-30": f"After after: '2026-02-30'{NO_DATE}",
    "before:05.06.2026": "After before: '05.06.2026' is 5 June 2026 or 6 May 2026. Write 2026-06-05 or 2026-05-06, or"
    " say once how the firm writes dates: casefleet settings date-order dmy (day first), or mdy.",
}

SPANS = ("", "14", "d", "14x", "-1d", "1.5d", "14 d d", "9" * 20 + "d")
DATES = {
    **{
        text: f"{text!r}{NO_DATE}"
        for text in ("", "soon", "2026-13", "2026-02-30", "31.02.2026", "1 May 2026 25:00", "٢٠٢٦-01-01", "0d0")
    },
    "x" * 200: f"'{'x' * 39}…'{NO_DATE}",
    "25 December": "'25 December' is 25 December 2025 or 25 December 2026; write the year too.",
    "Monday 24 November 2026": "'Monday 24 November 2026' is no day: 24 November 2026 is a Tuesday. Leave the weekday"
    " out.",
    "05.06.2026": "'05.06.2026' is 5 June 2026 or 6 May 2026. Write 2026-06-05 or 2026-05-06, or say once how the firm"
    " writes dates: casefleet settings date-order dmy (day first), or mdy.",
}

REFUSALS = (
    *(
        Refusal(lambda _, text=text: parse(text, DAYS), QueryError, sentence, 2)  # type: ignore[misc]
        for text, sentence in QUERIES.items()
    ),
    *(
        Refusal(
            lambda _, text=text: typed.span(text),  # type: ignore[misc]
            typed.BadDateError,
            f"{text!r} is not a span of time; write it like 14d, 3w or 36h.",
            2,
        )
        for text in SPANS
    ),
    *(
        Refusal(lambda _, text=text: typed.moment(text, DAYS), typed.BadDateError, sentence, 2)  # type: ignore[misc]
        for text, sentence in DATES.items()
    ),
)
