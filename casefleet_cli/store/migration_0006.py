"""The file of which a mail was made does not count in what makes two mails the same; see custody.rekeying."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import recomputations, rederived

if TYPE_CHECKING:
    import sqlite3

REKEYING = "0006_rekeying"
"""The recomputation of the fingerprints of mail that was made of another form."""
_SLICE_OCTETS = 8 * 1024 * 1024


def change(connection: sqlite3.Connection) -> None:
    """Leave the mail that was made of an Outlook .msg or a winmail.dat to be told apart anew."""
    if rederived.converted_after(connection, 0, _SLICE_OCTETS):
        recomputations.begin(connection, REKEYING)
