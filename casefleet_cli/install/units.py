"""The systemd units of this machine: LMTP, the pages, backup and verify (systemd.service(5), systemd.timer(5)).

Each runs as the owner of the database, in a sandbox that holds the folders it writes to and nothing else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from casefleet_cli.errors import ConfigError

if TYPE_CHECKING:
    from casefleet_cli.install.mailserver import Installation

NAME = "casefleet-lmtp.service"
WEB = "casefleet-web.service"
MAIL_GROUP = "postfix"
SOCKET = "unix:/run/casefleet/lmtp"
WEB_PORT = 8001
KEEP = 14
"""Copies of the database, of which one is made each night."""
_NIGHTLY = {"backup": "02:15", "verify": "03:15"}
_RUN = "/run/casefleet/"
_HOMES = ("/home/", "/root/", "/run/user/")


def every_unit(installation: Installation, backups: str) -> dict[str, str]:
    """All units of an installation by their names; `backups` is the folder of the copies. Errors as lmtp_unit."""
    return {
        NAME: lmtp_unit(installation, MAIL_GROUP),
        WEB: web_unit(installation),
        "casefleet-backup.service": backup_unit(installation, backups),
        "casefleet-verify.service": verify_unit(installation),
        **{f"casefleet-{command}.timer": _timer(command, at) for command, at in _NIGHTLY.items()},
    }


def lmtp_unit(installation: Installation, group: str) -> str:
    """The server that takes mail by LMTP.

    `group` is that of the mail server, which alone may reach the socket. Raises ConfigError for a path that a unit
    cannot hold.
    """
    listen = installation.lmtp or SOCKET
    local = listen.startswith("unix:")
    service = [
        "Type=notify",
        f"User={installation.user}",
        f"Group={group}",
        f"ExecStart={_called(installation)} lmtp --listen {_word(listen)}",
        "Restart=always",
        "RestartSec=1",
    ]
    if _in_run(listen):
        service += ["RuntimeDirectory=casefleet", "RuntimeDirectoryMode=0750"]
    folders = [os.path.dirname(listen.removeprefix("unix:"))] if local and not _in_run(listen) else []  # noqa: PTH120
    service += _sandbox(installation, *folders, network=not local)
    return _unit("e-mail logging by LMTP", service, before="postfix.service", wanted_by="multi-user.target")


def web_unit(installation: Installation) -> str:
    """The pages on this machine's loopback; the address that works once goes to the journal. Errors as lmtp_unit."""
    service = [
        "Type=exec",
        f"User={installation.user}",
        f"ExecStart={_called(installation)} serve --port {WEB_PORT}",
        "Restart=on-failure",
        "RestartSec=1",
        *_sandbox(installation, network=True),
    ]
    return _unit("the pages, for reading", service, wanted_by="multi-user.target")


def backup_unit(installation: Installation, backups: str) -> str:
    """A verified copy named by its moment; the oldest go once it is there. Errors as lmtp_unit."""
    service = [
        "Type=oneshot",
        f"User={installation.user}",
        f"ExecStart={_called(installation)} backup --keep {KEEP} {_word(backups)}",
        *_sandbox(installation, backups),
    ]
    return _unit("a verified copy of the database", service)


def verify_unit(installation: Installation) -> str:
    """The proof that nothing was changed; what it says goes to the system's journal. Errors as lmtp_unit."""
    service = [
        "Type=oneshot",
        f"User={installation.user}",
        f"ExecStart={_called(installation)} verify",
        *_sandbox(installation),
    ]
    return _unit("proof that nothing was changed", service)


def _timer(command: str, at: str) -> str:
    lines = [
        "[Unit]",
        f"Description=casefleet: {command} each night",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {at}:00",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def _unit(what: str, service: list[str], *, before: str = "", wanted_by: str = "") -> str:
    lines = ["[Unit]", f"Description=casefleet: {what}"]
    lines += [f"Before={before}"] if before else []
    lines += ["", "[Service]", *service]
    lines += ["", "[Install]", f"WantedBy={wanted_by}"] if wanted_by else []
    return "\n".join(lines) + "\n"


def _sandbox(installation: Installation, *folders: str, network: bool = False) -> list[str]:
    """The folder of the database and these, this machine's loopback at most, and nothing else."""
    written = [os.path.dirname(installation.database), *folders]  # noqa: PTH120
    return [
        "UMask=0077",
        f"ReadWritePaths={' '.join(map(_word, written))}",
        "ProtectSystem=strict",
        f"ProtectHome={'read-only' if _at_home(installation) else 'yes'}",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        f"PrivateNetwork={'no' if network else 'yes'}",
        f"RestrictAddressFamilies=AF_UNIX{' AF_INET AF_INET6' if network else ''}",
        *(["IPAddressDeny=any", "IPAddressAllow=localhost"] if network else []),
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources",
        "SystemCallArchitectures=native",
        "MemoryDenyWriteExecute=yes",
        "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelLogs=yes",
        "ProtectControlGroups=yes",
        "ProtectClock=yes",
        "ProtectHostname=yes",
        "ProtectProc=invisible",
        "ProcSubset=pid",
        "LockPersonality=yes",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
    ]


def _called(installation: Installation) -> str:
    return " ".join([*map(_word, installation.program), "--db", _word(installation.database)])


def _in_run(listen: str) -> bool:
    return listen.startswith(f"unix:{_RUN}")


def _at_home(installation: Installation) -> bool:
    return any(path.startswith(_HOMES) for path in (*installation.program, installation.database))


def _word(word: str) -> str:
    """A word of a unit file, where blanks end a word."""
    if any(letter in '"\\\n' for letter in word):
        raise ConfigError(f"A unit cannot hold a path with quotes or backslashes: {word}; move it.")
    escaped = _escaped(word)
    return f'"{escaped}"' if any(letter.isspace() or letter in "';" for letter in word) else escaped


def _escaped(text: str) -> str:
    """Text in which % and $ begin nothing."""
    return text.replace("%", "%%").replace("$", "$$")
