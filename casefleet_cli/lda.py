"""The delivery door: one message on standard input, an exit code that the mail system understands.

0: logged, a duplicate, or held. 67 (EX_NOUSER): no such BCC address. 75 (EX_TEMPFAIL): everything else, so that
nothing but an unknown address can ever bounce a mail. Postfix lets an enhanced status code at the start of the output
overrule the exit code (pipe(8)), so the output begins with 5.1.1 or 4.3.0. Imports stay light: this runs at every mail.
"""

from __future__ import annotations

import os
import sys

from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from typing import NoReturn

    from casefleet_cli.core.secrets import Mask
    from casefleet_cli.intake.recording import Receipt
    from casefleet_cli.intake.understanding import Packed, Understood
    from casefleet_cli.store.users import BccOwner

OK, NO_USER, TEMPORARY = 0, 67, 75
NO_USER_SENTENCE = "5.1.1 There is no logging address of this name here."
_LOG_SECONDS = 1.0
"""How long the system log may keep us after the answer."""
_OPTIONS = {"--db": "db", "--as": "acting", "--recipient": "recipient", "--recipient-header": "recipient_header",
            "--recipient-prefix": "recipient_prefix", "--sender": "sender", "--queue-id": "queue_id"}  # fmt: skip
_RECIPIENT_HEADERS = ("x-original-to", "delivered-to", "envelope-to")


class Words(NamedTuple):
    """The command line of one delivery."""

    db: str | None = None
    acting: str | None = None
    recipient: str | None = None
    recipient_header: str | None = None
    """The name of the one header field that tells the recipient."""
    recipient_prefix: str = ""
    """What stands before the recipient's address, as a virtual domain of qmail puts it there."""
    sender: str | None = None
    queue_id: str | None = None


class DeferError(Exception):
    """The mail must wait in the queue; the sentence goes to the log of the mail system."""


class NoUserError(Exception):
    """There is no such BCC address: never, no more, or its user is disabled."""


def run(argv: list[str]) -> NoReturn:
    """Deliver standard input and end the process at once: after COMMIT there is nothing left to tidy."""
    try:
        code = deliver(argv)
    except BaseException as error:  # noqa: BLE001 - a bug here must defer the mail, whatever it is
        code = _defer(f"A fault in casefleet ({type(error).__name__}).")
    os._exit(code)


def deliver(argv: list[str]) -> int:
    """Deliver the message on standard input; the exit code.

    A child does it, made while this process is still small: the kernel ends it when the message takes more than its
    budget (or crashes the interpreter), and then this process keeps the message bare.
    """
    import signal  # noqa: PLC0415

    from casefleet_cli import clock, config  # noqa: PLC0415

    started = clock.ticks()
    words = Words()
    try:
        parsed = parse_words(argv)
        if parsed is None:
            _say(USAGE)
            return OK
        words = parsed
        signal.signal(signal.SIGALRM, _out_of_time)
        signal.setitimer(signal.ITIMER_REAL, config.time_limit_seconds())  # not for the child, which we end
        raw = _message()
        child = os.fork()
    except DeferError as reason:
        return _told(words, _defer(str(reason)), "deferred", None, started)
    if child == 0:
        return _attempt(words, raw, started)
    signal.signal(signal.SIGALRM, lambda *_: _stop(child))
    _, status = os.waitpid(child, 0)
    signal.signal(signal.SIGALRM, _out_of_time)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) in (OK, NO_USER, TEMPORARY):
        return os.WEXITSTATUS(status)
    return _attempt(words, raw, started, bare=True)


def _message() -> bytes:
    if sys.stdin is None:
        raise DeferError("No message: standard input is closed.")
    return sys.stdin.buffer.read()


def _attempt(words: Words, raw: bytes, started: float, *, bare: bool = False) -> int:
    """Deliver a message, understood within its budget or not at all, and tell the log; the exit code."""
    try:
        receipt = _deliver(words, raw, bare=bare)
    except DeferError as reason:
        return _told(words, _defer(str(reason)), "deferred", None, started)
    except NoUserError:
        _say(NO_USER_SENTENCE)
        return _told(words, NO_USER, "unknown-address", None, started)
    return _told(words, OK, receipt.outcome, receipt.email_id, started)


