"""What the command line refuses: what only commands say, and each class of error as a person at a shell meets it."""

from __future__ import annotations

import errno
import os
import pwd
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import tabulate

from casefleet_cli import files
from casefleet_cli.access import NotAllowedError
from casefleet_cli.archive import shrinking
from casefleet_cli.cli import mailserver
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.moments.typed import BadDateError
from casefleet_cli.core.query import QueryError
from casefleet_cli.custody.originals import SecretInsideError
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.desk.admission import FiledError, NotHeldError
from casefleet_cli.desk.cases import NotAssignedError, NumberTakenError
from casefleet_cli.desk.checking import NothingAskedError
from casefleet_cli.desk.contacts import NotMergedError
from casefleet_cli.desk.entries import BadEntryError
from casefleet_cli.desk.handing import NotGivenError
from casefleet_cli.desk.labels import NoLabelError
from casefleet_cli.desk.leads import NotListedError, NotOpenError
from casefleet_cli.desk.never_log import NotYourListError
from casefleet_cli.desk.settings import BadSettingError
from casefleet_cli.desk.strangers import NoStrangerError
from casefleet_cli.desk.users import LastAdminError, NoTagError, TakenError
from casefleet_cli.errors import (
    CannotCreateError,
    CasefleetError,
    ConfigError,
    NoInputError,
    TryAgainError,
    UnreadableError,
    UsageError,
)
from casefleet_cli.install import recipients
from casefleet_cli.lmtp import writer
from casefleet_cli.lmtp.syslog import Syslog
from casefleet_cli.sources import folders, locks
from casefleet_cli.store.database import WrongDatabaseError
from casefleet_cli.store.references import AmbiguousReferenceError, UnknownReferenceError
from tests.containers import letter, part
from tests.fakes import Failing, OnPurposeError
from tests.firm import BCC, mail
from tests.refusals import Office, Refusal, log
from tests.refusals.store import another


def usage(line: str, sentence: str, error: type[CasefleetError] = UsageError) -> Refusal:
    return Refusal(line, error, sentence, 2)


def on_terminal(firm: Office) -> None:
    """Somebody reads what is printed."""
    firm.patch.setattr(sys.stdout.__class__, "isatty", lambda self: True, raising=False)


def with_files(firm: Office) -> None:
    """E-mail 6 has files in its parts 1 and 2."""
    log(firm, letter(*(part("text/plain", f"{name}.txt", b"x") for name in "ab")))


