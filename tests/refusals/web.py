"""What is refused of signing in, and of feeds."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import sys
from email.message import EmailMessage
from pathlib import Path

from casefleet_cli.access import NotAllowedError, Viewer
from casefleet_cli.core.query import QueryError
from casefleet_cli.custody import originals
from casefleet_cli.custody.originals import SecretInsideError
from casefleet_cli.desk import feeds as feed_desk
from casefleet_cli.desk import passwords as password_desk
from casefleet_cli.desk.feeds import NoFeedError
from casefleet_cli.desk.passwords import BadPasswordError
from casefleet_cli.errors import CannotCreateError, CasefleetError, ConfigError, TryAgainError, UsageError
from casefleet_cli.store import feed_tokens, visits
from casefleet_cli.web import answering
from tests.firm import BCC
from tests.refusals import Office, Refusal, log
from tests.refusals.callers import by_sudo


def typed(line: str, sentence: str, error: type[CasefleetError] = BadPasswordError) -> Refusal:
    """A password on standard input that is not taken."""

    def given(firm: Office) -> None:
        firm.patch.setattr(sys, "stdin", Typed(line))

    return Refusal("user password Carl", error, sentence, 2, given=given)


class Typed(io.StringIO):
    """Standard input that says the same each time it is asked."""

    def readline(self, size: int = -1, /) -> str:
        self.seek(0)
        return super().readline(size)


LENGTH = "A password has 12 to 1000 letters; several words are easy to keep in mind."
EASY = "This password is easy to guess; take several words that nobody connects with you."


def failing(firm: Office, error: Exception) -> None:
    """Let the database of visits not be opened."""

    def refuse(path: str) -> None:
        raise error

    firm.patch.setattr(visits, "Book", refuse)


def with_document(firm: Office) -> int:
    """A mail with Ada's secret in a document."""
    message = EmailMessage()
    message["From"], message["To"] = "ada@firm.example", "anna@client.example"
    message.set_content("see there")
    document = gzip.compress(BCC["ada"].encode(), mtime=0)
    message.add_attachment(document, maintype="application", subtype="gzip", filename="a.gz")
    return log(firm, message.as_bytes())


REFUSALS = (
    Refusal(lambda firm: originals.attachment_for(firm.db, Viewer(firm.carl, "Carl", "standard"), 6, "2"),
            SecretInsideError, "This attachment holds the BCC address of another user, so only that user and admins may"
            " have it.", 2, given=with_document),
    *(typed(word, LENGTH) for word in ("", "short", "x" * 1001)),
    *(typed(word, EASY) for word in ("aaaaaaaaaaaaaaaa", "carl diaz carl diaz", "carl@firm.example", "CARLDIAZ12121")),
    Refusal(lambda firm: password_desk.put(firm.db, firm.ada, "correct horse battery", acting=firm.carl), NotAllowedError,
            "You may ask for your own password only; name yourself, or ask an admin.", 2),
    Refusal("signin Carl", UsageError, "No server runs; start one with casefleet serve.", 2,
            given=lambda firm: visits.beside(firm.path).close()),
    Refusal("signin Olga", UsageError, "User 3 Olga Off is disabled and cannot sign in.", 2),
    Refusal("--as Carl signin Ada", NotAllowedError,
            "You may ask for your own way in only; name yourself, or ask an admin.", 2),
    by_sudo("signin Ada", "Through sudo you sign in yourself only.", NotAllowedError),
    Refusal("signin Carl", TryAgainError, "FOLDER/casefleet.db.visits cannot be used now: database is locked.", 75,
            given=lambda firm: failing(firm, sqlite3.OperationalError("database is locked"))),
    Refusal("signin Carl", CannotCreateError, "FOLDER/casefleet.db.visits is broken (file is not a database); move it away,"
            " and everybody signs in anew.", 73,
            given=lambda firm: Path(visits.path_beside(firm.path)).write_bytes(b"x" * 5000) and None),
    Refusal("signin Carl", CannotCreateError, "FOLDER/casefleet.db.visits cannot be made: Read-only file system.", 73,
            given=lambda firm: failing(firm, OSError(30, os.strerror(30)))),
    Refusal("atom add /", UsageError, "A feed has the eyes of one user; name yourself: casefleet --as USER atom add PAGE.", 2),
    Refusal("--as Carl atom add /", UsageError, "No server runs; start one with casefleet serve.", 2,
            given=lambda firm: visits.beside(firm.path).close()),
    *(Refusal(f"--as Carl atom add '{page}'", UsageError,
              f"There is no feed of {page!r}; name a page as /, /cases/3 or '/search?q=hearing'.", 2)
      for page in ("/nowhere", "/cases/9", "/emails/2", "cases", "/emails/1/html")),
    Refusal("--as Carl atom add '/search?q=OR'", QueryError,
            'OR needs something on both sides, as in police OR court; the word itself is "OR".', 2),
    Refusal("--as Carl atom add /", TryAgainError, "The database is busy or out of reach; try again.", 75,
            given=lambda firm: firm.patch.setattr(answering, "answer", lambda *_: answering.out_of_reach())),
    Refusal(lambda firm: feed_desk.add(firm.db, "/", firm.ada, acting=firm.carl), NotAllowedError,
            "You may ask for your own feeds only; name yourself, or ask an admin.", 2),
    Refusal("atom revoke 999", NoFeedError, "There is no feed 999; casefleet atom list shows what there is.", 2),
    Refusal("--as Carl atom revoke 1", NoFeedError, "There is no feed 1; casefleet atom list shows what there is.", 2,
            given=lambda firm: feed_tokens.put(firm.db, 1, firm.ada, "/", "secret")),
    *(Refusal(f"serve {options}", ConfigError, sentence, 78) for options, sentence in {
        "--public-name a:8443 --passwords": "'a:8443' is no name of a server; give one like mail.firm.example, without a"
        " port.",
        "--behind-proxy 127.0.0.1": "--behind-proxy and --auth-header go together: whom to trust, and where it names the"
        " user.",
        "--auth-header X-Remote-User": "--behind-proxy and --auth-header go together: whom to trust, and where it names the"
        " user.",
        "--behind-proxy 127.0.0.1 --auth-header 'X User'": "'X User' is no name of a header; give one like X-Remote-User.",
        "--behind-proxy nginx --auth-header X-User": "'nginx' is no address of a proxy; give one like 127.0.0.1.",
        "--host nowhere": "'nowhere' is no address to listen on; give one like 127.0.0.1, ::1 or 0.0.0.0.",
        "--host 0.0.0.0": "0.0.0.0 can be reached from other machines: say how people sign in, by --passwords or"
        " --behind-proxy, and under which name they come, by --public-name.",
        "--host 0.0.0.0 --passwords": "0.0.0.0 can be reached from other machines: say how people sign in, by --passwords or"
        " --behind-proxy, and under which name they come, by --public-name.",
    }.items()),
)  # fmt: skip