USAGE = """Usage: casefleet [--db FILE] deliver [--recipient ADDRESS | --recipient-header NAME]
    [--recipient-prefix TEXT] [--sender ADDRESS] [--queue-id ID] < message

Log one message for the user whose BCC address is the recipient. Without --recipient it is taken from
$ORIGINAL_RECIPIENT, then from the X-Original-To, Delivered-To and Envelope-To headers; with --recipient-header from
the topmost header of that name alone. --recipient-prefix is taken from the beginning of it (qmail's virtual domains).

Exit codes: 0 logged, a duplicate, or held; 67 no such BCC address; 75 anything else, try again."""


def parse_words(argv: list[str]) -> Words | None:
    """The options of a delivery; None when help is asked for. Raises DeferError for anything unknown."""
    found: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if word in ("--help", "-h"):
            return None
        if word in ("deliver", "--debug"):
            continue
        if name not in _OPTIONS:
            raise DeferError("deliver was called with a word it does not know; see casefleet deliver --help.")
        if not equals:
            value = next(words, "")
        if _OPTIONS[name] in found:
            # Several recipients in one call have one answer, and one of them could be lost by it.
            raise DeferError(f"deliver was called with several {name}; Postfix needs a recipient limit of 1.")
        found[_OPTIONS[name]] = value if name == "--db" else _readable(value)
    if "recipient" in found and "recipient_header" in found:
        raise DeferError("deliver was called with --recipient and with --recipient-header; give one of them.")
    return Words(**found)


def _readable(word: str) -> str:
    """A word from the envelope, with what is not UTF-8 in it replaced: the database takes text only."""
    return os.fsencode(word).decode("utf-8", "replace")


def _deliver(words: Words, raw: bytes, *, bare: bool) -> Receipt:
    import sqlite3  # noqa: PLC0415

    from casefleet_cli import clock, config  # noqa: PLC0415
    from casefleet_cli.errors import CasefleetError  # noqa: PLC0415
    from casefleet_cli.store import database  # noqa: PLC0415

    try:
        path = config.database(words.db).value
    except CasefleetError:
        # Postfix may quote this to a sender: which file it is stays between us and the admin.
        raise DeferError("The configuration does not tell the database; casefleet doctor says why.") from None
    try:
        # SQLite waits where no signal reaches it.
        connection = database.open_database(path, busy_seconds=min(config.busy_seconds(), config.time_limit_seconds()))
        owner = _owner(connection, words, raw, clock.stamp())
        return _receive(connection, raw, words, owner, bare=bare)
    except CasefleetError as error:
        raise DeferError(str(error).replace(path, "the configured path")) from None
    except sqlite3.Error as error:
        raise DeferError(str(database.translated(error))) from None


def _receive(connection: sqlite3.Connection, raw: bytes, words: Words, owner: BccOwner, *, bare: bool) -> Receipt:
    from casefleet_cli.intake import understanding  # noqa: PLC0415
    from casefleet_cli.intake.budget import Limits, budget_of  # noqa: PLC0415
    from casefleet_cli.intake.receiving import receive  # noqa: PLC0415
    from casefleet_cli.store.deliveries import Arrival  # noqa: PLC0415

    limits = Limits(budget_of(connection))

    def understand(message: Packed, mask: Mask) -> Understood:
        with limits:
            return understanding.understand(message, mask)

    arrival = Arrival(owner.user_id, "pipe", owner.bcc_address_id, words.sender, words.queue_id or None, tag=owner.tag)
    return receive(connection, raw, arrival, understand=understanding.keep_bare if bare else understand)