OF_THE_DESK = (
    Refusal(
        "--as carl@firm.example never-log add bank.example",
        NotYourListError,
        "This list is for admins to change; with --user and your name you change your own.",
        2,
    ),
    usage("user add Eve ada@firm.example", "ada@firm.example is an address of user 1 Ada Berg; a sender address has one"
          " user.", TakenError),
    usage("user vcard Carl --case 2026-102", "No tag names case 2026-102 alone for user 2; link its mail by casefleet"
          " link.", NoTagError)._replace(given=lambda firm: firm.db.execute("UPDATE users SET role = 'guest'")),
    usage("contact add ' '", "The name is empty; write one.", BadEntryError),
    usage("case open Second --number 2026-101", "Case 2026-101 is there already: Nguyen Trust.", NumberTakenError),
    usage("case close 2026-101 --on 2025-12-31", "Case 2026-101 was opened on 2026-01-01; it cannot be closed before."),
    usage("lead stage Sale talks", "Lead 2 Sale is lost; casefleet lead reopen 2 opens it again.", NotOpenError),
    usage("link 1 --case 2026-101", "E-mail 1 is linked to no contact yet; name one with --contact, then it can be"
          " filed."),
    usage("settings date-order ymd", "date-order cannot be 'ymd'; it accepts dmy (day first) and mdy (month first).",
          BadSettingError),
    usage("search form:x", "There is no field 'form' to search in; there are from:, to:, subject:, filename:, contact:,"
          " case:, lead:, user:, label:, before:, after:, has:, is:. To find it as words, put it in quotation marks.",
          QueryError),
    usage("user rotate Ada --grace soon", "'soon' is not a span of time; write it like 14d, 3w or 36h.", BadDateError),
    usage("case show Trst", "There is no case 'Trst'; casefleet case list shows what there is.", UnknownReferenceError),
    usage("case show trust", "Several cases fit 'trust': 2026-101 Nguyen Trust (open), 2026-102 Old Trust"
          " (closed); name one by its number.", AmbiguousReferenceError),
    usage("contact merge Bert anna", "Several contacts fit 'anna': 1 Anna Client (anna@client.example), 3 Anna Other"
          " (anna@other.example); name one by its number.", AmbiguousReferenceError),
    usage("link 2 --contact 1 --case 2026-101", "E-mail 2 is held; let it in with casefleet release 2 first."),
    usage("release 1", "E-mail 1 is neither held nor rejected.", NotHeldError),
    usage("reject 3", "E-mail 3 is on a case or lead; unlink it there first.", FiledError),
    usage("link 1 --contact 2 --case 2026-101", "None of the contacts of case 2026-101 Nguyen Trust is in e-mail 1; nothing was linked."
          " --yes files it there all the same."),
    usage("email give 2 --to Carl", "E-mail 2 is held; only unassigned mail is given to a colleague.", NotGivenError),
    usage("lead lose 1 --reason dear", "'dear' is no reason of this firm; there are too dear, and casefleet settings lost-reasons changes"
          " them.", NotListedError)._replace(given=lambda firm: settings_desk.put(firm.db, "lost-reasons", "too dear")),
    usage("unlabel 1 urgent", "Nobody gave e-mail 1 the label urgent; those of an archive stay.", NoLabelError),
    usage("who ...", "Say whom to look for: a name, or an address.", NothingAskedError),
    usage("contact unmerge 4", "Contact 4 is part of no other, or was before merges could be taken back.", NotMergedError),
    usage("contact merge 1 3", "Nothing was merged; run it again with --yes to make them one."),
    usage("link 3 --new-contact", "In e-mail 3 there is nobody without a contact; name one with --contact.", NoStrangerError),
    usage("unlink --batch 1", "Batch 1 was undone already, on 2026-01-01; nothing was changed."),
)  # fmt: skip

