"""What the help of a command has no room for: casefleet help TOPIC."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.errors import UsageError

TOPICS = {
    "roles": """\
Whoever owns the database file, and root, may do everything. --as USER gives the eyes and rights of that user.

admin     sees and does everything
standard  sees all but mail of others that was never let in, and restricted cases of others; does all but users,
          settings and what concerns the machine
limited   sees the cases one is assigned to and what belongs to them, and own mail until it is filed; files it there
guest     sees as limited, changes nothing

What one may not see is answered as what is not there. A restricted case (casefleet case restrict) is seen by the users
assigned to it and by admins.""",
    "dates": """\
2026-05-01   "1 May 2026 14:00"   2026-05   13.06.2026   monday   today   yesterday   14d   3w   36h

14d, 3w and 36h are so long ago. 05.06.2026 and 05/06/2026 are read as the firm writes dates (casefleet settings
date-order dmy, or mdy), and refused while that is not set. Days are those of the firm: casefleet settings timezone.""",
    "formats": """\
Every list takes, beside the table:

--json       an array of objects          --nl    an object a line
--csv        for spreadsheets             --fmt NAME  a table of tabulate's: github, html, latex …
--limit N    N rows at most               --bom   with --csv: for Excel

Machines get UTC (2026-05-01T12:00:00Z), people the clock of the firm. A terminal gets a table that fits it.""",
    "queries": """\
hearing report        both words              "settlement offer"    these words in this order
settle*               how a word begins       draft OR offer        either
-draft, NOT draft     not this                (a b) OR c            parentheses hold together

from:anna   from:@client.example   to:minh   subject:hearing   filename:report*
case:2026-104   lead:"Estate of Lee"   contact:minh   user:ada   label:Trash
after:2026   before:2026-05-17   after:14d   has:attachment
is:unassigned   is:linked   is:held   is:rejected   is:forwarded

casefleet search 'from:anna after:14d -draft'""",
    "names": """\
An e-mail is named by the number that lists show; a user, a contact or a lead by a number, an address or a name; a case
by its number, an end of it that begins after a mark (104 for 2026-104, not 04), or its title. Upper case, accents,
apostrophes and "Last, First" make no difference. What fits several is refused, with the candidates.""",
}
"""By the word that asks for it."""


def help_(
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help=f"{', '.join(TOPICS)}.")] = None,
) -> None:
    """Explain roles, dates, formats, queries or names; `casefleet COMMAND --help` explains a command."""
    if topic is None:
        output.say(f"casefleet help TOPIC explains {', '.join(TOPICS)}; casefleet COMMAND --help a command.")
        return
    known = topic.strip().lower()
    found = TOPICS.get(known) or TOPICS.get(f"{known}s")
    if found is None:
        raise UsageError(f"There is no topic {topic!r}; there are {', '.join(TOPICS)}.")
    output.block(found)