def _owner(connection: sqlite3.Connection, words: Words, raw: bytes, now: str) -> BccOwner:
    """The user whose usable BCC address is the recipient."""
    from casefleet_cli.core.address import normal  # noqa: PLC0415
    from casefleet_cli.store import settings, users  # noqa: PLC0415

    domain = settings.logging_domain(connection)
    prefix = words.recipient_prefix.lower()
    if words.recipient_header is None:
        candidates = [normal(address).removeprefix(prefix) for address in _recipients(words, raw)]
    else:
        candidates = [_in_header(words.recipient_header, prefix, raw, domain)]
    for address in candidates:
        owner = users.by_bcc_address(connection, address, now)
        if owner is not None and owner.usable:
            return owner
    if any(address.endswith(f"@{domain}") for address in candidates):
        raise NoUserError
    if words.recipient is not None:
        # Another firm's mail, or a relay domain too many: our word that there is no such user would bounce it.
        raise DeferError("The recipient is not at the logging domain of this database; see casefleet doctor.")
    raise DeferError("No recipient: give --recipient, or deliver with X-Original-To or Delivered-To headers.")


def _in_header(name: str, prefix: str, raw: bytes, domain: str) -> str:
    """The one recipient that a header names; whatever else it says is a mail server's fault and bounces no mail."""
    from casefleet_cli.core.mail import envelope  # noqa: PLC0415

    name = name.strip().removesuffix(":")
    found = envelope.recipients_in(raw, name, domain, prefix)
    if found is None:
        raise DeferError(f"The message has no header {name}, which is to tell its recipient.")
    if not found:
        raise DeferError(f"The header {name} names no address at the logging domain.")
    if len(found) > 1:
        raise DeferError(f"The header {name} names several addresses at the logging domain, and is to tell one.")
    return found[0]


def _recipients(words: Words, raw: bytes) -> list[str]:
    """Where the message may have been delivered to, the surest first."""
    if words.recipient is not None:
        return [words.recipient]
    from_environment = os.environ.get("ORIGINAL_RECIPIENT")
    if from_environment:
        return [_readable(from_environment)]
    from casefleet_cli.core.mail import header, mime  # noqa: PLC0415

    headers = [(name.lower(), value) for name, value in mime.read_headers(raw)]
    found = [header.decode(value) for wanted in _RECIPIENT_HEADERS for name, value in headers if name == wanted]
    return [value.strip().removeprefix("<").removesuffix(">") for value in found]


def _told(words: Words, code: int, outcome: str, email_id: int | None, started: float) -> int:
    """The exit code, with one line for the admin in the system log: no subject, no address, no secret."""
    # The answer stands: a system log that hangs or fails must not turn it into another and keep the mail coming back.
    try:
        import signal  # noqa: PLC0415
        import syslog  # noqa: PLC0415

        from casefleet_cli import clock  # noqa: PLC0415
        from casefleet_cli.core.logline import log_line  # noqa: PLC0415

        signal.signal(signal.SIGALRM, lambda *_: os._exit(code))
        signal.setitimer(signal.ITIMER_REAL, _LOG_SECONDS, _LOG_SECONDS)  # libc tries twice
        syslog.openlog("casefleet", syslog.LOG_PID, syslog.LOG_MAIL)
        syslog.syslog(syslog.LOG_INFO, log_line(words.queue_id, outcome, email_id, clock.ticks() - started))
    except Exception:  # noqa: BLE001, S110
        pass
    return code


def _defer(sentence: str) -> int:
    _say(" ".join(["4.3.0", *sentence.split()]))
    return TEMPORARY


def _say(text: str) -> None:
    """Print for the mail system, which may have closed its end: what it can't hear changes nothing."""
    if sys.stdout is not None:
        try:  # noqa: SIM105 - contextlib is not needed at any mail
            print(text, flush=True)  # noqa: T201
        except OSError:
            pass


def _stop(child: int) -> NoReturn:
    """End a delivery that takes too long, wherever it is; what it has committed by then is known next time."""
    import signal  # noqa: PLC0415

    os.kill(child, signal.SIGKILL)
    _out_of_time()


def _out_of_time(*_: object) -> NoReturn:
    os.write(1, b"4.3.0 This delivery took too long; the mail stays in the queue.\n")
    os._exit(TEMPORARY)