OF_COMMANDS = (
    usage("--as Olga case open New", "User 3 Olga Off is disabled and cannot act; name another with --as."),
    usage("case list --json --csv", "Choose one of --json, --nl, --csv and --fmt."),
    usage("case list --fmt pretzel", f"'pretzel' is no table format; there are {', '.join(tabulate.tabulate_formats)}."),
    usage("feed", "Choose one of --case, --lead, --contact and --all, or --user."),
    usage("feed --all --case 2026-101", "Choose one of --case, --lead, --contact and --all, or --user."),
    usage("feed 2026-101 --lead Estate", "Choose one of --case, --lead, --contact and --all, or --user."),
    usage("feed --since 2026-01-01", "Choose one of --case, --lead, --contact and --all, or --user."),
    usage("email list --mine", "--mine is of the user who acts: name one with --as, and leave --user out."),
    usage("--as Ada email list --mine --user Carl", "--mine is of the user who acts: name one with --as, and leave --user out."),
    usage("email 99", "There is no e-mail 99; casefleet email list shows what there is.", UnknownReferenceError),
    usage("case list --bom", "--bom goes with --csv."),
    usage("case list --bom --json", "--bom goes with --csv."),
    usage("link 1 --address x@else.example", "--address goes with --new-contact."),
    usage("link 1 2 --new-contact", "--new-contact takes the number of one e-mail, without --suggested and --thread."),
    usage("unassigned --mine", "--mine is of the user who acts: name one with --as, and leave --user out."),
    usage("triage", "triage asks on a terminal; without one use casefleet unassigned and casefleet link."),
    usage("move 3 --from 2026-101 --to 2026-102 --reason ' '", "Say why with --reason; it stands in the feeds of both."),
    usage("help everything", "There is no topic 'everything'; there are roles, dates, formats, queries, names."),
    usage("label urgent", "Say which e-mails, by their numbers, and the label last."),
    usage("who", "Say whom to look for, or --recorded alone."),
    usage("notifications read", "Say which: their numbers, or --all."),
    usage("notifications read 1 --all", "Say which: their numbers, or --all."),
    usage("email show 1 --raw --html", "Choose one of --raw, --headers, --html and --json."),
    usage("email show 1 --html", "E-mail 1 has no HTML; casefleet email show 1 shows its text."),
    usage("email save 1", "E-mail 1 has no attachments; --eml saves the e-mail itself."),
    usage("email save 1 --part 2 --eml", "Choose one of --part and --eml."),
    usage("email save 6 --part 9", "E-mail 6 has no attachment in part 9; there is 1, 2.")._replace(given=with_files),
    usage("email save 6 --to -", "Standard output takes one file; choose an attachment by --part: 1, 2.")
    ._replace(given=with_files),
    usage("email save 1 --eml --to -", "A file is nothing to read: send it to one by > FILE, or into a pipe.")
    ._replace(given=on_terminal),
    usage("email save 99", "There is no e-mail 99; casefleet email list shows what there is.", UnknownReferenceError),
    usage("email save 1 --eml --to casefleet.db", "casefleet.db is no folder; name another with --to.",
          CannotCreateError)._replace(exit_code=73),
    usage("email save 1 --eml --to nowhere/out", "nowhere/out cannot be created: No such file or directory.",
          CannotCreateError)._replace(exit_code=73),
    usage("--as Carl email save 6 --eml", "The bytes of e-mail 6 hold the BCC address of another user and are for"
          " admins; casefleet email show 6 --headers shows the rest.", SecretInsideError)._replace(
        given=lambda firm: log(firm, mail("x@else.example", Bcc=BCC["ada"], msgid="6"))),
    usage("export --to out", "Say what: --case or --lead."),
    usage("export --to out --case 2026-101 --lead 1", "Say what: --case or --lead."),
    usage("lead list --status gone", "'gone' is no status of a lead; there are open, converted and lost."),
    usage("case list --status gone", "'gone' is no status of a case; there are open and closed."),
    usage("case assign 2026-101", "Say whom: --contact or --user."),
    usage("case unassign 2026-101", "Say whom: --contact or --user."),
    usage("import mail.eml --route some", "--route is rules or none, and --as-of is now or sent."),
    usage("import mail.eml --as-of then", "--route is rules or none, and --as-of is now or sent."),
    usage("imports show 7", "There is no import 7; casefleet imports list shows them."),
    usage("route", "No user sends from the address in From; name the user with --user.")._replace(
        given=lambda firm: read(firm, mail("x@else.example", sender="eve@else.example"))),
    usage("settings --default", "--default takes the name of a setting, and no value."),
    usage("settings date-order dmy --default", "--default takes the name of a setting, and no value."),
    usage("--as Carl settings date-order dmy", "casefleet settings is for admins, and Carl Diaz is a standard user; ask"
          " an admin.", NotAllowedError),
    usage("--as Carl user vcard Ada", "You may ask for your own BCC address only; name yourself, or ask an admin.", NotAllowedError),
    usage("--as Carl notifications --user Ada", "You may ask for your own notifications only; name yourself, or"
          " ask an admin.", NotAllowedError),
    usage("user disable 1", "Ada Berg is the last admin; make another user one first, by casefleet user edit USER"
          " --role admin.", LastAdminError),
    usage("user edit 1 --role guest", "Ada Berg is the last admin; make another user one first, by casefleet user edit"
          " USER --role admin.", LastAdminError),
    usage("export --case 2026-101 --to -", "A .zip is nothing to read: send it to a file by > FILE.zip, or into a pipe.")
    ._replace(given=on_terminal),
    usage("--as Carl case restrict 2026-101", "Who sees case 2026-101 is for admins and its users to say; ask one of"
          " them.", NotAssignedError),
    usage("--as Carl case open Mine --number 2026-101", "The number 2026-101 is not free; give another with --number.",
          NumberTakenError)._replace(given=lambda firm: firm.db.execute("UPDATE cases SET restricted = 1")),
    usage("--as Carl email show 6 --raw", "The bytes of e-mail 6 hold the BCC address of another user and are for"
          " admins; casefleet email show 6 --headers shows the rest.", SecretInsideError)._replace(
        given=lambda firm: log(firm, mail("x@else.example", Bcc=BCC["ada"], msgid="6"))),
    usage("count hearing", "Say by what: --by case, month, user or outcome, or several of them, as in --by case,month."),
    usage("count --by size", "There is no 'size' to count by; --by takes case, month, user and outcome: case,month."),
    usage("count --by month --order x", "There is no option --order; see casefleet count --help."),
    usage("search --order x", "There is no option --order; see casefleet search --help."),
    usage("search --sort size x", "There is no order 'size'; --sort takes date, relevance or logged."),
    usage("search --sort relevance is:held -x", "--sort relevance needs words to look for; --sort date does without."),
    usage("search --sort date --list-saved", "--sort is for what is found; --save, --list-saved and --forget find nothing."),
    usage("search --sort date --save a b", "--sort is for what is found; --save, --list-saved and --forget find nothing."),
    usage("search --save a --forget b", "Choose one of --save, --saved, --list-saved and --forget."),
    usage("search --list-saved police", "--list-saved and --forget take no query."),
    usage("search --save 'a b' ' '", 'There is nothing to look for; give words, a "phrase" or the beginning of a word'
          " with *.", QueryError),
    usage("verify --head 7:xyz", "A head of the journal is a number, a colon and 64 letters, as casefleet verify prints"
          " it."),
    usage("reparse", "Say which e-mails: their numbers, --broken, --all, or else --index."),
    usage("link 1", "Say where to: --case, --lead or --contact, or else --suggested alone."),
    usage("link 1 --query x --case 2026-101", "Name e-mails by their numbers, or choose them by --query, --from, --since and"
          " --until."),
    usage("link --from ' ' --case 2026-101", "--from needs an address, a domain or a name."),
    usage("link --case 2026-101", "Say which e-mails: their numbers, or --query, --from, --since, --until or --contact."),
    usage("link 1 --case 2026-101 --min-trust thread", "--min-trust goes with --suggested."),
    usage("link --suggested --min-trust most", "'most' is no kind of suggestion; there are case-tag, thread, forward,"
          " contact, case-number, the most trusted first."),
    usage("unlink", "Say which e-mails, by their numbers, or --batch N."),
    usage("unlink 1", "Say what to take them off: --case, --lead or --contact."),
    usage("unlink 1 --batch 1", "--batch takes back a whole batch; give it alone."),
    usage("link --query hearing --contact 1 --case 2026-101", "Nothing was linked; run it again with --yes to link these."),
)  # fmt: skip


