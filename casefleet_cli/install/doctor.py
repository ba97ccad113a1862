"""Is it installed right: one finding for each thing that has to be so."""

from __future__ import annotations

import os
import re
import shutil
import socket
from typing import TYPE_CHECKING

from casefleet_cli import config
from casefleet_cli.errors import CasefleetError
from casefleet_cli.install import keeping, mailserver, ownership, recipients, waiting
from casefleet_cli.install.finding import FAILURE, OK, WARNING, Finding
from casefleet_cli.store import database, settings, soundness

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from casefleet_cli.install.postconf import Postconf, Service

_ENOUGH_BYTES = 1024**3
_ANSWER_SECONDS = 10.0
_GREETING = b"220 casefleet"
_FEW_BYTES = 100 * 1024**2
_USUAL_BYTES = 10_240_000
"""What Postfix takes where nobody decided (postconf(5), message_size_limit)."""
_LARGE_BYTES = 25_000_000
_LARGER = "postconf -e message_size_limit=52428800"


def findings(path: Path, program: tuple[str, ...], postfix: Postconf) -> Iterator[Finding]:
    """Everything that is checked about an installation, one finding each; changes nothing."""
    yield _program(program)
    connection, opened = _database(path)
    yield opened
    domain = settings.logging_domain(connection) if connection else ""
    if path.is_file():
        deliverer = _deliverer(postfix, domain) if domain else None
        yield from ownership.findings(path, program, deliverer)
        yield _room(path)
    if connection is None:
        return
    try:
        yield _journal(connection)
        yield _trust(connection)
        yield from keeping.findings(connection, path)
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


def _room(path: Path) -> Finding:
    free = shutil.disk_usage(path.parent).free
    told = f"{free / 1024**3:.1f} GB are free on the disk of the database."
    if free >= _ENOUGH_BYTES:
        return Finding("disk", OK, told)
    return Finding("disk", WARNING if free >= _FEW_BYTES else FAILURE, told, "Free some: a full disk defers all mail.")


def _journal(connection: sqlite3.Connection) -> Finding:
    mode = soundness.journal_mode(connection)
    if mode == "wal":
        return Finding("journal", OK, "The database is in WAL mode: reading and delivering don't wait for each other.")
    return Finding("journal", FAILURE, f"The database is in {mode} mode.", "sqlite3 FILE 'PRAGMA journal_mode = wal'")


def _deliverer(postfix: Postconf, domain: str) -> str | None:
    """The user of the transport that mail for a domain takes; None where there is none."""
    services = postfix.services(postfix.transport(domain)[0])
    return services[-1].user if services else None


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
    yield waiting.finding(postfix, domain)
    name, next_hop = postfix.transport(domain)
    services = postfix.services(name)
    service = services[-1] if services else None
    if len(services) > 1:
        yield Finding("entries", WARNING, f"master.cf has {len(services)} entries named {name}; Postfix uses the last.",
                      "Take the others out; two firms need two names (casefleet postfix --transport).")  # fmt: skip
    yield from _neighbours(postfix, domain, name, next_hop)
    yield _size(postfix, service)
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


def _size(postfix: Postconf, service: Service | None) -> Finding:
    """Whether mail of the usual sizes comes through."""
    value = postfix.value("message_size_limit")
    limit = int(value) if value.isdecimal() else 0
    told = f"Postfix takes mail of up to {limit / 1e6:.0f} MB (message_size_limit)."
    if service and (own := re.search(r"(?:^|\s)size=(\d+)", service.words)) and 0 < int(own[1]) < limit:
        return Finding("size", FAILURE, f"The transport bounces mail of more than {int(own[1]) / 1e6:.1f} MB.",
                       "Take size= out of its entry in master.cf, then postfix reload")  # fmt: skip
    if 0 < limit < _USUAL_BYTES:
        return Finding("size", FAILURE, f"Postfix bounces mail of more than {limit / 1e6:.1f} MB (message_size_limit).",
                       f"{_LARGER}, then postfix reload")  # fmt: skip
    if service and service.program == "lmtp" and not 0 < limit <= config.LMTP_OCTETS:
        return Finding("size", WARNING, f"casefleet lmtp takes up to {config.LMTP_OCTETS / 1e6:.0f} MB, Postfix more.",
                       f"postconf -e message_size_limit={config.LMTP_OCTETS}, then postfix reload")  # fmt: skip
    if 0 < limit < _LARGE_BYTES:
        return Finding("size", OK, told, f"Where your users send larger ones: {_LARGER}")
    return Finding("size", OK, told if limit else "Postfix takes mail of every size.")


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
    called = service.words.replace("$$", "$")
    if not re.search(rf"(?<!\S){re.escape(str(path))}(?!\S)", called):
        return Finding("transport", FAILURE, f"The transport {name} delivers to another database than {path}.",
                       "Run casefleet postfix with the right --db.")  # fmt: skip
    if program[0] not in called:
        return Finding("transport", WARNING, f"The transport {name} runs another program than {program[0]}.",
                       "Right after a move? See casefleet postfix.")  # fmt: skip
    return _runs_as_owner(service.user, name, path, program)


