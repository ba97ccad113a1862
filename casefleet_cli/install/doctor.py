"""Is it installed right: one finding for each thing that has to be so."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import config
from casefleet_cli.errors import CasefleetError
from casefleet_cli.install import mailserver, recipients
from casefleet_cli.store import database, settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from casefleet_cli.install.postconf import Postconf, Service

OK, WARNING, FAILURE = "ok", "warning", "failure"
_ENOUGH_BYTES = 1024**3
_ANSWER_SECONDS = 10.0
_GREETING = b"220 casefleet"
_FEW_BYTES = 100 * 1024**2


class Finding(NamedTuple):
    """What one check found."""

    check: str
    state: str
    """"ok", "warning" or "failure"."""
    sentence: str
    advice: str = ""
    """What to do; "" when nothing has to be done."""


def findings(path: Path, program: tuple[str, ...], postfix: Postconf) -> Iterator[Finding]:
    """Everything that is checked about an installation, one finding each; changes nothing."""
    yield _program(program)
    connection, opened = _database(path)
    yield opened
    if path.is_file():
        yield from _file(path)
        yield _callable_by_owner(path, program)
        yield _room(path)
    if connection is None:
        return
    try:
        yield _journal(connection)
        yield _trust(connection)
        domain = settings.logging_domain(connection)
        if postfix.here():
            yield from _delimiter(postfix)
            yield from _mail_server(postfix, domain, path, program)
        else:
            yield Finding(
                "postfix", WARNING, "There is no Postfix here to ask.", "Where mail comes in, run this again."
            )
        yield from _map(connection, postfix, domain)
    finally:
        connection.close()


def _trust(connection: sqlite3.Connection) -> Finding:
    server = settings.get(connection, settings.AUTHSERV_ID)
    if server is not None:
        return Finding("trust", OK, f"Own mail needs the word of {server} for its From.")
    return Finding(
        "trust",
        OK,
        "The From of mail is taken as it is.",
        "Where mail from outside can reach the BCC addresses: casefleet settings authserv-id NAME (see the README).",
    )


def _program(program: tuple[str, ...]) -> Finding:
    if os.path.isabs(program[0]) and os.access(program[0], os.X_OK):  # noqa: PTH117
        return Finding("program", OK, f"The program is {' '.join(program)}.")
    return Finding("program", FAILURE, f"{program[0]} is not a program.", "Install casefleet again.")


def _database(path: Path) -> tuple[sqlite3.Connection | None, Finding]:
    try:
        connection = database.open_reader(str(path))
    except CasefleetError as error:
        return None, Finding("database", FAILURE, str(error), "Until then all mail waits in the queue.")
    return connection, Finding("database", OK, f"{path} opens, and its schema is that of this release.")


def _file(path: Path) -> Iterator[Finding]:
    about = path.stat()
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    present = [file for file in files if file.exists()]
    open_to_others = [file for file in present if file.stat().st_mode & 0o007]
    if open_to_others:
        names = " ".join(map(str, open_to_others))
        yield Finding("mode", FAILURE, f"Every user of this machine may read {names}.", f"chmod o= {names}")
    else:
        yield Finding("mode", OK, "Other users of this machine cannot read the database.")
    if about.st_uid == 0:
        advice = f"chown -R casefleet: {path.parent}"
        yield Finding("owner", FAILURE, "The database belongs to root, and Postfix runs no pipe as root.", advice)
        return
    yield Finding("owner", OK, f"The database belongs to {_name_of(about.st_uid)}.")


def _callable_by_owner(path: Path, program: tuple[str, ...]) -> Finding:
    """Whether the owner can start the program and write the database and beside it, tried as that user."""
    owner = path.stat().st_uid
    name = _name_of(owner)
    if os.geteuid() not in (0, owner):
        return Finding("access", WARNING, "Whether the owner can write the database was not tried.",
                       f"Run casefleet doctor as {name} or root.")  # fmt: skip
    try:
        _tried(owner, ["/bin/sh", "-c", 'test -r "$0" && test -w "$0" && test -w "$1" && test -x "$1"',
                       str(path), str(path.parent)])  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return Finding("access", FAILURE, f"{name} cannot write {path} and its folder.", f"chown {name}: {path.parent}")
    try:
        _tried(owner, ["/bin/sh", "-c", mailserver.GUARD, "casefleet", *program, "deliver", "--help"])
    except (OSError, subprocess.SubprocessError):
        return Finding("access", FAILURE, f"{name} cannot run {' '.join(program)} behind its guard (sh, timeout).",
                       "Install casefleet where every user can read it, for example below /opt.")  # fmt: skip
    return Finding("access", OK, f"{name} can run the program and write the database and its folder.")


def _tried(owner: int, argv: list[str]) -> None:
    """Run a command as a user; raises OSError or subprocess.SubprocessError when it fails."""
    account = None
    if os.geteuid() == 0:
        account = pwd.getpwuid(owner)
    subprocess.run(
        argv,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        timeout=60,
        env={"PATH": "/usr/bin:/bin"},
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=os.getgrouplist(account.pw_name, account.pw_gid) if account else None,
    )


def _room(path: Path) -> Finding:
    free = shutil.disk_usage(path.parent).free
    told = f"{free / 1024**3:.1f} GB are free on the disk of the database."
    if free >= _ENOUGH_BYTES:
        return Finding("disk", OK, told)
    return Finding("disk", WARNING if free >= _FEW_BYTES else FAILURE, told, "Free some: a full disk defers all mail.")


def _journal(connection: sqlite3.Connection) -> Finding:
    mode = database.journal_mode(connection)
    if mode == "wal":
        return Finding("journal", OK, "The database is in WAL mode: reading and delivering don't wait for each other.")
    return Finding("journal", FAILURE, f"The database is in {mode} mode.", "sqlite3 FILE 'PRAGMA journal_mode = wal'")


def _mail_server(postfix: Postconf, domain: str, path: Path, program: tuple[str, ...]) -> Iterator[Finding]:
    lines = "See casefleet postfix for the lines."
    if postfix.listed("mydestination", domain) or postfix.listed("virtual_alias_domains", domain):
        yield Finding("domain", WARNING, f"Postfix takes {domain} as a domain of its own (mydestination, aliases).",
                      "Right for procmail and maildrop; for the pipe use relay_domains instead.")  # fmt: skip
        return
    if not (postfix.listed("relay_domains", domain) or postfix.listed("virtual_mailbox_domains", domain)):
        yield Finding(
            "domain", FAILURE, f"Postfix does not take mail for {domain}.", f"Add it to relay_domains. {lines}"
        )
        return
    yield Finding("domain", OK, f"Postfix takes mail for {domain}.")
    name, next_hop = postfix.transport(domain)
    services = postfix.services(name)
    service = services[-1] if services else None
    if len(services) > 1:
        yield Finding("entries", WARNING, f"master.cf has {len(services)} entries named {name}; Postfix uses the last.",
                      "Take the others out; two firms need two names (casefleet postfix --transport).")  # fmt: skip
    yield from _neighbours(postfix, domain, name, next_hop)
    if service is None:
        yield Finding("transport", FAILURE, f"Mail for {domain} goes to {name}, which is not in master.cf.", lines)
    elif service.program == "lmtp":
        yield Finding("transport", OK, f"Mail for {domain} goes on by LMTP ({name}).")
        yield from _lmtp(postfix, service, next_hop, domain)
    elif service.program != "pipe" or "deliver" not in service.words.split():
        advice = f"Add it to transport_maps. {lines}"
        yield Finding("transport", FAILURE, f"Mail for {domain} goes to {name}, not to casefleet.", advice)
    else:
        yield _transport_found(service, name, path, program)
        yield from _limits(postfix, service, name)


def _delimiter(postfix: Postconf) -> Iterator[Finding]:
    """Whether Postfix splits addresses elsewhere than at the plus of a case tag; where it does not, nothing is said."""
    found = postfix.value("recipient_delimiter")
    if found and "+" not in found:
        yield Finding("delimiter", WARNING, f"Postfix splits addresses at {found}, not at the plus of a case tag.",
                      "recipient_delimiter = + in main.cf, or nothing")  # fmt: skip


def _neighbours(postfix: Postconf, domain: str, name: str, next_hop: str) -> Iterator[Finding]:
    """Whether mail for another domain comes to this database, where it would wait in the queue for good."""
    others = (item.lower() for item in postfix.items("relay_domains") if ":" not in item)
    astray = [other for other in others if other != domain and postfix.transport(other) == (name, next_hop)]
    if astray:
        yield Finding("neighbours", FAILURE, f"Mail for {', '.join(astray)} goes to the transport of {domain}.",
                      "Give each domain a transport of its own in transport_maps.")  # fmt: skip


def _lmtp(postfix: Postconf, service: Service, next_hop: str, domain: str) -> Iterator[Finding]:
    greeting, answer = _asked(next_hop, postfix.value("queue_directory"), domain)
    if greeting is None:
        yield Finding("server", FAILURE, f"Nobody answers at {next_hop}; all mail waits in the queue.",
                      "systemctl start casefleet-lmtp")  # fmt: skip
    elif greeting.startswith(_GREETING) and answer.startswith(b"550"):
        yield Finding("server", OK, f"casefleet lmtp answers at {next_hop}.")
    elif greeting.startswith(_GREETING):
        yield Finding("server", FAILURE, f"casefleet lmtp at {next_hop} takes no mail for {domain}.",
                      "It has another database, or cannot open this one: see its log.")  # fmt: skip
    else:
        yield Finding("server", FAILURE, f"Another server answers at {next_hop}.", "See casefleet postfix --lmtp.")
    if f"{mailserver.LINE_LIMIT}=0" in service.words or postfix.value(mailserver.LINE_LIMIT) == "0":
        yield Finding("lines", OK, "Postfix leaves long lines as they are.")
    else:
        yield Finding("lines", FAILURE, "Postfix breaks lines of more than 998 octets, so not all bytes are kept.",
                      f"-o {mailserver.LINE_LIMIT}=0 in master.cf")  # fmt: skip


def _asked(next_hop: str, queue: str, domain: str) -> tuple[bytes | None, bytes]:
    """The first line of an LMTP server, asked as Postfix would, and what it says to an address that nobody has.

    None when nobody answers; "" where it says no more.
    """
    greeting, answer = None, b""
    try:
        with _connected(next_hop, queue) as client, client.makefile("rb") as answers:
            greeting = answers.readline(200)
            if not greeting.startswith(_GREETING):
                return greeting, answer
            for command in ("LHLO doctor", "MAIL FROM:<>", f"RCPT TO:<casefleet-doctor@{domain}>"):
                client.sendall(f"{command}\r\n".encode())
                while (answer := answers.readline(200))[3:4] == b"-":
                    pass
    except (OSError, ValueError):
        pass
    return greeting, answer


def _connected(next_hop: str, queue: str) -> socket.socket:
    kind, _, where = next_hop.partition(":")
    if kind == "unix":
        # A relative path is one below the queue directory (postconf(5), transport(5)).
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(_ANSWER_SECONDS)
        client.connect(os.path.join(queue, where))  # noqa: PTH118
        return client
    host, _, port = where.rpartition(":") if kind == "inet" else next_hop.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS)


def _transport_found(service: Service, name: str, path: Path, program: tuple[str, ...]) -> Finding:
    owner = _name_of(path.stat().st_uid)
    called = service.words.replace("$$", "$")
    if str(path) not in called:
        return Finding("transport", FAILURE, f"The transport {name} delivers to another database than {path}.",
                       "Run casefleet postfix with the right --db.")  # fmt: skip
    if program[0] not in called:
        return Finding("transport", WARNING, f"The transport {name} runs another program than {program[0]}.",
                       "Right after a move? See casefleet postfix.")  # fmt: skip
    if service.user != owner:
        return Finding("transport", FAILURE, f"The transport {name} runs as {service.user}, the database is {owner}'s.",
                       f"user={owner} in master.cf")  # fmt: skip
    return Finding("transport", OK, f"The transport {name} runs this program as {owner} with this database.")


def _limits(postfix: Postconf, service: Service, name: str) -> Iterator[Finding]:
    if "code=75" in service.words.replace("$$", "$") and "timeout" in service.words:
        yield Finding("guard", OK, "A program that is missing, crashes or hangs defers the mail.")
    else:
        yield Finding("guard", FAILURE, "While the program is missing or hangs, Postfix bounces mail.",
                      "Take the argv= of casefleet postfix.")  # fmt: skip
    setting = f"{name}_time_limit"
    seconds = postfix.seconds(setting)
    least = mailserver.LAST_RESORT_SECONDS
    if seconds is not None and seconds > least:
        yield Finding("time-limit", OK, f"Postfix waits {seconds:.0f} s; a delivery gives up after"
                      f" {config.TIME_LIMIT_SECONDS} s.")  # fmt: skip
    else:
        yield Finding("time-limit", FAILURE, f"Postfix bounces a delivery before it gives up by itself ({setting}).",
                      f"{setting} = {mailserver.TIME_LIMIT_SECONDS}s in main.cf")  # fmt: skip
    setting = f"{name}_destination_recipient_limit"
    if postfix.value(setting) == "1":
        yield Finding("recipients", OK, "Each recipient of a mail is a delivery of its own.")
    else:
        yield Finding("recipients", FAILURE, "Several recipients of a mail come in one call, which is never logged.",
                      f"{setting} = 1 in main.cf")  # fmt: skip


def _map(connection: sqlite3.Connection, postfix: Postconf, domain: str) -> Iterator[Finding]:
    path = recipients.remembered(connection)
    is_aliased = postfix.listed("virtual_alias_domains", domain)
    setting = "virtual_alias_maps" if is_aliased else "relay_recipient_maps"
    used = postfix.items(setting)
    if path is None:
        if not used or is_aliased:
            yield Finding("map", WARNING, "Postfix takes mail for unknown BCC addresses first, and bounces it then.",
                          "Refuse it at once: casefleet postfix --map FILE")  # fmt: skip
        return
    refresh = f"casefleet postfix --map {path}"
    try:
        wrong, surplus = recipients.differences(connection, path)
        senders = recipients.wrong_senders(connection, path)
    except CasefleetError as error:
        yield Finding("map", FAILURE, str(error), refresh)
        return
    if wrong or surplus:
        yield Finding("map", FAILURE, f"The map lacks {wrong} BCC addresses and has {surplus} too many.", refresh)
    elif senders:
        yield Finding("map", FAILURE, f"The map tells {senders} sender addresses wrong.", refresh)
    elif not postfix.here():
        yield Finding("map", OK, "The map has every BCC address.")
    elif not used:
        yield Finding("map", WARNING, f"Postfix does not use the map {path} ({setting}).", refresh)
    elif unknown := [address for address in recipients.sample(connection) if not postfix.looked_up(used, address)]:
        state = WARNING if is_aliased else FAILURE
        yield Finding("map", state, f"Postfix does not find {len(unknown)} BCC addresses in {setting}.", refresh)
    elif (
        not is_aliased
        and len(used) == 1
        and [other for other in postfix.items("relay_domains") if other.lower() != domain]
    ):
        yield Finding("map", WARNING, "Postfix refuses all mail for the other relay_domains: the map knows only ours.",
                      "Add their recipients to relay_recipient_maps.")  # fmt: skip
    else:
        yield Finding("map", OK, "The map has every BCC address, and Postfix finds them.")


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