def read(firm: Office, raw: bytes) -> None:
    """Have a message on standard input, as often as it is asked for."""
    Path("message").write_bytes(raw)

    class Input:
        @property
        def buffer(self) -> Any:
            return Path("message").open("rb")

        def isatty(self) -> bool:
            return False

    firm.patch.setattr("sys.stdin", Input())


HELD_MAIL = b"From eve@else.example Mon Nov  2 09:30:00 2026\n" + mail(BCC["ada"], msgid="1")


def locked_box(firm: Office) -> None:
    firm.patch.setattr(locks, "PATIENCE", 0)
    Path("box").write_bytes(HELD_MAIL)
    Path("box.lock").write_bytes(b"")


def refusing(real: Any, code: int) -> Failing:
    """A stand-in for a call that the machine refuses."""
    return Failing(real, OSError(code, os.strerror(code)))


FILES = (
    Refusal("--db other.db case list", NoInputError,
            "There is no database at other.db; make one with casefleet init, or name it with --db.", 66),
    Refusal("--db other.db case list", WrongDatabaseError,
            "other.db is not a casefleet database; check --db or $CASEFLEET_DB.", 78,
            given=another("PRAGMA application_id = 1")),
    Refusal("init --domain log.firm.example", files.ThereAlreadyError,
            "casefleet.db is there already; casefleet init never touches an existing file.", 73),
    Refusal("backup out", files.ThereAlreadyError, "out is there already; name another file.", 73,
            given=lambda _: Path("out").write_bytes(b"mine")),
    Refusal("backup nowhere/out", CannotCreateError, "nowhere/out cannot be created: No such file or directory.", 73),
    Refusal("backup out", TryAgainError, "No room is left on the disk of out; free some and try again.", 75,
            given=lambda firm: firm.patch.setattr(os, "fsync", refusing(os.fsync, errno.ENOSPC))),
    Refusal("export --case 2026-101 --to out", files.ThereAlreadyError, "out is there already; name a folder or .zip that is not.", 73,
            given=lambda _: Path("out").mkdir()),
    Refusal("restore copy.db", NoInputError, "There is no file copy.db.", 66),
    Refusal("restore other.db", files.ThereAlreadyError,
            "casefleet.db is there already; --replace puts it aside and restores.", 73, given=another()),
    Refusal("restore other.db --replace", UnreadableError,
            "other.db is not sound: The bytes of message 1 (e-mail 1) are not those that came (SHA-256).", 65,
            given=another("UPDATE raw_messages SET content = x'00' WHERE id = 1")),
    Refusal("contact import book.csv", NoInputError, "There is no file book.csv.", 66),
    Refusal("contact export --format vcard --bom", UsageError, "A vCard has no byte order mark; --bom is for CSV.", 2),
    Refusal("import mail.eml", NoInputError, "There is no file or folder mail.eml.", 66),
    Refusal("import message --type mails", UsageError,
            "'mails' is no type of source; there are eml, maildir, mbox.", 2,
            given=lambda firm: read(firm, b"")),
    Refusal("inspect mail.eml", NoInputError, "mail.eml: No such file or directory.", 66),
    Refusal("route", UnreadableError, "This message cannot be read; casefleet deliver would keep it, unassigned.", 65,
            given=lambda firm: (read(firm, b""), firm.patch.setattr(messages, "parse", Failing(messages.parse, OnPurposeError())))),
    Refusal("redeliver box --recipient-prefix x-", UsageError, "--recipient-prefix needs --recipient-header.", 2),
    Refusal("redeliver box", NoInputError, "There is no file or folder box.", 66),
    Refusal("redeliver box", UnreadableError, "box is neither a Maildir nor an mbox.", 65,
            given=lambda _: Path("box").mkdir()),
    Refusal("redeliver box", UnreadableError, "box is neither a Maildir nor an mbox.", 65,
            given=lambda _: Path("box").write_bytes(b"\x89PNG\r\n")),
    Refusal("redeliver box", TryAgainError, "Another program has locked box; run this again when that has ended.", 75,
            given=locked_box),
)  # fmt: skip