def _runs_as_owner(user: str | None, name: str, path: Path, program: tuple[str, ...]) -> Finding:
    number = path.stat().st_uid
    owner = ownership.name_of(number)
    # Never user=root: whoever the database is to be given to is who runs the pipe.
    right = f"user={owner} in master.cf, then postfix reload"
    if owner is None or number == 0:
        right = f"The right owner first (see there), then {right.replace(str(owner), 'OWNER')}"
    if user is None:
        return Finding("transport", FAILURE, f"The transport {name} does not say as whom it runs.", right)
    if not ownership.exists(user):
        return Finding("transport", FAILURE, f"The transport {name} runs as {user}, who does not exist here.", right)
    if ownership.is_root(user):
        return Finding("transport", FAILURE, f"The transport {name} runs as root, and Postfix runs no pipe as root.",
                       right)  # fmt: skip
    if user != owner:
        whose = f"{owner}'s" if owner else f"user {number}'s"
        if owner is None or number == 0:
            right = ownership.giving(path, user)
        return Finding("transport", FAILURE, f"The transport {name} runs as {user}, the database is {whose}.", right)
    return Finding("transport", OK, f"The transport {name} runs {program[0]} as {owner} with this database.")


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
    if postfix.here() and (not used or (is_aliased and path is None)):
        make = f"casefleet postfix --map {path if recipients.is_ours(connection) else 'FILE'}"
        yield Finding("map", OK, "Postfix uses no map: mail for unknown BCC addresses is taken, then bounced.",
                      f"Where strangers can send to them, refuse it at once: {make}")  # fmt: skip
        return
    refresh = f"casefleet postfix --map {path or 'FILE'}"
    unknown = [address for address in recipients.sample(connection) if not postfix.looked_up(used, address)]
    if path is None:
        if unknown and postfix.here():
            yield Finding("map", FAILURE, f"Postfix refuses all mail to BCC addresses: {setting} has none.",
                          f"{refresh}, and add what it prints")  # fmt: skip
        return
    try:
        wrong, surplus = recipients.differences(connection, path)
        senders = recipients.wrong_senders(connection, path)
    except CasefleetError as error:
        yield Finding("map", FAILURE, str(error), refresh)
        return
    reader = postfix.value("mail_owner") or "postfix"
    if wrong or surplus:
        yield Finding("map", FAILURE, f"The map lacks {wrong} BCC addresses and has {surplus} too many.", refresh)
    elif senders:
        yield Finding("map", FAILURE, f"The map tells {senders} sender addresses wrong.", refresh)
    elif not postfix.here():
        yield Finding("map", OK, "The map has every BCC address.")
    elif not postfix.knows("sqlite"):
        yield Finding("map", FAILURE, "Postfix cannot read a map of SQLite, and defers all mail.",
                      "apt-get install postfix-sqlite, then postfix reload")  # fmt: skip
    elif not recipients.readable_by(path, reader):
        yield Finding("map", FAILURE, f"The user {reader} cannot read the map {path}; Postfix defers all mail.",
                      f"chgrp {reader} {path} && chmod g+r {path}")  # fmt: skip
    elif unknown:
        yield Finding("map", WARNING if is_aliased else FAILURE,
                      f"Postfix does not find {len(unknown)} BCC addresses in {setting}.", refresh)  # fmt: skip
    elif (
        not is_aliased
        and len(used) == 1
        and [other for other in postfix.items("relay_domains") if other.lower() != domain]
    ):
        yield Finding("map", WARNING, "Postfix refuses all mail for the other relay_domains: the map knows only ours.",
                      "Add their recipients to relay_recipient_maps.")  # fmt: skip
    else:
        yield Finding("map", OK, "The map has every BCC address, and Postfix finds them.")
