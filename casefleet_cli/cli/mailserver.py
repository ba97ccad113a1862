"""What connects the mail server: postfix, and the help of deliver."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import lda
from casefleet_cli.cli import output
from casefleet_cli.errors import ConfigError, UsageError
from casefleet_cli.install import mailserver, ownership, recipes, recipients, submission, units
from casefleet_cli.install.postconf import Postconf
from casefleet_cli.store import settings

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.install.postconf import Service


def deliver() -> None:
    """Log one message for the user whose BCC address is the recipient (the delivery door, lda, runs it)."""
    output.block(lda.USAGE)


def postfix(
    context: typer.Context,
    map_path: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="FILE", help="Make or refresh the map by which Postfix refuses unknown addresses."
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="UNIX_USER", help="Who runs deliveries (default: the owner of the database).")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, metavar="N", help="Deliveries at once.")] = 20,
    lmtp: Annotated[
        str | None,
        typer.Option(metavar="WHERE", help="For casefleet lmtp: unix:/run/casefleet/lmtp, or 127.0.0.1:PORT."),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Its name in master.cf (default: casefleet, where no other firm has it)."),
    ] = None,
    sender_bcc: Annotated[
        bool, typer.Option("--sender-bcc", help="Print the lines that log all that users send, signed in, instead.")
    ] = False,
    aliases: Annotated[bool, typer.Option("--aliases", help="Print the alias file with a pipe instead.")] = False,
    procmail: Annotated[bool, typer.Option("--procmail", help="Print the procmail recipe instead.")] = False,
    maildrop: Annotated[bool, typer.Option("--maildrop", help="Print the maildrop filter instead.")] = False,
) -> None:
    """Print the lines that connect Postfix with this installation."""
    state = context.obj
    connection = state.connection() if map_path or sender_bcc else state.reader()
    path = Path(state.database_path).absolute()
    domain = settings.logging_domain(connection)
    name = _transport(Postconf(), domain, str(path), transport)
    here = mailserver.Installation(program(), str(path), user or _owner(path), domain, processes, lmtp, name)
    printed = [recipe for recipe, wanted in ((recipes.aliases, aliases), (recipes.procmailrc, procmail),
                                             (recipes.maildropfilter, maildrop)) if wanted]  # fmt: skip
    if printed:
        text = printed[0](here, str(map_path.absolute()) if map_path else None)
        if map_path:
            _refresh_map(connection, str(map_path.absolute()))
        output.block(text)
        return
    if sender_bcc:
        _print_submission(connection, here, map_path)
        return
    _refuse_root(here.user, path, path.stat().st_uid)
    main_cf = mailserver.main_cf(here, with_map=map_path is not None)
    master_cf = mailserver.master_cf(here)
    unit = units.lmtp_unit(here, Postconf().value("mail_owner") or "postfix") if lmtp else ""
    if map_path:
        map_cf = mailserver.map_cf(here, str(map_path.absolute()))
        _refresh_map(connection, str(map_path.absolute()))
    lists = " and ".join(["relay_domains", "transport_maps", *(["relay_recipient_maps"] if map_path else [])])
    output.block(f"# /etc/postfix/main.cf (append to the values of {lists} that are there)")
    output.block(main_cf)
    output.say("")
    output.block("# /etc/postfix/master.cf (then: postfix reload)")
    output.block(master_cf)
    if lmtp:
        output.say("")
        output.block(f"# /etc/systemd/system/{units.NAME} (then: systemctl enable --now casefleet-lmtp)")
        output.block(unit)
    if map_path:
        output.say("")
        output.block(f"# {here.map_cf_path} (needs the package postfix-sqlite; every change of users keeps it fresh)")
        output.block(map_cf)
    if not ownership.exists(here.user):
        output.warn(
            f"casefleet: There is no unix user {here.user} here; until there is, Postfix keeps the mail in its queue."
        )


def _refuse_root(user: str, path: Path, owner: int) -> None:
    """Raise ConfigError where deliveries would run as root."""
    if not ownership.is_root(user):
        return
    if owner == 0:
        raise ConfigError(
            f"{path} belongs to root, and no mail is taken in as root: {ownership.giving(path)}; then run this again."
        )
    raise ConfigError(f"No mail is taken in as {user}; leave --user out, and it runs as the owner of the database.")


def _print_submission(connection: sqlite3.Connection, here: mailserver.Installation, map_path: Path | None) -> None:
    path = str(map_path.absolute()) if map_path else recipients.remembered(connection)
    if path is None:
        raise UsageError("--sender-bcc needs a map for Postfix; add --map FILE.")
    tables = {table: submission.table_cf(table, path) for table in (submission.SENDERS, submission.LOGINS)}
    _refresh_map(connection, path)
    output.block(f"# /etc/postfix/main.cf (append to the values of {' and '.join(submission.LISTS)} that are there)")
    output.block(submission.main_cf(here))
    output.say("")
    output.block(
        "# /etc/postfix/master.cf (the -o lines go to every service by which users send; then: postfix reload)"
    )
    output.block(submission.master_cf())
    for table, lines in tables.items():
        output.say("")
        output.block(f"# {submission.table_path(here, table)} (needs the package postfix-sqlite)")
        output.block(lines)


def _refresh_map(connection: sqlite3.Connection, map_path: str) -> None:
    reader = Postconf().value("mail_owner") or "postfix"
    done = recipients.refresh(connection, map_path, reader, claims=True)
    recipients.remember(connection, map_path)
    if not done.readable:
        output.warn(f"casefleet: The user {reader} cannot read {map_path}; run once: chgrp {reader} {map_path}")


def _transport(postfix: Postconf, domain: str, path: str, wanted: str | None) -> str:
    """The transport to print: as wanted, or the one that mail for the domain takes already, or one that is free.

    Raises ConfigError for the name of another firm's: its mail would come here, and be refused by our map.
    """
    used, _ = postfix.transport(domain)

    def is_free(name: str) -> bool:
        services = postfix.services(name)
        by_lmtp = name == used and {service.program for service in services} == {"lmtp"}
        return not services or by_lmtp or _has(services[-1], path)

    if wanted is not None:
        if not is_free(mailserver.transport_name(wanted)):
            raise ConfigError(f"The transport {wanted} in master.cf is not this database's; choose another name.")
        return wanted
    if used.startswith(mailserver.TRANSPORT) and postfix.services(used) and is_free(used):
        return used
    return mailserver.TRANSPORT if is_free(mailserver.TRANSPORT) else mailserver.named_after(domain)


def _has(service: Service, path: str) -> bool:
    return service.program == "pipe" and f"--db {path} " in f"{service.words.replace('$$', '$')} "


def _owner(path: Path) -> str:
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        raise ConfigError(f"{path} belongs to user {number}, who has no name here; name one with --user.") from None


def program() -> tuple[str, ...]:
    """The absolute path of the program that runs now, and words that belong to it."""
    called = shutil.which(sys.argv[0]) or shutil.which("casefleet")
    return (
        (os.path.realpath(called),)
        if called and not called.endswith(".py")
        else (sys.executable, "-m", "casefleet_cli")
    )