def known_box(firm: Office) -> None:
    """A mailbox with a mail that is logged already, and one that has to stay."""
    raw = f"X-Original-To: {BCC['ada']}\n".encode() + mail("x@else.example", msgid="6")
    unknown = b"X-Original-To: nobody@log.firm.example\n" + mail("x@else.example", msgid="7")
    log(firm, raw)
    begin = b"From ada@firm.example Mon Nov  2 09:30:00 2026\n"
    Path("box").write_bytes(begin + raw + b"\n" + begin + unknown + b"\n")


def changed_box(_: Office) -> None:
    """What a killed run left, and a mailbox that is not as it left it."""
    Path(".box.casefleet-kept").write_bytes(b'{"begin": 0, "size": 9, "tail": "x"}\nstays')
    Path("box").write_bytes(b"otherwise")


MAILBOXES = (
    Refusal("redeliver box", CannotCreateError,
            "What is logged cannot be taken out of box, and the next run finds it known. .box.casefleet-kept cannot be"
            " created: Input/output error.", 73,
            given=lambda firm: (known_box(firm), firm.patch.setattr(os, "fsync", refusing(os.fsync, errno.EIO)))),
    Refusal("redeliver box", ConfigError, "box cannot be emptied: Read-only file system.", 78,
            given=lambda firm: (known_box(firm), firm.patch.setattr(shrinking, "shrink", refusing(shrinking.shrink, errno.EROFS)))),
    Refusal("redeliver box", UnreadableError,
            "box was changed after a run of redeliver was killed in it. .box.casefleet-kept has the mail that had to"
            " stay: compare the two, put right what is missing, and remove it.", 65,
            given=changed_box),
    Refusal(lambda _: folders.find([], "mails"), UsageError,
            f"Mail is never of the type mails; it is one of {', '.join(folders.KINDS)}.", 2),
)  # fmt: skip


def called(name: str) -> Any:
    """The database under another name."""
    return lambda firm: firm.db.execute("VACUUM INTO ?", (name,))


class Port(socket.socket):
    """A socket that may not have any port."""

    def bind(self, address: Any) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def taken(firm: Office) -> None:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.77", 8077))
    listening.listen(1)
    firm.patch.setattr(firm, "port", listening, raising=False)


def another_firms_transport(firm: Office) -> None:
    """A Postfix whose transport casefleet delivers to another database."""
    folder = Path(firm.path).parent / "bin"
    folder.mkdir()
    (folder / "postconf").write_text(
        "#!/bin/sh\ntest \"$1\" = -M && echo 'casefleet unix - n n - 20 pipe argv=/x --db /other.db deliver'\nexit 0\n"
    )
    (folder / "postconf").chmod(0o755)
    firm.patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def as_another(*, named: bool) -> Callable[[Office], None]:
    """Be neither root nor the owner of the database, who has a name or none; the user casefleet is there."""

    def given(firm: Office) -> None:
        if os.getuid() == 0:
            os.chown(firm.path, NOBODY, -1)
        there = lambda _: SimpleNamespace(pw_name="casefleet", pw_uid=1)  # noqa: E731
        firm.patch.setattr(pwd, "getpwnam", there)
        firm.patch.setattr(pwd, "getpwuid", there if named else Failing(pwd.getpwuid, KeyError("uid")))
        firm.patch.setattr(os, "geteuid", lambda: 2)

    return given


def has_casefleet(firm: Office) -> None:
    """Beside root, there is a user casefleet."""
    firm.patch.setattr(pwd, "getpwnam", lambda name: SimpleNamespace(pw_name=name, pw_uid=0 if name == "root" else 1))


def listening(firm: Office) -> None:
    """Another server that listens on lmtp."""
    server = socket.socket(socket.AF_UNIX)
    server.bind("lmtp")
    server.listen()
    firm.patch.setattr(firm, "server", server, raising=False)


NOBODY = 65_534
OWNER = NOBODY if os.getuid() == 0 else os.getuid()
SERVERS = (
    Refusal("serve", ConfigError,
            "FOLDER/casefleet.db belongs to casefleet, and the pages run as its owner: systemctl start casefleet-web (its"
            " unit, in a sandbox), or sudo -u casefleet casefleet --db FOLDER/casefleet.db serve.", 78,
            given=as_another(named=True)),
    Refusal("serve", ConfigError,
            f"FOLDER/casefleet.db belongs to user {OWNER}, who has no name here; the pages run as a user of its own: chown"
            " casefleet: FOLDER FOLDER/casefleet.db FOLDER/casefleet.db-wal FOLDER/casefleet.db-shm.", 78,
            given=as_another(named=False)),
    Refusal("postfix --user root", ConfigError,
            "No mail is taken in as root; leave --user out, and it runs as the owner of the database.", 78,
            given=lambda firm: os.getuid() == 0 and os.chown(firm.path, NOBODY, -1)),
    Refusal(lambda _: mailserver._refuse_root("root", Path("/casefleet.db"), 0), ConfigError,
            "/casefleet.db belongs to root, and no mail is taken in as root: install -d -m 700 -o casefleet"
            " /var/lib/casefleet && mv -n /casefleet.db /var/lib/casefleet/ && chown casefleet: /var/lib/casefleet/*; then"
            " --db /var/lib/casefleet/casefleet.db; then run this again.", 78,
            given=has_casefleet),
    Refusal("lmtp --listen unix:lmtp", TryAgainError,
            "A server listens on unix:lmtp already; stop that one first (systemctl stop casefleet-lmtp), or choose another"
            " place.", 75, given=listening),
    Refusal("postfix --user x --transport Casefleet", ConfigError,
            "'Casefleet' cannot be a transport; write small letters, digits and hyphens.", 78),
    Refusal("postfix --user x --transport casefleet", ConfigError,
            "The transport casefleet in master.cf is not this database's; choose another name.", 78,
            given=another_firms_transport),
    Refusal(lambda firm: writer.Writer(firm.path, Syslog())._owner("eva@other.example"), ConfigError,
            "A recipient is not at the logging domain of this database; see casefleet doctor.", 78),
    Refusal("postfix", ConfigError,
            f"FOLDER/casefleet.db belongs to user {os.getuid()}, who has no name here; name one with --user.", 78,
            given=lambda firm: firm.patch.setattr(pwd, "getpwuid", Failing(pwd.getpwuid, KeyError("uid")))),
    usage("postfix --user x --sender-bcc", "--sender-bcc needs a map for Postfix; add --map FILE."),
    Refusal("postfix --user x --map 'the map'", ConfigError,
            "Postfix cannot read a map whose path has blanks: FOLDER/the map; choose another.", 78),
    Refusal("postfix --user x --map map", ConfigError, "map is there and is not a map of casefleet; name another file."
            .replace("map is", "FOLDER/map is"), 78, given=called("map")),
    Refusal("postfix --user x --map nowhere/map", CannotCreateError,
            "FOLDER/nowhere/map cannot be created: No such file or directory.", 73),
    Refusal(lambda firm: recipients.differences(firm.db, "map"), ConfigError,
            "There is no map at map; make it with casefleet postfix --map map.", 78),
    Refusal(lambda firm: recipients.refresh(firm.db, "map"), CannotCreateError,
            "The map map cannot be written: Permission denied.", 73,
            given=lambda firm: (called("map")(firm), firm.patch.setattr(os.path, "getsize", refusing(os.path.getsize, errno.EACCES)))),
    Refusal("""--db "it's.db" postfix --user x --maildrop""", ConfigError,
            "maildrop cannot call a path with an apostrophe; move it.", 78, given=called("it's.db")),
    Refusal("postfix --user x --lmtp 'unix:/a b'", ConfigError,
            "Postfix cannot hand mail on to unix:/a b; choose a path without blanks.", 78),
    Refusal("--db 'a{.db' postfix --user x", ConfigError,
            "Postfix cannot call a path with braces or line ends: FOLDER/a{.db; move it.", 78, given=called("a{.db")),
    Refusal("""--db 'a".db' postfix --user x --lmtp unix:/run/casefleet/lmtp""", ConfigError,
            'A unit cannot hold a path with quotes or backslashes: FOLDER/a".db; move it.', 78, given=called('a".db')),
    Refusal("lmtp --listen 0.0.0.0:2424", ConfigError,
            "0.0.0.0:2424 is not an address of this machine alone; use 127.0.0.1:PORT or unix:/PATH.", 78),
    *(
        Refusal(f"lmtp --listen {where}", ConfigError,
                f"{where} is no address; use 127.0.0.1:PORT or unix:/PATH.", 78)
        for where in ("127.0.0.1:", "localhost:smtp", "127.0.0.1:99999", "unix:")
    ),
    Refusal("lmtp --listen unix:nowhere/lmtp", TryAgainError,
            "Cannot listen on unix:nowhere/lmtp: No such file or directory.", 75),
    Refusal(lambda firm: writer.Writer(firm.path, Syslog())._understand(b""), TryAgainError,
            "The database was not opened yet.", 75),
    Refusal("serve --port 99999", ConfigError,
            "99999 is no port: take one from 1 to 65535, or 0 for any that is free.", 78),
    Refusal("serve --host 127.0.0.77 --port 8077", TryAgainError,
            "Port 8077 on 127.0.0.77 is taken; choose another with --port.", 75, given=taken),
    Refusal("serve --port 80", ConfigError, "Port 80 on 127.0.0.1 cannot be opened: Permission denied.", 78,
            given=lambda firm: firm.patch.setattr(socket, "socket", Port)),
)  # fmt: skip

BEYOND = "9" * 20
NOT_UTF8 = (
    usage("case show caf\udce9", "There is no case 'caf\\udce9'; casefleet case list shows what there is.",
          UnknownReferenceError),
    usage("contact show caf\udce9@x.example", "There is no contact 'caf\\udce9@x.example'; casefleet contact list shows"
          " what there is.", UnknownReferenceError),
    usage("search --save caf\udce9 x", "The name 'caf\\udce9' contains control characters; write it without.",
          BadEntryError),
    usage("search --save a \udce9", "There is nothing to look for; give words, a \"phrase\" or the beginning of a word"
          " with *.", QueryError),
    usage("search --saved caf\udce9", "The name 'caf\\udce9' contains control characters; write it without.",
          BadEntryError),
)  # fmt: skip

REFUSALS = (*OF_THE_DESK, *OF_COMMANDS, *NOT_UTF8, *FILES, *MAILBOXES, *SERVERS)
